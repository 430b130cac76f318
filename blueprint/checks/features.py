"""Kept site checks as features: each site with its verdict, for those who may list them.

Whoever asked made the question, and a site is their own matter until a case is made of it: nobody
finds another's check by looking through a list, but those who answer for all of them. A check that
was altered in the store, so that it cannot be read, is listed without its place: `altered` is true.
"""

import json
import logging
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features
from blueprint.catalogue import City
from blueprint.clearance import Clearance, sees_all
from blueprint.kept_chain import raw, readable
from blueprint.models import SiteCheckRow
from blueprint.values import text_hash
from conflict import Shapes
from layers.crs import label, parse_crs, to_crs
from layers.errors import DataError
from layers.shapes import all_finite

_READ_AT_ONCE = 500
_log = logging.getLogger(__name__)


def may_list_checks(clearance: Clearance) -> bool:
    """Whether the checks of everybody may be listed: by those from whom nothing is withheld."""
    return sees_all(clearance)


def check_digest(connection: sa.Connection) -> str:
    """The digest over all kept checks; one that is kept never changes."""
    return text_hash("\n".join(_ids(connection)))


def check_features(connection: sa.Connection, city: City) -> Features:
    """The sites that were checked, by the check's id, in the plane of the city."""
    ids = _ids(connection)
    shapes, texts = [], []
    row = SiteCheckRow
    for start in range(0, len(ids), _READ_AT_ONCE):
        some = ids[start : start + _READ_AT_ONCE]
        query = sa.select(row.id, raw(connection, row.document)).where(row.id.in_(some))
        documents = {name: readable(text) for name, text in connection.execute(query)}
        for name in some:
            shape, attributes = _feature(name, documents[name], city)
            shapes.append(shape)
            texts.append(json.dumps(attributes, ensure_ascii=False))
    drawn = np.empty(len(shapes), dtype=object)
    drawn[:] = shapes
    names = pa.array(ids, pa.string())
    return Features(Shapes.from_geometries(drawn), names, pa.array(texts, pa.string()), names)


def _feature(name: str, document: str | None, city: City) -> tuple[BaseGeometry, dict[str, object]]:
    """A site and what is told of it; one that was altered has no place, and says so."""
    try:
        said = json.loads(document or "")
        return _site(said["site"], city), _attributes(said)
    except (ValueError, LookupError, TypeError, RecursionError, GEOSException, DataError) as error:
        _log.warning("%s: was altered in the store, and cannot be read (%s)", name, error)
        return shapely.MultiPolygon(), {"name": name, "altered": True}


def _ids(connection: sa.Connection) -> list[str]:
    """The ids of all checks, by code points: PostgreSQL would sort by its locale."""
    return sorted(connection.scalars(sa.select(SiteCheckRow.id)))


def _site(said: dict[str, Any], city: City) -> BaseGeometry:
    """A site in the plane of the city, as it was checked unless the city has another plane now."""
    shape = shapely.from_geojson(json.dumps(said["geometry"]))
    if shape.geom_type != "MultiPolygon" or not all_finite(np.array([shape])).all():
        message = "its geometry is none that could have been checked"
        raise ValueError(message)
    if said["crs"] in (city.crs, label(parse_crs(city.crs))):
        return shape
    shapes = to_crs(np.array([shape], dtype=object), said["crs"], city.crs)
    moved: BaseGeometry = shapes[0]
    return moved


def _attributes(said: dict[str, Any]) -> dict[str, object]:
    site, snapshot = said["site"], said["snapshot"]
    return {
        "name": site["name"],
        "verdict": said["verdict"],
        "complete": said["complete"],
        "checked_at": said["checked_at"],
        "application_date": said["application_date"],
        "snapshot": snapshot["id"],
        "projected_m2": site["area"]["projected_m2"],
        "ellipsoidal_m2": site["area"]["ellipsoidal_m2"],
        "clearance": said["clearance"],
    }
