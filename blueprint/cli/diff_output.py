"""A difference between two versions for people: tables on the terminal, layers of a GeoPackage."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.diff import FoundDiff, GeometryChange, LayerDiff, Measure
from blueprint.exports.shapes import refuse_to_replace
from blueprint.shared_documents import Area
from layers import Geometries
from layers.attributes import parse_attributes
from layers.shapes import to_multi
from layers.table import column, geometries
from layers.views import view_columns

LAYERS = (
    "added",
    "removed",
    "geometry_changed_before",
    "geometry_changed_after",
    "geometry_changed_difference",
    "attributes_changed",
)
_GPKG_TYPE = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "MultiPoint"}
_SHOWN = 20

Columns = dict[str, list[Any]]


def diff_tables(document: LayerDiff) -> Group:
    """The two versions side by side, the counts, and the first changes of each kind."""
    before, after, counts = document.before, document.after, document.counts
    versions = Table(title=f"{document.name.zh} · {document.name.en}")
    for title in ("版本 version", "生效 effective", "要素 features", _unit(document)):
        versions.add_column(title, justify="right")
    for line in (before, after):
        number = "" if document.geometry == "point" else ".4f"
        size = format(line.size, f",{number}" if number else ",.0f")
        versions.add_row(str(line.version), str(line.effective), str(line.features), size)
    said = Text(
        f"新增 added {counts.added}, 删除 removed {counts.removed}, 变更 changed {counts.changed}: "
        f"图形 geometry {counts.geometry_changed}, 属性 attributes {counts.attributes_changed}"
    )
    return Group(versions, said, *_kinds(document))


def _kinds(document: LayerDiff) -> Iterator[Table | Text]:
    for title, lines in (("新增 added", document.added), ("删除 removed", document.removed)):
        rows: Iterable[tuple[str, ...]] = ((x.feature_id, _size(x.size)) for x in lines)
        yield from _table(title, ("feature", _unit(document)), rows, len(lines))
    changes = document.geometry_changed
    yield from _table(
        "图形变更 geometry changed",
        ("feature", "before", "after", "difference", "moved m"),
        (
            (
                x.feature_id,
                *(_size(value) for value in (x.before, x.after, x.difference)),
                "" if x.moved_m is None else f"{x.moved_m:,.4f}",
            )
            for x in sorted(changes, key=_gravity, reverse=True)
        ),
        len(changes),
    )
    fields = document.attributes_changed
    yield from _table(
        "属性变更 attributes changed",
        ("feature", "field", "before", "after"),
        ((x.feature_id, x.field, _value(x.before), _value(x.after)) for x in fields),
        len(fields),
    )


def _gravity(change: GeometryChange) -> float:
    """The largest changes first: after a new export all differ by the rounding of the format."""
    size = change.difference
    moved = size.deciding_m2 if isinstance(size, Area) else float(size)
    return max(moved, change.moved_m or 0.0)


def _table(
    title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], count: int
) -> Iterator[Table | Text]:
    if count == 0:
        return
    table = Table(title=title)
    for head in heads:
        table.add_column(head, overflow="fold")
    for _, row in zip(range(_SHOWN), rows, strict=False):
        table.add_row(*map(Text, row))
    yield table
    if count > _SHOWN:
        yield Text(f"… and {count - _SHOWN} more; --json and --out have them all", style="dim")


def _unit(document: LayerDiff) -> str:
    return {"polygon": "面积 m²", "line": "长度 m", "point": "点数 points"}[document.geometry]


def _size(size: Measure) -> str:
    if isinstance(size, Area):
        return f"{size.deciding_m2:,.4f}"
    return str(size) if isinstance(size, int) else f"{size:,.4f}"


def _value(value: object) -> str:
    return "" if value is None else str(value)


def write_diff(found: FoundDiff, path: Path) -> None:
    """Write the layers of `LAYERS` to a GeoPackage, whole or not at all; an older one is replaced.

    Raises:
        PlanningError: the path holds something else.
    """
    refuse_to_replace(path, "changes", LAYERS)
    half = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    kind = _GPKG_TYPE[found.document.geometry]
    try:
        for layer, frame in zip(LAYERS, _frames(found), strict=True):
            frame.to_file(half, layer=layer, driver="GPKG", geometry_type=kind)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _frames(found: FoundDiff) -> Iterator[geopandas.GeoDataFrame]:
    for table in (found.features.added, found.features.removed):
        own: Columns = {"feature_id": column(table, "feature_id")}
        yield _frame(own | _attributes(table), geometries(table), found.crs)
    changes = found.document.geometry_changed
    columns: Columns = {
        "feature_id": [x.feature_id for x in changes],
        "id_after": [x.id_after for x in changes],
        **_sizes("before", [x.before for x in changes]),
        **_sizes("after", [x.after for x in changes]),
        **_sizes("difference", [x.difference for x in changes]),
        "moved_m": [x.moved_m for x in changes],
    }
    for shapes in (*map(geometries, found.redrawn), found.differences):
        yield _frame(columns, shapes, found.crs)
    fields = found.document.attributes_changed
    names = column(found.features.after, "feature_id")
    place = dict(zip(names, geometries(found.features.after), strict=True))
    lines: dict[str, Callable[[Any], object]] = {
        "feature_id": lambda x: x.feature_id,
        "id_after": lambda x: x.id_after,
        "field": lambda x: x.field,
        "change": lambda x: x.change,
        "before": lambda x: _value(x.before),
        "after": lambda x: _value(x.after),
    }
    columns = {name: [take(x) for x in fields] for name, take in lines.items()}
    shapes = np.array([place[x.id_after] for x in fields], dtype=object)
    yield _frame(columns, shapes, found.crs)


def _sizes(name: str, sizes: list[Measure]) -> Columns:
    return {
        name: [size.deciding_m2 if isinstance(size, Area) else size for size in sizes],
        f"{name}_projected_m2": [s.projected_m2 if isinstance(s, Area) else None for s in sizes],
        f"{name}_ellipsoidal_m2": [
            s.ellipsoidal_m2 if isinstance(s, Area) else None for s in sizes
        ],
    }


def _attributes(table: pa.Table) -> Columns:
    """Attributes as columns, under the names that the store's own views give them."""
    rows = [parse_attributes(text) for text in column(table, "attributes")]
    found: Columns = {}
    for field, name in view_columns(table).items():
        values = [row.get(field) for row in rows]
        kinds = {type(value) for value in values if value is not None}
        plain = len(kinds) == 1 and kinds <= {str, int, float, bool}
        found[name] = values if plain else [None if v is None else str(v) for v in values]
    return found


def _frame(columns: Columns, shapes: Geometries, crs: str) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(columns, geometry=list(to_multi(shapes)), crs=crs)
