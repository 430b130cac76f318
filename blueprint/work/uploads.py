"""Files that callers bring over the network: kept in the store until a job takes them up.

Nothing else leads to a file over the network: no path of this machine and no address elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.access.rights import owns
from blueprint.errors import InvalidInputs, UnknownUpload
from blueprint.registry import now
from blueprint.service_models import UploadChunkRow, UploadRow
from blueprint.values import Value

LARGEST_BYTES = 512 << 20
_MOST_KEPT = 20
_LONGEST_NAME = 200
"""Bytes: a file system takes 255, and something may stand before the name."""
_NAME = re.compile(r"[^\W_][\w .()\-]{0,99}")


class Upload(Value):
    """A file that is there to be named in a job."""

    id: str
    name: str
    size: int
    sha256: str
    created_at: datetime


def keep_upload(
    connection: sa.Connection, caller: Caller, name: str, chunks: Iterable[bytes]
) -> Upload:
    """Keep a file, piece by piece, under the name that it was brought by.

    Raises:
        InvalidInputs: the name is no file's, the file is empty or too large, or too many are kept.
    """
    plain = _NAME.fullmatch(name) and name.isprintable() and not name.endswith((" ", "."))
    if not plain or len(name.encode()) > _LONGEST_NAME:
        message = f"{name[:100]!a}: is no plain file name; give one such as redline.gpkg"
        raise InvalidInputs(message)
    kept = sa.select(sa.func.count()).where(UploadRow.owner == caller.name)
    if (connection.scalar(kept) or 0) >= _MOST_KEPT:
        message = f"{name}: {_MOST_KEPT} uploads wait already; use them in a job or delete some"
        raise InvalidInputs(message)
    upload_id, digest, size = f"up_{uuid4().hex}", sha256(), 0
    values = {"id": upload_id, "owner": caller.name, "name": name, "created_at": now()}
    connection.execute(sa.insert(UploadRow).values(values | {"size": 0, "sha256": ""}))
    for ordinal, chunk in enumerate(chunks):
        digest.update(chunk)
        size += len(chunk)
        if size > LARGEST_BYTES:
            message = f"{name}: is over {LARGEST_BYTES >> 20} MiB; deliver it in parts"
            raise InvalidInputs(message)
        piece = {"upload_id": upload_id, "ordinal": ordinal, "content": chunk}
        connection.execute(sa.insert(UploadChunkRow).values(piece))
    if not size:
        raise InvalidInputs(f"{name}: is empty; send the file as the body")
    whole = sa.update(UploadRow).where(UploadRow.id == upload_id)
    connection.execute(whole.values(size=size, sha256=digest.hexdigest()))
    return find_upload(connection, upload_id, caller)


def find_upload(connection: sa.Connection, upload_id: str, caller: Caller) -> Upload:
    """An upload of the caller's.

    Raises:
        UnknownUpload: there is none of that id that is theirs.
    """
    return upload_of(connection, upload_id, lambda owner: owns(caller, owner))


def upload_of(
    connection: sa.Connection, upload_id: str, may: Callable[[str], bool] = lambda _owner: True
) -> Upload:
    """An upload, whose owner may be held against who asks.

    Raises:
        UnknownUpload: there is none of that id, or it may not be known.
    """
    row = None
    if upload_id.isprintable():
        query = sa.select(UploadRow.__table__).where(UploadRow.id == upload_id)
        row = connection.execute(query).first()
    if row is None or not may(row.owner):
        message = f"{upload_id!a}: no such upload; POST the file to /uploads first"
        raise UnknownUpload(message)
    return Upload(
        id=row.id, name=row.name, size=row.size, sha256=row.sha256, created_at=row.created_at
    )


@contextmanager
def upload_as_file(connection: sa.Connection, upload: Upload) -> Iterator[Path]:
    """The upload as a file in a folder of its own, gone after the block."""
    with TemporaryDirectory(prefix="blueprint-upload-") as folder:
        path = Path(folder, upload.name)
        row = UploadChunkRow
        ordinals = sa.select(row.ordinal).where(row.upload_id == upload.id).order_by(row.ordinal)
        with path.open("xb") as file:
            # one query a piece: together they may be larger than the memory
            for ordinal in connection.scalars(ordinals).all():
                piece = sa.select(row.content)
                piece = piece.where(row.upload_id == upload.id, row.ordinal == ordinal)
                file.write(connection.execute(piece).scalar_one())
        yield path


def content_of(connection: sa.Connection, upload: Upload, most: int) -> bytes:
    """What an upload holds.

    Raises:
        InvalidInputs: it has more than `most` bytes.
    """
    if upload.size > most:
        message = f"{upload.id}: has {upload.size} bytes, over {most >> 20} MiB; bring it in parts"
        raise InvalidInputs(message)
    row = UploadChunkRow
    pieces = sa.select(row.content).where(row.upload_id == upload.id).order_by(row.ordinal)
    return b"".join(connection.scalars(pieces))


def delete_upload(connection: sa.Connection, upload_id: str) -> None:
    """Remove an upload; one that is not there is none to remove."""
    chunks = sa.delete(UploadChunkRow).where(UploadChunkRow.upload_id == upload_id)
    connection.execute(chunks)
    connection.execute(sa.delete(UploadRow).where(UploadRow.id == upload_id))


def forget_old_uploads(connection: sa.Connection, keep: timedelta) -> None:
    """Remove uploads that nobody has used for longer than `keep`."""
    old = sa.select(UploadRow.id).where(UploadRow.created_at < datetime.now(UTC) - keep)
    for upload_id in connection.scalars(old).all():
        delete_upload(connection, upload_id)
