"""The shifted coordinates of Chinese web maps: GCJ-02 (火星坐标) and BD-09, there and back.

Both are degrees. GCJ-02 displaces longitude and latitude inside China's frame by sums of sines,
some 300 to 700 m; BD-09 displaces GCJ-02 once more. The sums are public knowledge and not the
official algorithm: what is computed back from a map's coordinates may be metres off, so that
everything drawn from them is labelled approximate.

Algorithm of the inverse: a fixed point. The displacement changes by less than 2 % of a step, so
that ten rounds are exact to the last digits of a double.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Coordinates = npt.NDArray[np.float64]
"""Shape (n, 2): longitude, latitude, degrees."""

_AXIS_M, _ECCENTRICITY2 = 6378245.0, 0.006693421622965943
"""Krassowsky's ellipsoid, which the sums are scaled by."""
_FRAME = (72.004, 0.8293, 137.8347, 55.8271)
"""(west, south, east, north): outside, GCJ-02 displaces nothing."""
_BD_WAVES = np.pi * 3000 / 180
_ROUNDS = 10


def gcj02_of(lonlat: Coordinates) -> Coordinates:
    """What a web map shows for true longitude and latitude."""
    return np.where(_in_frame(lonlat)[:, None], lonlat + _displacement(lonlat), lonlat)


def from_gcj02(lonlat: Coordinates) -> Coordinates:
    """True longitude and latitude of what a web map shows.

    NaN in the strip along the frame's edge that no true place is displaced into.
    """
    inside = _solved(lambda xy: xy + _displacement(xy), lonlat)
    has_image = _in_frame(inside)[:, None]
    return np.where(_in_frame(lonlat)[:, None], np.where(has_image, inside, np.nan), lonlat)


def bd09_of(lonlat: Coordinates) -> Coordinates:
    """What Baidu's map shows for true longitude and latitude."""
    return _bd09_of_gcj02(gcj02_of(lonlat))


def from_bd09(lonlat: Coordinates) -> Coordinates:
    """True longitude and latitude of what Baidu's map shows; NaN as `from_gcj02`."""
    return from_gcj02(_solved(_bd09_of_gcj02, lonlat))


def _solved(forward: Callable[[Coordinates], Coordinates], image: Coordinates) -> Coordinates:
    guess = image
    # what is no degree is nowhere: its sines are left to come out as NaN
    with np.errstate(invalid="ignore", over="ignore"):
        for _ in range(_ROUNDS):
            guess = guess + (image - forward(guess))
    return guess


def _in_frame(lonlat: Coordinates) -> npt.NDArray[np.bool_]:
    west, south, east, north = _FRAME
    lon, lat = lonlat.T
    inside: npt.NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _displacement(lonlat: Coordinates) -> Coordinates:
    """How far GCJ-02 is off, degrees, were there no frame."""
    with np.errstate(invalid="ignore", over="ignore"):
        x, y = lonlat[:, 0] - 105, lonlat[:, 1] - 35
        common = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
        north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
        north += common + _waves(y, (20, 40, 160, 320), (1, 3, 12, 30))
        east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
        east += common + _waves(x, (20, 40, 150, 300), (1, 3, 12, 30))
        latitude = np.radians(lonlat[:, 1])
        root2 = 1 - _ECCENTRICITY2 * np.sin(latitude) ** 2
        root = np.sqrt(root2)
        meridian_m = _AXIS_M * (1 - _ECCENTRICITY2) / (root2 * root)
        parallel_m = _AXIS_M / root * np.cos(latitude)
        return np.degrees(np.column_stack([east / parallel_m, north / meridian_m]))


def _waves(
    t: npt.NDArray[np.float64], heights: tuple[int, ...], lengths: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """A sum of sines, metres: the first height has the half-wave of the first length, degrees."""
    total = np.zeros_like(t)
    for height, length in zip(heights, lengths, strict=True):
        total += height * np.sin(np.pi * t / length)
    return total * 2 / 3


def _bd09_of_gcj02(lonlat: Coordinates) -> Coordinates:
    x, y = lonlat.T
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_WAVES)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_WAVES)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])
