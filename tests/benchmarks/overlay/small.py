"""Many small things: stars for polygons and sites, walks for lines, points."""

import numpy as np
import shapely

from tests.benchmarks.overlay.net import Floats, Ints, Shapes


def stars(rng: np.random.Generator, middle: Floats, radius: Floats, corners: Ints) -> Shapes:
    """Polygons of so many corners around their middles; radius in metres, shapes (n, …)."""
    ring = np.repeat(np.arange(len(middle)), corners)
    place = np.arange(len(ring)) - np.repeat(np.cumsum(corners) - corners, corners)
    # less than half a turn from corner to corner: valid by construction
    angle = 2 * np.pi * (place + 0.8 * rng.random(len(ring))) / corners[ring]
    reach = radius[ring] * rng.uniform(0.65, 1.0, len(ring))
    xy = middle[ring] + reach[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    rings = shapely.linearrings(np.round(xy, 4), indices=ring)
    return np.asarray(shapely.polygons(rings), dtype=object)


def small_polygons(rng: np.random.Generator, box: tuple[float, ...], count: int) -> Shapes:
    """Buildings, ponds, protected sites: 5 to 60 m across the middle, 14 corners in the mean."""
    radius = np.clip(rng.lognormal(np.log(12), 0.7, count), 3, 120)
    corners = np.clip(rng.lognormal(np.log(12.5), 0.45, count), 5, 80).astype(np.int64)
    return stars(rng, _anywhere(rng, box, count, 130.0), radius, corners)


def points(rng: np.random.Generator, box: tuple[float, ...], count: int) -> Shapes:
    """Wells, monuments, stations."""
    return np.asarray(shapely.points(np.round(_anywhere(rng, box, count, 0.0), 4)), dtype=object)


def lines(rng: np.random.Generator, box: tuple[float, ...], count: int) -> Shapes:
    """Roads and pipes: 30 vertices in the mean, 20 m apart, that turn a little at each."""
    vertices = np.clip(rng.poisson(29, count), 2, None)
    owner = np.repeat(np.arange(count), vertices)
    first = np.cumsum(vertices) - vertices
    turn = rng.normal(0, 0.15, len(owner))
    turn[first] = rng.uniform(0, 2 * np.pi, count)
    heading = _running(turn, first, owner)
    step = 20 * np.column_stack([np.cos(heading), np.sin(heading)])
    xy = _anywhere(rng, box, count, 1500.0)[owner] + np.column_stack(
        [_running(step[:, axis], first, owner) for axis in (0, 1)]
    )
    return np.asarray(shapely.linestrings(np.round(xy, 4), indices=owner), dtype=object)


def sites(rng: np.random.Generator, box: tuple[float, ...], count: int) -> Shapes:
    """Sites of 0.5 to 200 ha, small ones as often as large ones, with 5 to 60 corners."""
    # one from each of as many strata: the mean hardly depends on chance
    strata = (rng.permutation(count) + rng.random(count)) / count
    area_m2 = 10_000 * 0.5 * (200 / 0.5) ** strata
    corners = rng.integers(5, 61, count)
    rough = stars(rng, np.zeros((count, 2)), np.sqrt(area_m2 / np.pi), corners)
    middle = _anywhere(rng, box, count, 1200.0)
    scale = np.sqrt(area_m2 / shapely.area(rough))
    xy, owner = shapely.get_coordinates(rough, return_index=True)
    xy = np.round(middle[owner] + scale[owner][:, None] * xy, 4)
    return np.asarray(shapely.set_coordinates(rough, xy), dtype=object)


def _anywhere(rng: np.random.Generator, box: tuple[float, ...], count: int, rim: float) -> Floats:
    minx, miny, maxx, maxy = box
    rim = min(rim, (maxx - minx) / 4)
    return rng.uniform((minx + rim, miny + rim), (maxx - rim, maxy - rim), (count, 2))


def _running(values: Floats, first: Ints, owner: Ints) -> Floats:
    """Sums that begin anew with each owner."""
    total = np.cumsum(values)
    return total - (total[first] - values[first])[owner]
