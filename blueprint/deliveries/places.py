"""Where in one delivery something was repaired, set aside or noticed, for a map.

Input: a delivery's number. Output: GeoJSON, longitude first: a point for each of the first places
that its report has, with what was found there and what became of it.
"""

from collections import Counter, defaultdict

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.clearance import RESTRICTED, Clearance
from blueprint.deliveries.kept import all_issues, find_delivery
from blueprint.deliveries.words import ACTIONS, kind_name
from blueprint.registry import current_catalogue
from layers.crs import to_lonlat


def delivery_places(
    connection: sa.Connection, number: int, clearance: Clearance = RESTRICTED
) -> dict[str, object]:
    """The places of one delivery, as a FeatureCollection with the `bbox` of what was delivered.

    Raises:
        UnknownDelivery: there is none of that number that this clearance may see.
    """
    report = find_delivery(connection, number, clearance)
    if report.sketch is None:
        return {"type": "FeatureCollection", "features": []}
    crs = current_catalogue(connection)[1].city.crs
    actions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for issue in all_issues(connection, number):
        actions[issue.kind][issue.action] += 1
    frame = shapely.box(*report.sketch.bounds)
    points = [shapely.Point(place.x, place.y) for place in report.sketch.places]
    shapes = to_lonlat(np.array([frame, *points], dtype=object), crs)
    box = shapely.bounds(shapes[0]).tolist()
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [point.x, point.y]},
            "properties": _said(place.kind, actions[place.kind]),
        }
        for place, point in zip(report.sketch.places, shapes[1:], strict=True)
    ]
    return {"type": "FeatureCollection", "bbox": box, "features": features}


def _said(kind: str, actions: Counter[str]) -> dict[str, str]:
    """What was found at a place; overlaps and gaps of a coverage are noticed alone."""
    action = actions.most_common(1)[0][0] if actions else "flagged"
    name, word = kind_name(kind), ACTIONS[action]
    return {
        "kind": kind,
        "action": action,
        "title": name.zh,
        "title_en": name.en,
        "became": word.zh,
        "became_en": word.en,
    }
