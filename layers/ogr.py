"""One layer of a file through GDAL: rows as an Arrow table, arcs straightened, warnings as notes.

Input: a path, or a document in memory, that `checks` has found to be what it claims.
Output: `OgrLayer`, whose rows have `geometry` (WKB) and attributes of distinct names.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import read as read_without_arrow

from layers.errors import AmbiguousSource, UnreadableSource

GEOMETRY = "geometry"
_WKB_NAMES = (b"geoarrow.wkb", b"ogc.wkb")
_COLLECTION, _CURVES = 7, range(8, 15)
_recorder = threading.Lock()


@dataclass(frozen=True, slots=True)
class OgrLayer:
    """The layer's name, its CRS (authority code or WKT) if it says one, its rows, and notes."""

    name: str | None
    crs: str | None
    rows: pa.Table
    notes: tuple[str, ...]


def read_layer(
    where: Path | io.BytesIO,
    name: str,
    driver: str,
    layer: str | None,
    encoding: str | None = None,
) -> OgrLayer:
    """Read the layer that is named, or the only one; `name` and `driver` are for messages.

    Raises:
        UnreadableSource: GDAL cannot read it, or it has no geometry.
        AmbiguousSource: several layers and none named, or no layer of that name.
    """
    notes: list[str] = []
    try:
        with _warnings_noted(notes):
            # GDAL names a document in memory anew at each call: it has one layer, whatever its name
            in_memory = isinstance(where, io.BytesIO)
            names = [] if in_memory else [str(row[0]) for row in pyogrio.list_layers(where)]
            chosen = None if in_memory else choose_layer(name, names, layer)
            meta, table = pyogrio.read_arrow(where, layer=chosen, encoding=encoding)
            at = _geometry_at(table)
            if at is not None and (codes := _wkb_codes(table.column(at))) & {_COLLECTION, *_CURVES}:
                # GEOS knows no arcs; pyogrio's other way of reading makes them straight
                wkb = read_without_arrow(where, layer=chosen, columns=[])[2]
                table = table.set_column(at, GEOMETRY, pa.array(wkb, pa.binary()))
                notes += ["arcs were drawn as short straight lines"] if codes & {*_CURVES} else []
            names_apart = names_told_apart(table.column_names, at)
    except (DataSourceError, DataLayerError, pa.ArrowInvalid, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        message = f"{name}: cannot be read as {driver} ({reason}); check the file and its encoding"
        raise UnreadableSource(message) from None
    if at is None:
        message = f"{name}: layer {chosen} is a table without geometry"
        raise UnreadableSource(message)
    return OgrLayer(chosen, meta["crs"] or None, table.rename_columns(names_apart), tuple(notes))


def choose_layer(name: str, layers: list[str], wanted: str | None) -> str:
    """The layer that is wanted, or the only one."""
    if wanted is not None and wanted in layers:
        return wanted
    if wanted is None and len(layers) == 1:
        return layers[0]
    shown = ", ".join(layers[:12]) + (" ..." if len(layers) > 12 else "")
    problem = f"no layer {wanted}" if wanted is not None else f"{len(layers)} layers"
    message = f"{name}: {problem}; name one with --source-layer: {shown or 'it has none'}"
    raise AmbiguousSource(message)


def names_told_apart(names: list[str], geometry_at: int | None) -> list[str]:
    """Column names, each used once: the geometry is `geometry`, a second `a` becomes `a_2`."""
    used = {GEOMETRY}
    apart = []
    for at, name in enumerate(names):
        free = name if at != geometry_at else GEOMETRY
        number = 1
        while at != geometry_at and free in used:
            number += 1
            free = f"{name}_{number}"
        used.add(free)
        apart.append(free)
    return apart


def _geometry_at(table: pa.Table) -> int | None:
    for at, field in enumerate(table.schema):
        if (field.metadata or {}).get(b"ARROW:extension:name") in _WKB_NAMES:
            return at
    return None


def _wkb_codes(wkb: pa.ChunkedArray) -> set[int]:
    """The geometry type codes of a WKB column, without what they say of Z and M."""
    found = pc.unique(pc.binary_slice(wkb, 1, 5)).to_pylist()
    return {(int.from_bytes(code, "little") & 0xFFFF) % 1000 for code in found if code}


@contextmanager
def _warnings_noted(notes: list[str]) -> Iterator[None]:
    """Collect what GDAL warns of, once each, rather than print it."""
    with _recorder, warnings.catch_warnings(record=True) as caught:  # not safe between threads
        warnings.simplefilter("always")
        yield
    notes += dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
