"""A vector tile of features: what is drawn as itself, and what is too small for it.

Input: `TileSource`, the features of one version with all that their tiles are made of. Output: the
tile's bytes, the same from either store.

From zoom 14 on every feature is drawn as itself. Below, a feature smaller than a cell of one pixel
is drawn as itself only if it has the cell for itself. Features that share a cell are drawn as their
class: all that agree in the attributes of few values are one feature, with the number that it
`stands_for`, drawn in each cell at the place of the largest one; polygons as a square with the
ground of all. A tile that would be too large is drawn with cells twice as large, and so on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from blueprint.around import Features
from conflict.pairs import Indices
from layers.mvt import EXTENT, Drawn, Integers, Tags, Values, encode_tile
from layers.quad import Tile, Warp, unit_m, units_of
from layers.tile_attributes import FEATURE_ID, STANDS_FOR, TileAttributes
from layers.tile_cells import Cells, cells_of
from layers.tile_runs import BUFFER, Numbers, Runs
from layers.tile_shapes import draw, squares

ENCODING = 1
"""Raised whenever the same features would be drawn otherwise."""
MADE = {FEATURE_ID: "string", STANDS_FOR: "number"}
"""What a tile says of features beside their attributes."""
WHOLE_FROM = 14
"""The zoom from which on every feature is drawn as itself."""
_GRID = 4
"""Half of a pixel of a tile that is shown with 512."""
_CELLS = (16, 32, 64, 128, 256, 512, 1024, 2048, EXTENT)
"""Units along their sides; the first one is a pixel of a tile that is shown with 256."""
_MOST_BYTES = 400_000
_SQUARE_BYTES = 12
_GEOMETRY_BYTES = 50
"""What a feature takes about, beside what it says."""

Group = tuple[Drawn, Tags]


@dataclass(frozen=True)
class TileSource:
    """The features of one version, by a name that the layer in the tile gets."""

    name: str
    crs: str
    features: Features

    def prepared(self) -> "TileSource":
        """The same, with all made that every tile needs."""
        made = (self.attributes, self.warp, self.rank)
        assert len(made[0].numbers) == len(made[2])
        return self

    @property
    def nbytes(self) -> int:
        """How much memory it takes beside its features, about."""
        return self.attributes.nbytes + self.rank.nbytes

    @cached_property
    def attributes(self) -> TileAttributes:
        """What they say."""
        texts = self.features.attributes.to_pylist()
        return TileAttributes.of(self.features.ids.to_pylist(), texts)

    @cached_property
    def warp(self) -> Warp | None:
        """The way from their plane; None: there is none of them."""
        boxes = self.features.shapes.boxes
        boxes = boxes[~np.isnan(boxes[:, 0])]
        if not len(boxes):
            return None
        west, south = boxes[:, :2].min(0).tolist()
        east, north = boxes[:, 2:].max(0).tolist()
        return Warp(self.crs, (west, south, east, north))

    @cached_property
    def rank(self) -> Indices:
        """The place of each feature if all were sorted by size, and among equals the last first."""
        size = self.features.shapes.sizes
        rank = np.empty(len(size), dtype=np.intp)
        rank[np.lexsort((-np.arange(len(size)), size))] = np.arange(len(size))
        return rank

    def runs(self, rows: Indices, tile: Tile) -> Iterator[tuple[Runs, Indices]]:
        """Features in the tile's units, by dimension, with their rows."""
        assert self.warp is not None
        window = self.warp.box(tile.mercator(BUFFER))
        dimension = self.features.shapes.dimension[rows]
        for wanted in np.unique(dimension).tolist():
            some = rows[dimension == wanted]
            xy, *starts = self.features.shapes.runs(some, window)
            found = Runs(wanted, units_of(self.warp(xy), tile), *starts)
            yield found.opened() if wanted == 2 else found, some


def draw_tile(source: TileSource, tile: Tile) -> bytes:
    """A tile of a source; empty bytes: nothing lies there."""
    if source.warp is None:
        return b""
    rows = source.features.shapes.search(source.warp.box(tile.mercator(BUFFER)))
    if not len(rows):
        return b""
    if tile.zoom >= WHOLE_FROM:
        return _encoded(source, list(_own(source, rows, tile, 1)))
    crowd = _Crowd.of(source, rows, tile)
    for cell in _CELLS:
        for own in (True, False):
            parted = crowd.parted(cell, own=own)
            drawn = None
            if crowd.is_small(parted) or (cell == EXTENT and not own):
                drawn = crowd.drawn(parted, cell)
            if drawn is not None and (len(drawn) <= _MOST_BYTES or cell == EXTENT):
                return drawn
    raise AssertionError


def _own(source: TileSource, rows: Indices, tile: Tile, grid: int) -> Iterator[Group]:
    """Features drawn as themselves."""
    for runs, some in source.runs(rows, tile):
        for drawn, places in draw(runs, grid):
            yield drawn, source.attributes.tags(some[places])


def _encoded(source: TileSource, groups: list[Group], counts: Values | None = None) -> bytes:
    said = source.attributes
    if counts is None:
        return encode_tile(source.name, said.keys, [said.values], groups)
    return encode_tile(source.name, (*said.keys, STANDS_FOR), [said.values, counts], groups)


@dataclass(frozen=True, slots=True)
class _Crowd:
    """The features of a tile of low zoom: how large each is, where its middle lies, in units."""

    source: TileSource
    tile: Tile
    rows: Indices
    across: Numbers
    middle: Numbers
    size: Numbers
    rank: Indices

    @classmethod
    def of(cls, source: TileSource, rows: Indices, tile: Tile) -> "_Crowd":
        assert source.warp is not None
        shapes = source.features.shapes
        per_m = source.warp.scale / unit_m(tile.zoom)
        boxes, dimension = shapes.boxes[rows], shapes.dimension[rows]
        middle = units_of(source.warp((boxes[:, :2] + boxes[:, 2:]) / 2), tile)
        across = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) * per_m
        size = shapes.sizes[rows] * per_m**dimension
        return cls(source, tile, rows, across, middle, size, source.rank[rows])

    def parted(self, cell: int, *, own: bool) -> Cells:
        """Cells; `alone` are the large features, with `own` also those that share with nobody."""
        small, large = np.flatnonzero(self.across < cell), np.flatnonzero(self.across >= cell)
        fewest = 2 if own else 1
        cells = cells_of(self.middle[small], self.size[small], self.rank[small], cell, fewest)
        alone = np.sort(np.concatenate([large, small[cells.alone]]))
        return Cells(alone, small[cells.largest], cells.count, cells.size)

    def is_small(self, cells: Cells) -> bool:
        """Whether the tile would not be too large, as far as can be told before it is drawn."""
        each = self.source.attributes.bytes_each + _GEOMETRY_BYTES
        return len(cells.alone) * each + len(cells.largest) * _SQUARE_BYTES <= _MOST_BYTES

    def drawn(self, cells: Cells, cell: int) -> bytes:
        """The tile with cells of so many units."""
        groups = list(_own(self.source, self.rows[cells.alone], self.tile, _GRID))
        if not len(cells.largest):
            return _encoded(self.source, groups)
        said, rows = self.source.attributes, self.rows[cells.largest]
        number, example = said.classes(rows)
        counted = np.bincount(number, weights=cells.count).astype(np.int64)
        tags, counts = said.class_tags(example, counted)
        for drawn, places in self._shared(cells, number, cell):
            groups.append((drawn, tags.taken(places)))
        return _encoded(self.source, groups, counts)

    def _shared(
        self, cells: Cells, number: Integers, cell: int
    ) -> Iterator[tuple[Drawn, Integers]]:
        """Cells that features share, drawn by class, with the classes' numbers."""
        dimension = self.source.features.shapes.dimension[self.rows[cells.largest]]
        for wanted in np.unique(dimension).tolist():
            some = np.flatnonzero(dimension == wanted)
            classes, which = np.unique(number[some], return_inverse=True)
            if wanted == 2:
                order = some[np.argsort(which, kind="stable")]
                # a unit stays free: squares that touched would be no valid polygon together
                side = np.clip(np.rint(np.sqrt(cells.size[order])), _GRID, cell - 1)
                side = side.astype(np.int64)
                middle = self.middle[cells.largest[order]]
                corner = np.floor(middle / cell).astype(np.int64) * cell
                low = np.rint(middle - side[:, None] / 2).astype(np.int64)
                low = np.clip(low, corner, corner + cell - 1 - side[:, None])
                yield squares(low, side, np.bincount(which)), classes
                continue
            for runs, rows in self.source.runs(self.rows[cells.largest[some]], self.tile):
                assert len(rows) == len(some)
                for drawn, places in draw(runs.merged(which), _GRID):
                    yield drawn, classes[places]
