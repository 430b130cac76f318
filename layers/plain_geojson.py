"""The plainest GeoJSON, read here: polygons in longitude and latitude, and nothing that needs GDAL.

Input: a document of at most a megabyte that came over the wire. Output: its polygons as WKB, the
same as GDAL gives, or None where anything about it is not of the plainest: then it is read in the
confined process (decision 10), which has a way with everything else. So nothing is refused here.

A stranger's bytes meet Python's own JSON parser alone, which the confined process trusts no less,
and of what it finds nothing is used but numbers whose kind and size were looked at.
"""

import json
from math import isfinite
from typing import Any

import numpy as np
import shapely

from layers.checks_json import check_geojson
from layers.errors import UnreadableSource
from layers.table import Geometries

CRS = "EPSG:4326"
"""What GDAL says of GeoJSON that names no CRS."""
_LARGEST = 1 << 20
_MOST_FEATURES = 1000
_DEEPEST = 16
_EXACT = 1 << 53
_MEMBERS = {"type", "project", "suggest"}
_FEATURE = {"type", "properties", "geometry", "id"}


class _NotPlain(Exception):
    """There is something about the document that others have to look at."""


def plain_polygons(document: bytes) -> Geometries | None:
    """The polygons of a document in WKB, one a feature; None: it is not of the plainest."""
    if len(document) > _LARGEST:
        return None
    try:
        check_geojson("", document, texts_matter=False)
        shapes = list(map(_polygon, _geometries(json.loads(document, object_pairs_hook=_once))))
    except (_NotPlain, UnreadableSource, ValueError, RecursionError):
        return None
    return np.asarray(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members are each there once: of two, not everybody takes the same."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotPlain
    return found


def _geometries(document: dict[str, Any]) -> list[Any]:
    kind = document.get("type")
    for name in ("project", "suggest"):
        _refuse_deep(document.get(name), _DEEPEST)
    if kind == "FeatureCollection":
        features = document.get("features")
        _require(document.keys() <= {*_MEMBERS, "features"} and isinstance(features, list))
        assert isinstance(features, list)
        _require(1 <= len(features) <= _MOST_FEATURES)
        if len(features) == 1:
            return [_geometry(features[0], _FEATURE)]
        # GDAL has something to say of ids that are there twice, and takes the members of features
        # without properties for these
        _require(all(isinstance(feature, dict) for feature in features))
        _require(len({bool(feature.get("properties")) for feature in features}) == 1)
        return [_geometry(feature, _FEATURE - {"id"}) for feature in features]
    if kind == "Feature":
        return [_geometry(document, _FEATURE | _MEMBERS)]
    return [{name: document[name] for name in document.keys() - {"project", "suggest"}}]


def _geometry(feature: dict[str, Any], known: set[str]) -> Any:
    _require(feature.keys() <= known and feature["type"] == "Feature")
    name = feature.get("id")
    _require(name is None or _is_text(name) or (isinstance(name, int) and _is_number(name)))
    properties = feature.get("properties")
    _require(properties is None or isinstance(properties, dict))
    for name, value in (properties or {}).items():
        said = value is None or isinstance(value, bool) or _is_text(value) or _is_number(value)
        _require(_is_text(name) and name not in _FEATURE and said)
    return feature.get("geometry")


def _polygon(geometry: Any) -> shapely.Geometry:
    """A polygon or several of it; each ring is closed and has four corners or more."""
    _require(isinstance(geometry, dict) and geometry.keys() == {"type", "coordinates"})
    coordinates = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        return _of_rings(coordinates)
    _require(geometry["type"] == "MultiPolygon" and isinstance(coordinates, list))
    _require(len(coordinates) > 0)
    return shapely.MultiPolygon([_of_rings(rings) for rings in coordinates])


def _of_rings(rings: Any) -> shapely.Polygon:
    _require(isinstance(rings, list) and len(rings) > 0)
    for ring in rings:
        _require(isinstance(ring, list) and len(ring) > 3 and ring[0] == ring[-1])
        for corner in ring:
            _require(isinstance(corner, list) and len(corner) == 2)
            _require(_is_number(corner[0]) and _is_number(corner[1]))
    return shapely.Polygon(rings[0], rings[1:])


def _is_number(value: Any) -> bool:
    """Whether it is a number that everybody reads alike; truth values are none."""
    return type(value) in (int, float) and isfinite(value) and abs(value) < _EXACT


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value and value.isprintable()


def _refuse_deep(value: Any, left: int) -> None:
    _require(left > 0)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _refuse_deep(one, left - 1)


def _require(fact: object) -> None:
    if not fact:
        raise _NotPlain
