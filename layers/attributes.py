"""Attributes as one JSON text a feature: trimmed, typed, keys sorted, only what JSON can say."""

import datetime as dt
import json
import math
from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from layers.table import canonical_json

_SPACE = r"[\s\p{Z}\x{0b}\x{1c}-\x{1f}\x{85}]"
NUL = "\0"
"""No text has it here: PostgreSQL takes none, and programs in C end a text at it."""
_SPACED = rf"^{_SPACE}|{_SPACE}$"
_ESCAPED = r'["\\\x00-\x1f]'


def attribute_texts(rows: pa.RecordBatch, sparse: Collection[str] = ()) -> pa.StringArray:
    """One JSON object a row from a batch of attribute columns, as `canonical_json` writes it.

    A null is written as one, but in the `sparse` columns, where it is left out.
    """
    if rows.num_columns == 0:
        return pa.array(["{}"] * rows.num_rows, pa.string())
    members = []
    for name in sorted(rows.schema.names):
        column = rows.column(name)
        key = canonical_json([name])[1:-1] + ":"
        member = pc.binary_join_element_wise(key, _json_values(column), ",", "")
        members.append(pc.if_else(column.is_null(), "", member) if name in sparse else member)
    listed = pc.utf8_rtrim(pc.binary_join_element_wise(*members, ""), ",")
    return pc.binary_join_element_wise("{", listed, "}", "")


def _json_values(column: pa.Array) -> pa.StringArray:
    """Each value of a column as JSON: whole columns at once where the type allows it."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _json_values(column.dictionary_decode())
    if pa.types.is_large_string(kind):
        column, kind = column.cast(pa.string()), pa.string()
    if pa.types.is_string(kind):
        texts = json_texts(trimmed(column))
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        texts = column.cast(pa.string())
    elif pa.types.is_floating(kind):
        finite = pc.if_else(pc.is_finite(column), column, None)
        texts = pa.array([None if v is None else repr(v) for v in finite.to_pylist()], pa.string())
    else:
        values = column.to_pylist()
        plain = [
            None if value is None else canonical_json([_plain(value)])[1:-1] for value in values
        ]
        texts = pa.array(plain, pa.string())
    return pc.fill_null(texts, "null")


def json_texts(column: pa.StringArray) -> pa.StringArray:
    """Each text of a column as JSON writes it; a null stays one."""
    texts = pc.binary_join_element_wise('"', column, '"', "")
    odd = pc.fill_null(pc.match_substring_regex(column, _ESCAPED), False)  # noqa: FBT003 a value
    if pc.any(odd).as_py():
        escaped = [canonical_json([text])[1:-1] for text in column.filter(odd).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(escaped, pa.string()))
    return texts


def trimmed(column: pa.Array) -> pa.Array:
    """A text column without the space around its values, another one as it is."""
    if not pa.types.is_string(column.type):
        return column
    odd = pc.or_(pc.match_substring_regex(column, _SPACED), pc.match_substring(column, NUL))
    odd = pc.fill_null(odd, False)  # noqa: FBT003 a value
    if not pc.any(odd).as_py():
        return column
    mended = [_plain(value) for value in column.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(mended, pa.string()))


def with_nul(column: pa.Array) -> pa.BooleanArray:
    """Which texts of a column hold a NUL, that is going to be dropped."""
    if not pa.types.is_string(column.type):
        return pa.repeat(pa.scalar(False), len(column))  # noqa: FBT003 a value
    return pc.fill_null(pc.match_substring(column, NUL), False)  # noqa: FBT003 a value


def id_texts(column: pa.Array) -> pa.StringArray:
    """A department's own ids as text; a whole number is one whatever type the format gave it."""
    if pa.types.is_string(column.type):
        return pc.fill_null(trimmed(column), "")
    if pa.types.is_integer(column.type):
        return pc.fill_null(column.cast(pa.string()), "")
    return pa.array([id_text(_plain(value)) for value in column.to_pylist()], pa.string())


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
        return value.replace(NUL, "").strip()
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
