"""What every map has: frame, coordinates, scale bar and north arrow.

Input: a page and the view that its map shows. Output: the boxes that scale bar and arrow take, for
labels to keep off.
"""

import math

import numpy as np
import shapely

from blueprint.report.lettering import Script
from blueprint.report.page import GREY, INK, PALE, PLAIN, TICK, Box, Look, Page
from blueprint.report.view import View


def furnish(page: Page, view: View) -> list[Box]:
    """Draw frame, coordinates, scale bar and north arrow; the boxes of the latter two."""
    _coordinates(page, view)
    return [_scale_bar(page, view), _north_arrow(page, view)]


def _coordinates(page: Page, view: View) -> None:
    """The frame, round coordinates along it, and a cross wherever two of them meet."""
    left, bottom, right, top = view.frame
    step = _round((right - left) / view.scale / 3.4)
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


def _scale_bar(page: Page, view: View) -> Box:
    left, bottom, right, _ = view.frame
    length_m = _round((right - left) / view.scale * 0.3)
    quarter = length_m * view.scale / 4
    x, y = left + 16, bottom + 12
    plate = (left + 6, bottom + 6, x + 4 * quarter + 22, y + 20)
    page.plate(plate, Look("white", PALE, 0.6, opacity=0.9))
    for part in range(4):
        block = shapely.box(x + part * quarter, y, x + (part + 1) * quarter, y + 3.5)
        page.draw(block, Look(INK if part % 2 == 0 else "white", INK, 0.6))
    unit, divisor = ("km", 1000) if length_m >= 1000 else ("m", 1)
    for part, suffix in ((0, ""), (2, ""), (4, f" {unit}")):
        at = x + part * quarter, y + 10.5
        page.write(at, f"{length_m * part / 4 / divisor:g}{suffix}", PLAIN, "center")
    return plate


def _north_arrow(page: Page, view: View) -> Box:
    x, y = view.frame[2] - 20, view.frame[3] - 42
    plate = (x - 13, y - 6, x + 13, y + 36)
    page.plate(plate, Look("white", PALE, 0.6, opacity=0.9))
    page.draw(shapely.Polygon([(x, y + 22), (x - 6.5, y), (x, y + 5)]), Look(INK, INK, 0.7))
    page.draw(shapely.Polygon([(x, y + 22), (x + 6.5, y), (x, y + 5)]), Look("white", INK, 0.7))
    page.write((x, y + 29), "北 N", Script(7.5, INK, bold=True), "center")
    return plate


def _round(length: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is no longer than `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length)
