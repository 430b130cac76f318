"""How a file's coordinates come to the city's CRS: by their CRS alone, or by a declared system.

Input: what the file says of its CRS, or the `System` that its deliverer named. Output: a `Locator`,
which moves arrays of coordinates and says what it moved them by.

    no system       CGCS2000 and what agrees with it, as `layers.crs` has it
    Helmert         CRS on an old datum → its degrees → shift in space → CGCS2000
    Plane,          local plane → plane of CGCS2000; where the system has a projection of its own,
    ControlPoints   that plane is this projection on the ellipsoid of CGCS2000, as two planes with
                    different central meridians are no similarity of each other
    WebMap          GCJ-02, BD-09: computed back, labelled approximate
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pyproj
from pyproj.crs import ProjectedCRS

from layers.control_points import (
    ControlPoints,
    Coordinates,
    Plane,
    PlaneFit,
    fit,
    plane_fit,
    residuals_text,
)
from layers.crs import any_crs, label, parse_crs, transformation
from layers.errors import UnsuitableCrs
from layers.gcj02 import from_bd09, from_gcj02
from layers.helmert import Helmert, HelmertShift

Step = Callable[[Coordinates], Coordinates]
WebMap = Literal["GCJ-02", "BD-09"]

_LONLAT = "EPSG:4490"
_RETURN_M = 0.001


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system that a file's deliverer may name, with the way to CGCS2000.

    `crs` is its projection and ellipsoid (authority code, PROJ string, WKT): needed for Helmert
    parameters, of use for a plane shift, meaningless for a web map. `to` is the plane CRS that
    four parameters lead to where the system has no projection of its own.
    """

    id: str
    name: str
    way: Helmert | Plane | ControlPoints | WebMap
    crs: str | None = None
    to: str | None = None

    @property
    def approximate(self) -> str | None:
        """The web map's name where the way back to CGCS2000 is a guess, else None."""
        return self.way if isinstance(self.way, str) else None


WEB_MAPS = {
    "GCJ-02": System("GCJ-02", "GCJ-02", "GCJ-02"),
    "BD-09": System("BD-09", "BD-09", "BD-09"),
}
"""The systems that need no catalogue."""


@dataclass(frozen=True, slots=True)
class Locator:
    """The way of coordinates into the city's CRS.

    `label` is what reports call the source; `notes` say the parameters and residuals; `approximate`
    names the web map that the coordinates come from; `residual_m` is the worst of the control
    points, None where there is none to show.
    """

    steps: tuple[Step, ...]
    label: str
    notes: tuple[str, ...] = ()
    approximate: str | None = None
    residual_m: float | None = None

    def transform(self, xy: Coordinates) -> Coordinates:
        """Move coordinates, shape (n, 2), x east; what has no image comes out as not finite."""
        for step in self.steps:
            xy = step(xy)
        return xy


@lru_cache(maxsize=64)
def locator(source_crs: str | None, system: System | None, target: str) -> Locator:
    """The way from a file's coordinates to `target`; a named `system` overrides the file's CRS.

    Raises:
        UnsuitableCrs: unknown, on a datum without parameters, or the system's parameters or
            control points do not hold.
    """
    if system is None:
        if source_crs is None:
            message = "no CRS is named; name one such as EPSG:4490"
            raise UnsuitableCrs(message)
        return Locator(_steps(source_crs, target), label(parse_crs(source_crs)))
    if isinstance(system.way, Helmert):
        return _by_helmert(system, system.way, target)
    if isinstance(system.way, Plane):
        return _by_plane(system, system.way, target)
    if isinstance(system.way, ControlPoints):
        return _by_control_points(system, system.way, target)
    back = from_gcj02 if system.way == "GCJ-02" else from_bd09
    note = f"{system.way}: approximate, computed back to CGCS2000; places may be metres off"
    return Locator((back, *_steps(_LONLAT, target)), system.way, (note,), system.way)


def _by_helmert(system: System, helmert: Helmert, target: str) -> Locator:
    crs = _own_crs(system)
    if crs is None:
        message = f"{system.id}: Helmert parameters need its crs: the projection and ellipsoid"
        raise UnsuitableCrs(message)
    if helmert.rotates and helmert.convention is None:
        message = (
            f"{system.id}: has rotations but no convention; say whether they are position_vector "
            "or coordinate_frame"
        )
        raise UnsuitableCrs(message)
    degrees = _degrees_of(crs)
    to_degrees = transformation(crs, degrees)
    shift = HelmertShift(helmert, degrees, parse_crs(_LONLAT))
    note = f"{system.id}: Helmert shift to CGCS2000: {helmert.text()}"
    return Locator((to_degrees, shift, *_steps(_LONLAT, target)), _name(system), (note,))


def _by_plane(system: System, plane: Plane, target: str) -> Locator:
    crs = _own_crs(system)
    if (crs is None) == (system.to is None):
        message = (
            f"{system.id}: four parameters lead to a plane: give crs (its own projection) or to "
            "(a CGCS2000 zone), and not both"
        )
        raise UnsuitableCrs(message)
    found = plane_fit(plane)
    note = f"{system.id}: 4 parameters to CGCS2000: {_linear_text(found)}"
    plane_crs = _twin(crs) if crs is not None else _plane_crs(system, system.to or "")
    steps = (found.apply, transformation(plane_crs, parse_crs(target)))
    return Locator(steps, _name(system), (note,))


def _by_control_points(system: System, control: ControlPoints, target: str) -> Locator:
    crs = _own_crs(system)
    to = _plane_crs(system, control.to)
    plane_crs = _twin(crs) if crs is not None else to
    points = np.array(control.points, dtype=np.float64).reshape(-1, 4)
    if not _lie_in(to, points[:, 2:]):
        message = f"{system.id}: its control points do not lie in {label(to)}; correct them or to"
        raise UnsuitableCrs(message)
    goals = transformation(to, plane_crs)(points[:, 2:])
    found = fit(points[:, :2], goals, control, system.id)
    proven = len(points) > 2
    residuals = (
        f"residuals {residuals_text(found)}"
        if proven
        else "no residual can be shown: two points fit exactly and prove nothing, give a third"
    )
    kind = f"{control.kind} through {len(points)} control points in {label(to)}"
    note = f"{system.id}: {kind}: {_linear_text(found)}; {residuals}"
    steps = (found.apply, transformation(plane_crs, parse_crs(target)))
    residual = found.worst_m if proven else None
    return Locator(steps, _name(system), (note,), None, residual)


def _lie_in(plane: pyproj.CRS, xy: Coordinates) -> bool:
    """Whether these are places of the plane: far beyond it, a projection does not come back."""
    lonlat = parse_crs(_LONLAT)
    again = transformation(lonlat, plane)(transformation(plane, lonlat)(xy))
    # NaN and infinity are close to nothing
    return bool((np.abs(again - xy) < _RETURN_M).all())


def _steps(source: str, target: str) -> tuple[Step, ...]:
    """None where the two are the same: not a digit may change then."""
    one, other = parse_crs(source), parse_crs(target)
    same = source == target or one.equals(other, ignore_axis_order=True)
    return () if same else (transformation(one, other),)


def _own_crs(system: System) -> pyproj.CRS | None:
    return None if system.crs is None else any_crs(system.crs)


def _plane_crs(system: System, text: str) -> pyproj.CRS:
    crs = parse_crs(text)
    if not crs.is_projected:
        message = f"{system.id}: {label(crs)} is no plane; name a CGCS2000 zone such as EPSG:4548"
        raise UnsuitableCrs(message)
    return crs


def _degrees_of(crs: pyproj.CRS) -> pyproj.CRS:
    geodetic = crs.geodetic_crs
    assert geodetic is not None
    return geodetic


def _twin(crs: pyproj.CRS) -> pyproj.CRS:
    """The same projection on the ellipsoid of CGCS2000."""
    if not crs.is_projected or crs.coordinate_operation is None:
        message = f"{label(crs)}: is no plane; a plane shift needs a projection"
        raise UnsuitableCrs(message)
    return ProjectedCRS(crs.coordinate_operation, geodetic_crs=parse_crs(_LONLAT))


def _name(system: System) -> str:
    return system.id if system.name == system.id else f"{system.id} ({system.name})"


def _linear_text(found: PlaneFit) -> str:
    ppm = (found.scale - 1) * 1e6
    return f"scale {ppm:+.3f} ppm, turn {found.rotation_deg * 3600:+.3f}″ (north to east)"
