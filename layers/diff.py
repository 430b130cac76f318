"""What differs between two versions of a layer, read without reading what does not.

Input: two versions, in either order. Output: `Diff`, four feature tables: the features that only
the first version has (`removed`), those that only the second has (`added`), and those that both
have with another geometry or other attributes (`before` and `after`, row by row).

A feature is recognised by its `feature_id`. Where the department gives no id of its own, the id is
made of the content (see `identify`), so that a changed feature has lost it: by id alone it would be
one removed and one added. Features with such ids are therefore paired further, where only one
answer is possible:

1. a removed and an added one with exactly the same geometry, when no other of either side has it:
   its attributes changed;
2. of what is left, a removed and an added one with exactly the same attributes whose interiors
   meet, when neither meets another such one: its geometry changed.

Whatever is ambiguous, or changed in both ways at once, stays removed and added. An id that the
department gave is never doubted: another id is another feature.

What was taken out and later brought back unchanged does not differ. Applied to the first version
(take `removed` and `before` away, put `added` and `after` in), a diff gives the second; the diff of
the second and the first is its mirror image.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
import sqlalchemy as sa

from layers.rows import StoredFeature, read_rows
from layers.store import LayerStore
from layers.table import column, feature_schema, geometries

# that a row ends after a version is asked of the index, before any geometry is touched
_ONLY_FIRST = "version_from <= :first AND version_until > :first AND version_until <= :second"
_ONLY_SECOND = (
    "version_from > :first AND version_from <= :second "
    "AND (version_until IS NULL OR version_until > :second)"
)

_MADE_ID_DIGITS = 16  # of the content's hash, as `identify` takes them

Pairs = list[tuple[int, int]]
_Keys = dict[int, tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Diff:
    """Feature tables, by feature id; `before` and `after` are equally long, pair by pair."""

    removed: pa.Table
    added: pa.Table
    before: pa.Table
    after: pa.Table


def diff_versions(
    store: LayerStore, connection: sa.Connection, layer_id: str, first: int, second: int
) -> Diff:
    """What must be done to version `first` of a layer to come to version `second`.

    Raises:
        UnknownVersion: the layer has no such version.
    """
    for number in (first, second):
        store.version(connection, layer_id, number)
    old, new = changed(store, connection, layer_id, first, second)
    pairs = match(old, new)
    gone, come = ([*side] for side in zip(*pairs, strict=True)) if pairs else ([], [])
    return Diff(_without(old, gone), _without(new, come), _take(old, gone), _take(new, come))


def changed(
    store: LayerStore, connection: sa.Connection, layer_id: str, first: int, second: int
) -> tuple[pa.Table, pa.Table]:
    """The features that only the first version has, and those that only the second has, by id.

    Only these are read: a layer of 300,000 features with five changes costs ten rows.
    """
    early, late = sorted((first, second))
    crs = store.crs(connection)
    tables = [
        _table(
            (
                row
                for rows in read_rows(connection, layer_id, only, first=early, second=late)
                for row in rows
            ),
            crs,
        )
        for only in (_ONLY_FIRST, _ONLY_SECOND)
    ]
    keys = [set(_keys(table)) for table in tables]
    back = keys[0] & keys[1]
    if back:
        tables = [
            table.filter(pa.array([key not in back for key in _keys(table)], pa.bool_()))
            for table in tables
        ]
    return (tables[0], tables[1]) if first <= second else (tables[1], tables[0])


def match(old: pa.Table, new: pa.Table) -> Pairs:
    """The rows of two tables that are one feature, each row once at most: see the module's text."""
    ids = {name: at for at, name in enumerate(column(new, "feature_id"))}
    pairs = [(at, ids[name]) for at, name in enumerate(column(old, "feature_id")) if name in ids]
    left, right = _made(old), _made(new)
    _leave_out(left, right, pairs)
    same_place = _alone_together(_keyed(old, left, "geometry"), _keyed(new, right, "geometry"))
    _leave_out(left, right, same_place)
    return sorted([*pairs, *same_place, *_moved(old, left, new, right)])


def _moved(old: pa.Table, left: dict[int, str], new: pa.Table, right: dict[int, str]) -> Pairs:
    """Pairs with the same attributes whose interiors meet, and meet no other such feature."""
    names = _keyed(old, left, "attributes"), _keyed(new, right, "attributes")
    shared = set(names[0].values()) & set(names[1].values())
    if not shared:
        return []
    at, to = ([row for row in side if side[row] in shared] for side in names)
    a, b = geometries(old.take(at)), geometries(new.take(to))
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    meets = shapely.relate_pattern(a[i], b[j], "T********")
    pairs = [(at[x], to[y]) for x, y in zip(i[meets].tolist(), j[meets].tolist(), strict=True)]
    pairs = [pair for pair in pairs if names[0][pair[0]] == names[1][pair[1]]]
    lefts, rights = Counter(x for x, _ in pairs), Counter(y for _, y in pairs)
    return [(x, y) for x, y in pairs if lefts[x] == rights[y] == 1]


def _made(table: pa.Table) -> dict[int, str]:
    """The rows whose ids are made of their content → what the id says besides."""
    return {
        at: name[:-_MADE_ID_DIGITS]
        for at, (name, content) in enumerate(_keys(table))
        if name[-_MADE_ID_DIGITS:] == content[:_MADE_ID_DIGITS]
    }


def _keyed(table: pa.Table, rows: dict[int, str], name: str) -> _Keys:
    values = table.column(name).to_pylist()
    return {at: (said, values[at]) for at, said in rows.items()}


def _alone_together(left: _Keys, right: _Keys) -> Pairs:
    """Rows that share a key which nobody else on either side has."""
    lefts, rights = Counter(left.values()), Counter(right.values())
    found = {key: at for at, key in right.items() if lefts[key] == rights[key] == 1}
    return [(at, found[key]) for at, key in left.items() if key in found]


def _leave_out(left: dict[int, str], right: dict[int, str], pairs: Pairs) -> None:
    for i, j in pairs:
        left.pop(i, None)
        right.pop(j, None)


def _keys(table: pa.Table) -> list[tuple[str, str]]:
    return list(zip(column(table, "feature_id"), column(table, "content_hash"), strict=True))


def _table(rows: Iterable[StoredFeature], crs: str) -> pa.Table:
    kept = sorted((row[0], row[5], row[3], row[4]) for row in rows)
    columns = list(zip(*kept, strict=True)) or [()] * 4
    schema = feature_schema(crs)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def _take(table: pa.Table, rows: list[int]) -> pa.Table:
    return table.take(pa.array(rows, pa.int64()))


def _without(table: pa.Table, rows: list[int]) -> pa.Table:
    kept = np.ones(table.num_rows, dtype=bool)
    kept[rows] = False
    return table.filter(pa.array(kept))
