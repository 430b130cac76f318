"""Filters as the suite writes them: CQL2 as text and as JSON, and what they say of a feature.

A predicate is true, false or, where a feature lacks what it asks for, unknown (None), with the
truth table of CQL2. It knows nothing of the library that the service reads filters with.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

Value = str | float | bool
Feature = Mapping[str, Any]
_WORD = re.compile(r"[^\W\d]\w*")
_KEYWORDS = {"and", "or", "not", "in", "is", "null", "like", "between", "date", "timestamp",
             "interval", "true", "false", "point", "polygon", "bbox"}  # fmt: skip


@dataclass(frozen=True)
class Predicate:
    """A filter in both encodings, and its truth for a feature."""

    text: str
    json: Any
    holds: Callable[[Feature], bool | None]

    def __and__(self, other: "Predicate") -> "Predicate":
        def both(feature: Feature) -> bool | None:
            one, two = self.holds(feature), other.holds(feature)
            if one is False or two is False:
                return False
            return None if one is None or two is None else True

        return Predicate(f"({self.text} AND {other.text})",
                         {"op": "and", "args": [self.json, other.json]}, both)  # fmt: skip

    def __or__(self, other: "Predicate") -> "Predicate":
        turned = ~(~self & ~other)
        return Predicate(f"({self.text} or {other.text})",
                         {"op": "or", "args": [self.json, other.json]}, turned.holds)  # fmt: skip

    def __invert__(self) -> "Predicate":
        def contrary(feature: Feature) -> bool | None:
            truth = self.holds(feature)
            return None if truth is None else not truth

        return Predicate(f"NOT ({self.text})", {"op": "not", "args": [self.json]}, contrary)

    def of(self, features: list[dict[str, Any]]) -> set[Any]:
        """The ids of the features that it takes."""
        return {one["id"] for one in features if self.holds(one)}


def named(name: str) -> str:
    """A property's name as text has it."""
    plain = _WORD.fullmatch(name) and name.lower() not in _KEYWORDS
    return name if plain else '"' + name.replace('"', '""') + '"'


def literal(value: Value) -> str:
    """A value as text has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _asks(name: str, test: Callable[[Any], bool]) -> Callable[[Feature], bool | None]:
    def holds(feature: Feature) -> bool | None:
        value = (feature["properties"] or {}).get(name)
        return None if value is None else test(value)

    return holds


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
COMPARISONS = tuple(_COMPARED)


def compare(name: str, op: str, value: Value) -> Predicate:
    """A property beside a value."""
    return Predicate(
        f"{named(name)} {op} {literal(value)}",
        {"op": op, "args": [{"property": name}, value]},
        _asks(name, lambda own: _COMPARED[op](own, value)),
    )


def is_null(name: str) -> Predicate:
    """Whether a feature lacks a property."""
    return Predicate(
        f"{named(name)} IS NULL",
        {"op": "isNull", "args": [{"property": name}]},
        lambda feature: (feature["properties"] or {}).get(name) is None,
    )


def is_not_null(name: str) -> Predicate:
    """Whether a feature has a property."""
    there = ~is_null(name)
    return Predicate(f"{named(name)} is not null", there.json, there.holds)


def always(*, truth: bool) -> Predicate:
    """A filter that says the same of every feature."""
    return Predicate(str(truth).lower(), truth, lambda _: truth)


def like(name: str, pattern: str) -> Predicate:
    r"""A text that fits a pattern: % is anything, _ one character, \ takes that from the next."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    fitting = re.compile("".join(wild.get(x, re.escape(x[-1])) for x in parts), re.DOTALL)
    return Predicate(
        f"{named(name)} LIKE {literal(pattern)}",
        {"op": "like", "args": [{"property": name}, pattern]},
        _asks(name, lambda own: fitting.fullmatch(own) is not None),
    )


def between(name: str, low: float, high: float) -> Predicate:
    """A number within two, both inclusive."""
    return Predicate(
        f"{named(name)} BETWEEN {low!r} AND {high!r}",
        {"op": "between", "args": [{"property": name}, low, high]},
        _asks(name, lambda own: low <= own <= high),
    )


def among(name: str, *values: Value) -> Predicate:
    """A value that is one of a few."""
    return Predicate(
        f"{named(name)} IN ({', '.join(map(literal, values))})",
        {"op": "in", "args": [{"property": name}, list(values)]},
        _asks(name, lambda own: own in values),
    )


def in_box(name: str, west: float, south: float, east: float, north: float) -> Predicate:
    """A shape that meets a box; one whose west is the greater goes round the back of the world."""
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    area = shapely.unary_union([shapely.box(a, south, b, north) for a, b in parts])
    return Predicate(
        f"S_INTERSECTS({named(name)},BBOX({west!r},{south!r},{east!r},{north!r}))",
        {"op": "s_intersects", "args": [{"property": name}, {"bbox": [west, south, east, north]}]},
        _meets(area),
    )


def at_point(name: str, x: float, y: float) -> Predicate:
    """A shape that a point lies on."""
    point = {"type": "Point", "coordinates": [x, y]}
    return Predicate(
        f"S_INTERSECTS({named(name)},POINT({x!r} {y!r}))",
        {"op": "s_intersects", "args": [{"property": name}, point]},
        _meets(shapely.Point(x, y)),
    )


def _meets(area: shapely.Geometry) -> Callable[[Feature], bool | None]:
    def holds(feature: Feature) -> bool | None:
        if feature["geometry"] is None:
            return None
        shape = shapely.geometry.shape(feature["geometry"])
        return bool(shapely.intersects(shape, area))

    return holds
