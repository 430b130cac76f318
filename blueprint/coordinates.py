"""The coordinate systems that a city declares (坐标系统): its own, and old ones with parameters.

Input: `city.coordinate_systems` of the catalogue, as docs/catalogue.md describes. Output: `System`,
what `layers.georeference` brings coordinates home by. Parameters and control points are tried when
the catalogue is read: one that does not hold is refused before a file rests on it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from blueprint.values import Bilingual, Slug, Value
from layers.control_points import ControlPoints, Plane
from layers.crs import is_known
from layers.errors import UnsuitableCrs
from layers.georeference import WEB_MAPS, System, locator
from layers.helmert import Helmert
from layers.versions import LayerVersion

if TYPE_CHECKING:
    from blueprint.catalogue import City

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_TOLERANCE_M = 0.10
_RESERVED = {name.replace("-", "").lower(): name for name in WEB_MAPS}


class HelmertValue(Value):
    """Three or seven parameters to CGCS2000: metres, arc-seconds, parts per million."""

    dx_m: _Finite
    dy_m: _Finite
    dz_m: _Finite
    rx_arcsec: _Finite = 0.0
    ry_arcsec: _Finite = 0.0
    rz_arcsec: _Finite = 0.0
    scale_ppm: _Finite = 0.0
    convention: Literal["position_vector", "coordinate_frame"] | None = None


class PlaneValue(Value):
    """Four parameters of the plane: X north, Y east, the turn positive from north to east."""

    north_m: _Finite
    east_m: _Finite
    rotation_arcsec: _Finite = 0.0
    scale_ppm: _Finite = 0.0


class ControlPointValue(Value):
    """One point in both systems, each as [x, y] with x east; `cgcs2000` in the plane of `to`."""

    local: tuple[_Finite, _Finite]
    cgcs2000: tuple[_Finite, _Finite]


class NamedSystem(Value):
    """A coordinate system that files may be declared in, by exactly one way to CGCS2000."""

    id: Slug
    name: Bilingual
    crs: str | None = None
    to: str | None = None
    helmert: HelmertValue | None = None
    plane: PlaneValue | None = None
    control_points: tuple[ControlPointValue, ...] | None = None
    fit: Literal["similarity", "affine"] | None = None
    tolerance_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    def system(self) -> System:
        """The system with its way to CGCS2000."""
        return System(self.id, self.name.zh, self._way(), self.crs, self.to)

    def _way(self) -> Helmert | Plane | ControlPoints:
        if self.helmert is not None:
            return Helmert(**self.helmert.model_dump())
        if self.plane is not None:
            return Plane(**self.plane.model_dump())
        points = tuple((*point.local, *point.cgcs2000) for point in self.control_points or ())
        return ControlPoints(
            points,
            self.to or "",
            self.fit or "similarity",
            _TOLERANCE_M if self.tolerance_m is None else self.tolerance_m,
        )

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.id in _RESERVED:
            message = f"{self.id} is what {_RESERVED[self.id]} is called; give it another id"
            raise ValueError(message)
        ways = ("helmert", "plane", "control_points")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            message = f"{self.id}: give one of helmert, plane and control_points, not {found}"
            raise ValueError(message)
        if self.control_points is not None and self.to is None:
            message = f"{self.id}: control_points need to: the CGCS2000 zone that they lead to"
            raise ValueError(message)
        if self.helmert is not None and self.to is not None:
            message = f"{self.id}: helmert leads to CGCS2000 itself; leave to out"
            raise ValueError(message)
        if self.control_points is None and (self.fit or self.tolerance_m):
            message = f"{self.id}: fit and tolerance_m belong to control_points; leave them out"
            raise ValueError(message)
        try:
            locator(None, self.system(), self.to or "EPSG:4490")
        except UnsuitableCrs as problem:
            raise ValueError(str(problem)) from None
        return self


def _distinct(systems: tuple[NamedSystem, ...]) -> tuple[NamedSystem, ...]:
    twice = [name for name, uses in Counter(one.id for one in systems).items() if uses > 1]
    if twice:
        message = f"{twice[0]} is there twice; give each its own id"
        raise ValueError(message)
    return systems


CoordinateSystems = Annotated[tuple[NamedSystem, ...], AfterValidator(_distinct)]
"""What a city declares, every id once."""


def resolve(crs: str | None, city: "City") -> tuple[str | None, System | None]:
    """What a deliverer named: a CRS that stands by itself, or a system; at most one is not None.

    An id of the city's catalogue goes first, then GCJ-02 and BD-09; the rest is a CRS.

    Raises:
        UnsuitableCrs: neither a system nor a CRS; the text lists the systems there are.
    """
    if crs is None:
        return None, None
    name = crs.strip()
    for one in city.coordinate_systems:
        if one.id == name.lower():
            return None, one.system()
    web_map = _RESERVED.get(name.replace("-", "").replace("_", "").lower())
    if web_map is not None:
        return None, WEB_MAPS[web_map]
    if not is_known(crs):
        message = (
            f"{name[:37]}: not a known CRS, nor a system of the catalogue; give one such as "
            f"{city.crs}, EPSG:4490, or one of {', '.join(_names(city.coordinate_systems))}"
        )
        raise UnsuitableCrs(message)
    return crs, None


def _names(systems: Iterable[NamedSystem]) -> list[str]:
    return [*(one.id for one in systems), *WEB_MAPS]


def approximations(versions: Mapping[str, LayerVersion]) -> dict[str, str]:
    """The layers that were delivered in a web map's coordinates, with the map's name."""
    return {name: one.approximate for name, one in versions.items() if one.approximate}


def approximate_note(system: str, layer: Bilingual | None = None) -> Bilingual:
    """What every finding says that rests on coordinates computed back from a web map.

    `layer` is None where it is the site that was drawn so.
    """
    zh_of = "地块边界" if layer is None else f"“{layer.zh}”图层"
    en_of = "the site" if layer is None else f"the layer {layer.en}"
    return Bilingual(
        zh=f"{zh_of}由 {system} 坐标近似换算而来，位置误差可达数米，仅供参考",
        en=f"{en_of} was converted from {system}, approximate: places may be metres off, "
        "for orientation only",
    )
