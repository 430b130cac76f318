"""What a shapefile's table cannot hold: long names, long texts, large numbers, true and false.

Input: batches as any other format takes them. Output: batches that dBASE holds without changing
them, and how many values had to give something up.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

FIELD_NAME_BYTES = 10
_TEXT_BYTES = 254
_NUMBER_BYTES = 24
_DECIMALS = 15
_LARGEST_INT = 10**18  # GDAL gives a whole number 18 digits


@dataclass(slots=True)
class Fitting:
    """The batches on their way, and what they lose, by field and in words."""

    lost: Counter[str] = field(default_factory=Counter)

    def fit(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give the batches with texts and numbers that fit."""
        for batch in batches:
            arrays = [
                self._fitted(field_, array)
                for field_, array in zip(batch.schema, batch.columns, strict=True)
            ]
            yield pa.record_batch(arrays, schema=batch.schema)

    def losses(self) -> list[str]:
        """What was lost, once all batches went through."""
        return [f"{count} {what}" for what, count in self.lost.items()]

    def _fitted(self, column: pa.Field, array: pa.Array) -> pa.Array:
        if pa.types.is_string(column.type):
            return self._texts(column.name, array)
        if pa.types.is_float64(column.type):
            return self._numbers(column.name, array)
        return array

    def _texts(self, name: str, array: pa.Array) -> pa.Array:
        values = array.to_pylist()
        cut = [
            value if value is None else value.encode()[:_TEXT_BYTES].decode(errors="ignore")
            for value in values
        ]
        self._count(f"values of {name} are cut at {_TEXT_BYTES} bytes", values, cut)
        blank = sum(value == "" for value in cut)
        if blank:
            self.lost[f"empty texts of {name} cannot be told from nulls"] += blank
        return pa.array(cut, pa.string())

    def _numbers(self, name: str, array: pa.Array) -> pa.Array:
        values = array.to_pylist()
        said = [value if value is None else _said(value) for value in values]
        self._count(f"values of {name} are rounded to {_DECIMALS} decimals", values, said)
        kept = [value if value is None or abs(value) < _LARGEST_INT else None for value in said]
        self._count(f"values of {name} are too large and left out", said, kept)
        return pa.array(kept, pa.float64())

    def _count(self, what: str, before: Sequence[object], after: Sequence[object]) -> None:
        changed = sum(a != b for a, b in zip(before, after, strict=True))
        if changed:
            self.lost[what] += changed


def _said(value: float) -> float:
    """The number that is read again from the digits that fit."""
    text = f"{value:.{_DECIMALS}f}"
    return float(text[:_NUMBER_BYTES]) if "." in text[:_NUMBER_BYTES] else value
