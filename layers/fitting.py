"""Which CRS coordinates that do not lie in the city would fit: what a refusal proposes.

Input: a sample of the coordinates as delivered, and the city's frame. Output: `Fit`, or the text of
a refusal. Only zones near the city are tried: a zone far away would put it where a projection means
nothing. Of several that fit, the first in the order of what departments deliver is named: the
city's own zone, degrees, 3-degree zones with and without prefix, 6-degree zones, UTM, Web Mercator,
what the city declares; and each as it is before each with x and y swapped.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from layers.crs import Plain, label, parse_crs
from layers.georeference import Locator, System, locator
from layers.table import Bounds

_LONLAT = "EPSG:4490"
_SAMPLE = 1000
_BESIDE = 2
"""How many zones to the left and right of the city's are tried."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A CRS, or the id of a system, in which coordinates lie in the city.

    `swapped` where x and y change places first; `others` fit as well, and read them differently.
    """

    crs: str
    swapped: bool = False
    others: tuple[str, ...] = ()

    def advice(self) -> str:
        """What to do, as the end of a refusal."""
        if self.swapped:
            degrees = self.crs == _LONLAT
            first, second = ("longitude", "latitude") if degrees else ("x (east)", "y (north)")
            return (
                f"x and y are swapped: written {first} first, then {second}, they would fit "
                f"{self.crs}"
            )
        too = f", most plausibly ({', '.join(self.others)} would too)" if self.others else ""
        return f"read as {self.crs} they would fit{too}: name it with --crs {self.crs}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where coordinates ought to lie: the city's frame, its CRS, the systems that it declares."""

    bounds: Bounds
    crs: str
    systems: tuple[System, ...] = ()


def fitting_crs(sample: Plain, place: Place) -> Fit | None:
    """The CRS that puts most of the sample, shape (n, 2), into the city's frame.

    None where no CRS puts more than half of the sample into the frame. The CRS that they were read
    in, and found to lie outside, can be among the fits only with x and y swapped.
    """
    sample = _thinned(sample)
    if len(sample) == 0:
        return None
    fits: list[tuple[float, Fit, Plain]] = []
    for fit, way in _candidates(place):
        moved = way.transform(sample[:, ::-1] if fit.swapped else sample)
        share = float(_inside(moved, place.bounds).mean())
        if share > 0.5:
            fits.append((share, fit, moved))
    if not fits:
        return None
    best_share, best, best_moved = max(fits, key=lambda found: found[0])
    others = tuple(
        fit.crs
        for share, fit, moved in fits
        if share == best_share
        and fit.swapped == best.swapped
        and not np.allclose(moved, best_moved, rtol=0, atol=1.0)
    )
    return Fit(best.crs, best.swapped, others)


def contradiction(name: str, sample: Plain, read: Locator, place: Place) -> str | None:
    """The refusal of coordinates that another CRS than the declared one puts wholly in the city.

    `sample`, shape (n, 2), is as delivered. None unless the declared CRS leaves most of it outside:
    what merely reaches beyond the city fits no other CRS wholly.
    """
    sample = _thinned(sample)
    if len(sample) == 0 or _inside(read.transform(sample), place.bounds).mean() > 0.5:
        return None
    fit = fitting_crs(sample, place)
    if fit is None:
        return None
    turned = sample[:, ::-1] if fit.swapped else sample
    way = next(way for one, way in _candidates(place) if one.crs == fit.crs)
    if not _inside(way.transform(turned), place.bounds).all():
        return None
    return f"{name}: its coordinates contradict {read.label}; {fit.advice()}"


def misplaced_message(name: str, sample: Plain, said: str | None, place: Place) -> str:
    """The refusal of a file none of whose coordinates lie in the city.

    `sample`, shape (n, 2), is as delivered; `said` is the label of the CRS or system that they were
    read in, None where the file names none.
    """
    finite = _thinned(sample)
    at = f" (the first is {_number(finite[0, 0])}, {_number(finite[0, 1])})" if len(finite) else ""
    read = "as drawn" if said is None else f"when read as {said}"
    return f"{name}: lies outside the city {read}{at}; {fit_advice(sample, place)}"


def fit_advice(sample: Plain, place: Place) -> str:
    """What to do with coordinates that do not lie in the city, as the end of a refusal."""
    fit = fitting_crs(sample, place)
    if fit is None:
        return "no CRS that is known here would fit; name the right one with --crs"
    return fit.advice()


def _thinned(sample: Plain) -> Plain:
    finite = sample[np.isfinite(sample).all(axis=1)]
    return finite[:: max(1, len(finite) // _SAMPLE)]


def _number(value: float) -> str:
    return f"{value:.5f}" if abs(value) <= 360 else f"{value:.0f}"


def _candidates(place: Place) -> Iterator[tuple[Fit, Locator]]:
    codes = dict.fromkeys([label(parse_crs(place.crs)), _LONLAT, *_zones(place)])
    ways = [(code, locator(code, None, place.crs)) for code in codes]
    ways += [(one.id, locator(None, one, place.crs)) for one in place.systems]
    for code, way in ways:
        yield Fit(code), way
    for code, way in ways:
        yield Fit(code, swapped=True), way


def _zones(place: Place) -> Iterator[str]:
    """The codes of the zones near the middle of the frame, the nearest first."""
    minx, miny, maxx, maxy = place.bounds
    middle = np.array([[(minx + maxx) / 2, (miny + maxy) / 2]])
    longitude = float(locator(place.crs, None, _LONLAT).transform(middle)[0, 0])
    three, six = round(longitude / 3), int(longitude // 6) + 1
    # EPSG: 4513 is zone 25 with prefix, 4534 its twin by the central meridian 75°; 4491 is the
    # 6-degree zone 13 with prefix, 4502 its twin; 32643 is the UTM zone of the same meridian 75°
    for step in sorted(range(-_BESIDE, _BESIDE + 1), key=abs):
        if 25 <= three + step <= 45:
            yield f"EPSG:{4513 + three + step - 25}"
            yield f"EPSG:{4534 + three + step - 25}"
    for step in sorted(range(-1, 2), key=abs):
        if 13 <= six + step <= 23:
            yield f"EPSG:{4491 + six + step - 13}"
            yield f"EPSG:{4502 + six + step - 13}"
    for step in sorted(range(-1, 2), key=abs):
        yield f"EPSG:{32630 + six + step}"
    yield "EPSG:3857"


def _inside(xy: Plain, bounds: Bounds) -> np.ndarray:
    minx, miny, maxx, maxy = bounds
    return np.asarray(
        (xy[:, 0] >= minx) & (xy[:, 0] <= maxx) & (xy[:, 1] >= miny) & (xy[:, 1] <= maxy)
    )
