"""Attributes as one JSON text a feature: trimmed, typed, keys sorted, only what JSON can say."""

import datetime as dt
import json
import math
from typing import Any

import pyarrow as pa

from layers.table import canonical_json


def attribute_texts(rows: pa.Table) -> list[str]:
    """One JSON object a row from a table of attribute columns."""
    if rows.num_columns == 0:
        return ["{}"] * rows.num_rows
    return [
        canonical_json({name: _plain(value) for name, value in row.items()})
        for row in rows.to_pylist()
    ]


def parse_attributes(text: str) -> dict[str, Any]:
    """The attributes behind one JSON text."""
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def id_text(value: object) -> str:
    """A department's own id as text; a whole number is one whatever type the format gave it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _plain(value: object) -> object:
    """The JSON form of an attribute: times as ISO text, bytes as hex, not-a-number as null."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | type(None)) else str(value)


def is_missing(value: object) -> bool:
    """Whether an attribute says nothing: null, or an empty text."""
    return value is None or value == ""
