"""One layer of a file through GDAL: rows batch by batch, arcs straightened, warnings as notes.

Input: a path, or a document in memory, that `checks` has found to be what it claims.
Output: batches with `geometry` (WKB) and attributes of distinct names, pushed to a sink, and an
`OgrLayer`. What is read is counted: a driver that stops half-way says so only sometimes.
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
from pyogrio.raw import open_arrow
from pyogrio.raw import read as read_without_arrow

from layers.description import BATCH_BYTES, BATCH_ROWS, Sink
from layers.errors import AmbiguousSource, UnreadableSource
from layers.source import GEOMETRY

_WKB_NAMES = (b"geoarrow.wkb", b"ogc.wkb")
_COLLECTION, _CURVES = 7, range(8, 15)
_recorder = threading.RLock()
# whole batches of rows with very many vertices would not fit; a circle's area is right to 0.01 %
pyogrio.set_gdal_config_options({"OGR_ARROW_MEM_LIMIT": BATCH_BYTES, "OGR_ARC_STEPSIZE": 1})


@dataclass(frozen=True, slots=True)
class OgrLayer:
    """The layer's name, its CRS (authority code or WKT) if it says one, and notes."""

    name: str | None
    crs: str | None
    notes: tuple[str, ...]


def layer_names(path: Path | str, name: str, driver: str) -> list[str]:
    """The names of a file's layers.

    Raises:
        UnreadableSource: GDAL cannot read it.
    """
    with _refusing(name, driver), _warnings_noted([]):
        return [str(row[0]) for row in pyogrio.list_layers(path)]


def stream_layer(
    where: Path | str | io.BytesIO,
    name: str,
    driver: str,
    layer: str | None,
    sink: Sink,
    *,
    encoding: str | None = None,
    count: int | None = None,
) -> OgrLayer:
    """Read the layer named `layer`; a document in memory has but one, of any name.

    `name` and `driver` are for messages; `count` is how many rows the file has, as found without
    GDAL.

    Raises:
        UnreadableSource: GDAL cannot read it, it has no geometry, or not all its rows were read.
    """
    notes: list[str] = []
    read = 0
    with _refusing(name, driver), _warnings_noted(notes):
        options = {"layer": layer, "encoding": encoding, "batch_size": BATCH_ROWS}
        declared = _feature_count(where, layer, encoding) if count is None else count
        with open_arrow(where, use_pyarrow=True, **options) as (meta, batches):
            at = _geometry_at(batches.schema)
            if at is None:
                message = f"{name}: layer {layer} is a table without geometry"
                raise UnreadableSource(message)
            names = names_told_apart(batches.schema.names, at)
            for batch in batches:
                columns = _plain(batch)
                if codes := _wkb_codes(columns[at]) & {_COLLECTION, *_CURVES}:
                    columns[at] = _straightened(where, layer, read, batch.num_rows)
                    if codes & {*_CURVES}:
                        notes.append("arcs were drawn as short straight lines")
                read += batch.num_rows
                sink(pa.RecordBatch.from_arrays(columns, names=names))
    if declared >= 0 and read != declared:
        message = f"{name}: only {read} of {declared} rows can be read; deliver the whole file"
        raise UnreadableSource(message)
    return OgrLayer(layer, meta["crs"] or None, tuple(dict.fromkeys(notes)))


def choose_layer(name: str, layers: list[str], wanted: str | None) -> str:
    """The layer that is wanted, or the only one.

    Raises:
        AmbiguousSource: several layers and none named, or no layer of that name.
    """
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


def _feature_count(where: Path | str | io.BytesIO, layer: str | None, encoding: str | None) -> int:
    count: int = pyogrio.read_info(where, layer=layer, encoding=encoding, force_feature_count=True)[
        "features"
    ]
    return count


def _geometry_at(schema: pa.Schema) -> int | None:
    for at, field in enumerate(schema):
        if (field.metadata or {}).get(b"ARROW:extension:name") in _WKB_NAMES:
            return at
    return None


def _wkb_codes(wkb: pa.Array) -> set[int]:
    """The geometry type codes of a WKB column, without what they say of Z and M."""
    found = pc.unique(pc.binary_slice(wkb, 1, 5)).to_pylist()
    return {(int.from_bytes(code, "little") & 0xFFFF) % 1000 for code in found if code}


def _straightened(
    where: Path | str | io.BytesIO, layer: str | None, skip: int, count: int
) -> pa.Array:
    """The geometries of some rows once more: GEOS knows no arcs, and this way they are straight."""
    wkb = read_without_arrow(where, layer=layer, columns=[], skip_features=skip, max_features=count)
    if len(wkb[2]) != count:
        raise DataSourceError("its arcs cannot be drawn as lines")
    return pa.array(wkb[2], pa.binary())


def _plain(batch: pa.RecordBatch) -> list[pa.Array]:
    """The columns; a coded value is its code, not what the code stands for."""
    return [
        column.indices.cast(pa.int64()) if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]


@contextmanager
def _refusing(name: str, driver: str) -> Iterator[None]:
    try:
        yield
    except (DataSourceError, DataLayerError, pa.ArrowException, UnicodeDecodeError) as error:
        raise unreadable(name, driver, error) from None
    except UnboundLocalError:  # pyogrio's way to say that it cannot decode the name of the CRS
        message = f"{name}: its CRS is not written in UTF-8; write it anew and deliver it again"
        raise UnreadableSource(message) from None
    except OSError as error:  # Arrow's way to say what went wrong inside GDAL
        if error.errno is not None:
            raise
        raise unreadable(name, driver, error) from None


def unreadable(name: str, what: str, error: Exception) -> UnreadableSource:
    """The refusal of a file that a library could not read as `what`, with the library's reason."""
    reason = (str(error).splitlines() or ["no reason given"])[0]
    return UnreadableSource(
        f"{name}: cannot be read as {what} ({reason}); check the file and its encoding"
    )


@contextmanager
def _warnings_noted(notes: list[str]) -> Iterator[None]:
    """Collect what GDAL warns of, once each, rather than print it."""
    with _recorder, warnings.catch_warnings(record=True) as caught:  # not safe between threads
        warnings.simplefilter("always")
        yield
    notes += dict.fromkeys(str(warning.message).splitlines()[0] for warning in caught)
