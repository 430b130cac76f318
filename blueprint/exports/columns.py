"""Attributes as typed columns: what one JSON text a feature becomes in a file with a table.

Input: batches of a feature table. Two walks over them: the first finds which fields there are and
of which type, so that the second can write batch by batch. A field has the narrowest type that
keeps every value exactly; one whose values are of several types becomes text.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from layers.attributes import parse_attributes
from layers.table import canonical_json, column

_EXACT_IN_DOUBLE = 2**53
_LARGEST = 2**63 - 1
_RESERVED = ("fid", "ogc_fid", "geometry", "geom")
"""Names that drivers take for their own."""
_TYPES = {
    frozenset({"bool"}): pa.bool_(),
    frozenset({"int"}): pa.int64(),
    frozenset({"long"}): pa.int64(),
    frozenset({"int", "long"}): pa.int64(),
    frozenset({"float"}): pa.float64(),
    frozenset({"int", "float"}): pa.float64(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute `field` and the column `name` of a `type` that it is written to."""

    field: str
    name: str
    type: pa.DataType


def find_columns(
    batches: Iterable[pa.RecordBatch], own: Sequence[str], name_bytes: int | None = None
) -> tuple[list[Column], list[str]]:
    """The columns for all attributes of the batches, and what is said otherwise in them.

    `own` are the names of the columns that come before; names are cut at `name_bytes` of UTF-8.
    """
    kinds: dict[str, set[str]] = {}
    for batch in batches:
        for text in column(batch, "attributes"):
            for field, value in parse_attributes(text).items():
                kinds.setdefault(field, set()).update(_kind(value))
    names = _names(kinds, own, name_bytes)
    losses = [
        f"field {field!r} is written as {name!r}" for field, name in names.items() if name != field
    ]
    columns = []
    for field, found in kinds.items():
        type_ = _TYPES.get(frozenset(found), pa.string())
        columns.append(Column(field, names[field], type_))
        if type_ == pa.string() and found - {"str"}:
            what = " and ".join(sorted(found))
            losses.append(f"field {field!r} holds {what} values: written as text")
    return columns, losses


def fill(columns: Sequence[Column], batch: pa.RecordBatch) -> list[pa.Array]:
    """The columns' arrays for one batch."""
    rows = [parse_attributes(text) for text in column(batch, "attributes")]
    return [_array(column_, rows) for column_ in columns]


def _array(column_: Column, rows: Sequence[Mapping[str, Any]]) -> pa.Array:
    values = [row.get(column_.field) for row in rows]
    if column_.type == pa.string():
        values = [value if value is None else _as_text(value) for value in values]
    return pa.array(values, column_.type)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return canonical_json(value) if isinstance(value, dict | list) else json.dumps(value)


def _kind(value: object) -> tuple[str, ...]:
    """The kind of a value; null is of none."""
    if value is None:
        return ()
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) <= _EXACT_IN_DOUBLE:
            return ("int",)
        return ("long",) if abs(value) <= _LARGEST else ("huge",)
    return (type(value).__name__,)


def _names(fields: Iterable[str], own: Sequence[str], name_bytes: int | None) -> dict[str, str]:
    """A name for each field; SQLite and dBASE take names that differ in case alone for one."""
    taken = {name.casefold() for name in (*own, *_RESERVED)}
    names = {}
    for field in fields:
        name, number = _cut(field or "unnamed", name_bytes), 1
        while name.casefold() in taken:
            number += 1
            end = f"_{number}"
            name = _cut(field or "unnamed", name_bytes and name_bytes - len(end)) + end
        taken.add(name.casefold())
        names[field] = name
    return names


def _cut(name: str, size: int | None) -> str:
    return name if size is None else name.encode()[:size].decode(errors="ignore")
