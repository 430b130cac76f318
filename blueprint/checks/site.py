"""The site: one sound polygon in the city, or an error that says what to mend.

A site is brought to the city's CRS and the store's grid as layers are, but never repaired: what
the applicant draws is what is answered. Several parcels in one file are one site.
"""

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import City
from blueprint.coordinates import resolve
from blueprint.documents import SiteRef
from blueprint.errors import InvalidSite
from conflict import union_of
from layers import Bounds, Geometries, Source, read_source
from layers.fitting import Place, fit_advice, misplaced_message
from layers.georeference import Locator, System, locator
from layers.normalise import GRID_M
from layers.shapes import all_finite, close_lines, from_wkb, to_multi
from layers.source import GEOMETRY

_SMALLEST_M2 = 1.0
_EARTH_KM = 40_000
_FARTHEST_M = 1_000_000.0  # a corridor may leave the city, but not the land


@dataclass(frozen=True, slots=True)
class Site:
    """A site in the city's CRS; `geometry_hash` is over its normal form.

    `approximate` names the web map (GCJ-02, BD-09) that it was drawn on, if it was.
    """

    name: str
    geometry: BaseGeometry
    crs: str
    geometry_hash: str
    source_crs: str
    crs_assumed: bool = False
    notes: tuple[str, ...] = ()
    approximate: str | None = None

    @property
    def bounds(self) -> Bounds:
        """Its box, metres."""
        minx, miny, maxx, maxy = self.geometry.bounds
        return (minx, miny, maxx, maxy)

    def redrawn(self, geometry: BaseGeometry) -> "Site":
        """The same site with another outline, read as a file that draws it would be."""
        multi, digest = _normal(np.array([geometry], dtype=object))
        return replace(self, geometry=multi, geometry_hash=digest)


def read_site(
    path: Path, city: City, crs: str | None = None, source_layer: str | None = None
) -> Site:
    """The site that a file draws; `crs` is a CRS or a system that the city knows.

    Raises:
        DataError: the file cannot be read, or the CRS is neither.
        InvalidSite: what it draws cannot be checked.
    """
    said, system = resolve(crs, city)
    return site_of(read_source(path, layer=source_layer, crs=said), city, system)


def site_of(source: Source, city: City, system: System | None = None) -> Site:
    """The site that an already read source draws; a named `system` overrides its CRS.

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
        raise InvalidSite(message, "unreadable")
    notes = [*source.notes, *(["a ring was not closed: closed"] if closed.any() else [])]
    shapes, left_out = _polygons(source, drawn)
    if left_out:
        notes.append(f"{left_out} drawn objects are no polygons: left out")
    way = _way(source, shapes, city, system)
    notes.extend(way.notes)
    _refuse_unsound(source, shapes)
    placed = np.asarray(shapely.transform(shapes, way.transform), dtype=object)
    if not all_finite(placed).all():
        sample, place = shapely.get_coordinates(shapes), _place(city)
        raise InvalidSite(misplaced_message(source.name, sample, way.label, place), "elsewhere")
    multi, digest = _normal(placed)
    _refuse_misplaced(source, shapes, multi, city, way.label)
    return Site(
        name=source.name,
        geometry=multi,
        crs=city.crs,
        geometry_hash=digest,
        source_crs=way.label,
        crs_assumed=source.crs is None and system is None,
        notes=tuple(notes),
        approximate=way.approximate,
    )


def geometry_hash(geometry: BaseGeometry) -> str:
    """The hash of a site's geometry, in normal form."""
    return sha256(shapely.to_wkb(geometry, output_dimension=2)).hexdigest()


def site_as_checked(ref: SiteRef, city: City) -> Site:
    """The site of a check, from its document; its CRS is the city's, its hash is made anew.

    Raises:
        InvalidSite: the geometry in the document is none that could have been checked.
    """
    try:
        shape = shapely.from_geojson(json.dumps(ref.geometry))
    except (shapely.GEOSException, ValueError):
        shape = shapely.MultiPolygon()
    sound = shape.geom_type == "MultiPolygon" and all_finite(np.array([shape], dtype=object)).all()
    if not (sound and shape.is_valid and shape.area > 0):
        message = f"{ref.name}: the document's geometry is no sound polygon; take an unaltered copy"
        raise InvalidSite(message)
    misplaced = _misplaced(shape, city)
    if misplaced is not None:
        raise InvalidSite(f"{ref.name}: {misplaced}; take an unaltered copy of the document")
    return Site(
        name=ref.name,
        geometry=shape,
        crs=city.crs,
        geometry_hash=geometry_hash(shape),
        source_crs=ref.source_crs,
        crs_assumed=ref.crs_assumed,
        notes=tuple(ref.notes),
        approximate=ref.approximate,
    )


def _normal(placed: Geometries) -> tuple[BaseGeometry, str]:
    """Polygons in the city's CRS as one site in its normal form, on the store's grid; its hash."""
    on_grid = shapely.set_precision(placed, GRID_M, mode="valid_output")
    whole = shapely.set_precision(union_of(on_grid), 0, mode="pointwise")
    multi = shapely.normalize(to_multi(np.array([whole], dtype=object))[0])
    return multi, geometry_hash(multi)


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
        raise InvalidSite(message, "no_polygon")
    if not all_finite(shapes).all():
        message = f"{source.name}: a corner is not a finite number; correct it"
        raise InvalidSite(message, "not_finite")
    return shapes, int((~polygons).sum()) + nowhere


def _way(source: Source, shapes: Geometries, city: City, system: System | None) -> Locator:
    """The way from what the file or its deliverer names, or from what its silence means."""
    if system is not None or source.crs is not None:
        return locator(source.crs, system, city.crs)
    minx, miny, maxx, maxy = shapely.total_bounds(shapes)
    if max(abs(minx), abs(maxx)) <= 180 and max(abs(miny), abs(maxy)) <= 180:
        return locator("EPSG:4490", None, city.crs)
    if _meet((minx, miny, maxx, maxy), city.bounds):
        return locator(city.crs, None, city.crs)
    why = f" ({source.notes[-1]})" if source.notes else ""
    message = (
        f"{source.name}: names no CRS that is known here{why} and is not in the city as drawn; "
        f"{fit_advice(shapely.get_coordinates(shapes), _place(city))}"
    )
    raise InvalidSite(message, "no_crs")


def _place(city: City) -> Place:
    return Place(city.bounds, city.crs, tuple(one.system() for one in city.coordinate_systems))


def _meet(a: Bounds, b: Bounds) -> bool:
    return a[0] <= b[2] and a[2] >= b[0] and a[1] <= b[3] and a[3] >= b[1]


def _refuse_unsound(source: Source, shapes: Geometries) -> None:
    """Refuse shapes that are no polygons in law; a zero area is told apart from a crossing."""
    flat = shapely.area(shapely.convex_hull(shapes)) == 0
    if flat.any():
        message = f"{source.name}: the site has no area; its corners lie on one line, correct them"
        raise InvalidSite(message, "no_area")
    unsound = np.flatnonzero(~shapely.is_valid(shapes))
    if len(unsound):
        reason = shapely.is_valid_reason(shapes[unsound[0]])
        what, _, where = reason.partition("[")
        spot = f" at {', '.join(where.rstrip(']').split())}" if where else ""
        message = (
            f"{source.name}: the boundary is not sound: {what.lower()}{spot}; "
            "put the corners in order so that it crosses nowhere"
        )
        raise InvalidSite(message, "crossing")


def _refuse_misplaced(
    source: Source, shapes: Geometries, whole: BaseGeometry, city: City, said: str
) -> None:
    if not whole.intersects(shapely.box(*city.bounds)):
        message = (
            f"{source.name}: {_away(whole, city)} when read as {said}; "
            f"{fit_advice(shapely.get_coordinates(shapes), _place(city))}"
        )
        raise InvalidSite(message, "elsewhere")
    misplaced = _misplaced(whole, city)
    if misplaced is not None:
        raise InvalidSite(f"{source.name}: {misplaced}; check its corners and its CRS", "misplaced")


def _misplaced(whole: BaseGeometry, city: City) -> str | None:
    """Why a sound shape in the city's CRS is no site of the city; None: it is one."""
    frame = shapely.box(*city.bounds)
    if not whole.intersects(frame):
        return _away(whole, city)
    if whole.area < _SMALLEST_M2:
        return f"has an area of {whole.area:.2f} m², and a site has at least 1 m²"
    if whole.area > frame.area:
        return f"is {whole.area / 1e6:,.0f} km², larger than the city"
    if not shapely.box(*whole.bounds).within(frame.buffer(_FARTHEST_M, join_style="mitre")):
        return f"reaches farther than {_FARTHEST_M / 1000:,.0f} km out of {city.name.en}"
    return None


def _away(whole: BaseGeometry, city: City) -> str:
    km = whole.distance(shapely.box(*city.bounds)) / 1000
    far = f"{km:,.0f} km" if km < _EARTH_KM else "farther than the earth is round"
    return f"lies {far} away from {city.name.en}"
