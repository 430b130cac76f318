"""Which kept checks a layer's new version concerns, so that they can be made again.

Input: two versions of a layer. Output: the newest check of every site that what changed between
them touches, or comes as near to as the layer's rules reach. Of a feature that was only redrawn,
what only one of the two shapes covers is what changed; of one with other attributes all of it, for
a rule may ask for them. The reach is the widest buffer, zone or airport surface that the newest
snapshot's rules have for the layer: by them a check would be made again.

Not told here is what concerns every check alike: another effective date, other rows in quarantine.
"""

from collections.abc import Iterator
from datetime import date, datetime

import numpy as np
import pyarrow.compute as pc

from blueprint.checks.live_sites import newest_checks, sites_of
from blueprint.clearance import PUBLIC, Clearance, ClearanceText
from blueprint.diff import FoundDiff, diff_layer
from blueprint.judge import reach_of
from blueprint.registry import load_snapshot
from blueprint.rules.pack import RulePack
from blueprint.service import Service
from blueprint.values import Bilingual, Value
from layers import Geometries
from layers.table import column, geometries


class AffectedCheck(Value):
    """A kept check, and the changed features that come near its site, by their ids before."""

    check_id: str
    site: str
    checked_at: datetime
    application_date: date
    snapshot: str
    clearance: ClearanceText
    feature_ids: list[str]


class AffectedChecks(Value):
    """The checks that a layer's change concerns, the latest first; `live_sites`: of how many."""

    layer: str
    name: Bilingual
    before: int
    after: int
    reach_m: float
    changed_features: int
    live_sites: int
    checks: list[AffectedCheck]


def affected_checks(
    service: Service, layer_id: str, before: int, after: int, clearance: Clearance = PUBLIC
) -> AffectedChecks:
    """The newest checks of sites that the change from one version to another concerns.

    Only checks made for `clearance` or less are told, and nothing at all of a layer above it.

    Raises:
        UnknownLayer: there is no such layer that this clearance may see.
        UnknownVersion: it has no such version.
        NothingPublished: no snapshot exists yet, and so no rule and no check.
    """
    found = diff_layer(service, layer_id, before, after, clearance)
    with service.database.read() as connection:
        pack = load_snapshot(connection).rule_pack
        checks = newest_checks(connection, clearance)
    reach = layer_reach(pack, layer_id)
    ids, shapes = changed_ground(found)
    touched = sites_of(checks).touched_by(shapes, reach)
    counts = found.document.counts
    return AffectedChecks(
        layer=layer_id,
        name=found.document.name,
        before=before,
        after=after,
        reach_m=reach,
        changed_features=counts.added + counts.removed + counts.changed,
        live_sites=len(checks),
        checks=[
            AffectedCheck(
                check_id=check.check_id,
                site=check.site,
                checked_at=check.checked_at,
                application_date=check.application_date,
                snapshot=check.snapshot_id,
                clearance=check.clearance,
                feature_ids=sorted({ids[row] for row in touched[check.check_id]}),
            )
            for check in reversed(checks)
            if check.check_id in touched
        ],
    )


def layer_reach(pack: RulePack, layer_id: str) -> float:
    """How far from a site a feature of a layer still concerns it, by a pack's rules, m."""
    asking = (rule for rule in pack.check_rules if layer_id in rule.asked_layers())
    return max(map(reach_of, asking), default=0.0)


def changed_ground(found: FoundDiff) -> tuple[list[str], Geometries]:
    """Ids of features and the ground that changed with them; equally long, an id may be twice."""
    ids: list[str] = []
    shapes: list[Geometries] = []
    for names, ground in _grounds(found):
        ids += names
        shapes.append(ground)
    return ids, np.concatenate(shapes)


def _grounds(found: FoundDiff) -> Iterator[tuple[list[str], Geometries]]:
    features = found.features
    for table in (features.added, features.removed):
        yield column(table, "feature_id"), geometries(table)
    told_apart = pc.not_equal(features.before["attributes"], features.after["attributes"])
    old, new = features.before.filter(told_apart), features.after.filter(told_apart)
    for table in (old, new):
        yield column(old, "feature_id"), geometries(table)
    names = column(found.redrawn[0], "feature_id")
    whole = set(column(old, "feature_id"))
    only = np.array([name not in whole for name in names], dtype=bool)
    yield [name for name in names if name not in whole], found.differences[only]
