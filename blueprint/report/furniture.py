"""What every map has: frame, coordinates, scale bar and north arrow.

Input: a page and the view that its map shows. Output: the boxes that scale bar and arrow take, for
labels to keep off.
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely

from blueprint.report.lettering import Script
from blueprint.report.page import GREY, INK, PALE, PLAIN, TICK, Box, Look, Spot
from blueprint.report.surface import Surface
from blueprint.report.view import View

_APART = 50.0
"""How far coordinates stand apart at the least, points: they are 40 long."""
_NOTHING = shapely.Point()


def furnish(
    page: Surface, view: View, north: str = "北 N", off: shapely.Geometry = _NOTHING
) -> list[Box]:
    """Draw frame, coordinates, scale bar and north arrow; the boxes of the latter two.

    They stand in the first corner, of those that either may have, where they do not hide `off`.
    """
    _coordinates(page, view)
    scale = _scale_bar(page, view, off)
    return [scale, _north_arrow(page, view, north, shapely.union(off, shapely.box(*scale)))]


def _corner(frame: Box, size: Spot, off: shapely.Geometry, corners: Sequence[str]) -> Spot:
    """Where the lower left corner of a box of this size goes: where it hides least of `off`."""
    left, bottom, right, top = frame
    width, height = size
    spots = [
        (left + 6 if "left" in corner else right - width - 6,
         bottom + 6 if "bottom" in corner else top - height - 6)
        for corner in corners
    ]  # fmt: skip
    hidden = [shapely.area(shapely.intersection(off, _box(at, size))) for at in spots]
    return spots[int(np.argmin(hidden))]


def _box(at: Spot, size: Spot) -> shapely.Polygon:
    return shapely.box(at[0], at[1], at[0] + size[0], at[1] + size[1])


def _coordinates(page: Surface, view: View) -> None:
    """The frame, round coordinates along it, and a cross wherever two of them meet."""
    left, bottom, right, top = view.frame
    step = _round((right - left) / view.scale / 3.4)
    if step * view.scale < _APART:  # so small a map has room for fewer
        step = _round(2.5 * step)
    eastings = _ticks(left, right, view.minx, view.scale, step)
    northings = _ticks(bottom, top, view.miny, view.scale, step)
    for x, _ in eastings:
        for y, _ in northings:
            cross = shapely.MultiLineString([[(x - 3, y), (x + 3, y)], [(x, y - 3), (x, y + 3)]])
            page.draw(cross, Look("none", GREY, 0.5), view.frame)
    page.plate(view.frame, Look("none", INK, 0.9), radius=0)
    for x, value in eastings:
        page.write((x, bottom - 6), f"E {value:,.0f}", TICK, "center")
    for y, value in northings:
        page.write((left - 6, y), f"N {value:,.0f}", TICK, "center", upright=True)


def _ticks(
    low: float, high: float, start: float, scale: float, step: float
) -> list[tuple[float, float]]:
    """Multiples of `step` from `start`, m, at `low`, as (place on the page, coordinate)."""
    values = np.arange(math.ceil(start / step) * step, start + (high - low) / scale, step)
    ticks = [(low + (value - start) * scale, value) for value in values]
    # a label that would run past the map's corner is left out
    return [tick for tick in ticks if low + 20 < tick[0] < high - 20]


def _scale_bar(page: Surface, view: View, off: shapely.Geometry) -> Box:
    left, _, right, _ = view.frame
    corners = ("bottom left", "bottom right", "top left")
    for share in (0.3, 0.15):
        length_m = _round((right - left) / view.scale * share)
        quarter = length_m * view.scale / 4
        width, height = 4 * quarter + 32, 26.0
        x, y = _corner(view.frame, (width, height), off, corners)
        if not shapely.intersects(off, _box((x, y), (width, height))):
            break  # else a shorter one may hide less
    plate = (x, y, x + width, y + height)
    page.plate(plate, Look("white", PALE, 0.6, opacity=0.9))
    x, y = x + 10, y + 6
    for part in range(4):
        block = shapely.box(x + part * quarter, y, x + (part + 1) * quarter, y + 3.5)
        page.draw(block, Look(INK if part % 2 == 0 else "white", INK, 0.6))
    unit, divisor = ("km", 1000) if length_m >= 1000 else ("m", 1)
    labels = ((0, ""), (2, ""), (4, f" {unit}"))
    for part, suffix in labels if 4 * quarter > _APART else labels[::2]:
        at = x + part * quarter, y + 10.5
        page.write(at, f"{length_m * part / 4 / divisor:g}{suffix}", PLAIN, "center")
    return plate


def _north_arrow(page: Surface, view: View, north: str, off: shapely.Geometry) -> Box:
    corners = ("top right", "top left", "bottom right", "bottom left")
    left, bottom = _corner(view.frame, (26.0, 42.0), off, corners)
    x, y = left + 13, bottom + 6
    plate = (left, bottom, left + 26, bottom + 42)
    page.plate(plate, Look("white", PALE, 0.6, opacity=0.9))
    page.draw(shapely.Polygon([(x, y + 22), (x - 6.5, y), (x, y + 5)]), Look(INK, INK, 0.7))
    page.draw(shapely.Polygon([(x, y + 22), (x + 6.5, y), (x, y + 5)]), Look("white", INK, 0.7))
    page.write((x, y + 29), north, Script(7.5, INK, bold=True), "center")
    return plate


def _round(length: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is no longer than `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length)
