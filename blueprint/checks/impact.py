"""Whose verdict a layer's new version changes: kept checks, judged anew with either version.

Input: two versions of a layer. Output: the newest check of every site whose verdict differs between
them. Both are judged by the newest snapshot, its layer pinned at the one version and at the other,
for the check's own application date, or, where a version came into effect later, from then on: so
that what differs is the layer and not the day. Nothing is stored.

What changed on the ground says which checks to judge (`affected`). Where the versions differ in
what concerns every site alike, their age or rows in quarantine, all are judged.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from blueprint.checks.affected import affected_checks
from blueprint.checks.check import judge_site
from blueprint.checks.desk import Desk
from blueprint.checks.kept import read_kept
from blueprint.checks.live_sites import LiveCheck, newest_checks
from blueprint.checks.site import site_as_checked
from blueprint.clearance import PUBLIC, Clearance
from blueprint.documents import SiteCheck, Verdict
from blueprint.models import SiteCheckRow
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.service import Service
from blueprint.values import Bilingual, Value
from layers import LayerVersion


class ChangedVerdict(Value):
    """A kept check whose verdict differs; `kept` is the one that it was answered with."""

    check_id: str
    site: str
    application_date: date
    judged_for: date
    kept: Verdict
    before: Verdict
    after: Verdict


class Impact(Value):
    """The checks whose verdict differs, the latest first; `judged` of `live_sites` were judged."""

    layer: str
    name: Bilingual
    before: int
    after: int
    snapshot: str
    live_sites: int
    judged: int
    checks: list[ChangedVerdict]


def impact_of(
    service: Service, layer_id: str, before: int, after: int, clearance: Clearance = PUBLIC
) -> Impact:
    """The checks whose verdict differs between two versions of a layer.

    Only checks made for `clearance` or less are told, and nothing at all of a layer above it.

    Raises:
        UnknownLayer: there is no such layer that this clearance may see.
        UnknownVersion: it has no such version.
        NothingPublished: no snapshot exists yet, and so no rule and no check.
    """
    near = affected_checks(service, layer_id, before, after, clearance)
    touched = {check.check_id for check in near.checks}
    with service.database.read() as connection:
        snapshot = load_snapshot(connection)
        versions = [
            service.layers.pinned(connection, {layer_id: number})[layer_id]
            for number in (before, after)
        ]
        live = newest_checks(connection, clearance)
        everywhere = before != after and concern_all(*versions)
        judged = [check for check in live if everywhere or check.check_id in touched]
        old, new = (
            replace(snapshot, pins={**snapshot.pins, layer_id: version.version})
            for version in versions
        )
        since = max(version.effective for version in versions)
        found = [judged_by_both(service, connection, (old, new), since, one) for one in judged]
    return Impact(
        layer=layer_id,
        name=near.name,
        before=before,
        after=after,
        snapshot=snapshot.ref.id,
        live_sites=len(live),
        judged=len(judged),
        checks=[check for check in reversed(found) if check.before != check.after],
    )


def concern_all(old: LayerVersion, new: LayerVersion) -> bool:
    """Whether the versions differ in more than their features."""
    return old.effective != new.effective or bool(old.quarantined_count or new.quarantined_count)


def judged_by_both(
    service: Service,
    connection: sa.Connection,
    snapshots: tuple[Snapshot, Snapshot],
    since: date,
    live: LiveCheck,
) -> ChangedVerdict:
    """A check with its verdicts under two snapshots, for its own day, but none before `since`."""
    kept, newest = _kept(connection, live), snapshots[1]
    hidden = hidden_layers(connection, newest, kept.clearance)
    day = max(kept.application_date, since)
    site = site_as_checked(kept.site, newest.catalogue.city)
    desk = Desk(
        newest, site, day, kept.clearance, hidden, kept.project, later_layers=kept.later_layers
    )
    old, new = (
        judge_site(service, connection, replace(desk, snapshot=one)).document.verdict
        for one in snapshots
    )
    return ChangedVerdict(
        check_id=kept.check_id,
        site=kept.site.name,
        application_date=kept.application_date,
        judged_for=day,
        kept=kept.verdict,
        before=old,
        after=new,
    )


def _kept(connection: sa.Connection, live: LiveCheck) -> SiteCheck:
    query = sa.select(SiteCheckRow.document).where(SiteCheckRow.id == live.check_id)
    document: str = connection.execute(query).scalar_one()
    return read_kept(document, live.check_id)


def concerns_all_sites(
    old: Snapshot,
    new: Snapshot,
    before: Mapping[str, LayerVersion],
    after: Mapping[str, LayerVersion],
    changed: list[str],
) -> bool:
    """Whether two snapshots differ in what concerns every site, wherever it lies."""
    if old.rule_pack_ref.sha256 != new.rule_pack_ref.sha256 or old.catalogue != new.catalogue:
        return True
    return any(
        name not in before or name not in after or concern_all(before[name], after[name])
        for name in changed
    )
