"""Rules' filters on attributes: CQL2 text, decided feature by feature, undecided told apart."""

import cql2

from layers.attributes import is_missing, parse_attributes

Decision = bool | None
"""True: it takes the feature; False: it does not; None: an attribute that it needs is missing."""


def decide(where: str | None, attributes: list[str]) -> list[Decision]:
    """What a filter says of each feature's attributes (JSON texts)."""
    if where is None:
        return [True] * len(attributes)
    expression = cql2.parse_text(where)
    known: dict[str, Decision] = {}
    for text in attributes:
        if text not in known:
            known[text] = _decide(expression, text)
    return [known[text] for text in attributes]


def _decide(expression: cql2.Expr, text: str) -> Decision:
    present = {key: value for key, value in parse_attributes(text).items() if not is_missing(value)}
    try:
        return bool(expression.matches(present))
    except Exception:  # noqa: BLE001 the library raises bare Exception where a property is missing
        return None
