"""What is in a delivered zip: one shapefile or one FileGDB, unpacked into a folder of our own.

Input: a path from a stranger. Output: the path of the shapefile or FileGDB folder, under a name of
our choosing, or `UnreadableSource`. Everything that the directory of the archive says is looked at
before a byte is unpacked, and none of it is believed while unpacking:
1. Names: none absolute or climbing out, none twice, whatever the case of its letters.
2. Kinds: no links, no other archives, nothing with a password, nothing but stored or deflated.
3. Sizes: how many members, how large unpacked, how much larger than packed, none inside another.
4. Choice: the one shapefile or FileGDB; all else is left in the archive.
5. Unpacking: bytes are counted as they come, and checksums compared.
Source: PKWARE's APPNOTE.TXT 6.3.10.
"""

import re
import resource
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from layers.checks import SHAPEFILE_PARTS, require
from layers.errors import UnreadableSource
from layers.uploads import tame_stem

__all__ = ["ZipLimits", "unpacked"]

_GIB = 1 << 30
# damaged, cut short, packed in an unknown way, or with a name that no folder takes
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
_ARCHIVES = (".zip", ".kmz", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _UTF8 = 0x1, 0x800
_LOCAL_HEADER = 30
_CHUNK = 1 << 20
_OF_A_GDB = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What a zip may unpack to; `times` counts once it unpacks to more than `from_bytes`."""

    members: int = 20_000
    unpacked_bytes: int = 4 * _GIB
    times: int = 300
    from_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class _Member:
    info: zipfile.ZipInfo
    path: PurePosixPath


@contextmanager
def unpacked(path: Path, limits: ZipLimits | None = None) -> Iterator[Path]:
    """The one shapefile (its .shp) or FileGDB (its folder) in a zip, gone after the block.

    Raises:
        UnreadableSource: no zip, damaged, hostile, too large, or not one dataset in it.
    """
    require(zipfile.is_zipfile(path), path.name, "a zip archive")
    limits = limits or _limits_here()
    with TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                members = _members(archive, path.name)
                _check_kinds(members, path.name)
                _check_sizes(archive, members, path, limits)
                found, wanted = _chosen(members, path)
                _unpack(archive, wanted, Path(folder), path.name, limits)
        except _DAMAGE as error:
            message = f"{path.name}: cannot be unpacked ({str(error)[:80]}); zip it again"
            raise UnreadableSource(message) from None
        yield Path(folder, found)


def _limits_here() -> ZipLimits:
    """The usual limits; all members together no larger than this process may make one file."""
    one_file, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    usual = ZipLimits()
    if one_file == resource.RLIM_INFINITY:
        return usual
    return replace(usual, unpacked_bytes=min(usual.unpacked_bytes, one_file))


def _members(archive: zipfile.ZipFile, name: str) -> list[_Member]:
    """The members that are files, but for the shadows that macOS adds."""
    members, seen = [], set()
    for info in archive.infolist():
        said = _name(info)
        path = PurePosixPath(said.replace("\\", "/"))
        inside = not (path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", said))
        require(inside, name, "a zip whose members stay inside it")
        if path.parts[:1] == ("__MACOSX",) or path.name.startswith("._"):
            continue
        same = str(path).casefold()
        if same in seen:
            message = f"{name}: holds {path.name} twice; zip it again from one folder"
            raise UnreadableSource(message)
        seen.add(same)
        if not (info.is_dir() or said.endswith("\\")):
            members.append(_Member(info, path))
    return members


def _name(info: zipfile.ZipInfo) -> str:
    """The name in Unicode: Windows in Chinese writes GBK without saying so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _check_kinds(members: Sequence[_Member], name: str) -> None:
    for member in members:
        mode = member.info.external_attr >> 16
        if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
            what = "a link" if stat.S_ISLNK(mode) else "no plain file"
            message = f"{name}: {member.path.name} in it is {what}; zip the files themselves"
        elif member.info.flag_bits & _ENCRYPTED:
            message = f"{name}: is locked with a password; zip it again without one"
        elif member.path.suffix.lower() in _ARCHIVES:
            message = f"{name}: holds another archive, {member.path.name}; deliver what is in it"
        elif member.info.compress_type not in _METHODS:
            message = (
                f"{name}: cannot be unpacked (method {member.info.compress_type}); zip it again"
            )
        else:
            continue
        raise UnreadableSource(message)


def _check_sizes(
    archive: zipfile.ZipFile, members: Sequence[_Member], path: Path, limits: ZipLimits
) -> None:
    most = limits.members
    require(len(members) <= most, path.name, f"a zip of at most {most} files")
    size = sum(member.info.file_size for member in members)
    _check_unpacked(size, path.name, limits)
    packed = path.stat().st_size
    if size > max(limits.from_bytes, limits.times * packed):
        message = (
            f"{path.name}: would swell to {size / packed:.0f} times its size, as no map does; "
            "deliver it unpacked"
        )
        raise UnreadableSource(message)
    _check_apart(archive, members, path.name)


def _check_unpacked(size: int, name: str, limits: ZipLimits) -> None:
    if size > limits.unpacked_bytes:
        most = limits.unpacked_bytes / _GIB
        message = f"{name}: unpacks to more than {most:g} GiB; deliver it in parts"
        raise UnreadableSource(message)


def _check_apart(archive: zipfile.ZipFile, members: Sequence[_Member], name: str) -> None:
    """No two members share bytes: that is how a small zip is made to unpack without end."""
    assert archive.fp is not None
    free_from = 0
    for info in sorted((m.info for m in members), key=lambda info: info.header_offset):
        archive.fp.seek(info.header_offset)
        name_length, extra_length = struct.unpack_from("<HH", archive.fp.read(_LOCAL_HEADER), 26)
        if info.header_offset < free_from:
            message = f"{name}: its members lie inside one another; zip it again"
            raise UnreadableSource(message)
        free_from = info.header_offset + _LOCAL_HEADER + name_length + extra_length
        free_from += info.compress_size
    require(free_from <= archive.start_dir, name, "whole: its members run past their directory")


def _chosen(members: Sequence[_Member], path: Path) -> tuple[str, list[tuple[_Member, str]]]:
    """What is in the zip, by the name that it gets, and its members with theirs."""
    shapes = [m.path for m in members if m.path.suffix.lower() == ".shp"]
    bases = sorted({m.path.parent for m in members if m.path.suffix.lower() == ".gdbtable"})
    count = len(shapes) + len(bases)
    require(count == 1, path.name, f"a zip with one shapefile or one FileGDB (it has {count})")
    if shapes:
        (shape,) = shapes
        stem = tame_stem(shape.stem)
        parts = [
            (member, stem + member.path.suffix.lower())
            for member in members
            if member.path.with_suffix("") == shape.with_suffix("")
            and member.path.suffix.lower() in SHAPEFILE_PARTS
        ]
        return f"{stem}.shp", parts
    (base,) = bases
    folder = tame_stem(base.stem if base.suffix.lower() == ".gdb" else path.stem) + ".gdb"
    inside = [m for m in members if m.path.parent == base and _OF_A_GDB.fullmatch(m.path.name)]
    kept = [m for m in inside if m.path.suffix != ".lock"]
    return folder, [(member, f"{folder}/{member.path.name}") for member in kept]


def _unpack(
    archive: zipfile.ZipFile,
    wanted: Sequence[tuple[_Member, str]],
    folder: Path,
    name: str,
    limits: ZipLimits,
) -> None:
    size = 0
    for member, as_name in wanted:
        target = folder / as_name
        target.parent.mkdir(exist_ok=True)
        # a new file each time: two suffixes that differ in case alone would write over each other
        with archive.open(member.info) as packed, target.open("xb") as to:
            while chunk := packed.read(_CHUNK):
                size += len(chunk)
                _check_unpacked(size, name, limits)
                to.write(chunk)
