"""Read the formats that GDAL streams and that say how many rows they have."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from layers.checks import first_bytes, require
from layers.checks_binary import check_filegdb, check_flatgeobuf
from layers.description import Description, Sink
from layers.errors import UnreadableSource
from layers.ogr import choose_layer, layer_names, stream_layer, unreadable

# GDAL gives SQL functions and tables that open files and call servers
_REACHING_OUT = re.compile(
    r"\b(ogr_\w+|gdal_\w+|load_extension|using\s+(?!rtree\b)\w+\s*(\(|$))", re.IGNORECASE
)
_ENDLESS = re.compile(r"\brecursive\b", re.IGNORECASE)


def read_geopackage(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read one layer of a GeoPackage; its rows are counted in its own table."""
    del encoding  # always UTF-8
    require(first_bytes(path, 16) == b"SQLite format 3\0", path.name, "a GeoPackage")
    check_own_sql(path)
    chosen = choose_layer(path.name, layer_names(path, path.name, "GPKG"), layer)
    _refuse_view(path, chosen)
    return _described(path, "GPKG", chosen, sink, _rows_in(path, chosen))


def read_filegdb(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read one feature class of a FileGDB."""
    del encoding
    check_filegdb(path)
    chosen = choose_layer(path.name, layer_names(path, path.name, "OpenFileGDB"), layer)
    return _described(path, "OpenFileGDB", chosen, sink, None)


def read_flatgeobuf(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a FlatGeobuf file."""
    del encoding
    count = check_flatgeobuf(path)
    chosen = choose_layer(path.name, layer_names(path, path.name, "FlatGeobuf"), layer)
    return _described(path, "FlatGeobuf", chosen, sink, count)


def _described(path: Path, driver: str, layer: str, sink: Sink, count: int | None) -> Description:
    read = stream_layer(path, path.name, driver, layer, sink, count=count)
    return Description(path.name, driver, layer, read.crs, "UTF-8", read.notes)


def check_own_sql(path: Path) -> None:
    """No view, trigger or virtual table of the database reaches outside of it."""
    kinds = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' OR type IN (?, ?)"
    for name, sql in _asked(path, kinds, "view", "trigger"):
        if _REACHING_OUT.search(str(sql)):
            message = (
                f"{path.name}: its {name} reaches beyond the file; deliver it without, tables alone"
            )
            raise UnreadableSource(message)
        if _ENDLESS.search(str(sql)):
            message = f"{path.name}: its {name} is recursive; deliver it without, tables alone"
            raise UnreadableSource(message)


def _refuse_view(path: Path, name: str) -> None:
    """See that a layer is a table: what a view computes may have no end."""
    kind = "SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE AND type = 'view'"
    if _asked(path, kind, name):
        message = f"{path.name}: {name} is a view; deliver it as a table"
        raise UnreadableSource(message)


def _rows_in(path: Path, table: str) -> int:
    name = table.replace('"', '""')
    return int(_asked(path, f'SELECT count(*) FROM "{name}"')[0][0])  # noqa: S608 - quoted


def _asked(path: Path, query: str, *values: str) -> list[tuple[int | str, ...]]:
    # without a log beside it nobody is writing: the folder need not be writable then
    log = Path(f"{path}-wal").exists()
    uri = f"file:{quote(str(path.absolute()))}?mode=ro{'' if log else '&immutable=1'}"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            return database.execute(query, values).fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise unreadable(path.name, "GPKG", error) from None
