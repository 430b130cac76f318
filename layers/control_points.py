"""From a local plane to a plane of CGCS2000: by four published parameters, or by control points.

Input: `Plane` (the parameters) or `ControlPoints` (the same points in both systems). Output:
`PlaneFit`: the linear map, and for control points what each of them is off by.

Algorithm of `fit`: both sets are taken relative to their means, so that northings of millions cost
no digits; a similarity is the complex least-squares quotient, an affinity the real one. A map that
mirrors, or that two points alone ask for and no city has, comes from swapped axes or a wrong
number: it is refused, as is a worst residual above the tolerance.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from layers.errors import UnsuitableCrs

Coordinates = npt.NDArray[np.float64]
"""Shape (n, 2): x east, y north."""

_FEWEST = {"similarity": 2, "affine": 4}
_PLAUSIBLE_SCALE, _PLAUSIBLE_ROTATION_DEG = 0.01, 5.0
"""What two points, which prove nothing, may ask for."""
_THINNEST = 1e-3
"""Least width to length of the figure that the points of an affinity span."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The four-parameter similarity (平面四参数) as it is published, X north and Y east.

    X' = north_m + (1 + m) (X cos a - Y sin a), Y' = east_m + (1 + m) (X sin a + Y cos a), with
    m = scale_ppm / 10^6 and a = rotation_arcsec, positive from north to east.
    """

    north_m: float
    east_m: float
    rotation_arcsec: float = 0.0
    scale_ppm: float = 0.0


@dataclass(frozen=True, slots=True)
class ControlPoints:
    """The same points in the local system and in CGCS2000: `(x, y, to_x, to_y)`, x east.

    `to` is the plane CRS of `to_x` and `to_y`; an easting may have its zone before it only if `to`
    has. `tolerance_m` is the largest residual that is taken.
    """

    points: tuple[tuple[float, float, float, float], ...]
    to: str
    kind: Literal["similarity", "affine"] = "similarity"
    tolerance_m: float = 0.10


@dataclass(frozen=True, slots=True)
class PlaneFit:
    """A linear map of the plane: `to + matrix (xy - origin)`; residuals in metres, one a point."""

    origin: tuple[float, float]
    to: tuple[float, float]
    matrix: tuple[tuple[float, float], tuple[float, float]]
    residuals_m: tuple[float, ...] = ()

    def apply(self, xy: Coordinates) -> Coordinates:
        """Map coordinates, shape (n, 2)."""
        moved: Coordinates = (xy - self.origin) @ np.array(self.matrix).T + self.to
        return moved

    @property
    def scale(self) -> float:
        """The length that one metre becomes, on average."""
        return math.sqrt(abs(float(np.linalg.det(np.array(self.matrix)))))

    @property
    def rotation_deg(self) -> float:
        """The turn, positive from north to east as maps have it."""
        (a, b), (c, d) = self.matrix
        return math.degrees(math.atan2(b - c, a + d))

    @property
    def worst_m(self) -> float:
        """The largest residual."""
        return max(self.residuals_m, default=0.0)

    @property
    def rmse_m(self) -> float:
        """The root of the mean squared residual."""
        squares = [residual**2 for residual in self.residuals_m]
        return math.sqrt(sum(squares) / len(squares)) if squares else 0.0


def plane_fit(plane: Plane) -> PlaneFit:
    """The map that four published parameters stand for."""
    angle = math.radians(plane.rotation_arcsec / 3600)
    scale = 1 + plane.scale_ppm * 1e-6
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    return PlaneFit((0.0, 0.0), (plane.east_m, plane.north_m), ((cos, sin), (-sin, cos)))


def fit(source: Coordinates, target: Coordinates, control: ControlPoints, name: str) -> PlaneFit:
    """The map that brings `source` nearest to `target`, both of shape (n, 2), metres.

    Raises:
        UnsuitableCrs: too few points, at one place, in line, contradictory, or off by more than
            the tolerance; the text names the point.
    """
    _refuse_unusable(source, target, control.kind, name)
    found = _solve(source, target, control.kind)
    if np.linalg.det(np.array(found.matrix)) <= 0:
        message = f"{name}: its control points mirror the plane; swap x and y of one of the two"
        raise UnsuitableCrs(message)
    if len(source) == 2:
        _refuse_unproven(found, name)
    if found.worst_m > control.tolerance_m:
        worst = int(np.argmax(found.residuals_m)) + 1
        swapped = _solve(source[:, ::-1], target, control.kind).worst_m <= control.tolerance_m
        remedy = (
            "x and y of one of the two are swapped: swap them"
            if swapped
            else "correct the point, or give a larger tolerance_m"
        )
        message = (
            f"{name}: control point {worst} is off by {found.worst_m:.3f} m, more than "
            f"{control.tolerance_m:g} m (all: {residuals_text(found)}); {remedy}"
        )
        raise UnsuitableCrs(message)
    return found


def residuals_text(found: PlaneFit) -> str:
    """Every point's residual, their root mean square and the worst, in one line."""
    each = ", ".join(f"{at}: {one:.3f} m" for at, one in enumerate(found.residuals_m, start=1))
    return f"{each}; RMSE {found.rmse_m:.3f} m, worst {found.worst_m:.3f} m"


def _refuse_unusable(source: Coordinates, target: Coordinates, kind: str, name: str) -> None:
    if len(source) < _FEWEST[kind]:
        message = (
            f"{name}: has {len(source)} control points; "
            f"{'a similarity' if kind == 'similarity' else 'an affine fit'} needs {_FEWEST[kind]}"
        )
        raise UnsuitableCrs(message)
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        row = int(np.argmin(np.isfinite(source).all(axis=1) & np.isfinite(target).all(axis=1)))
        message = f"{name}: control point {row + 1} lies nowhere; correct its coordinates"
        raise UnsuitableCrs(message)
    for what, points in (("from", source), ("to", target)):
        gaps = np.hypot(*(points[:, None, :] - points[None, :, :]).T)
        gaps[np.diag_indices(len(points))] = np.inf
        if gaps.min() < 1.0:
            one, other = sorted(int(k) + 1 for k in np.unravel_index(gaps.argmin(), gaps.shape))
            message = (
                f"{name}: control points {one} and {other} are less than 1 m apart ({what}); "
                "give points far from each other"
            )
            raise UnsuitableCrs(message)
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if kind == "affine" and spread[1] < _THINNEST * spread[0]:
            message = (
                f"{name}: its control points lie in line ({what}); add one beside the line, "
                "or ask for a similarity"
            )
            raise UnsuitableCrs(message)


def _refuse_unproven(found: PlaneFit, name: str) -> None:
    far = abs(found.scale - 1) > _PLAUSIBLE_SCALE
    if far or abs(found.rotation_deg) > _PLAUSIBLE_ROTATION_DEG:
        message = (
            f"{name}: its two control points ask for a scale of {found.scale:.4f} and a turn of "
            f"{found.rotation_deg:.2f}°; correct them, or give a third that proves it"
        )
        raise UnsuitableCrs(message)


def _solve(source: Coordinates, target: Coordinates, kind: str) -> PlaneFit:
    origin, to = source.mean(axis=0), target.mean(axis=0)
    if kind == "similarity":
        w, z = (source - origin) @ (1, 1j), (target - to) @ (1, 1j)
        turn = np.vdot(w, z) / np.vdot(w, w)
        matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    else:
        matrix = np.linalg.lstsq(source - origin, target - to, rcond=None)[0].T
    (a, b), (c, d) = matrix.tolist()
    found = PlaneFit(
        (float(origin[0]), float(origin[1])), (float(to[0]), float(to[1])), ((a, b), (c, d))
    )
    off = np.hypot(*(found.apply(source) - target).T)
    return PlaneFit(found.origin, found.to, found.matrix, tuple(off.tolist()))
