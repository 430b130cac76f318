"""Delivered files as the store keeps them: by hash, whole, in pieces that fit in memory.

Input: the path of a delivery. Output: a copy of it of our own, which nobody can change while it is
read, and the `SourceFile` to keep. A shapefile's companions and a FileGDB's folder become one zip
with fixed times, so that an equal delivery has an equal hash.
"""

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from layers.checks import SHAPEFILE_PARTS
from layers.errors import UnreadableSource
from layers.plain_files import require_plain_files
from layers.versions import SourceFile

_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery in our hands: `path` is what to read, `source` what to keep."""

    path: Path
    source: SourceFile


@contextmanager
def taken(path: Path) -> Iterator[Delivered]:
    """Our own copy of the file, shapefile or FileGDB folder at `path`, gone after the block.

    Raises:
        UnreadableSource: nothing is there, a link is among it, or part of it was never written.
    """
    if not path.exists():
        message = f"{path}: no such file"
        raise UnreadableSource(message)
    require_plain_files(path.absolute())
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        message = f"{path.name}: a program still has changes of it in {log.name}; close it first"
        raise UnreadableSource(message)
    with TemporaryDirectory(prefix="blueprint-delivery-") as scratch:
        folder = Path(scratch, "as-delivered")
        folder.mkdir()
        members = _members(path)
        if path.is_dir():
            (folder / path.name).mkdir()
        for member in members:
            copy = folder / member.relative_to(path.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(member, copy)
        kept = folder / path.name
        if members != [path]:
            kept = Path(scratch, "kept.zip")
            _pack(folder, kept)
        yield Delivered(folder / path.name, source_file(kept, path.name))


def source_file(path: Path, name: str) -> SourceFile:
    """The file at `path` under the name that it was delivered by."""

    def chunks() -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return _source(name, chunks)


def source_of(name: str, content: bytes) -> SourceFile:
    """A delivery that came as bytes rather than as a file."""

    def chunks() -> Iterator[bytes]:
        for start in range(0, len(content), _CHUNK):
            yield content[start : start + _CHUNK]

    return _source(name, chunks)


def _source(name: str, chunks: Callable[[], Iterator[bytes]]) -> SourceFile:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks():
        digest.update(chunk)
        size += len(chunk)
    return SourceFile(digest.hexdigest(), name, size, chunks)


def _pack(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member in sorted(p for p in folder.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(str(member.relative_to(folder)))
            info.compress_type = zipfile.ZIP_DEFLATED
            with member.open("rb") as file, archive.open(info, "w", force_zip64=True) as to:
                shutil.copyfileobj(file, to, _CHUNK)


def _members(path: Path) -> list[Path]:
    if path.is_dir():
        # lock files come and go with whoever looks at the geodatabase
        return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")
    if path.suffix.lower() == ".shp":
        # not what viewers leave beside it: an index, or the same layer in another format
        files = (p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
        return sorted(p for p in files if p.suffix.lower() in SHAPEFILE_PARTS)
    return [path]
