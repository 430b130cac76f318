"""The one place where the benchmark touches the overlay engine; nothing else names its parts."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_PARTS = "conflict.shapes", "conflict.packed", "conflict.overlay", "conflict.site"


def missing() -> str | None:
    """Why our side cannot run, or None."""
    lacking = [name for name in _PARTS if find_spec(name) is None]
    return f"the engine is not there: {', '.join(lacking)}" if lacking else None


def load() -> None:
    """Import the engine, so that no clock counts that."""
    for name in _PARTS:
        import_module(name)


def pack(wkb: pa.ChunkedArray, layer: Ints, folder: Path) -> None:
    """Write the packed form of a whole city, a file for each layer; layers lie in one piece."""
    from conflict.packed import write_packed
    from conflict.shapes import Shapes

    folder.mkdir()
    numbers, first = np.unique(layer, return_index=True)
    for number, start, stop in zip(numbers, first, [*first[1:], len(layer)], strict=True):
        ids = pa.array([str(row) for row in range(int(start), int(stop))])
        shapes = Shapes.from_wkb(wkb[int(start) : int(stop)])
        write_packed(folder / f"{number:04d}", shapes, {"feature_id": ids})


class Opened:
    """A packed city, ready for checks."""

    def __init__(self, folder: Path) -> None:
        from conflict.packed import open_packed

        self.layers = [open_packed(file).shapes for file in sorted(folder.iterdir())]
        self.first = np.cumsum([0, *map(len, self.layers)])[:-1]

    def check(self, polygon: BaseGeometry, *, geometry: bool) -> tuple[Ints, Floats]:
        """Rows that a site meets, and m², m or count of each; with geometry, that is formed too."""
        from conflict.site import Site

        site = Site(polygon)
        found = site.meet(self.layers)
        if geometry:
            site.shared(self.layers, found)
        return self.first[found.layer] + found.row, found.measure


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
    from conflict.overlay import Classes, Wanted, overlay, shared_geometry

    matrix = None
    if classes is not None:
        count = int(max(values.max(initial=0) for values in classes)) + 1
        left_class, right_class = (values.astype(np.int32) for values in classes)
        matrix = Classes(left_class, right_class, ~np.eye(count, dtype=bool))
    found = overlay(left, right, Wanted(classes=matrix), threads=threads)
    if geometry:
        shared_geometry(left, right, found, threads=threads)
    return found.left, found.right, found.area_m2


def select(shapes: object, wkb: pa.ChunkedArray, rows: Ints) -> object:
    """Some features of a layer as a layer of their own."""
    del shapes
    return flatten(wkb.take(pa.array(rows)))
