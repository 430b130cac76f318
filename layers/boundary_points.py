"""One point of a boundary-point file, and what its numbers tell: northing, easting, zone."""

import math
import re
import unicodedata
from dataclasses import dataclass

_NORTHING_M = (1.0e6, 6.0e6)  # seven digits, from the Xisha islands to the Heilong river
_EASTING_M = 1.0e5  # six digits at least
# width in degrees: zones, EPSG code of the first with a prefix, and of the first without
ZONES = {3: (range(25, 46), 4513, 4534), 6: (range(13, 24), 4491, 4502)}


@dataclass(frozen=True, slots=True)
class Point:
    """One point line: 点号, 圈号, and its place with the easting first."""

    line: int
    label: str
    ring: str
    xy: tuple[float, float]  # easting, northing


def number_in(text: str) -> float | None:
    """Return the finite number that the text is, full-width digits read too, else None."""
    try:
        value = float(unicodedata.normalize("NFKC", text).replace("_", "?"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def integer_in(text: str) -> int | None:
    """Return the first whole number in the text, 三 and 六 read as digits, else None."""
    found = re.search(r"\d{1,7}", text.replace("三", "3").replace("六", "6"))
    return int(found[0]) if found else None


def is_northing(value: float) -> bool:
    """Tell whether a number has the size of a northing in China."""
    return _NORTHING_M[0] <= value < _NORTHING_M[1]


def zone_prefix(easting: float) -> int | None:
    """Return the zone before an easting, 0 for six digits, None for anything else."""
    zone, metres = divmod(easting, 1e6)
    known = zone == 0 or any(zone in zones for zones, _, _ in ZONES.values())
    return int(zone) if known and metres >= _EASTING_M else None
