"""The one place where the benchmark touches the overlay engine; nothing else names its parts."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_PARTS = "conflict.shapes", "conflict.packed", "conflict.kernel"


def missing() -> str | None:
    """Why our side cannot run, or None."""
    lacking = [name for name in _PARTS if find_spec(name) is None]
    return f"the engine is not there: {', '.join(lacking)}" if lacking else None


def pack(wkb: pa.ChunkedArray, layer: Ints, file: Path) -> None:
    """Write the packed form of a whole city."""
    from conflict.packed import write_packed
    from conflict.shapes import Shapes

    write_packed(file, Shapes.from_wkb(wkb), {"layer": pa.array(layer)})


class Opened:
    """A packed city, ready for checks."""

    def __init__(self, file: Path) -> None:
        from conflict.packed import open_packed

        self.packed = open_packed(file)
        self.shapes = self.packed.shapes

    def check(self, site: BaseGeometry, *, geometry: bool) -> tuple[Ints, Floats]:
        """Rows that a site meets, and m², m or count of each; with geometry, that is formed too."""
        from conflict.overlay import overlay_site

        found = overlay_site(site, self.shapes)
        if geometry:
            found.geometries()
        return found.rows, found.measure


def flatten(wkb: pa.ChunkedArray) -> object:
    """A layer as flat arrays with an index."""
    from conflict.shapes import Shapes

    return Shapes.from_wkb(wkb)


def conflicts(
    left: object,
    right: object,
    classes: tuple[Ints, Ints] | None,
    threads: int,
    *,
    geometry: bool,
) -> tuple[Ints, Ints, Floats]:
    """All pairs that share area (of different class where classes are given), and the area."""
    from conflict.overlay import Classes, overlay, shared_geometry

    matrix = None
    if classes is not None:
        count = int(max(values.max(initial=0) for values in classes)) + 1
        matrix = Classes(*classes, ~np.eye(count, dtype=bool))
    found = overlay(left, right, classes=matrix, threads=threads)
    if geometry:
        shared_geometry(left, right, found, threads=threads)
    return found.left, found.right, found.area_m2


def select(shapes: object, wkb: pa.ChunkedArray, rows: Ints) -> object:
    """Some features of a layer as a layer of their own."""
    del shapes
    return flatten(wkb.take(pa.array(rows)))
