"""Rules' filters on attributes: CQL2 text, decided feature by feature, undecided told apart."""

from collections.abc import Iterator, Sequence
from typing import Any

import cql2

from layers.attributes import is_missing, parse_attributes

Decision = bool | None
"""True: it takes the feature; False: it does not; None: an attribute that it needs is missing."""
UNTOLD, NONE = -1, -2
"""In place of a filter's number: an attribute is missing, so it cannot be told; none takes it."""


def decide(where: str | None, attributes: list[str]) -> list[Decision]:
    """What a filter says of each feature's attributes (JSON texts)."""
    if where is None:
        return [True] * len(attributes)
    return [{0: True, NONE: False}.get(number) for number in first_taking([where], attributes)]


def first_taking(filters: Sequence[str], attributes: list[str]) -> list[int]:
    """For each feature's attributes (JSON texts), the number of the first filter that takes it.

    UNTOLD where an attribute is missing that an earlier filter or this one needs, NONE where no
    filter takes it.
    """
    expressions = [cql2.parse_text(where) for where in filters]
    # where no more than these differs, the answer is the same: most features ask nothing new
    asked = {name for one in expressions for name in properties_of(one.to_json())}
    names = sorted(asked | {name.split(".")[0] for name in asked} | {"properties"})
    known: dict[tuple[str, ...], int] = {}
    found = []
    for text in attributes:
        values = parse_attributes(text)
        key = tuple(repr(values.get(name)) for name in names)
        if key not in known:
            known[key] = _first(expressions, values)
        found.append(known[key])
    return found


def _first(expressions: Sequence[cql2.Expr], values: dict[str, Any]) -> int:
    present = {key: value for key, value in values.items() if not is_missing(value)}
    for number, expression in enumerate(expressions):
        decision = _decide(expression, present)
        if decision is not False:
            return number if decision else UNTOLD
    return NONE


def _decide(expression: cql2.Expr, present: dict[str, Any]) -> Decision:
    try:
        return bool(expression.matches(present))
    except Exception:  # noqa: BLE001 the library raises bare Exception where a property is missing
        return None


def properties_of(node: Any) -> Iterator[str]:
    """The names of all attributes that an expression (CQL2 JSON) asks for."""
    if isinstance(node, dict):
        if isinstance(node.get("property"), str):
            yield node["property"]
        for child in node.values():
            yield from properties_of(child)
    elif isinstance(node, list):
        for child in node:
            yield from properties_of(child)
