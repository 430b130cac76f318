"""Mapbox Vector Tiles (version 2.1) out of arrays: one layer of one tile, encoded at once.

Input: `Drawn`, geometry in whole units of the tile, and the tags of every feature as indices into
`keys` and into values that are encoded already (`tile_attributes`). Output: the bytes of the tile.

All that a feature says is a run of varints, its lengths among them. So the runs of all features are
laid out in one array of numbers, and this is turned into bytes in as many steps as the longest
varint has bytes, however many features there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

EXTENT = 4096
"""Units along the side of a tile."""
_MOVE, _LINE, _CLOSE = 1, 2, 7
_TYPE = {0: 1, 1: 2, 2: 3}
"""The format's number for points, lines and polygons, by their dimension."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Features of one dimension, in the order of four runs: parts, rings, coordinates.

    Rings come without their closing coordinate; what lies on the right of a polygon's outer ring,
    as y grows downwards, is inside. A line's part and a feature's points are one ring each.
    """

    dimension: int
    xy: Integers
    ring_start: Integers
    part_start: Integers
    feature_start: Integers

    def __len__(self) -> int:
        return len(self.feature_start) - 1

    @property
    def ring_of_feature(self) -> Integers:
        """Where each feature's rings begin, shape (n + 1,)."""
        return self.part_start[self.feature_start]


@dataclass(frozen=True, slots=True)
class Tags:
    """What n features say: a run of pairs of key and value each, and a number, 0 for none."""

    numbers: npt.NDArray[np.uint64]
    start: Integers
    key: Integers
    value: Integers

    def taken(self, which: Integers) -> "Tags":
        """Those of some of the features."""
        count = self.start[which + 1] - self.start[which]
        at = _spread(self.start[which], count)
        start = np.concatenate([[0], np.cumsum(count)])
        return Tags(self.numbers[which], start, self.key[at], self.value[at])


@dataclass(frozen=True, slots=True)
class Values:
    """Values as the format has them, one after another."""

    text: Bytes
    start: Integers

    def taken(self, which: Integers) -> bytes:
        """Some of them, each with its tag and length in front."""
        length = self.start[which + 1] - self.start[which]
        heads = _varints(np.column_stack([np.full(len(which), 0x22), length]).ravel())
        head_start = np.concatenate([[0], np.cumsum(1 + _sizes(length))])
        whole = np.diff(head_start) + length
        at = np.concatenate([[0], np.cumsum(whole)])
        out = np.empty(int(at[-1]), dtype=np.uint8)
        out[_spread(at[:-1], np.diff(head_start))] = heads
        out[_spread(at[1:] - length, length)] = self.text[_spread(self.start[which], length)]
        return out.tobytes()


def encode_tile(
    name: str,
    keys: Sequence[str],
    values: Sequence[Values],
    groups: Sequence[tuple[Drawn, Tags]],
) -> bytes:
    """A tile of one layer; empty bytes if there is no feature.

    Tags count the values of all tables through, those of the first one first.
    """
    groups = [(drawn, tags) for drawn, tags in groups if len(drawn)]
    if not groups:
        return b""
    used, place = np.unique(np.concatenate([tags.value for _, tags in groups]), return_inverse=True)
    bodies, at = [], 0
    for drawn, tags in groups:
        ours = place[at : at + len(tags.value)]
        at += len(tags.value)
        bodies.append(_features(drawn, tags, ours))
    parts = [
        _text(0x0A, name),
        *bodies,
        *(_text(0x1A, key) for key in keys),
        *_chosen(values, used.astype(np.int64)),
        _varints(np.array([0x28, EXTENT, 0x78, 2])).tobytes(),
    ]
    layer = b"".join(parts)
    return _varints(np.array([0x1A, len(layer)])).tobytes() + layer


def _chosen(values: Sequence[Values], used: Integers) -> Iterator[bytes]:
    """The values that are used, ascending, out of several tables."""
    first = 0
    for table in values:
        n = len(table.start) - 1
        yield table.taken(used[(used >= first) & (used < first + n)] - first)
        first += n


def _features(drawn: Drawn, tags: Tags, value: Integers) -> bytes:
    """All features, each with its tag and length in front."""
    numbers, per_feature = _commands(drawn)
    geometry_bytes = _sums(_sizes(numbers), per_feature)
    pairs = np.column_stack([tags.key, value]).ravel().astype(np.int64)
    tag_count = 2 * np.diff(tags.start)
    tag_bytes = _sums(_sizes(pairs), tag_count)
    has_number, has_tags = tags.numbers > 0, tag_count > 0
    number_bytes = np.where(has_number, 1 + _sizes(tags.numbers), 0)
    length = (
        number_bytes
        + np.where(has_tags, 1 + _sizes(tag_bytes) + tag_bytes, 0)
        + 3
        + _sizes(geometry_bytes)
        + geometry_bytes
    )
    n_number, n_tags = 2 * has_number, np.where(has_tags, 2 + tag_count, 0)
    at = np.concatenate([[0], np.cumsum(2 + n_number + n_tags + 4 + per_feature)])
    run = np.empty(int(at[-1]), dtype=np.uint64)
    at = at[:-1]
    run[at], run[at + 1] = 0x12, length
    here = (at + 2)[has_number]
    run[here], run[here + 1] = 0x08, tags.numbers[has_number]
    at = at + 2 + n_number
    here = at[has_tags]
    run[here], run[here + 1] = 0x12, tag_bytes[has_tags]
    run[_spread(at + 2, tag_count)] = pairs
    at = at + n_tags
    run[at], run[at + 1] = 0x18, _TYPE[drawn.dimension]
    run[at + 2], run[at + 3] = 0x22, geometry_bytes
    run[_spread(at + 4, per_feature)] = numbers
    return _varints(run).tobytes()


def _commands(drawn: Drawn) -> tuple[Integers, Integers]:
    """The geometry's numbers, commands and steps, and how many of them each feature has."""
    ring, of_feature = drawn.ring_start, drawn.ring_of_feature
    first = ring[of_feature[:-1]]
    steps = np.diff(drawn.xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps[first] = drawn.xy[first]
    zigzag = (steps << 1) ^ (steps >> 63)
    corners = np.diff(ring)
    around = {0: 1, 1: 2, 2: 3}[drawn.dimension]
    at = np.concatenate([[0], np.cumsum(2 * corners + around)])
    numbers = np.empty(int(at[-1]), dtype=np.int64)
    at, end = at[:-1], at[1:]
    if drawn.dimension == 0:
        numbers[at] = corners << 3 | _MOVE
        place = _spread(at + 1, 2 * corners)
    else:
        numbers[at] = 1 << 3 | _MOVE
        numbers[at + 3] = (corners - 1) << 3 | _LINE
        place = _spread(at + 2, 2 * corners)
        place[np.concatenate([2 * ring[:-1], 2 * ring[:-1] + 1])] -= 1
    if drawn.dimension == 2:
        numbers[end - 1] = 1 << 3 | _CLOSE
    numbers[place] = zigzag.ravel()
    return numbers, _sums(2 * corners + around, np.diff(of_feature))


def _spread(start: Integers, count: Integers) -> Integers:
    """The indices start, start + 1, … of each run, one run after another."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) + np.repeat(start - (ends - count), count), dtype=np.int64)


def _sums(numbers: Integers, count: Integers) -> Integers:
    """The sum of each run of so many numbers."""
    sums = np.concatenate([[0], np.cumsum(numbers)])
    ends = np.cumsum(count)
    return np.asarray(sums[ends] - sums[ends - count], dtype=np.int64)


def _sizes(numbers: npt.NDArray[np.integer]) -> Integers:
    """How many bytes each number takes as a varint."""
    plain = numbers.astype(np.uint64)
    size = np.ones(len(plain), dtype=np.int64)
    bits = 7
    while bits < 64 and (longer := plain >= np.uint64(1 << bits)).any():
        size += longer
        bits += 7
    return size


def _varints(numbers: npt.NDArray[np.integer]) -> Bytes:
    plain, size = numbers.astype(np.uint64), _sizes(numbers)
    end = np.cumsum(size)
    out = np.empty(int(end[-1]) if len(end) else 0, dtype=np.uint8)
    at = end - size
    for n in range(int(size.max(initial=0))):
        longer = np.flatnonzero(size > n) if n else slice(None)
        seven = (plain[longer] >> np.uint64(7 * n)) & np.uint64(0x7F)
        out[at[longer] + n] = seven | np.where(size[longer] > n + 1, np.uint64(0x80), np.uint64(0))
    return out


def _text(tag: int, text: str) -> bytes:
    raw = text.encode()
    return _varints(np.array([tag, len(raw)])).tobytes() + raw
