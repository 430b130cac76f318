"""Places in a filter: brought to x and y, and refused where they cannot be.

Input: a CQL2 JSON document, and the frame that its coordinates are in. Output: the document with
coordinates east first, in which a box that goes round by the 180th meridian is two boxes.
"""

from dataclasses import dataclass
from typing import Any

from blueprint.errors import InvalidFilter

_SHAPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_FARTHEST_M = 1e9
"""No plane reaches so far."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a filter's coordinates are: of which CRS (as PROJ names it), and in which order."""

    crs: str = "EPSG:4490"
    north_first: bool = False
    degrees: bool = True


LONLAT = Frame()


def placed(node: Any, frame: Frame) -> Any:
    """A document or a part of it, with its places as said above.

    Raises:
        InvalidFilter: a coordinate lies nowhere, or a box has no inside.
    """
    if isinstance(node, list):
        return [placed(part, frame) for part in node]
    if not isinstance(node, dict):
        return node
    if "bbox" in node:
        return _box(node["bbox"], frame)
    kind = node.get("type")
    if kind in _SHAPES:
        coordinates = _positions(node.get("coordinates"), frame)
        _refuse_open(kind, coordinates)
        return {**node, "coordinates": coordinates}
    return {name: placed(part, frame) for name, part in node.items()}


def _refuse_open(kind: str, coordinates: list[Any]) -> None:
    """See that lines have two positions or more, and rings four, the last one as the first."""
    if kind.endswith("Point"):
        return
    parts = coordinates if kind.startswith("Multi") else [coordinates]
    lines = parts if kind.endswith("LineString") else [ring for part in parts for ring in part]
    for line in lines:
        if kind.endswith("LineString") and len(line) < 2:
            message = f"filter: {kind}: a line of one position; give it two"
            raise InvalidFilter(message)
        if kind.endswith("Polygon") and (len(line) < 4 or line[0] != line[-1]):
            message = f"filter: {kind}: a ring that is not closed; end it where it begins"
            raise InvalidFilter(message)


def _positions(node: Any, frame: Frame) -> Any:
    if isinstance(node, list) and node and not isinstance(node[0], list):
        return _position(node, frame)
    if isinstance(node, list):
        return [_positions(part, frame) for part in node]
    raise _nowhere(node, frame)


def _position(numbers: list[Any], frame: Frame) -> list[Any]:
    if len(numbers) < 2:
        raise _nowhere(numbers, frame)
    x, y = numbers[1::-1] if frame.north_first else numbers[:2]
    most = (180.0, 90.0) if frame.degrees else (_FARTHEST_M, _FARTHEST_M)
    for number, limit in zip((x, y), most, strict=True):
        # what is no number at all is beyond every limit
        if not isinstance(number, int | float) or not abs(number) <= limit:
            raise _nowhere(numbers, frame)
    return [x, y, *numbers[2:]]


def _box(numbers: Any, frame: Frame) -> dict[str, Any]:
    if not isinstance(numbers, list) or len(numbers) not in (4, 6):
        raise _nowhere(numbers, frame)
    half = len(numbers) // 2
    west, south = _position(numbers[:2], frame)
    east, north = _position(numbers[half : half + 2], frame)
    heights = [numbers[2], numbers[5]] if half == 3 else [0.0, 0.0]
    upside_down = not all(isinstance(h, int | float) for h in heights) or heights[0] > heights[1]
    if south > north or upside_down or (west > east and not frame.degrees):
        raise _nowhere(numbers, frame)
    if west <= east:
        return {"bbox": [west, south, east, north]}
    rings = [[[a, south], [b, south], [b, north], [a, north], [a, south]]
             for a, b in ((west, 180.0), (-180.0, east))]  # fmt: skip
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def _nowhere(told: Any, frame: Frame) -> InvalidFilter:
    first, second = ("lat", "lon") if frame.north_first else ("lon", "lat")
    if not frame.degrees:
        first, second = ("northing", "easting") if frame.north_first else ("easting", "northing")
    where = " ".join(map(str, told))[:100] if isinstance(told, list) else str(told)[:100]
    message = f"filter: {where}: lies nowhere; give {first} and {second}, the lesser first in a box"
    return InvalidFilter(message)
