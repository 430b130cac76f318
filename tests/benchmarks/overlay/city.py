"""A city of any size from a seed, on disk where every contestant reads the same file.

Factor 1 has about a million features in 275 layers with 22 million coordinates. A larger factor
is a larger city of the same density, so that a site meets as much in each. All coordinates lie on
the grid of 0.1 mm, in metres as EPSG:4548 has them; all geometries are valid.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from tests.benchmarks.overlay import small
from tests.benchmarks.overlay.giants import draw_giants
from tests.benchmarks.overlay.net import Ints, Shapes, lattice
from tests.benchmarks.overlay.plans import BLOCK, draw_plans

SEED = 20260101
ECOLOGICAL, DEVELOPMENT, PARCELS, EARLIER, LATER, LINES = range(6)
NAMED = ("ecological", "development", "parcels", "earlier", "later", "lines")
LAYERS = 275
_SOUTH_WEST = 600_000.0, 2_700_000.0
_SIDE_M = 30_500.0  # of the city at factor 1
_PLAN_CELLS, _PARCELS, _LINES, _SMALL = 100_000, 300_000, 20_000, 430_000
_POINTS = 5  # every fifth of the small layers is one of points
_BATCH = 50_000


@dataclass(frozen=True, slots=True)
class City:
    """The file's columns, row by row; a feature is known by its row."""

    folder: Path
    wkb: pa.ChunkedArray
    layer: Ints
    classes: Ints

    @classmethod
    def open(cls, folder: Path) -> "City":
        """Map the file that `make_city` wrote."""
        table = pa.ipc.open_file(pa.memory_map(str(folder / "city.arrow"))).read_all()
        layer, classes = (_numbers(table.column(name)) for name in ("layer", "class"))
        return cls(folder, table.column("wkb"), layer, classes)

    def rows(self, layer: int) -> slice:
        """The rows of one layer: layers lie one behind the other."""
        first, last = np.searchsorted(self.layer, [layer, layer + 1])
        return slice(int(first), int(last))

    def shapes(self, rows: slice = np.s_[:]) -> Shapes:
        """Features as Shapely has them."""
        return _shapes(self.wkb[rows.start or 0 : rows.stop])

    def site_wkb(self) -> pa.ChunkedArray:
        """The sites as WKB."""
        table = pa.ipc.open_file(pa.memory_map(str(self.folder / "sites.arrow"))).read_all()
        return table.column("wkb")

    def sites(self) -> Shapes:
        """The sites."""
        return _shapes(self.site_wkb())


def _shapes(wkb: pa.ChunkedArray) -> Shapes:
    blobs = np.array(wkb.to_pylist(), dtype=object)
    return np.asarray(shapely.from_wkb(blobs), dtype=object)


def _numbers(column: pa.ChunkedArray) -> Ints:
    """A column's values; without `to_numpy`, which would bring pandas into every worker."""
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks])


def make_city(folder: Path, factor: float, sites: int) -> dict[str, int]:
    """Write city.arrow and sites.arrow; tell what they hold."""
    rng = np.random.default_rng(SEED)
    blocks = max(2, round(np.sqrt(_PLAN_CELLS * factor) / BLOCK))
    side = _SIDE_M * np.sqrt(factor)
    x, y = _SOUTH_WEST
    box = (x, y, x + round(side), y + round(side))
    plans = draw_plans(rng, box, blocks)
    across = max(4, round(np.sqrt(_PARCELS * factor)))
    giants = draw_giants(rng, box)
    parts = [
        (giants[:1], ECOLOGICAL, None),
        (giants[1:], DEVELOPMENT, None),
        (lattice(rng, box, across, across, 4.0).polygons(), PARCELS, None),
        (plans.earlier, EARLIER, plans.earlier_class),
        (plans.later, LATER, plans.later_class),
        (small.lines(rng, box, max(10, round(_LINES * factor))), LINES, None),
        *_small_layers(rng, box, factor),
    ]
    told = _write(folder / "city.arrow", parts)
    chosen = small.sites(np.random.default_rng(SEED), box, sites)
    _write(folder / "sites.arrow", [(chosen, 0, None)])
    (folder / "city.json").write_text(json.dumps(told | {"factor": factor, "box": box}))
    return told


def _small_layers(
    rng: np.random.Generator, box: tuple[float, ...], factor: float
) -> list[tuple[Shapes, int, None]]:
    """Some layers are large and most are small; every fifth is one of points."""
    count = LAYERS - len(NAMED)
    weight = 1 / (np.arange(count) + 8.0)
    sizes = np.maximum(1, np.rint(weight / weight.sum() * _SMALL * factor)).astype(int)
    made = []
    for layer, size in enumerate(map(int, sizes), start=len(NAMED)):
        draw = small.points if layer % _POINTS == 0 else small.small_polygons
        made.append((draw(rng, box, size), layer, None))
    return made


def _write(file: Path, parts: list[tuple[Shapes, int, Ints | None]]) -> dict[str, int]:
    schema = pa.schema([("wkb", pa.binary()), ("layer", pa.int16()), ("class", pa.int16())])
    features = coordinates = 0
    with pa.OSFile(str(file), "wb") as to, pa.ipc.new_file(to, schema) as writer:
        for shapes, layer, classes in parts:
            features += len(shapes)
            coordinates += int(shapely.get_num_coordinates(shapes).sum())
            values = np.zeros(len(shapes), np.int16) if classes is None else classes
            for first in range(0, len(shapes), _BATCH):
                some = shapes[first : first + _BATCH]
                columns = [
                    pa.array(shapely.to_wkb(some), pa.binary()),
                    pa.array(np.full(len(some), layer, np.int16)),
                    pa.array(values[first : first + _BATCH].astype(np.int16)),
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
    return {"features": features, "coordinates": coordinates, "layers": len(parts)}
