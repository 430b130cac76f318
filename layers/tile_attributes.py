"""What features say in a tile: attributes of a whole layer as arrays, made once for a version.

Input: ids and attributes as JSON texts. Output: `TileAttributes`, whose tags are cut out for the
features of a tile in a few steps. A value is kept once, encoded as a tile has it.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layers.attributes import parse_attributes
from layers.mvt import Integers, Tags, Values

FEATURE_ID = "feature_id"
STANDS_FOR = "stands_for"
_CLASSES = 64
"""An attribute of at most so many values divides features into classes."""
Mask = npt.NDArray[np.bool_]
_NUMBER_BITS = 53
"""What a client in JavaScript can tell apart."""


@dataclass(frozen=True, slots=True)
class TileAttributes:
    """The tags of n features.

    `is_class` tells, by key, whether it divides them into classes; `class_of` (n,) which features
    are of one class.
    """

    keys: tuple[str, ...]
    is_class: npt.NDArray[np.bool_]
    class_of: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.uint64]
    start: Integers
    key: npt.NDArray[np.int16]
    value: npt.NDArray[np.int32]
    values: Values

    @classmethod
    def of(cls, ids: Sequence[str], texts: Iterable[str]) -> "TileAttributes":
        """Read the ids and the attributes (JSON texts) of features."""
        said = [parse_attributes(text) for text in texts]
        names = [FEATURE_ID, *_names(said)]
        values, columns = _Values(), []
        for name in names:
            column = ids if name == FEATURE_ID else [one.get(name) for one in said]
            columns.append(values.places(column))
        table = np.column_stack(columns) if said else np.empty((0, len(names)), dtype=np.int32)
        there = table >= 0
        start = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int64)
        all_keys = np.nonzero(there)[1].astype(np.int16)
        all_values = table[there]
        is_class = _dividing(all_keys, all_values, len(names))
        return cls(
            tuple(names),
            is_class,
            _class_of(all_keys, all_values, start, np.flatnonzero(is_class)),
            np.array([number_of(feature_id) for feature_id in ids], dtype=np.uint64),
            start,
            all_keys,
            all_values,
            values.packed(),
        )

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        arrays = (self.numbers, self.start, self.key, self.value)
        return sum(a.nbytes for a in (*arrays, self.values.text, self.values.start))

    @property
    def bytes_each(self) -> float:
        """About how many bytes a feature of this layer takes for what it says."""
        return (len(self.values.text) + 4 * len(self.key)) / max(len(self.numbers), 1)

    def tags(self, rows: Integers) -> Tags:
        """All that some features say, by row."""
        start, at = self._runs(rows)
        key, value = self.key[at].astype(np.int64), self.value[at].astype(np.int64)
        return Tags(self.numbers[rows], start, key, value)

    def classes(self, rows: Integers) -> tuple[Integers, Integers]:
        """Features by their class: for each the number of it, and for each class one of its rows.

        Features are of one class if all attributes that divide them into classes are the same.
        """
        _, first, number = np.unique(self.class_of[rows], return_index=True, return_inverse=True)
        return number.astype(np.int64), rows[first]

    def class_tags(self, rows: Integers, counted: Integers) -> tuple[Tags, Values]:
        """What classes say, each by one of its rows, and how many features they stand for.

        The key of that is the one after the layer's own; its values are given, and count on after
        those of the layer.
        """
        start, at = self._runs(rows)
        of = np.repeat(np.arange(len(rows)), np.diff(start))
        chosen = self.is_class[self.key[at]]
        key, value = self.key[at][chosen].astype(np.int64), self.value[at][chosen].astype(np.int64)
        n = len(self.values.start) - 1
        order = np.argsort(np.concatenate([of[chosen], np.arange(len(rows))]), kind="stable")
        key = np.concatenate([key, np.full(len(rows), len(self.keys))])[order]
        value = np.concatenate([value, n + np.arange(len(rows))])[order]
        runs = np.bincount(of[chosen], minlength=len(rows)) + 1
        extra = _Values()
        for count in counted.tolist():
            extra.add(count)
        none = np.zeros(len(rows), dtype=np.uint64)
        return Tags(none, np.concatenate([[0], np.cumsum(runs)]), key, value), extra.packed()

    def _runs(self, rows: Integers) -> tuple[Integers, Integers]:
        count = self.start[rows + 1] - self.start[rows]
        start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        at = np.arange(start[-1]) + np.repeat(self.start[rows] - start[:-1], count)
        return start, at


def number_of(feature_id: str) -> int:
    """The number by which a tile knows a feature: the same in all tiles and versions, never 0."""
    found = hashlib.blake2b(feature_id.encode(), digest_size=8).digest()
    return (int.from_bytes(found, "big") >> 64 - _NUMBER_BITS) or 1


def _dividing(key: npt.NDArray[np.int16], value: npt.NDArray[np.int32], keys: int) -> Mask:
    """Which keys have so few values that they divide features into classes; not the id."""
    distinct = np.unique(key.astype(np.int64) << 32 | value) >> 32
    few = np.bincount(distinct, minlength=keys) <= _CLASSES
    few[0] = False
    return np.asarray(few, dtype=bool)


def _class_of(
    key: npt.NDArray[np.int16], value: npt.NDArray[np.int32], start: Integers, dividing: Integers
) -> npt.NDArray[np.int32]:
    """A number for each feature: the same for those that agree in all keys that divide them."""
    n = len(start) - 1
    of = np.repeat(np.arange(n), np.diff(start))
    number = np.zeros(n, dtype=np.int64)
    for one in dividing.tolist():
        said = np.full(n, -1, dtype=np.int64)
        chosen = key == one
        said[of[chosen]] = value[chosen]
        code = np.unique(said, return_inverse=True)[1] + number * (_CLASSES + 1)
        number = np.unique(code, return_inverse=True)[1]
    return number.astype(np.int32)


def _names(said: Sequence[Mapping[str, object]]) -> list[str]:
    """The names of all attributes but our own, in the order in which they come."""
    names: dict[str, None] = {}
    # most features have the names of the one before
    last: object = None
    for one in said:
        if one.keys() != last:
            names |= dict.fromkeys(one)
            last = one.keys()
    return [name for name in names if name not in (FEATURE_ID, STANDS_FOR)]


class _Values:
    """Distinct values, column by column: one that two columns have is there twice."""

    def __init__(self) -> None:
        self._encoded: list[bytes] = []

    def places(self, column: Sequence[object]) -> npt.NDArray[np.int32]:
        """The number of each value of a column, which is added if it is new; -1 for a null."""
        known: dict[object, int] = {None: -1}
        kinds = {value.__class__ for value in column}
        keys: Iterable[object] = column
        if len(kinds - {type(None)}) > 1 or kinds & {list, dict}:
            # to a dictionary 1, 1.0 and true are one, and a list is nothing
            keys = [value if value is None else _told_apart(value) for value in column]
        first = len(self._encoded)
        distinct = dict.fromkeys(keys)
        distinct.pop(None, None)
        known |= zip(distinct, range(first, first + len(distinct)), strict=True)
        self._encoded += map(_encoded_key, distinct)
        return np.fromiter(map(known.__getitem__, keys), dtype=np.int32, count=len(column))

    def add(self, value: object) -> int:
        """The number of a value that is added, new or not."""
        self._encoded.append(_encoded(value))
        return len(self._encoded) - 1

    def packed(self) -> Values:
        """All of them as a tile has them."""
        lengths = np.array([len(one) for one in self._encoded], dtype=np.int64)
        text = np.frombuffer(b"".join(self._encoded), dtype=np.uint8)
        return Values(text, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _told_apart(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else (value.__class__, value)


def _encoded_key(key: object) -> bytes:
    return _encoded(key[1] if isinstance(key, tuple) else key)


def _encoded(value: object) -> bytes:
    match value:
        case bool():
            return bytes([0x38, value])
        case int() if 0 <= value < 1 << 63:
            return b"\x20" + _varint(value)
        case int() if -(1 << 63) <= value < 0:
            return b"\x30" + _varint(-2 * value - 1)
        case float():
            return b"\x19" + struct.pack("<d", value)
    raw = str(value).encode()
    return b"\x0a" + _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
