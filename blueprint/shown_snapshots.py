"""The snapshots of a blueprint (蓝图快照), and which layers differ between two, for a reader.

Output: `SnapshotList`, the newest first; `SnapshotChanges`, a line for each layer that the reader
may see in both times and that differs. A layer whose pinned versions have equal content and dates
does not differ.
"""

from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa
from pydantic import Field

from blueprint.catalogue import LayerTitle
from blueprint.clearance import Clearance
from blueprint.conflicts.kept_runs import is_searched
from blueprint.registry import Snapshot, hidden_layers, list_snapshots, load_snapshot
from blueprint.service import Service
from blueprint.shared_documents import RulePackRef, SnapshotRef
from blueprint.values import Value
from layers import LayerVersion

LayerChange = Literal["added", "removed", "changed"]


class ShownSnapshot(Value):
    """One snapshot; `searched`: a search for its conflicts is kept that serves the reader."""

    id: str
    published_at: datetime
    digest: str
    rule_pack: RulePackRef
    searched: bool


class SnapshotList(Value):
    """Every snapshot, the newest first."""

    snapshots: list[ShownSnapshot]


class VersionRef(Value):
    """One version of a layer; `size` in m², m or points."""

    version: int
    effective: date
    features: int
    size: float | None


class ChangedLayer(Value):
    """A layer that differs; `before` null: it had no data then, `after` null: it has none now."""

    layer: str
    name: LayerTitle
    change: LayerChange
    before: VersionRef | None
    after: VersionRef | None


class SnapshotChanges(Value):
    """What differs in `snapshot` from `against`."""

    snapshot: SnapshotRef
    against: SnapshotRef
    same_rules: bool = Field(description="both pin the same rule pack")
    layers: list[ChangedLayer]


def shown_snapshots(connection: sa.Connection, clearance: Clearance) -> SnapshotList:
    """Every snapshot, the newest first."""
    found = []
    for ref, _ in list_snapshots(connection):
        snapshot = load_snapshot(connection, ref.id)
        found.append(
            ShownSnapshot(
                **ref.model_dump(),
                rule_pack=snapshot.rule_pack_ref,
                searched=is_searched(connection, snapshot, clearance),
            )
        )
    return SnapshotList(snapshots=found)


def changes_between(
    service: Service,
    connection: sa.Connection,
    snapshot: Snapshot,
    against: Snapshot,
    clearance: Clearance,
) -> SnapshotChanges:
    """The layers that differ in one snapshot from another."""
    sides = [_versions(service, connection, one, clearance) for one in (against, snapshot)]
    hidden = hidden_layers(connection, snapshot, clearance)
    hidden |= hidden_layers(connection, against, clearance)
    titles = {
        layer.id: layer.name
        for one in (against, snapshot)
        for layer in one.catalogue.layers()
        if layer.id not in hidden
    }
    lines = []
    for name, title in titles.items():
        before, after = (side.get(name) for side in sides)
        if before is None and after is None:
            continue
        if before is not None and after is not None and _same(before, after):
            continue
        change: LayerChange = "changed"
        if before is None or after is None:
            change = "added" if before is None else "removed"
        lines.append(
            ChangedLayer(
                layer=name, name=title, change=change, before=_ref(before), after=_ref(after)
            )
        )
    return SnapshotChanges(
        snapshot=snapshot.ref,
        against=against.ref,
        same_rules=snapshot.rule_pack_ref.sha256 == against.rule_pack_ref.sha256,
        layers=lines,
    )


def _versions(
    service: Service, connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> dict[str, LayerVersion]:
    hidden = hidden_layers(connection, snapshot, clearance)
    pins = {name: pin for name, pin in snapshot.pins.items() if name not in hidden}
    return service.layers.pinned(connection, pins)


def _same(one: LayerVersion, other: LayerVersion) -> bool:
    return (one.digest, one.effective) == (other.digest, other.effective)


def _ref(version: LayerVersion | None) -> VersionRef | None:
    if version is None:
        return None
    return VersionRef(
        version=version.version,
        effective=version.effective,
        features=version.feature_count,
        size=version.size,
    )
