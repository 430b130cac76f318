"""A delivered file as read: what it says, before anything is made of it.

`Source` is what readers give and `normalise` takes. `read_source` and `read_geojson` are how the
rest of the house asks for one.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

GEOMETRY = "geometry"
"""The name of the geometry column of a source's rows: WKB in the file's own CRS."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one delivered file says.

    `rows` has the attribute columns and `geometry` (WKB, nulls where the file has none);
    `crs` is an authority code or WKT, None where the file is silent; `notes` say what the reader
    decided (encoding, dialect) in plain words; `preview` shows the first texts that are not ASCII,
    so that a wrong encoding is seen.
    """

    name: str
    format: str
    layer: str | None
    crs: str | None
    encoding: str | None
    rows: pa.Table
    notes: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()


def read_source(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> Source:
    """Read one layer of the file at `path`, in a confined process (see `sandbox`).

    `crs` and `encoding` override what the file says of itself.

    Raises:
        UnreadableSource: missing, empty, damaged, or not of a format we read.
        AmbiguousSource: several layers and none named, or no layer of that name.
    """
    from layers.sandbox import sandbox

    return with_crs(sandbox.read_file(path, layer, encoding), crs)


def with_crs(source: Source, crs: str | None) -> Source:
    """The source with the CRS that its deliverer named, if one was named."""
    return source if crs is None else replace(source, crs=crs)


def read_geojson(document: bytes, name: str = "body.geojson") -> Source:
    """Read GeoJSON that came over the wire rather than from a file.

    Raises:
        UnreadableSource: no GeoJSON, or beyond the limits of `sandbox.OVER_THE_WIRE`.
    """
    from layers.sandbox import sandbox

    return sandbox.read_document(document, name)


def read_shapes(document: bytes, name: str = "body.geojson") -> Source:
    """The same where the shapes alone matter: the plainest documents come without attributes.

    They are read here, in a hundredth of the time (`plain_geojson`).

    Raises:
        UnreadableSource: as `read_geojson`.
    """
    from layers.plain_geojson import CRS, plain_polygons

    polygons = plain_polygons(document)
    if polygons is None:
        return read_geojson(document, name)
    rows = pa.table({GEOMETRY: pa.array(polygons, pa.binary())})
    return Source(name, "GeoJSON", None, CRS, "UTF-8", rows)
