"""Which character set a shapefile's .dbf is in: .cpg, then LDID, then strict UTF-8, then GB18030.

GDAL assumes ISO-8859-1 where a .dbf says nothing, and Chinese names become mojibake without a
word. The bytes themselves decide here: UTF-8 is strict enough that GBK text hardly ever passes.
"""

import codecs
import struct
from pathlib import Path

_LDID_OFFSET = 29
_LDID_GBK = 0x4D
_RECORDS_SAMPLED = 2000


def shapefile_encoding(shp: Path) -> tuple[str | None, str]:
    """The encoding to read `shp`'s attributes in and the ground it rests on.

    Returns (None, ground) where GDAL is right by itself (a .cpg is there).
    """
    dbf = _beside(shp, ".dbf")
    if dbf is None:
        return None, "no .dbf"
    if _beside(shp, ".cpg") is not None:
        return None, ".cpg"
    data = dbf.read_bytes()
    if len(data) > _LDID_OFFSET and data[_LDID_OFFSET] == _LDID_GBK:
        return "GB18030", "LDID 0x4D (GBK)"
    texts = dbf_texts(data)
    if all(text.isascii() for text in texts):
        return "UTF-8", "ASCII only"
    if all(_is_utf8(text) for text in texts):
        return "UTF-8", "strict UTF-8"
    return "GB18030", "not UTF-8, so GB18030"


def _is_utf8(text: bytes) -> bool:
    """Whether `text` is UTF-8, a last character cut off by the field's width forgiven."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text, final=False)
    except UnicodeDecodeError:
        return False
    return True


def dbf_texts(data: bytes) -> list[bytes]:
    """The field names and the character fields of the first records of a .dbf, as bytes."""
    if len(data) < 32:
        return []
    count, header, width = struct.unpack_from("<IHH", data, 4)
    names, columns, offset = [], [], 1
    for start in range(32, header - 1, 32):
        if data[start : start + 1] in (b"\r", b""):
            break
        names.append(data[start : start + 11].split(b"\0")[0])
        length = data[start + 16]
        if data[start + 11 : start + 12] == b"C":
            columns.append((offset, length))
        offset += length
    rows = range(min(count, _RECORDS_SAMPLED))
    starts = [(header + row * width + at, length) for row in rows for at, length in columns]
    cells = [data[start : start + length] for start, length in starts]
    return [*names, *(cell.rstrip() for cell in cells)]


def _beside(shp: Path, suffix: str) -> Path | None:
    for candidate in (shp.with_suffix(suffix), shp.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None
