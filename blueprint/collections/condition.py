"""Filters that callers of the API give: CQL2, of what is known here, on attributes and shapes.

They come from strangers: what is read is bounded, named in full and never passed on to a database.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cql2
import numpy as np
import numpy.typing as npt
import shapely

from blueprint.collections.condition_form import refuse_malformed, with_lists_of_literals
from blueprint.collections.condition_places import LONLAT, Frame, placed
from blueprint.errors import InvalidFilter
from blueprint.rules.filters import properties_of
from layers import Geometries
from layers.attributes import parse_attributes

_ATTRIBUTES = (
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "isNull",
    "like",
    "between",
    "in",
    "casei",
    "accenti",
)
_LOGIC = ("and", "or", "not", "+", "-", "*", "/", "%", "^", "div")
_SHAPES = (
    "intersects",
    "contains",
    "crosses",
    "disjoint",
    "equals",
    "overlaps",
    "touches",
    "within",
)
_KNOWN = frozenset((*_ATTRIBUTES, *_LOGIC, *(f"s_{name}" for name in _SHAPES)))
_LONGEST = 2000
_MOST_BRACKETS = 100
"""The library descends into them, and a stack that overflows takes the process with it."""
_QUOTED = re.compile(r""" "(?:""|[^"])*" | '(?:''|\\.|[^'\\])*' """, re.DOTALL | re.VERBOSE)
_ESCAPES = {"'": "''", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
"""What the library does not read after a backslash in a text (CQL2, /req/cql2-text/escaping)."""
GEOMETRY = "geometry"
"""The name by which a condition speaks of a feature's shape."""


def can_ask_for(name: str) -> bool:
    """Whether a condition can name an attribute: to CQL2 one with a dot leads into another."""
    return bool(name) and "." not in name


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter that a caller gives; `frame` is the CRS of its coordinates, east first by now."""

    expression: cql2.Expr
    frame: Frame = LONLAT

    @classmethod
    def of_text(cls, text: str, frame: Frame = LONLAT) -> "Condition":
        """Read CQL2 text.

        Raises:
            InvalidFilter: it is none, asks for what is not known here, or for a place that is none.
        """
        return cls._of(cql2.parse_text, _QUOTED.sub(_unescaped, text), frame)

    @classmethod
    def of_json(cls, text: str, frame: Frame = LONLAT) -> "Condition":
        """Read CQL2 JSON; errors as in `of_text`."""
        return cls._of(cql2.parse_json, text, frame)

    @classmethod
    def _of(cls, parse: Any, text: str, frame: Frame) -> "Condition":
        if len(text) > _LONGEST or sum(map(text.count, "([{")) > _MOST_BRACKETS:
            message = (
                f"filter: is too large; write at most {_LONGEST} characters and {_MOST_BRACKETS} "
                "brackets"
            )
            raise InvalidFilter(message)
        try:
            expression = parse(text)
            document = expression.to_json()
            operators = {op for op, _ in _operations(document)}
        except Exception as problem:  # noqa: BLE001 the library has no common ancestor of its errors
            reason = " ".join(str(problem).split())[:200]
            message = f"filter: is not CQL2 ({reason}); correct it"
            raise InvalidFilter(message) from None
        unknown = sorted(operators - _KNOWN)
        if unknown:
            known = ", ".join(sorted(_KNOWN))
            message = f"filter: {unknown[0]} is not known here; there are {known}"
            raise InvalidFilter(message)
        refuse_malformed(document)
        there = with_lists_of_literals(placed(document, frame))
        if there != document:
            expression = cql2.parse_json(json.dumps(there))
        return cls(expression, frame)

    @property
    def properties(self) -> set[str]:
        """The names of attributes that it asks for, and `geometry`."""
        return set(properties_of(self.expression.to_json()))

    @property
    def asks_for_shapes(self) -> bool:
        """Whether it asks for more than attributes."""
        return GEOMETRY in self.properties

    def fits(self, attributes: list[str], shapes: Geometries | None) -> npt.NDArray[np.bool_]:
        """Which features it takes, shape (n,); one that lacks an attribute it asks for, never."""
        drawn: Any = [None] * len(attributes)
        if shapes is not None:
            drawn = [shapely.geometry.mapping(shape) for shape in shapes]
        pairs = zip(attributes, drawn, strict=True)
        return np.array([self._fits(text, shape) for text, shape in pairs], dtype=bool)

    def _fits(self, text: str, shape: dict[str, Any] | None) -> bool:
        # an empty text is a text here: whoever asks sees it among the attributes
        present = {k: v for k, v in parse_attributes(text).items() if v is not None}
        if shape is not None:
            present[GEOMETRY] = shape
        try:
            return bool(self.expression.matches(present))
        except Exception:  # noqa: BLE001 as above: undecided is not taken
            return False


def _unescaped(quoted: re.Match[str]) -> str:
    """A text as the library reads it; a name, in double quotes, as it is."""
    if quoted[0].startswith('"'):
        return quoted[0]
    return re.sub(r"\\(.)", lambda pair: _ESCAPES.get(pair[1], pair[0]), quoted[0], flags=re.DOTALL)


def _operations(node: Any) -> Iterator[tuple[str, list[Any]]]:
    """Every operation in a CQL2 JSON document."""
    if isinstance(node, list):
        for part in node:
            yield from _operations(part)
    elif isinstance(node, dict) and "op" in node:
        yield node["op"], node.get("args", [])
        yield from _operations(node.get("args", []))
