"""Read a CSV whose rows lie where a WKT column, or a column for each coordinate, puts them.

Input: a text with a header line; comma, semicolon or tab between fields. Output: one row a record,
all attributes as text. A place that cannot be read becomes bytes that are no geometry, and a blank
one null: `normalise` sets both aside with their row. A record with a field more or less than the
header is no row of this table, and the file is refused: it may be cut short.
"""

import csv
import math
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

import shapely
from shapely.errors import GEOSException

from layers.checks import require
from layers.csv_columns import Place, place_of
from layers.description import Batches, Description, Sink
from layers.errors import UnreadableSource
from layers.ogr import names_told_apart
from layers.text_encoding import text_encoding

_DELIMITERS = ",;\t"
_COLUMNS_LIMIT = 2_000
_RECORD_LIMIT = 64 << 20
_SRID = re.compile(r"\s*SRID\s*=\s*(\d{1,6})\s*;", re.IGNORECASE)
_HEX = re.compile(r"\s*0[01](?:[0-9A-Fa-f]{2}){8,}\s*")
_EWKB_SRID = 0x20000000


def read_csv(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a CSV's rows; its CRS is that of its WKT's SRID, if they name one and the same."""
    del layer  # the format has but one
    true, ground = text_encoding(path, encoding)
    with _records(path, true) as (header, records):
        place = place_of(header)
        if place is None:
            message = (
                f"{path.name}: no column, or more than one, says where a row is; name it WKT, or a "
                f"pair lon, lat or 经度, 纬度 or x, y; it has {_shown(header)}"
            )
            raise UnreadableSource(message)
        kept = [at for at in range(len(header)) if at != place.wkt]
        named = [header[at].strip() or f"column_{at + 1}" for at in kept]
        batches = Batches(names_told_apart(named, None), sink)
        rows = _Places(path.name, place)
        for record in records:
            batches.add((record[at] for at in kept), rows.wkb(record))
        batches.flush()
    notes = [f"text read as {true} ({ground})", _said_of(place, header), *rows.notes()]
    return Description(path.name, "CSV", None, rows.crs(), true, tuple(notes))


def _said_of(place: Place, header: list[str]) -> str:
    if place.xy is None:
        return f"geometry from column {header[place.wkt or 0].strip()}"
    east, north = (header[at].strip() for at in place.xy)
    return f"points with {east} to the east and {north} to the north"


def _shown(header: list[str]) -> str:
    return ", ".join(name[:20] for name in header[:12]) + (" ..." if len(header) > 12 else "")


class _Places:
    """The geometries of the rows, and what was met on the way."""

    def __init__(self, name: str, place: Place) -> None:
        self._name, self._place = name, place
        self._srids: dict[int, int] = {}
        self._rows = self._unread = 0

    def wkb(self, record: list[str]) -> bytes | None:
        """A row's geometry; the text's own bytes where it is none."""
        self._rows += 1
        found = self._from_text(record) if self._place.xy is None else self._from_pair(record)
        if isinstance(found, str):
            self._unread += 1
            return found.encode("utf-8", "replace")
        return found

    def _from_text(self, record: list[str]) -> bytes | str | None:
        text = record[self._place.wkt or 0]
        if not text.strip():
            return None
        if _HEX.fullmatch(text):
            return self._from_hex(text)
        said = _SRID.match(text)
        try:
            shape = shapely.from_wkt(text[said.end() :] if said else text)
        except (GEOSException, ValueError):
            return text
        srid = int(said[1]) if said else 0
        self._srids[srid] = self._srids.get(srid, 0) + 1
        return bytes(shapely.to_wkb(shape))

    def _from_hex(self, text: str) -> bytes | str:
        wkb = bytes.fromhex(text.strip())
        order = "<" if wkb[0] else ">"
        kind, srid = struct.unpack_from(f"{order}II", wkb, 1)
        srid = srid if kind & _EWKB_SRID else 0
        self._srids[srid] = self._srids.get(srid, 0) + 1
        return wkb

    def _from_pair(self, record: list[str]) -> bytes | str | None:
        assert self._place.xy is not None
        texts = [record[at].strip() for at in self._place.xy]
        if not any(texts):
            return None
        try:
            x, y = (float(text) for text in texts)
        except ValueError:
            return ", ".join(texts)
        if math.isnan(x) or math.isnan(y):  # that would be an empty point
            return ", ".join(texts)
        return struct.pack("<BIdd", 1, 1, x, y)

    def crs(self) -> str | None:
        """The CRS that all geometries name.

        Raises:
            UnreadableSource: they name several.
        """
        named = [srid for srid in self._srids if srid]
        if len(named) > 1 or (named and 0 in self._srids):
            met = ", ".join(f"{srid or 'none'} in {n} rows" for srid, n in self._srids.items())
            message = f"{self._name}: its geometries differ in SRID ({met}); deliver one CRS a file"
            raise UnreadableSource(message)
        return f"EPSG:{named[0]}" if named else None

    def notes(self) -> list[str]:
        """How many rows have a place that cannot be read."""
        return [f"{self._unread} of {self._rows} places cannot be read"] if self._unread else []


@contextmanager
def _records(path: Path, encoding: str) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """The header, and the records under it, each with as many fields."""
    before = csv.field_size_limit(_RECORD_LIMIT)
    try:
        with path.open("r", encoding=encoding, newline="") as file:
            first = file.readline(_RECORD_LIMIT)
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            reader = csv.reader(_lines(path.name, file), delimiter=delimiter, strict=True)
            header = next(reader, [])
            require(len(header) <= _COLUMNS_LIMIT, path.name, f"under {_COLUMNS_LIMIT} columns")
            yield header, _even(path.name, header, reader)
    except csv.Error as error:
        line = reader.line_num
        message = f"{path.name}: line {line}: {error}; check its quotes, deliver the whole file"
        raise UnreadableSource(message) from None
    finally:
        csv.field_size_limit(before)


def _lines(name: str, file: TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := file.readline(_RECORD_LIMIT):
        number += 1
        where = f"{name}: line {number}"
        require(len(line) < _RECORD_LIMIT, where, "under 64 MiB; deliver it as GeoPackage")
        require("\0" not in line, where, "text: it holds NUL")
        yield line


def _even(name: str, header: list[str], records: Iterator[list[str]]) -> Iterator[list[str]]:
    width = len(header)
    for number, record in enumerate(records, 1):
        if not record:
            continue
        if len(record) > width and not any(record[width:]):
            record = record[:width]  # noqa: PLW2901 - spreadsheets leave empty cells behind
        if len(record) != width:
            message = (
                f"{name}: record {number} has {len(record)} fields, the header {width}; "
                "mend it and deliver the whole file"
            )
            raise UnreadableSource(message)
        yield record
