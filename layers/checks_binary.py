"""Are a FileGDB's tables and a FlatGeobuf whole? Asked of what they state of their own length.

Input: a path from a stranger. Output: nothing or a count, or `UnreadableSource`.
"""

import mmap
import struct
from pathlib import Path

from layers.checks import first_bytes, require

_GDB_VERSIONS = (3, 4)
_GDB_HEADER = 40
_FGB_MAGIC, _FGB_VERSION = b"fgb", 3
_FGB_NODE = 40
_FGB_COUNT, _FGB_NODE_SIZE, _FGB_DEFAULT_NODE_SIZE = 8, 9, 16


def check_filegdb(path: Path) -> None:
    """The folder has a catalogue, and no table is shorter than its header states.

    Source: the open description of the FileGDB tables: version, then the file's size at byte 24.
    """
    tables = sorted(path.glob("*.gdbtable"))
    require(any(table.stem == "a00000001" for table in tables), path.name, "a FileGDB folder")
    for table in tables:
        head = first_bytes(table, _GDB_HEADER)
        whole = len(head) == _GDB_HEADER and struct.unpack_from("<i", head)[0] in _GDB_VERSIONS
        require(whole, path.name, f"whole: its {table.name} is damaged")
        size = struct.unpack_from("<q", head, 24)[0]
        require(size <= table.stat().st_size, path.name, f"whole: its {table.name} is cut short")
        index = table.with_suffix(".gdbtablx")
        require(index.exists(), path.name, f"whole: its {index.name} is missing")


def check_flatgeobuf(path: Path) -> int:
    """Walk over all features to the file's end; how many there are is as many as it states.

    Source: FlatGeobuf 3: magic, header, packed R-tree, features, each with its length before it.
    """
    name = path.name
    head = first_bytes(path, 8)
    require(head[:3] == head[4:7] == _FGB_MAGIC, name, "a FlatGeobuf file")
    require(head[3] == _FGB_VERSION, name, "FlatGeobuf of version 3")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            length, stated, node_size = _fgb_header(data)
        except struct.error:
            length = stated = node_size = 0
        require(length, name, "whole: its header is damaged")
        at, count, end = 12 + length + _index_size(stated, node_size), 0, len(data)
        while at <= end - 4:
            at += 4 + int.from_bytes(data[at : at + 4], "little")
            count += 1
    # a writer that did not know the number beforehand states none
    require(at == end and count == (stated or count), name, "whole: it is cut short or damaged")
    return count


def _fgb_header(data: mmap.mmap) -> tuple[int, int, int]:
    """The header's length in bytes, the number of features, and the index's node size.

    Source: FlatBuffers: a table begins with the offset to the places of its fields.
    """
    (length,) = struct.unpack_from("<I", data, 8)
    header = data[12 : 12 + length]
    (root,) = struct.unpack_from("<I", header)
    places = root - struct.unpack_from("<i", header, root)[0]
    if places < 0:
        raise struct.error
    (size,) = struct.unpack_from("<H", header, places)

    def field(number: int, form: str, default: int) -> int:
        slot = 4 + 2 * number
        place = struct.unpack_from("<H", header, places + slot)[0] if slot < size else 0
        value: int = struct.unpack_from(form, header, root + place)[0] if place else default
        return value

    count = field(_FGB_COUNT, "<Q", 0)
    return length, count, field(_FGB_NODE_SIZE, "<H", _FGB_DEFAULT_NODE_SIZE)


def _index_size(count: int, node_size: int) -> int:
    if not count or node_size < 2:
        return 0
    level = total = count
    while level > 1:
        level = -(-level // node_size)
        total += level
    # a single feature still has a root above it
    return _FGB_NODE * (total if count > 1 else 2)
