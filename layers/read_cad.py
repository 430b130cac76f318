"""Read a DXF drawing: its entities, hatches as polygons.

Input: a drawing in text form; it has no CRS. Output: one row an entity. Closed polylines come as
closed lines: `normalise` makes them polygons where those are wanted.

A hatch is the area between its boundaries, and a drawing does not say which of them are holes.
GDAL makes the first one the shell and all others holes of it, wherever they lie; here they are
nested by containment. A boundary that GDAL drops is missed by counting them in the file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fiona
import shapely
from fiona.errors import FionaError
from shapely.geometry.base import BaseGeometry

from layers.boundary_rings import nest
from layers.checks import first_bytes, last_bytes, require
from layers.description import Batches, Description, Sink
from layers.encoding import dxf_encoding, unescaped
from layers.errors import UnreadableSource
from layers.ogr import choose_layer

_FIELDS = ("Layer", "EntityHandle", "Text")
_HEAD = 65_536
_POLYGON = 3
_ARC_STEP_DEGREES = "1"


def read_cad(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a DXF's entities, those of one CAD layer where `layer` is given."""
    head = first_bytes(path, _HEAD)
    require(b"SECTION" in head, path.name, "a DXF drawing in text form")
    require(last_bytes(path, 64).rstrip().endswith(b"EOF"), path.name, "whole: it is cut short")
    true = encoding or dxf_encoding(head)
    boundaries = _hatch_boundaries(path)
    batches = Batches(_FIELDS, sink)
    met: set[str] = set()
    try:
        for properties, geometry in _entities(path, true):
            texts = [unescaped(str(properties.get(key) or "")) for key in _FIELDS]
            met.add(texts[0])
            if layer is None or texts[0] == layer:
                shape = None if geometry is None else shapely.geometry.shape(geometry)
                if "AcDbHatch" in str(properties.get("SubClasses")):
                    batches.add(texts, _hatch_wkb(shape, boundaries.get(texts[1], 1)))
                else:
                    batches.add(texts, None if shape is None else shape.wkb)
    except (FionaError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        message = f"{path.name}: cannot be read as DXF ({reason}); check it and deliver it again"
        raise UnreadableSource(message) from None
    if layer is not None:
        choose_layer(path.name, sorted(met), layer)
    batches.flush()
    ground = "given" if encoding else "as the drawing says"
    notes = (f"texts read as {true or 'its code page'} ({ground})",)
    return Description(path.name, "DXF", layer, None, true, notes)


def _entities(path: Path, encoding: str | None) -> Iterator[tuple[dict[str, Any], Any]]:
    # what stands in a block has a layer and a shape of its own
    options = {"OGR_ARC_STEPSIZE": _ARC_STEP_DEGREES, "DXF_MERGE_BLOCK_GEOMETRIES": "FALSE"}
    if encoding:
        options["DXF_ENCODING"] = encoding
    with fiona.Env(**options), fiona.open(path, enabled_drivers=["DXF"]) as entities:
        for entity in entities:
            yield dict(entity["properties"]), entity["geometry"]


def _hatch_wkb(shape: BaseGeometry | None, boundaries: int) -> bytes:
    """A hatch with its holes; one that lost a boundary is no geometry, to be set aside later."""
    parts = shapely.get_parts(shape)
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == _POLYGON])
    if len(rings) < boundaries:
        return f"a hatch of which {len(rings)} of {boundaries} boundaries are closed".encode()
    return bytes(nest([shapely.Polygon(ring) for ring in rings]).wkb)


def _hatch_boundaries(path: Path) -> dict[str, int]:
    """How many boundaries each hatch has, by its handle.

    Source: DXF reference, HATCH: group 5 is the handle, 91 the number of boundary paths.
    """
    found: dict[str, int] = {}
    handle, inside = "", False
    with path.open("rb") as file:
        for code, value in zip(file, file, strict=False):  # group code and value, line by line
            group = code.strip()
            if group == b"0":
                inside, handle = value.strip() == b"HATCH", ""
            elif inside and group == b"5":
                handle = value.strip().decode("ascii", "replace")
            elif inside and group == b"91" and value.strip().isdigit():
                found.setdefault(handle, int(value))
    return found
