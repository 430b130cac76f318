"""Which character set a shapefile or a drawing is in, and text brought into Unicode by it.

Input: the file's bytes. Output: a Python codec's name and the ground it rests on; a table decoded.
A .dbf: the .cpg, then LDID, then strict UTF-8, then GB18030, each only if the text bears it out.
GDAL assumes ISO-8859-1 where a .dbf says nothing, and Chinese names become mojibake without a
word; it passes on what it cannot decode, and a character cut in two by the width of a field makes
the whole file unreadable. So a .dbf is read as ISO-8859-1, which keeps every byte, and is decoded
here.
"""

import codecs
import re
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.checks import beside

BYTES_AS_TEXT = "ISO-8859-1"
"""Read in this, a text keeps its bytes one by one."""
_LDID_OFFSET = 29
_LDID_GBK = 0x4D
_FIELD, _NAME = 32, 10
_RECORDS_SAMPLED = 2000
_FIRST_DXF_IN_UTF8 = b"AC1021"  # AutoCAD 2007
_ESCAPED = re.compile(r"\\U\+([0-9A-Fa-f]{4})")


def shapefile_encoding(shp: Path) -> tuple[str, str]:
    """The encoding of `shp`'s attributes and the ground it rests on."""
    dbf = beside(shp, ".dbf")
    if dbf is None:
        return "UTF-8", "no .dbf"
    data = dbf.read_bytes()
    texts = dbf_texts(data)
    if said := _said_by_cpg(shp):
        if _all_in(texts, said):
            return said, ".cpg"
        doubt = f"; the .cpg says {said}"
    else:
        doubt = ""
    if data[_LDID_OFFSET : _LDID_OFFSET + 1] == bytes([_LDID_GBK]) and _all_in(texts, "GB18030"):
        return "GB18030", f"LDID 0x4D (GBK){doubt}"
    if all(text.isascii() for text in texts):
        return "UTF-8", f"ASCII only{doubt}"
    if _all_in(texts, "UTF-8"):
        return "UTF-8", f"strict UTF-8{doubt}"
    return "GB18030", f"not UTF-8, so GB18030{doubt}"


def known_encoding(name: str) -> str | None:
    """The codec that a name such as GBK, 936 or ANSI 936 stands for; None if there is none."""
    code_page = re.fullmatch(r"(?:ANSI|CP)?[\s_-]*(\d{3,5})", name.strip(), re.IGNORECASE)
    try:
        codec = codecs.lookup(f"cp{code_page[1]}" if code_page else name.strip()).name
        b"a".decode(codec)
    except (LookupError, ValueError):  # the second are codecs of something else than text
        return None
    # GB18030 has all that these have, and old software writes more than they allow
    return {"utf-8": "UTF-8", "gb2312": "GB18030", "gbk": "GB18030"}.get(codec, codec.upper())


def _said_by_cpg(shp: Path) -> str | None:
    cpg = beside(shp, ".cpg")
    return None if cpg is None else known_encoding(cpg.read_text("ascii", errors="replace"))


def _all_in(texts: list[bytes], encoding: str) -> bool:
    """Whether all texts are in `encoding`, a last character cut off by a field's end forgiven."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for text in texts:
            decoder.reset()
            decoder.decode(text)
    except UnicodeDecodeError:
        return False
    return True


def dbf_texts(data: bytes) -> list[bytes]:
    """The field names and the character fields of a .dbf as bytes, of records that tell.

    A text shorter than its field keeps what pads it: it was not cut off, and must decode whole.
    """
    if len(data) < _FIELD:
        return []
    count, header, width = struct.unpack_from("<IHH", data, 4)
    names, columns, offset = [], [], 1
    for start in range(_FIELD, min(header, len(data)) - 1, _FIELD):
        if data[start : start + 1] == b"\r":
            break
        name, end, _ = data[start : start + _NAME].partition(b"\0")
        names.append(name + end)
        length = data[start + 16]
        if data[start + 11 : start + 12] == b"C":
            columns.append((offset, length))
        offset += length
    count = min(count, max(len(data) - header, 0) // max(width, 1))
    records = (data[header + row * width : header + (row + 1) * width] for row in range(count))
    telling = [record for record in records if not record.isascii()][:_RECORDS_SAMPLED]
    return [*names, *(record[at : at + length] for record in telling for at, length in columns)]


class Decoder:
    """Brings batches read as `BYTES_AS_TEXT` into their true encoding; counts what doesn't fit it.

    A character cut in two at a text's end is dropped; other bytes that fit nothing become U+FFFD.
    """

    def __init__(self, encoding: str) -> None:
        self.misfits = 0
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its texts and names decoded."""
        columns = []
        for column in batch.columns:
            if not pa.types.is_string(column.type) or pc.all(pc.string_is_ascii(column)).as_py():
                columns.append(column)
                continue
            values = column.dictionary_encode()
            texts = [self._text(value) for value in values.dictionary.to_pylist()]
            columns.append(pa.array(texts, pa.string()).take(values.indices))
            self.misfits += pc.sum(pc.match_substring(columns[-1], "\ufffd"), min_count=0).as_py()
        names = [self._text(name) for name in batch.schema.names]
        return pa.RecordBatch.from_arrays(columns, names=names)

    def _text(self, value: str | None) -> str | None:
        self._decoder.reset()
        return None if value is None else self._decoder.decode(value.encode(BYTES_AS_TEXT))


def deleted_rows(shp: Path) -> tuple[int, int]:
    """How many rows the .dbf has, and how many of them are marked as deleted.

    Source: dBASE III: the first byte of a deleted record is an asterisk.
    """
    dbf = beside(shp, ".dbf")
    assert dbf is not None  # `check_shapefile` has seen it
    with dbf.open("rb") as file:
        count, header, width = struct.unpack_from("<IHH", file.read(_FIELD), 4)
    if not count or not width:
        return count, 0
    records = np.memmap(dbf, np.uint8, "r", header, (count, width))
    return count, int(np.count_nonzero(records[:, 0] == ord("*")))


def dxf_encoding(head: bytes) -> str | None:
    """The encoding of a DXF whose header says it is newer than its code page; None: as it says.

    Source: DXF reference, $ACADVER and $DWGCODEPAGE: UTF-8 since AutoCAD 2007.
    """
    version = re.search(rb"\$ACADVER\s+1\s+(AC\d{4})", head)
    return "UTF-8" if version and version[1] >= _FIRST_DXF_IN_UTF8 else None


def unescaped(text: str) -> str:
    r"""A DXF's text with its \U+7EA2 escapes as the characters that they stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
