"""The shapes of one batch of a delivery, made fit for the store: placed, sound, on the grid.

Input: geometries as WKB in the file's own CRS, and where they belong. Output: `Batch`: sound
shapes in the city's CRS for the rows that live on, and everything that was done or found.

Algorithm, over whole columns:
    1. rows without a geometry, with one that cannot be read, or with coordinates that are not
       finite are set aside; rings that were left open are closed;
    2. coordinates are brought to the city's CRS, without Z and M, and rounded to the grid; closed
       lines become the polygons that they draw where polygons are wanted;
    3. what is invalid on the grid is made valid from the unrounded coordinates, and rounded so
       that it stays valid; parts of another dimension are dropped;
    4. multi-part type, normal ring order: equal shapes become equal bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from layers.issues import DIMENSION, GeometryKind, Issue, Quarantined
from layers.shapes import (
    Mask,
    all_finite,
    close_lines,
    from_wkb,
    has_other_dimension,
    keep_dimension,
    to_multi,
)
from layers.table import Bounds, Geometries

GRID_M = 1e-4
"""The store's coordinate grid, metres."""
THIN_M = 0.5
"""Polygons of a smaller mean width (2 x area / perimeter) are slivers, metres."""

Coordinates = npt.NDArray[np.float64]
_PER_M = round(1 / GRID_M)
_SAMPLED = 50
_IN_LINE = "all its points coincide or are in line"
_TOO_SMALL = f"smaller than the grid of {GRID_M * 1000:g} mm"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where shapes belong: how coordinates move there, its CRS, frame and kind of geometry."""

    move: Callable[[Coordinates], Coordinates]
    crs: str
    bounds: Bounds
    geometry: GeometryKind


@dataclass(slots=True)
class Batch:
    """One batch after `repair`; `start` is the number of its first row, counted from 0.

    `live` are positions in the batch, `shapes` theirs; `boxes` has one row for every row of the
    batch, in the city's CRS, not a number where unknown; `sample` are coordinates as delivered.
    """

    start: int
    live: npt.NDArray[np.int64]
    shapes: Geometries
    boxes: npt.NDArray[np.float64]
    inside: int
    sample: Coordinates
    reasons: dict[int, str]
    issues: list[Issue] = field(default_factory=list)


def repair(start: int, wkb: list[bytes | None], to: Destination) -> Batch:
    """Do all that is done to the shapes of one batch; `wkb` are its rows as delivered."""
    work = _Work(start, wkb, to)
    work.set_aside_unusable()
    work.place()
    work.make_sound()
    work.look_at_places()
    return work.finish()


class _Work:
    """The shapes of one batch on their way through `repair`."""

    def __init__(self, start: int, wkb: list[bytes | None], to: Destination) -> None:
        self.start, self.delivered, self.to = start, wkb, to
        self.dimension = DIMENSION[to.geometry]
        self.shapes, self.closed = from_wkb(wkb)
        self.live: Mask = np.ones(len(wkb), dtype=bool)
        self.reasons: dict[int, str] = {}
        self.issues: list[Issue] = []

    def set_aside(self, rows: Mask, reason: str, detail: str) -> None:
        for at in np.flatnonzero(rows & self.live).tolist():
            self.reasons[at] = reason
            self.issues.append(Issue(self.start + at + 1, reason, "quarantined", detail))
        self.live &= ~rows
        self.shapes[~self.live] = None

    def repaired(self, at: int, detail: str, area_moved_m2: float = 0.0) -> None:
        row, kind = self.start + at + 1, "invalid_geometry"
        self.issues.append(Issue(row, kind, "repaired", detail, None, area_moved_m2))

    def set_aside_unusable(self) -> None:
        missing = shapely.is_missing(self.shapes)
        unread = missing & np.array([wkb is not None for wkb in self.delivered], dtype=bool)
        self.set_aside(unread, "unreadable_geometry", "no geometry of a kind that is known here")
        empty = missing | shapely.is_empty(self.shapes)
        self.set_aside(empty, "no_geometry", "the row has no geometry")
        if shapely.has_z(self.shapes).any() or shapely.has_m(self.shapes).any():
            self.shapes = np.asarray(shapely.force_2d(self.shapes), dtype=object)
        finite = all_finite(self.shapes)
        self.set_aside(~finite, "not_finite", "a coordinate is not a finite number")
        for at in np.flatnonzero(self.closed & self.live).tolist():
            self.repaired(at, "a ring was not closed")

    def place(self) -> None:
        """Move and round all coordinates at once; `moved` is before the rounding."""
        xy, owner = shapely.get_coordinates(self.shapes, return_index=True)
        self.sample = xy[:: max(1, len(xy) // _SAMPLED)].copy()
        self.moved, self.owner = self.to.move(xy), owner
        self.boxes = _boxes(self.moved, owner, len(self.shapes))
        detail = f"a coordinate has no image in {self.to.crs}"
        lost = np.zeros(len(self.shapes), dtype=bool)
        lost[owner[~np.isfinite(self.moved).all(axis=1)]] = True
        if lost.any():
            self.set_aside(lost, "not_transformable", detail)
            kept = ~lost[owner]
            self.moved, self.owner = self.moved[kept], owner[kept]
        # halves go up, as GEOS has them: what was stored by set_precision stays as it is
        on_grid = np.floor(self.moved * _PER_M + 0.5) / _PER_M
        self.shapes = shapely.set_coordinates(self.shapes.copy(), on_grid)
        if self.dimension == 2:
            self.shapes = close_lines(self.shapes)
        same = (on_grid[1:] == on_grid[:-1]).all(axis=1) & (self.owner[1:] == self.owner[:-1])
        self.twice = np.zeros(len(self.shapes), dtype=bool)
        self.twice[self.owner[1:][same]] = True

    def make_sound(self) -> None:
        """Sound shapes of the wanted dimension; what is not so on the grid is made so from before.

        Most are sound once they are rounded: only the others, and collections, are gone through
        step by step.
        """
        odd = self.live & (~shapely.is_valid(self.shapes) | (shapely.get_type_id(self.shapes) == 7))
        self._set_aside_other_dimensions(self.live & ~odd)
        # a corner drawn twice would make other bytes of an equal shape
        twice = self.twice & self.live & ~odd
        self.shapes[twice] = shapely.remove_repeated_points(self.shapes[twice])
        if odd.any():
            self._mend(np.flatnonzero(odd))

    def _set_aside_other_dimensions(self, rows: Mask) -> None:
        other = rows & (shapely.get_dimensions(self.shapes) != self.dimension)
        self.set_aside(other, "wrong_dimension", f"nothing of it is a {self.to.geometry}")

    def _mend(self, at: npt.NDArray[np.int64]) -> None:
        before = self._unrounded(at)
        unsound = ~shapely.is_valid(before)
        sound = before.copy()
        sound[unsound] = shapely.make_valid(
            before[unsound], method="structure", keep_collapsed=False
        )
        self._aside(at, shapely.is_empty(sound), "collapsed", _IN_LINE)
        mixed = has_other_dimension(sound, self.dimension)
        flat = keep_dimension(sound, self.dimension)
        nothing = f"nothing of it is a {self.to.geometry}"
        self._aside(at, shapely.is_empty(flat), "wrong_dimension", nothing)
        on_grid = _on_grid(flat)
        self._aside(at, shapely.is_empty(on_grid), "collapsed", _TOO_SMALL)
        self.shapes[at] = keep_dimension(on_grid, self.dimension)
        self.shapes[~self.live] = None
        reasons = shapely.is_valid_reason(before)
        moved = np.abs(shapely.area(sound) - shapely.area(before))
        for place, row in enumerate(at.tolist()):
            if unsound[place] and self.live[row]:
                self.repaired(row, reasons[place], float(moved[place]))
            if mixed[place] and self.live[row]:
                # the rest is quarantined beside what is kept: the layer is not clear where it lies
                self.reasons[row] = "parts_dropped"
                detail = f"a collection: only its {self.to.geometry}s are kept"
                number = self.start + row + 1
                self.issues.append(Issue(number, "parts_dropped", "quarantined", detail))

    def _aside(self, at: npt.NDArray[np.int64], which: Mask, reason: str, detail: str) -> None:
        """Set aside some of the rows at these positions."""
        rows = np.zeros(len(self.shapes), dtype=bool)
        rows[at[which]] = True
        self.set_aside(rows, reason, detail)

    def look_at_places(self) -> None:
        boxes = self.boxes
        minx, miny, maxx, maxy = self.to.bounds
        with np.errstate(invalid="ignore"):
            inside = (boxes[:, 0] <= maxx) & (boxes[:, 2] >= minx)
            inside &= (boxes[:, 1] <= maxy) & (boxes[:, 3] >= miny)
        self.inside = int((inside & self.live).sum())
        for at in np.flatnonzero(self.live & ~inside).tolist():
            x, y = boxes[at][:2]
            detail = f"lies outside the city's frame, at {x:.0f}, {y:.0f}"
            self.issues.append(Issue(self.start + at + 1, "out_of_city", "flagged", detail))

    def finish(self) -> Batch:
        live = np.flatnonzero(self.live)
        shapes = np.asarray(shapely.normalize(to_multi(self.shapes[live])), dtype=object)
        area = shapely.area(shapes)
        with np.errstate(invalid="ignore", divide="ignore"):
            width = 2 * area / shapely.length(shapes)
        for at in np.flatnonzero((area > 0) & (width < THIN_M)).tolist():
            detail = f"a sliver of {width[at]:.3f} m mean width"
            self.issues.append(Issue(self.start + int(live[at]) + 1, "sliver", "flagged", detail))
        return Batch(
            self.start,
            live,
            shapes,
            self.boxes,
            self.inside,
            self.sample,
            self.reasons,
            self.issues,
        )

    def _unrounded(self, at: npt.NDArray[np.int64]) -> Geometries:
        """The shapes at some positions as they were before they were rounded."""
        shapes, _ = from_wkb([self.delivered[row] for row in at.tolist()])
        wanted = np.isin(self.owner, at)
        flat = np.asarray(shapely.force_2d(shapes), dtype=object)
        placed = shapely.set_coordinates(flat, self.moved[wanted])
        return close_lines(placed) if self.dimension == 2 else placed


def _on_grid(shapes: Geometries) -> Geometries:
    """Shapes rounded to the grid, each corner by itself, or as a whole where that breaks it."""
    snapped = np.asarray(shapely.set_precision(shapes, GRID_M, mode="pointwise"), dtype=object)
    broken = ~shapely.is_valid(snapped) & ~shapely.is_missing(snapped)
    snapped[broken] = shapely.set_precision(shapes[broken], GRID_M, mode="valid_output")
    # the grid is the store's, not the geometry's: later overlays are in floating point
    free = shapely.set_precision(snapped, 0, mode="pointwise")
    return np.asarray(shapely.remove_repeated_points(free), dtype=object)


def _boxes(xy: Coordinates, owner: npt.NDArray[np.int64], count: int) -> Coordinates:
    """Bounds of shapes by their coordinates, shape (count, 4); not a number without coordinates."""
    boxes = np.full((count, 4), np.nan)
    if len(xy):
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        rows = owner[starts]
        boxes[rows, :2] = np.minimum.reduceat(xy, starts)
        boxes[rows, 2:] = np.maximum.reduceat(xy, starts)
    return boxes


def quarantined(batch: Batch, wkb: list[bytes | None], attributes: list[str]) -> list[Quarantined]:
    """The rows of a batch that were set aside, as they were delivered."""
    return [_kept(batch, at, batch.reasons[at], wkb[at], attributes[at]) for at in batch.reasons]


def _kept(batch: Batch, at: int, reason: str, wkb: bytes | None, attributes: str) -> Quarantined:
    minx, miny, maxx, maxy = (float(edge) for edge in batch.boxes[at])
    bounds = (minx, miny, maxx, maxy) if np.isfinite([minx, miny, maxx, maxy]).all() else None
    return Quarantined(batch.start + at + 1, reason, wkb, bounds, attributes)
