"""Two control lines with hundreds of kilometres of border, as contours of noise.

The ecological control line is where the land is high. The development boundary is drawn by another
noise, but follows the ecological line vertex by vertex in a part of the city, as control lines do
where one was drawn against the other.
"""

from itertools import pairwise

import contourpy
import numpy as np
import shapely

from tests.benchmarks.overlay.net import Floats, Shapes

_ECOLOGICAL_SHARE = 0.29  # of the city's area
_FOLLOWS_SHARE = 0.15  # of the city's area
_SMALLEST_M2 = 20_000.0  # islands and holes
_MESH_M = 9.0


def draw_giants(
    rng: np.random.Generator, box: tuple[float, ...], mesh_m: float = _MESH_M
) -> Shapes:
    """The ecological control line and the development boundary, two multi-polygons with holes."""
    minx, miny, maxx, _ = box
    count = max(int((maxx - minx) / mesh_m), 40) + 1
    reach = (maxx - minx) / (count - 1)
    land = _noise(rng, count, reach, 60.0, 800.0)
    land -= np.quantile(land, 1 - _ECOLOGICAL_SHARE)
    other = _noise(rng, count, reach, 520.0, 2000.0)
    where = _noise(rng, count, reach, 1200.0, 3000.0)
    follows = np.clip((where - np.quantile(where, 1 - _FOLLOWS_SHARE)) * 4 + 1, 0, 1)
    other = (other - np.quantile(other, 0.6)) * (1 - follows) - land * follows
    axis_x = minx + reach * np.arange(count)
    axis_y = miny + reach * np.arange(count)
    return np.array([_contour(axis_x, axis_y, field) for field in (land, other)], dtype=object)


def _noise(
    rng: np.random.Generator, count: int, mesh_m: float, fine_m: float, coarse_m: float
) -> Floats:
    """Noise of unit variance, all scales between a fine and a coarse one, shape (count, count)."""
    spectrum = np.fft.rfft2(rng.standard_normal((count, count), dtype=np.float32))
    frequency = 2 * np.pi / mesh_m
    east = frequency * np.fft.rfftfreq(count)
    north = frequency * np.fft.fftfreq(count)
    square = north[:, None] ** 2 + east[None, :] ** 2
    weight = np.exp(-square * (fine_m / 2) ** 2 / 2) / (1 + square * (coarse_m / 2) ** 2)
    field = np.fft.irfft2(spectrum * weight.astype(np.float32), s=(count, count))
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float64)


def _contour(x: Floats, y: Floats, field: Floats) -> shapely.MultiPolygon:
    lines = contourpy.contour_generator(x, y, field, fill_type=contourpy.FillType.OuterOffset)
    parts = []
    for points, offsets in zip(*lines.filled(0.0, np.inf), strict=True):
        rings = [np.round(points[first:last], 4) for first, last in pairwise(offsets)]
        outer, *holes = [ring for ring in rings if len(ring) > 3]
        if _area(outer) >= _SMALLEST_M2:
            parts.append(
                shapely.Polygon(outer, [hole for hole in holes if _area(hole) >= _SMALLEST_M2])
            )
    whole = shapely.MultiPolygon(parts)
    if not whole.is_valid:
        whole = shapely.set_precision(shapely.make_valid(whole), 1e-4)
        kept = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"]
        whole = shapely.MultiPolygon(kept)
    return whole


def _area(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return abs(float(x[:-1] @ y[1:] - x[1:] @ y[:-1])) / 2
