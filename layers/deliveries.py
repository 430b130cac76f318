"""Every file that was handed in, taken or refused, kept with its report and its issues.

All functions take an open connection: a delivery is recorded in the transaction that stores its
version, or in one of its own when it is refused.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from layers.errors import UnknownDelivery
from layers.models import DeliveryRow, IssueRow, SourceChunkRow, SourceFileRow, SourcePartRow
from layers.normalise import Issue
from layers.versions import Delivery, DeliveryRecord, Refusal, SourceFile

_BATCH = 5_000

_RECORD = sa.select(
    DeliveryRow.id,
    DeliveryRow.layer_id,
    DeliveryRow.version,
    DeliveryRow.delivered_at,
    DeliveryRow.effective,
    SourceFileRow.name,
    DeliveryRow.source_sha256,
    DeliveryRow.source_layer,
    DeliveryRow.refused,
    DeliveryRow.report,
).join(SourceFileRow, SourceFileRow.sha256 == DeliveryRow.source_sha256)

# two deliveries of one file at once: the second one waits, and finds it there
_KEEP_CHUNK = sa.text(
    "INSERT INTO source_chunk (sha256, content) VALUES (:sha256, :content) "
    "ON CONFLICT (sha256) DO NOTHING"
).bindparams(sa.bindparam("content", type_=sa.LargeBinary))
_KEEP = sa.text(
    "INSERT INTO source_file (sha256, name, size) VALUES (:sha256, :name, :size) "
    "ON CONFLICT (sha256) DO NOTHING"
)


def keep_source(connection: sa.Connection, source: SourceFile) -> None:
    """Keep a delivered file, unless the store has it already."""
    values = {"sha256": source.sha256, "name": source.name, "size": source.size}
    if connection.execute(_KEEP, values).rowcount == 0:
        return
    for ordinal, content in enumerate(source.chunks()):
        chunk = sha256(content).hexdigest()
        connection.execute(_KEEP_CHUNK, {"sha256": chunk, "content": content})
        part = {"file_sha256": source.sha256, "ordinal": ordinal, "chunk_sha256": chunk}
        connection.execute(sa.insert(SourcePartRow), part)


def read_source_file(connection: sa.Connection, file_sha256: str) -> Iterator[bytes]:
    """A kept file as it came, piece by piece.

    Raises:
        UnknownDelivery: the store has no file of that hash.
    """
    known = sa.select(SourceFileRow.name).where(SourceFileRow.sha256 == file_sha256)
    if connection.scalar(known) is None:
        message = f"{file_sha256}: no such delivered file; `blueprint deliveries` lists them"
        raise UnknownDelivery(message)
    part = SourcePartRow
    chunks = sa.select(part.chunk_sha256).where(part.file_sha256 == file_sha256)
    # one query a piece: together they may be larger than the memory
    for chunk in connection.scalars(chunks.order_by(part.ordinal)).all():
        piece = sa.select(SourceChunkRow.content).where(SourceChunkRow.sha256 == chunk)
        yield connection.execute(piece).scalar_one()


def record(
    connection: sa.Connection, delivery: Delivery | Refusal, version: int | None = None
) -> int:
    """Enter a delivery, with the version that was made of it or the reason for refusing it.

    Returns its number. The file itself is kept by `keep_source` before.
    """
    values = {
        "layer_id": delivery.layer_id,
        "version": version,
        "delivered_at": delivery.delivered_at,
        "effective": delivery.effective,
        "source_sha256": delivery.source.sha256,
        "source_layer": delivery.source_layer,
        "refused": delivery.reason if isinstance(delivery, Refusal) else None,
        "report": delivery.report,
    }
    number = connection.execute(sa.insert(DeliveryRow).values(values)).inserted_primary_key
    assert number is not None
    _keep_issues(connection, number[0], delivery.issues)
    return int(number[0])


def refuse(connection: sa.Connection, refusal: Refusal) -> int:
    """Keep a delivery that no version is made of; returns its number."""
    keep_source(connection, refusal.source)
    return record(connection, refusal)


def deliveries(connection: sa.Connection, layer_id: str | None = None) -> list[DeliveryRecord]:
    """Every delivery, the newest first; those of one layer if it is named."""
    query = _RECORD if layer_id is None else _RECORD.where(DeliveryRow.layer_id == layer_id)
    rows = connection.execute(query.order_by(DeliveryRow.id.desc()))
    return [_delivery(row) for row in rows]


def delivery(connection: sa.Connection, number: int) -> DeliveryRecord:
    """One delivery.

    Raises:
        UnknownDelivery: there is none of that number.
    """
    row = connection.execute(_RECORD.where(DeliveryRow.id == number)).first()
    if row is None:
        message = f"{number}: no such delivery; `blueprint deliveries` lists them"
        raise UnknownDelivery(message)
    return _delivery(row)


def issues(connection: sa.Connection, number: int, limit: int | None = None) -> list[Issue]:
    """What was repaired, set aside or noticed in one delivery, by row; at most `limit` of it."""
    i = IssueRow
    query = sa.select(i.row, i.kind, i.action, i.detail, i.feature_id, i.area_moved_m2)
    query = query.where(i.delivery_id == number).order_by(i.id).limit(limit)
    return [_issue(row) for row in connection.execute(query)]


def _keep_issues(connection: sa.Connection, number: int, found: Sequence[Issue]) -> None:
    for start in range(0, len(found), _BATCH):
        rows = [
            {
                "delivery_id": number,
                "row": issue.row,
                "kind": issue.kind,
                "action": issue.action,
                "detail": issue.detail,
                "feature_id": issue.feature_id,
                "area_moved_m2": issue.area_moved_m2,
            }
            for issue in found[start : start + _BATCH]
        ]
        connection.execute(sa.insert(IssueRow), rows)


def _delivery(row: Sequence[Any]) -> DeliveryRecord:
    return DeliveryRecord(*row)


def _issue(row: Sequence[Any]) -> Issue:
    return Issue(*row)
