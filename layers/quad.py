"""WebMercatorQuad, the grid of tiles that web maps have, and the way from a city's plane to it.

Row 0 is the northernmost and column 0 the westernmost of 2^z × 2^z tiles. In a tile a coordinate is
counted in units from its north-western corner, x to the east and y to the south.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layers.crs import Plain, parse_crs, transformation
from layers.mvt import EXTENT
from layers.table import Bounds

ID = "WebMercatorQuad"
URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{ID}"
CRS = "EPSG:3857"
HALF_M = math.pi * 6_378_137.0
"""From the middle of the square to its sides, m."""
PIXELS = 256
DEEPEST = 20
"""The last zoom: a unit is 1 cm there."""
_DEGREE = 5
_TRUE_WITHIN_M = 1e-3
_MARGIN_M = 100.0
_AT_ONCE = 8192
"""Coordinates that a processor's own memory holds with all that is reckoned of them."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile by its zoom, row and column."""

    zoom: int
    row: int
    column: int

    @property
    def exists(self) -> bool:
        """Whether the grid has it."""
        side = 1 << self.zoom if 0 <= self.zoom <= DEEPEST else 0
        return 0 <= self.row < side and 0 <= self.column < side

    @property
    def corner(self) -> npt.NDArray[np.float64]:
        """Its north-western corner in units from that of the grid, shape (2,)."""
        return np.array([self.column, self.row], dtype=np.float64) * EXTENT

    def mercator(self, buffer: float = 0.0) -> Bounds:
        """Its bounds in EPSG:3857, with so many units more to every side."""
        unit = unit_m(self.zoom)
        minx, miny = self.corner - buffer
        maxx, maxy = self.corner + EXTENT + buffer
        return (
            minx * unit - HALF_M,
            HALF_M - maxy * unit,
            maxx * unit - HALF_M,
            HALF_M - miny * unit,
        )


def unit_m(zoom: int) -> float:
    """The side of a unit in EPSG:3857, m; on the ground it is shorter the farther north."""
    return 2 * HALF_M / (EXTENT << zoom)


class Warp:
    """The way from a plane to EPSG:3857 within some bounds, to 1 mm, ten times as fast as PROJ.

    Both are smooth: over a city a polynomial of degree 5 tells them apart by less than 0.1 mm.
    Where it would not do, as over half a continent, PROJ is asked. One warp serves a whole layer,
    so that neighbouring tiles draw a coordinate at the same place.
    """

    def __init__(self, crs: str, bounds: Bounds) -> None:
        self._exact = transformation(parse_crs(crs), parse_crs(CRS))
        self._back = transformation(parse_crs(CRS), parse_crs(crs))
        low, high = np.array(bounds[:2]) - _MARGIN_M, np.array(bounds[2:]) + _MARGIN_M
        self._middle, self._half = (low + high) / 2, (high - low) / 2
        nodes = np.cos(np.pi * (np.arange(12) + 0.5) / 12)
        u, v = (grid.ravel() for grid in np.meshgrid(nodes, nodes))
        wanted = self._exact(np.column_stack([u, v]) * self._half + self._middle)
        self._origin = wanted.mean(0)
        powers = [(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
        terms = np.column_stack([u**i * v**j for i, j in powers])
        self._polynomial: npt.NDArray[np.float64] | None = None
        if np.isfinite(wanted).all():
            solved = np.linalg.lstsq(terms, wanted - self._origin, rcond=None)[0]
            if np.abs(terms @ solved - (wanted - self._origin)).max() < _TRUE_WITHIN_M:
                table = np.zeros((_DEGREE + 1, _DEGREE + 1, 2))
                for power, factor in zip(powers, solved, strict=True):
                    table[power] = factor
                self._polynomial = table

    @property
    def is_polynomial(self) -> bool:
        """Whether PROJ is not asked."""
        return self._polynomial is not None

    @property
    def scale(self) -> float:
        """Metres of EPSG:3857 for one of the plane, in the middle of the bounds."""
        near = self._exact(np.array([self._middle, self._middle + np.array([0.0, 100.0])]))
        return float(np.hypot(*(near[1] - near[0])) / 100)

    def __call__(self, xy: Plain) -> Plain:
        """Coordinates of the plane in EPSG:3857, shape (n, 2)."""
        table = self._polynomial
        if table is None:
            return self._exact(xy)
        runs = [self._near(xy[n : n + _AT_ONCE], table) for n in range(0, len(xy), _AT_ONCE)]
        return np.concatenate(runs) if runs else np.empty((0, 2))

    def _near(self, xy: Plain, table: Plain) -> Plain:
        u, v = np.ascontiguousarray(((xy - self._middle) / self._half).T)
        out = np.empty((len(xy), 2))
        for axis in (0, 1):
            total = np.zeros(len(xy))
            for i in range(_DEGREE, -1, -1):
                inner = np.full(len(xy), table[i, _DEGREE - i, axis])
                for j in range(_DEGREE - i - 1, -1, -1):
                    inner *= v
                    inner += table[i, j, axis]
                total *= u
                total += inner
            out[:, axis] = total + self._origin[axis]
        return out

    def box(self, mercator: Bounds) -> Bounds:
        """A box of the plane that has all of a box of EPSG:3857 in it, a little larger."""
        minx, miny, maxx, maxy = mercator
        share = np.linspace(0.0, 1.0, 17)
        x, y = minx + (maxx - minx) * share, miny + (maxy - miny) * share
        sides = [np.column_stack([x, np.full(17, at)]) for at in (miny, maxy)]
        sides += [np.column_stack([np.full(17, at), y]) for at in (minx, maxx)]
        image = self._back(np.concatenate(sides))
        image = image[np.isfinite(image).all(axis=1)]
        if len(image) < 68:
            return (-math.inf, -math.inf, math.inf, math.inf)
        low, high = image.min(0), image.max(0)
        # between two points a side bulges by less than this share of the box
        slack = (high - low) * 0.01 + 0.01
        west, south = (low - slack).tolist()
        east, north = (high + slack).tolist()
        return (west, south, east, north)


def units_of(mercator: Plain, tile: Tile) -> Plain:
    """Coordinates of EPSG:3857 in a tile's units."""
    unit = unit_m(tile.zoom)
    x = (mercator[:, 0] + HALF_M) / unit - tile.column * EXTENT
    y = (HALF_M - mercator[:, 1]) / unit - tile.row * EXTENT
    return np.column_stack([x, y])


def scale_denominator(zoom: int) -> float:
    """By how much a zoom is smaller than the ground at the equator, pixels being 0.28 mm."""
    return cell_m(zoom) / 0.00028


def cell_m(zoom: int) -> float:
    """The side of a pixel of tiles that are shown with 256, m."""
    return unit_m(zoom) * EXTENT / PIXELS


def tiles_at(lonlat: Bounds, zoom: int) -> tuple[Tile, Tile]:
    """The north-western and the south-eastern tile of those that a box of degrees meets."""
    corners = np.clip(np.array([lonlat[:2], lonlat[2:]]), (-180.0, -85.05), (180.0, 85.05))
    (west, south), (east, north) = transformation(parse_crs("EPSG:4490"), parse_crs(CRS))(corners)
    side = unit_m(zoom) * EXTENT
    most = (1 << zoom) - 1

    def at(metres: float) -> int:
        return min(max(math.floor(metres / side), 0), most)

    return (
        Tile(zoom, at(HALF_M - north), at(west + HALF_M)),
        Tile(zoom, at(HALF_M - south), at(east + HALF_M)),
    )
