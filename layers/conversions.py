"""Columns of delivered values → text, whole numbers, numbers, dates; what does not convert is told.

Input: one column of any type. Output: the column in the wanted type, and a mask of the values that
say something but cannot be converted: those are null in the column. Empty text is null, not bad.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

FieldType = Literal["text", "integer", "number", "date"]

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T ].*)?")


def convert_column(
    column: pa.ChunkedArray, kind: FieldType
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The column as `kind`, and which of its values could not be converted; shapes (n,), (n,)."""
    if kind == "text":
        return text_column(column), _none_of(column)
    if kind == "date":
        return _dates(column)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_integer(column.type):
        return column, _none_of(column)  # a whole number is a number
    if pa.types.is_floating(column.type):
        return _from_floats(column.cast(pa.float64()), kind)
    texts = text_column(column)
    parse, wanted = (_integer, pa.int64()) if kind == "integer" else (_number, pa.float64())
    return _by_value(texts, parse, wanted)


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as trimmed text; a number that is whole is written as one, as in 101 for 101.0."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64())
        whole = pc.and_(pc.equal(numbers, pc.trunc(numbers)), pc.less(pc.abs(numbers), 2.0**53))
        safe = pc.if_else(whole, numbers, pa.scalar(0.0))
        texts = pc.if_else(
            whole, safe.cast(pa.int64()).cast(pa.string()), numbers.cast(pa.string())
        )
        return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.string()), texts)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # a million texts that need no trimming are not copied
        return pc.utf8_trim_whitespace(column).cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_nested(kind):
        values = [None if v is None else _plain_text(v) for v in column.to_pylist()]
        return pa.chunked_array([pa.array(values, pa.string())])
    return column.cast(pa.string())


def _plain_text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _none_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(column))])


def _from_floats(
    column: pa.ChunkedArray, kind: FieldType
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    said = pc.fill_null(pc.invert(pc.is_nan(column)), fill_value=False)
    good = pc.is_finite(column)
    if kind == "integer":
        whole = pc.and_(pc.equal(column, pc.trunc(column)), pc.less(pc.abs(column), 2.0**53))
        good = pc.and_(good, whole)
    good = pc.and_(said, pc.fill_null(good, fill_value=False))
    kept = pc.if_else(good, column, pa.scalar(None, pa.float64()))
    out = kept.cast(pa.int64()) if kind == "integer" else kept
    return out, pc.and_(said, pc.invert(good))


def _dates(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    if pa.types.is_date(column.type):
        return column.cast(pa.date32()), _none_of(column)
    if pa.types.is_timestamp(column.type):
        # the day that stands there, in whatever zone it was written
        local = pc.local_timestamp(column) if column.type.tz else column
        return pc.floor_temporal(local, unit="day").cast(pa.date32()), _none_of(column)
    return _by_value(text_column(column), _date, pa.date32())


def _by_value(
    texts: pa.ChunkedArray, parse: Callable[[str], object], wanted: pa.DataType
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Parse each distinct text once."""
    encoded = texts.dictionary_encode().unify_dictionaries()
    if encoded.num_chunks == 0:
        return texts.cast(wanted), _none_of(texts)
    known = encoded.chunk(0).dictionary.to_pylist()
    parsed = [parse(unicodedata.normalize("NFKC", text)) if text else None for text in known]
    wrong = [bool(text) and value is None for text, value in zip(known, parsed, strict=True)]
    places = pa.chunked_array([chunk.indices for chunk in encoded.chunks]).combine_chunks()
    out = pa.array(parsed, wanted).take(places)
    bad = pc.fill_null(pa.array(wrong, pa.bool_()).take(places), fill_value=False)
    return pa.chunked_array([out]), pa.chunked_array([bad])


def _integer(text: str) -> int | None:
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else None


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _date(text: str) -> dt.date | None:
    """2026-11-23, 2026/11/23, 2026.11.23, 2026年11月23日, 20261123, any of them with a time."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, month2, day2 = match.groups()
    try:
        return dt.date(int(year), int(month or month2), int(day or day2))
    except ValueError:
        return None
