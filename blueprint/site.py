"""The site: one sound polygon in the city, or an error that says what to mend.

A site is brought to the city's CRS and the store's grid as layers are, but never repaired: what
the applicant draws is what is answered. Several parcels in one file are one site.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import City
from blueprint.errors import InvalidSite
from layers import Bounds, Geometries, Source, read_source
from layers.crs import label, parse_crs, to_crs
from layers.normalise import GRID_M
from layers.shapes import all_finite, close_lines, from_wkb, to_multi
from layers.source import GEOMETRY

_SMALLEST_M2 = 1.0
_LONGITUDES, _LATITUDES = (70.0, 140.0), (0.0, 60.0)
"""Roughly China: enough to tell lon, lat from lat, lon."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site in the city's CRS; `geometry_hash` is over its normal form."""

    name: str
    geometry: BaseGeometry
    crs: str
    geometry_hash: str
    source_crs: str
    crs_assumed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def bounds(self) -> Bounds:
        """Its box, metres."""
        minx, miny, maxx, maxy = self.geometry.bounds
        return (minx, miny, maxx, maxy)


def read_site(
    path: Path, city: City, crs: str | None = None, source_layer: str | None = None
) -> Site:
    """The site that a file draws.

    Raises:
        DataError: the file cannot be read.
        InvalidSite: what it draws cannot be checked.
    """
    return site_of(read_source(path, layer=source_layer, crs=crs), city)


def site_of(source: Source, city: City) -> Site:
    """The site that an already read source draws.

    Raises:
        InvalidSite: no polygon, no plausible CRS, self-crossing, too small, too large, elsewhere.
        UnsuitableCrs: the CRS needs transformation parameters.
    """
    blobs = source.rows.column(GEOMETRY).to_pylist()
    read, closed = from_wkb(blobs)
    drawn = np.asarray(shapely.force_2d(read), dtype=object)
    unread = shapely.is_missing(drawn) & np.array([blob is not None for blob in blobs], dtype=bool)
    if unread.any():
        row = int(np.flatnonzero(unread)[0]) + 1
        message = f"{source.name}: row {row} is no geometry that can be read; draw it again"
        raise InvalidSite(message)
    notes = [*source.notes, *(["a ring was not closed: closed"] if closed.any() else [])]
    shapes, left_out = _polygons(source, drawn)
    if left_out:
        notes.append(f"{left_out} drawn objects are no polygons: left out")
    crs = _plausible_crs(source, shapes, city)
    _refuse_unsound(source, shapes)
    placed = to_crs(shapes, crs, city.crs)
    if not all_finite(placed).all():
        message = f"{source.name}: a corner has no image in {city.crs}; check its CRS, now {crs}"
        raise InvalidSite(message)
    on_grid = shapely.set_precision(placed, GRID_M, mode="valid_output")
    whole = shapely.set_precision(shapely.union_all(on_grid), 0, mode="pointwise")
    _refuse_misplaced(source, whole, city, crs)
    multi = shapely.normalize(to_multi(np.array([whole], dtype=object))[0])
    digest = sha256(shapely.to_wkb(multi, output_dimension=2)).hexdigest()
    said = label(parse_crs(crs))
    return Site(source.name, multi, city.crs, digest, said, source.crs is None, tuple(notes))


def _polygons(source: Source, drawn: Geometries) -> tuple[Geometries, int]:
    """The polygons among what is drawn, and how many other objects there are.

    Closed lines, as CAD has them, are polygons; collections are what they consist of.
    """
    objects = shapely.get_parts(shapely.get_parts(drawn[~shapely.is_missing(drawn)]))
    closed = close_lines(objects[~shapely.is_empty(objects)])
    polygons = shapely.get_type_id(closed) == 3
    shapes = closed[polygons]
    nowhere = int((shapely.is_missing(drawn) | shapely.is_empty(drawn)).sum())
    if len(shapes) == 0:
        kinds = ", ".join(sorted({shape.geom_type for shape in objects})) or "nothing"
        message = f"{source.name}: draws no polygon but {kinds}; draw the site's boundary closed"
        raise InvalidSite(message)
    if not all_finite(shapes).all():
        message = f"{source.name}: a corner is not a finite number; correct it"
        raise InvalidSite(message)
    return shapes, int((~polygons).sum()) + nowhere


def _plausible_crs(source: Source, shapes: Geometries, city: City) -> str:
    """The CRS that the file names, or the one its silence means, if the coordinates agree."""
    minx, miny, maxx, maxy = shapely.total_bounds(shapes)
    degrees = max(abs(minx), abs(maxx)) <= 180 and max(abs(miny), abs(maxy)) <= 180
    if source.crs is None:
        if degrees:
            crs = "EPSG:4490"
        elif _meet((minx, miny, maxx, maxy), city.bounds):
            crs = city.crs
        else:
            why = f" ({source.notes[-1]})" if source.notes else ""
            message = (
                f"{source.name}: names no CRS that is known here{why} and is not in the city as "
                "drawn; name it with --crs"
            )
            raise InvalidSite(message)
    else:
        crs = source.crs
    if parse_crs(crs).is_geographic:
        if not degrees:
            hint = f"--crs {city.crs}" if _meet((minx, miny, maxx, maxy), city.bounds) else "--crs"
            message = (
                f"{source.name}: is in {label(parse_crs(crs))} but its coordinates are no degrees "
                f"({minx:.0f}, {miny:.0f}); name its CRS with {hint}"
            )
            raise InvalidSite(message)
        if _is_latitude_first(minx, miny) or _is_latitude_first(maxx, maxy):
            message = (
                f"{source.name}: gives latitude first ({minx:.4f}, {miny:.4f}); "
                "write longitude, then latitude"
            )
            raise InvalidSite(message)
    return crs


def _is_latitude_first(x: float, y: float) -> bool:
    swapped = _within(y, _LONGITUDES) and _within(x, _LATITUDES)
    return swapped and not (_within(x, _LONGITUDES) and _within(y, _LATITUDES))


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _meet(a: Bounds, b: Bounds) -> bool:
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]


def _refuse_unsound(source: Source, shapes: Geometries) -> None:
    """Refuse shapes that are no polygons in law; a zero area is told apart from a crossing."""
    flat = shapely.area(shapely.convex_hull(shapes)) == 0
    if flat.any():
        message = f"{source.name}: the site has no area; its corners lie on one line, correct them"
        raise InvalidSite(message)
    unsound = np.flatnonzero(~shapely.is_valid(shapes))
    if len(unsound):
        reason = shapely.is_valid_reason(shapes[unsound[0]])
        what, _, where = reason.partition("[")
        spot = f" at {', '.join(where.rstrip(']').split())}" if where else ""
        message = (
            f"{source.name}: the boundary is not sound: {what.lower()}{spot}; "
            "put the corners in order so that it crosses nowhere"
        )
        raise InvalidSite(message)


def _refuse_misplaced(source: Source, whole: BaseGeometry, city: City, crs: str) -> None:
    frame = shapely.box(*city.bounds)
    said = label(parse_crs(crs))
    if not whole.intersects(frame):
        km = whole.distance(frame) / 1000
        far = f"{km:,.0f} km" if km < 40_000 else "farther than the earth is round"
        message = (
            f"{source.name}: lies {far} away from {city.name.en} when read as {said}; "
            "name the right CRS with --crs, or swap its axes"
        )
        raise InvalidSite(message)
    if whole.area < _SMALLEST_M2:
        message = f"{source.name}: has an area of {whole.area:.2f} m²; a site has at least 1 m²"
        raise InvalidSite(message)
    if whole.area > frame.area:
        message = (
            f"{source.name}: is {whole.area / 1e6:,.0f} km², larger than the city; "
            "check its corners and its CRS"
        )
        raise InvalidSite(message)
