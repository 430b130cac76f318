"""Features as a tile draws them: on its grid of whole units, clipped and valid.

Input: `Runs` of one dimension in the tile's units. Output: groups of `Drawn`, each with the places
of its features in the input; a feature that has nothing in the tile is in none.

Every coordinate is brought to the nearest node of a grid, and what then says nothing is left out:
repeated coordinates, and those on a straight line. Features that share a border go on sharing it,
in this tile and in the next one, for a node depends on the coordinate alone. A polygon that would
lose half its ground is drawn on the finest grid; one that has none there is drawn as one unit, and
a line that has no length as a dash. What crosses the tile's buffer, or itself after it was moved,
goes through GEOS; all else does not.
"""

from collections.abc import Iterator

import numpy as np
import shapely

from layers.mvt import EXTENT, Drawn, Integers
from layers.tile_runs import BUFFER, Drawings, Mask, Numbers, Runs, counted, following, preceding

_LEAST_KEPT = 0.5
_NOTHING = shapely.from_wkt("MULTIPOLYGON EMPTY")
Group = tuple[Drawn, Integers]


def draw(runs: Runs, grid: int) -> Iterator[Group]:
    """Features on a grid of so many units, which divides `BUFFER`."""
    if len(runs):
        yield from (_points, _lines, _polygons)[runs.dimension](runs, grid)


def squares(low: Integers, side: Integers, count: Integers) -> Drawn:
    """Squares by north-western corners, shape (k, 2), and sides, so many of them a feature."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.int64)
    xy = low[:, None, :] + corners[None] * side[:, None, None]
    k = np.arange(len(low) + 1)
    return Drawn(
        2, xy.reshape(-1, 2).astype(np.int64), 4 * k, k, np.concatenate([[0], np.cumsum(count)])
    )


def _points(runs: Runs, grid: int) -> Iterator[Group]:
    xy = _on_grid(runs.xy, grid)
    inside = np.all((xy >= -BUFFER) & (xy <= EXTENT + BUFFER), axis=1)
    count = counted(inside, runs.coordinate_start)
    there = np.flatnonzero(count)
    if len(there):
        start, one = np.concatenate([[0], np.cumsum(count[there])]), np.arange(len(there) + 1)
        # a feature is one part with one ring of all its points
        yield Drawn(0, xy[inside].astype(np.int64), start, one, one), there


def _lines(runs: Runs, grid: int) -> Iterator[Group]:
    moved = Runs(1, _on_grid(runs.xy, grid), runs.ring_start, runs.part_start, runs.feature_start)
    ends = np.zeros(len(moved.xy), dtype=bool)
    ends[runs.ring_start[:-1]] = ends[runs.ring_start[1:] - 1] = True
    step = np.diff(moved.xy, axis=0, prepend=moved.xy[:1])
    still = (step == 0).all(axis=1)
    still[runs.ring_start[:-1]] = False
    lines = moved.without(still & ~ends)
    # where all of a line came to one place, its ends did
    first, last = lines.ring_start[:-1], lines.ring_start[1:] - 1
    dash = (last - first == 1) & (lines.xy[first] == lines.xy[last]).all(axis=1)
    lines.xy[last[dash], 0] += grid
    inside = lines.inside()
    whole, cut = np.flatnonzero(inside), np.flatnonzero(~inside)
    if len(whole):
        yield lines.taken(whole).drawn(), whole
    if len(cut):
        low, high = -BUFFER, EXTENT + BUFFER
        clipped = shapely.clip_by_rect(lines.taken(cut).shapes(), low, low, high, high)
        yield from _clipped_lines(clipped, cut)


def _clipped_lines(clipped: Drawings, places: Integers) -> Iterator[Group]:
    parts, of = shapely.get_parts(clipped, return_index=True)
    linear = (shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)
    parts, of = parts[linear], of[linear]
    xy, at = shapely.get_coordinates(parts, return_index=True)
    there, count = np.unique(of, return_counts=True)
    if len(there):
        ring = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(parts)))])
        each = np.arange(len(parts) + 1)
        feature = np.concatenate([[0], np.cumsum(count)])
        yield Drawn(1, np.rint(xy).astype(np.int64), ring, each, feature), places[there]


def _polygons(runs: Runs, grid: int) -> Iterator[Group]:
    places = np.arange(len(runs))
    moved = _moved(runs, grid)
    lost = np.diff(moved.feature_start) == 0
    if grid > 1:
        lost |= moved.ground() < _LEAST_KEPT * runs.ground()
    if lost.any():
        rest = np.flatnonzero(~lost)
        yield from _finer(runs, np.flatnonzero(lost), grid)
        moved, places = moved.taken(rest), rest
    if not len(moved):
        return
    stars, inside = moved.stars(), moved.inside()
    yield from _some(moved, places, stars & inside)
    rest = np.flatnonzero(~(stars & inside))
    if not len(rest):
        return
    moved, places, inside = moved.taken(rest), places[rest], inside[rest]
    shapes = moved.shapes()
    valid = stars[rest]
    valid[~valid] = shapely.is_valid(shapes[~valid])
    yield from _some(moved, places, valid & inside)
    cut = np.flatnonzero(valid & ~inside)
    if len(cut):
        yield from _clipped(shapes[cut], places[cut], grid)
    if not valid.all():
        gone = places[~valid]
        for drawn, which in _mended(shapes[~valid], gone, grid):
            yield drawn, which
            gone = np.setdiff1d(gone, which)
        if len(gone):
            yield from _finer(runs, gone, grid)


def _finer(runs: Runs, which: Integers, grid: int) -> Iterator[Group]:
    """Some features on the finest grid; as one unit, if they were on it."""
    if grid == 1:
        yield from _units(runs, which)
        return
    for drawn, places in _polygons(runs.taken(which), 1):
        yield drawn, which[places]


def _some(runs: Runs, places: Integers, which: Mask) -> Iterator[Group]:
    """Features that are drawn as they are."""
    if which.all() and len(places):
        yield runs.drawn(), places
    elif which.any():
        some = np.flatnonzero(which)
        yield runs.taken(some).drawn(), places[some]


def _clipped(shapes: Drawings, places: Integers, grid: int) -> Iterator[Group]:
    """Valid polygons cut to the tile and its buffer."""
    low, high = -BUFFER, EXTENT + BUFFER
    shapes = _only_polygons(shapely.clip_by_rect(shapes, low, low, high, high))
    there = np.flatnonzero(~shapely.is_empty(shapes))
    if not len(there):
        return
    # new corners lie on the sides, where they move to the next node: seldom is that not valid
    moved = _moved(Runs.of(shapes[there]), grid)
    filled = np.flatnonzero(np.diff(moved.feature_start))
    if not len(filled):
        return
    moved, places = moved.taken(filled), places[there[filled]]
    valid = moved.stars()
    odd = np.flatnonzero(~valid)
    shapes = moved.taken(odd).shapes()
    valid[odd] = shapely.is_valid(shapes)
    yield from _some(moved, places, valid)
    if not valid.all():
        yield from _mended(shapes[~valid[odd]], places[~valid], grid)


def _moved(runs: Runs, grid: int) -> Runs:
    """Polygons on the grid, without coordinates that are repeated or lie on a straight line."""
    moved = Runs(2, _on_grid(runs.xy, grid), runs.ring_start, runs.part_start, runs.feature_start)
    while True:
        x, y = np.ascontiguousarray(moved.xy.T)
        back_x, back_y = (v - preceding(v, moved.ring_start) for v in (x, y))
        repeated = (back_x == 0) & (back_y == 0)
        if repeated.any():
            moved = moved.without(repeated)
            x, y = np.ascontiguousarray(moved.xy.T)
            back_x, back_y = (v - preceding(v, moved.ring_start) for v in (x, y))
        on_x, on_y = (following(v, moved.ring_start) for v in (back_x, back_y))
        straight = back_x * on_y == back_y * on_x
        moved = moved.without(straight)
        # a spike that folds back is gone where its foot is not there twice any more
        if not (straight & (back_x * on_x + back_y * on_y < 0)).any():
            return moved.sound()


def _units(runs: Runs, which: Integers) -> Iterator[Group]:
    """One unit for each of some features, where it begins."""
    low = np.floor(runs.xy[runs.coordinate_start[which]]).astype(np.int64)
    here = ((low >= -BUFFER) & (low < EXTENT + BUFFER)).all(axis=1)
    one = np.ones(int(here.sum()), dtype=np.int64)
    if len(one):
        yield squares(low[here], one, one), which[here]


def _mended(shapes: Drawings, places: Integers, grid: int) -> Iterator[Group]:
    """What crosses itself made valid and clipped, with its corners on the grid again."""
    window = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    shapes = shapely.intersection(_only_polygons(shapely.make_valid(shapes)), window)
    shapes = _only_polygons(shapely.set_precision(_only_polygons(shapes), grid))
    there = np.flatnonzero(~shapely.is_empty(shapes))
    if len(there):
        yield Runs.of(shapes[there]).drawn(), places[there]


def _only_polygons(shapes: Drawings) -> Drawings:
    """Multi-polygons, empty ones too, without the points and lines that an overlay leaves."""
    out = np.full(len(shapes), _NOTHING, dtype=object)
    # a collection may hold a multi-polygon
    outer, of = shapely.get_parts(shapes, return_index=True)
    parts, inner_of = shapely.get_parts(outer, return_index=True)
    flat = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, of = parts[flat], of[inner_of[flat]]
    if len(parts):
        filled, place = np.unique(of, return_inverse=True)
        out[filled] = shapely.multipolygons(parts, indices=place)
    return out


def _on_grid(xy: Numbers, grid: int) -> Numbers:
    return np.rint(xy / grid) * grid
