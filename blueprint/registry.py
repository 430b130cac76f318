"""Keeping what the domain decides: catalogues, rule packs, snapshots, the audit log.

Every function takes an open connection, so that the caller says what commits together.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blueprint.audit_log import Entry, actor_name, enter
from blueprint.catalogue import Catalogue
from blueprint.clearance import Clearance
from blueprint.errors import (
    AmbiguousSnapshot,
    NothingPublished,
    UnknownSnapshot,
)
from blueprint.models import (
    CatalogueRow,
    RulePackRow,
    SnapshotLayerRow,
    SnapshotRow,
)
from blueprint.rules.pack import RulePack
from blueprint.shared_documents import RulePackRef, SnapshotRef
from blueprint.values import document_text, text_hash
from layers import LayerVersion
from layers.models import LayerVersionRow, SettingRow

DocumentT = TypeVar("DocumentT")
_MOST_DOCUMENTS = 8


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A published state of the blueprint (蓝图快照): everything that an answer rests on."""

    ref: SnapshotRef
    catalogue: Catalogue
    rule_pack: RulePack
    rule_pack_ref: RulePackRef
    pins: Mapping[str, int]


def now() -> datetime:
    """The present moment, UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def audit(connection: sa.Connection, action: str, object_: str, detail: str = "") -> None:
    """Enter in the audit log who did what, within the transaction that does it."""
    enter(connection, [Entry(now(), actor_name(), action, object_, detail)])


def save_catalogue(connection: sa.Connection, catalogue: Catalogue) -> str:
    """Make `catalogue` the current one and return its hash."""
    document = document_text(catalogue)
    digest = text_hash(document)
    # the last one loaded is the current one, even if the clock was set back in between
    last = connection.scalar(sa.select(sa.func.max(CatalogueRow.loaded_at)))
    moment = datetime.now(UTC)
    if last is not None:
        moment = max(moment, last + timedelta(microseconds=1))
    known = sa.select(CatalogueRow.sha256).where(CatalogueRow.sha256 == digest)
    if connection.scalar(known) is None:
        values = {"sha256": digest, "loaded_at": moment, "document": document}
        connection.execute(sa.insert(CatalogueRow).values(values))
    else:
        renew = sa.update(CatalogueRow).where(CatalogueRow.sha256 == digest)
        connection.execute(renew.values(loaded_at=moment))
    return digest


def current_catalogue(connection: sa.Connection) -> tuple[str, Catalogue]:
    """The catalogue loaded last, with its hash.

    Raises:
        NothingPublished: none was loaded.
    """
    query = sa.select(CatalogueRow.sha256).order_by(CatalogueRow.loaded_at.desc()).limit(1)
    digest = connection.scalar(query)
    if digest is None:
        message = "no catalogue is loaded; run `blueprint catalogue load FILE`"
        raise NothingPublished(message)
    return digest, _CATALOGUES.read(connection, digest)


# immutable documents, checked when they were loaded; what a field has since become too much is
# left out, so that an old snapshot can always be asked
@lru_cache(maxsize=8)
def catalogue_of(document: str) -> Catalogue:
    """The catalogue behind a document that was kept."""
    return Catalogue.model_validate_json(document, extra="ignore")


@lru_cache(maxsize=8)
def _rule_pack(document: str) -> RulePack:
    return RulePack.model_validate_json(document, extra="ignore")


class _Documents(Generic[DocumentT]):
    """Kept documents by their digests, read once and not with every request. Safe for threads."""

    def __init__(
        self, table: type[CatalogueRow | RulePackRow], parse: Callable[[str], DocumentT]
    ) -> None:
        self._table, self._parse = table, parse
        self._texts: OrderedDict[str, str] = OrderedDict()

    def read(self, connection: sa.Connection, digest: str) -> DocumentT:
        """The document of a digest, which some row of the store names."""
        text = self._texts.get(digest)
        if text is None:
            query = sa.select(self._table.document).where(self._table.sha256 == digest)
            text = connection.execute(query).scalar_one()
            if text_hash(text) == digest:  # one that was altered is somebody's else business
                self._texts[digest] = text
                while len(self._texts) > _MOST_DOCUMENTS:
                    with suppress(KeyError):
                        self._texts.popitem(last=False)
        return self._parse(text)


_CATALOGUES = _Documents(CatalogueRow, catalogue_of)
_RULE_PACKS = _Documents(RulePackRow, _rule_pack)


def hidden_layers(
    connection: sa.Connection, snapshot: Snapshot, clearance: Clearance
) -> frozenset[str]:
    """The layers of a snapshot that someone of this clearance may not see.

    A layer that was made more sensitive since is hidden in old snapshots too.
    """
    _, today = current_catalogue(connection)
    return snapshot.catalogue.hidden_from(clearance) | today.hidden_from(clearance)


def save_snapshot(
    connection: sa.Connection,
    catalogue_sha256: str,
    pack: RulePack,
    versions: Mapping[str, LayerVersion],
    day: date,
) -> SnapshotRef:
    """Publish: pin the versions, the catalogue and the rules under a new id, date.number."""
    # two publishers at once would take the same number: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    document = document_text(pack)
    pack_sha256 = text_hash(document)
    known = sa.select(RulePackRow.sha256).where(RulePackRow.sha256 == pack_sha256)
    if connection.scalar(known) is None:
        connection.execute(sa.insert(RulePackRow).values(sha256=pack_sha256, document=document))
    published = now()
    today = sa.select(sa.func.count()).where(SnapshotRow.id.startswith(f"{day}."))
    number = 1 + (connection.scalar(today) or 0)
    ref = SnapshotRef(
        id=f"{day}.{number}",
        published_at=published,
        digest=snapshot_digest(catalogue_sha256, pack_sha256, versions),
    )
    last = connection.scalar(sa.select(sa.func.max(SnapshotRow.ordinal))) or 0
    values = {
        "ordinal": last + 1,
        "id": ref.id,
        "published_at": ref.published_at,
        "catalogue_sha256": catalogue_sha256,
        "rule_pack_sha256": pack_sha256,
        "digest": ref.digest,
    }
    connection.execute(sa.insert(SnapshotRow).values(values))
    rows = [
        {"snapshot_id": ref.id, "layer_id": layer, "version": version.version}
        for layer, version in versions.items()
    ]
    connection.execute(sa.insert(SnapshotLayerRow), rows)
    return ref


def snapshot_digest(
    catalogue_sha256: str, pack_sha256: str, versions: Mapping[str, LayerVersion]
) -> str:
    """The digest of a snapshot: over its catalogue, its rules and the layers that it pins."""
    content = [catalogue_sha256, pack_sha256, *(_content(versions[k]) for k in sorted(versions))]
    return text_hash("\n".join(content))


def _content(version: LayerVersion) -> str:
    """All of a version that an answer may depend on."""
    kept = [version.layer_id, version.effective, version.quarantined_count, version.digest]
    # only where it says something: a digest given out before stays what it was
    kept += [version.approximate] if version.approximate else []
    return " ".join(map(str, kept))


def list_snapshots(
    connection: sa.Connection, as_of: date | None = None
) -> list[tuple[SnapshotRef, int]]:
    """Every snapshot with its number of layers, the newest first; with a day, those up to it."""
    counted = (
        sa.select(SnapshotRow.id, SnapshotRow.published_at, SnapshotRow.digest)
        .add_columns(sa.func.count(SnapshotLayerRow.layer_id))
        .join(SnapshotLayerRow, SnapshotLayerRow.snapshot_id == SnapshotRow.id, isouter=True)
        .group_by(SnapshotRow.ordinal, SnapshotRow.id, SnapshotRow.published_at, SnapshotRow.digest)
        .order_by(SnapshotRow.ordinal.desc())
    )
    until = None if as_of is None else end_of_day(connection, as_of)
    if until is not None:
        counted = counted.where(SnapshotRow.published_at < until)
    return [(_ref(*row[:3]), row[3]) for row in connection.execute(counted)]


def digests_pinned(connection: sa.Connection, snapshots: int) -> set[str]:
    """The digests of all layer versions that the newest so many snapshots pin."""
    newest = sa.select(SnapshotRow.id).order_by(SnapshotRow.ordinal.desc()).limit(snapshots)
    v, pin = LayerVersionRow, SnapshotLayerRow
    query = sa.select(v.digest).join(
        pin, sa.and_(pin.layer_id == v.layer_id, pin.version == v.version)
    )
    return set(connection.scalars(query.where(pin.snapshot_id.in_(newest))))


def load_snapshot(
    connection: sa.Connection, snapshot_id: str | None = None, as_of: date | None = None
) -> Snapshot:
    """A snapshot with all that it pins: the one named, or in force on a day, or the newest.

    Raises:
        NothingPublished: no snapshot exists yet.
        UnknownSnapshot: none has that id, or none was published by that day.
        AmbiguousSnapshot: both an id and a day are given.
    """
    if as_of is not None:
        snapshot_id = _in_force(connection, snapshot_id, as_of)
    query = sa.select(
        SnapshotRow.id,
        SnapshotRow.published_at,
        SnapshotRow.digest,
        SnapshotRow.catalogue_sha256,
        SnapshotRow.rule_pack_sha256,
    ).select_from(SnapshotRow)
    query = query.join(CatalogueRow, CatalogueRow.sha256 == SnapshotRow.catalogue_sha256)
    query = query.join(RulePackRow, RulePackRow.sha256 == SnapshotRow.rule_pack_sha256)
    if snapshot_id is not None:
        query = query.where(SnapshotRow.id == snapshot_id)
    row = connection.execute(query.order_by(SnapshotRow.ordinal.desc()).limit(1)).first()
    if row is None and snapshot_id is None:
        message = "no snapshot is published yet; run `blueprint publish`"
        raise NothingPublished(message)
    if row is None:
        message = f"{snapshot_id}: no such snapshot; `blueprint snapshots` lists them"
        raise UnknownSnapshot(message)
    pinned = sa.select(SnapshotLayerRow.layer_id, SnapshotLayerRow.version)
    pins = connection.execute(pinned.where(SnapshotLayerRow.snapshot_id == row[0]))
    pack = _RULE_PACKS.read(connection, row[4])
    return Snapshot(
        ref=_ref(row[0], row[1], row[2]),
        catalogue=_CATALOGUES.read(connection, row[3]),
        rule_pack=pack,
        rule_pack_ref=RulePackRef(id=pack.id, version=pack.version, sha256=row[4]),
        pins={layer: version for layer, version in pins},  # noqa: C416 rows are no pairs to dict
    )


def _in_force(connection: sa.Connection, snapshot_id: str | None, day: date) -> str | None:
    """The id of the newest snapshot published by the end of `day` in the city; None: none at all.

    Raises:
        UnknownSnapshot: the first one came later.
        AmbiguousSnapshot: one is named as well.
    """
    if snapshot_id is not None:
        message = f"{snapshot_id}, and as of {day}: both name a snapshot; give one of the two"
        raise AmbiguousSnapshot(message)
    until = end_of_day(connection, day)
    query = sa.select(SnapshotRow.id).order_by(SnapshotRow.ordinal.desc())
    if until is not None:
        query = query.where(SnapshotRow.published_at < until)
    found = connection.scalar(query.limit(1))
    first = connection.scalar(sa.select(SnapshotRow.id).order_by(SnapshotRow.ordinal).limit(1))
    if found is None and first is not None:
        message = f"{day}: nothing was published yet; the first snapshot is {first}"
        raise UnknownSnapshot(message)
    return found


def end_of_day(connection: sa.Connection, day: date) -> datetime | None:
    """The moment when `day` is over in the city; None: it is the last one that a calendar has.

    Raises:
        NothingPublished: no catalogue says which city it is.
    """
    _, catalogue = current_catalogue(connection)
    if day >= date.max - timedelta(days=1):  # nor could a zone west of Greenwich be told in UTC
        return None
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(catalogue.city.timezone))
    return midnight.astimezone(UTC)


def _ref(id_: str, published_at: datetime, digest: str) -> SnapshotRef:
    return SnapshotRef(id=id_, published_at=published_at, digest=digest)
