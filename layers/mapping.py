"""Attributes as delivered → standard fields: renamed, typed, held against code lists, reported.

Input: the attribute columns of a delivery and the fields that the layer should have. Output:
`Mapped`: the same rows with standard names and types, and one issue for everything that is not as
it should be. No value is lost: one that cannot be converted moves to a column beside its field,
and columns that no field asks for pass through.

Algorithm, over whole columns:
    1. each field takes one delivered column: by its exact name, else by the exact name of a
       source, else by either without regard to case, width and blanks;
    2. values of a column are looked at once each (dictionary), not once a row;
    3. only rows with an issue are visited one by one.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.conversions import FieldType, convert_column, text_column
from layers.source import GEOMETRY

FILE = -1
"""The row of an issue that is about the file as a whole."""

MappingIssue = tuple[int, str, str]
"""Row, counted from 0, or FILE; kind; detail."""

IssueKind = Literal["missing_code", "unknown_code", "bad_value", "field_missing"]

_SHOWN = 40
"""Characters of a value, and numbers of fields, that a detail quotes."""


@dataclass(frozen=True, slots=True)
class Field:
    """A standard field; `codes` None: any value will do; `translate`: delivered value → code."""

    name: str
    sources: tuple[str, ...] = ()
    required: bool = False
    type: FieldType | None = None
    codes: frozenset[str] | None = None
    translate: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What `map_fields` gives; kinds of issues are those of `IssueKind`.

    `sparse` names the columns that hold values as delivered where they could not be converted: a
    row without one should not get that attribute at all, so that its content stays the same.
    """

    rows: pa.Table
    issues: list[MappingIssue]
    notes: tuple[str, ...]
    sparse: tuple[str, ...] = ()


def fold(name: str) -> str:
    """A field name without regard to case, width and blanks."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def map_fields(rows: pa.Table, fields: Sequence[Field], id_field: str | None = None) -> Mapped:
    """Bring delivered attributes into the layer's standard form.

    `rows` has attribute columns and may have others, such as the geometry, which pass through
    unchanged; n rows in, the same n rows out, in the same order. `id_field` is a standard name:
    that the file has no such column is an issue of its own.
    """
    if id_field is not None and id_field not in {x.name for x in fields}:
        fields = (*fields, Field(id_field))
    work = _Work(rows)
    taken = _assign(rows.column_names, fields)
    for standard in fields:
        at = taken.get(standard.name)
        if at is None:
            work.missing(standard, is_id=standard.name == id_field)
        else:
            work.map(standard, at)
    work.pass_through(set(taken.values()))
    return work.finish()


def _assign(delivered: Sequence[str], fields: Sequence[Field]) -> dict[str, int]:
    """Standard name → position of the delivered column that it takes; each column is taken once."""
    folded = [fold(name) for name in delivered]
    taken: dict[str, int] = {}
    # what has a standard name is that field, whatever another field would like to make of it
    for names, wanted in (
        (delivered, lambda x: [x.name]),
        (delivered, lambda x: list(x.sources)),
        (folded, lambda x: [fold(x.name)]),
        (folded, lambda x: [fold(name) for name in x.sources]),
    ):
        for standard in fields:
            if standard.name in taken:
                continue
            free = [
                at
                for name in wanted(standard)
                for at, known in enumerate(names)
                if known == name and at not in taken.values() and delivered[at] != GEOMETRY
            ]
            if free:
                taken[standard.name] = free[0]
    return taken


class _Work:
    """The columns of one delivery on their way into the standard form."""

    def __init__(self, rows: pa.Table) -> None:
        self.delivered = rows
        self.columns: dict[str, pa.ChunkedArray] = {}
        self.issues: list[MappingIssue] = []
        self.notes: list[str] = []
        self.sparse: list[str] = []
        self.beside: list[tuple[str, pa.ChunkedArray]] = []

    def missing(self, standard: Field, *, is_id: bool) -> None:
        sources = f" (or {', '.join(standard.sources)})" if standard.sources else ""
        names = [name for name in self.delivered.column_names if name != GEOMETRY]
        there = ", ".join(names[:_SHOWN]) or "no field at all"
        what = f"no field {standard.name}{sources}; the file has {there}"
        if is_id:
            self.issues.append((FILE, "field_missing", f"{what}; ids are made of the content"))
        elif standard.required:
            self.issues.append((FILE, "field_missing", what))
        else:
            self.notes.append(f"{standard.name} is not in the file")

    def map(self, standard: Field, at: int) -> None:
        name, column = self.delivered.column_names[at], self.delivered.column(at)
        if name != standard.name:
            self.notes.append(f"{standard.name} from {name}")
        coded = standard.codes is not None or bool(standard.translate)
        empty = _is_empty(column)
        if coded:
            column = self._coded(standard, column)
        elif standard.type is not None:
            column = self._typed(standard, standard.type, column)
        if standard.required:
            detail = f"required field {standard.name} is empty"
            # a value that cannot be converted is an issue already
            for row in _rows_where(empty):
                self.issues.append((row, "missing_code", detail))
        self.columns[standard.name] = column

    def _coded(self, standard: Field, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Translate each distinct value once, and find those that are no code."""
        texts = text_column(column).dictionary_encode().unify_dictionaries()
        if texts.num_chunks == 0:
            return text_column(column)
        known = texts.chunk(0).dictionary.to_pylist()
        becomes = [_code_of(standard, value) for value in known]
        wrong = np.array([code is None for code in becomes], dtype=bool)
        values = [old if new is None else new for old, new in zip(known, becomes, strict=True)]
        dictionary = pa.array(values, pa.string())
        places = pa.chunked_array([chunk.indices for chunk in texts.chunks])
        out = dictionary.take(places.combine_chunks())
        self._tell_translated(standard, known, becomes, places)
        if wrong.any():
            unknown = pc.fill_null(pa.array(wrong).take(places.combine_chunks()), fill_value=False)
            for row in _rows_where(unknown):
                detail = f"{standard.name} {_quoted(out[row].as_py())} is not in its code list"
                self.issues.append((row, "unknown_code", detail))
        return pa.chunked_array([out])

    def _tell_translated(
        self,
        standard: Field,
        known: list[str],
        becomes: list[str | None],
        places: pa.ChunkedArray,
    ) -> None:
        changed = np.array(
            [new is not None and new != old for old, new in zip(known, becomes, strict=True)],
            dtype=bool,
        )
        if not changed.any():
            return
        rows = pc.sum(pa.array(changed).take(places.combine_chunks())).as_py()
        pairs = [
            f"{_quoted(old)} → {new}"
            for old, new, other in zip(known, becomes, changed, strict=True)
            if other
        ]
        more = ", …" if len(pairs) > 5 else ""
        self.notes.append(f"{standard.name}: {rows} values became {', '.join(pairs[:5])}{more}")

    def _typed(self, standard: Field, kind: FieldType, column: pa.ChunkedArray) -> pa.ChunkedArray:
        out, bad = convert_column(column, kind)
        rows = _rows_where(bad)
        if rows:
            beside = f"{standard.name}_delivered"
            kept = pc.if_else(bad, text_column(column), pa.scalar(None, pa.string()))
            self.beside.append((beside, kept))
            for row in rows:
                value = _quoted(column[row].as_py())
                detail = f"{standard.name} {value} is no {kind}; kept as {beside}"
                self.issues.append((row, "bad_value", detail))
        return out

    def pass_through(self, taken: set[int]) -> None:
        """What no field asked for stays; where its name is a field's it gets one of its own."""
        standard = {fold(name) for name in self.columns}
        names = self.delivered.column_names
        for at, name in enumerate(names):
            if at in taken:
                continue
            own = name
            if name != GEOMETRY and (fold(name) in standard or name in self.columns):
                own = self._unused(f"{name}_delivered")
                self.notes.append(f"{name} as delivered is kept as {own}: the name is a field's")
            self.columns[own] = self.delivered.column(at)
        for name, column in self.beside:
            own = self._unused(name)
            self.columns[own] = column
            self.sparse.append(own)

    def _unused(self, name: str) -> str:
        used = {fold(other) for other in (*self.columns, *self.delivered.column_names)}
        own, number = name, 1
        while fold(own) in used:
            number += 1
            own = f"{name}{number}"
        return own

    def finish(self) -> Mapped:
        self.issues.sort()
        rows = pa.table(self.columns) if self.columns else self.delivered
        return Mapped(rows, self.issues, tuple(self.notes), tuple(self.sparse))


def _code_of(standard: Field, value: str) -> str | None:
    """The code that a delivered value means; None: there is none. Empty means nothing at all."""
    if not value:
        return value
    for text in (value, unicodedata.normalize("NFKC", value).strip()):
        if text in standard.translate:
            return standard.translate[text]
        if standard.codes is None or text in standard.codes:
            return text
    return None


def _is_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), fill_value=True)
    return pc.is_null(column, nan_is_null=True)


def _rows_where(mask: pa.ChunkedArray | pa.Array) -> list[int]:
    return np.flatnonzero(np.asarray(mask, dtype=bool)).tolist()


def _quoted(value: object) -> str:
    text = str(value)
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"
