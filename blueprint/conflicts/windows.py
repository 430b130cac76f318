"""Windows (开天窗): ground that was cut out by design, and what of an overlap lies in it.

Input: overlaps that are kept (`conflict.SCHEMA`, each with its geometry) and the polygons of the
windows. Output: the overlaps in two tables, what lies outside every window and what lies in one;
an overlap that does both is in both, each time with its own part and that part's measures.

Algorithm:
    1. the engine tells which overlaps share ground with which windows;
    2. the windows that an overlap meets are taken away from it; hairlines that are left or met are
       rounding, and belong to the other part;
    3. where no result is credible, all of it stays outside: nothing is by design in case of doubt.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.numerical import without_numerical
from blueprint.rules.kinds.plan_models import ExclusiveRule
from blueprint.values import Bilingual
from blueprint.whole_layers import WholeLayers
from conflict import SCHEMA as OVERLAPS
from conflict import Shapes, ellipsoidal_area_m2, mean_width_m, overlay, without
from layers import Geometries

_DOUBT = "what of it lies in windows could not be told: taken for none"


def windows_of(
    rule: ExclusiveRule, layers: WholeLayers, crs: str
) -> tuple["Windows | None", Bilingual | None]:
    """The windows that a rule opens, and why they are not all; None: it opens none.

    Features of a side are windows only where the rule counts them. A third layer that has a gap
    opens none: its windows are known whole or not at all.
    """
    asked = rule.windows
    if asked is None:
        return None, None
    shapes, gap = [], None
    for layer, where, window in (
        (rule.left, rule.left_where, asked.left_where),
        (rule.right, rule.right_where, asked.right_where),
    ):
        if window is not None and layers.untimely(layer) is None:
            both = window if where is None else f"({where}) AND ({window})"
            shapes.append(layers.take(layer, both).drawn().shapes)
    if asked.layer is not None:
        gap = layers.untimely(asked.layer)
        if gap is None:
            taken = layers.take(asked.layer, asked.where)
            gap = taken.gap
            if gap is None:
                shapes.append(taken.drawn().shapes)
    drawn = np.concatenate([np.empty(0, dtype=object), *shapes])
    return Windows(drawn, crs, forgive=rule.forgive_slivers), gap


class _Untold(Exception):
    """No method gives a credible result."""


class Split(NamedTuple):
    """Overlaps outside every window, and those in one."""

    outside: pa.Table
    inside: pa.Table


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the overlap at `row`; `counted` is None where all of its ground is counted."""

    row: int
    shape: BaseGeometry
    counted: BaseGeometry | None
    failure: str | None = None


class Windows:
    """The windows of one rule, in the CRS of the overlaps."""

    def __init__(self, drawn: Geometries, crs: str, *, forgive: bool) -> None:
        self._drawn, self._crs, self._forgive = drawn, crs, forgive
        self._shapes = Shapes.from_geometries(drawn)

    def split(self, overlaps: pa.Table) -> Split:
        """Tell apart what lies outside every window and what lies in one, in order."""
        shapes = Shapes.from_wkb(overlaps.column("geometry"))
        met = overlay(shapes, self._shapes)
        windows: dict[int, list[int]] = defaultdict(list)
        for row, window in zip(met.left.tolist(), met.right.tolist(), strict=True):
            windows[row].append(window)
        outside: list[_Part] = []
        inside: list[_Part] = []
        for row, met_here in windows.items():
            overlap = overlaps.slice(row, 1).to_pylist()[0]
            out, in_ = self._parts(overlap, row, met_here)
            outside += out
            inside += in_
        untouched = [row for row in range(len(overlaps)) if row not in windows]
        return Split(
            self._together(overlaps, untouched, outside), self._together(overlaps, [], inside)
        )

    def _parts(
        self, overlap: dict[str, Any], row: int, windows: list[int]
    ) -> tuple[list[_Part], list[_Part]]:
        """What of one overlap lies outside its windows, and what in them."""
        whole = shapely.from_wkb(overlap["geometry"])
        counted = overlap["counted"] and shapely.from_wkb(overlap["counted"])
        all_of_it = _Part(row, whole, counted)
        try:
            rest, met = self._cut(whole, self._drawn[windows])
            if rest.is_empty or met.is_empty:
                return ([all_of_it], []) if met.is_empty else ([], [all_of_it])
            if counted is None:
                return [_Part(row, rest, None)], [_Part(row, met, None)]
            of_rest, of_met = _less(counted, met), _less(counted, rest)
            return [_Part(row, rest, of_rest)], [_Part(row, met, of_met)]
        except _Untold:
            return [replace(all_of_it, failure=_DOUBT)], []

    def _cut(self, whole: BaseGeometry, windows: Geometries) -> tuple[BaseGeometry, BaseGeometry]:
        """What windows leave of a shape, and what they have of it; what is rounding is empty."""
        rest = _less(whole, *windows)
        met, _ = without_numerical(_less(whole, rest), forgive=self._forgive)
        rest, _ = without_numerical(rest, forgive=self._forgive)
        if rest.is_empty or met.is_empty:
            return rest, met
        return rest, _less(whole, rest)

    def _together(self, overlaps: pa.Table, untouched: list[int], parts: list[_Part]) -> pa.Table:
        """Rows that are as they were and measured parts, in the order of the overlaps."""
        as_it_was = overlaps.take(pa.array(untouched, pa.int64()))
        table = pa.concat_tables([as_it_was, self._measured(overlaps, parts)])
        order = np.argsort([*untouched, *(part.row for part in parts)], kind="stable")
        return table.take(pa.array(order, pa.int64()))

    def _measured(self, overlaps: pa.Table, parts: list[_Part]) -> pa.Table:
        shapes, counted = (np.full(len(parts), None, dtype=object) for _ in range(2))
        shapes[:] = [part.shape for part in parts]
        counted[:] = [part.counted for part in parts]
        of = np.where(shapely.is_missing(counted), shapes, counted)
        old = overlaps.take(pa.array([part.row for part in parts], pa.int64()))
        failures = [
            part.failure or known
            for part, known in zip(parts, old.column("failure").to_pylist(), strict=True)
        ]
        columns = {name: old.column(name) for name in ("left", "right", "kind", "beside")} | {
            "area_m2": shapely.area(shapes),
            "width_m": mean_width_m(shapes),
            "ellipsoidal_m2": ellipsoidal_area_m2(shapes, self._crs),
            "counted_m2": shapely.area(of),
            "counted_ellipsoidal_m2": ellipsoidal_area_m2(of, self._crs),
            "geometry": shapely.to_wkb(shapes),
            "counted": shapely.to_wkb(counted),
            "failure": failures,
        }
        fields = {field.name: field.type for field in OVERLAPS}
        arrays = {
            name: column if isinstance(column, pa.ChunkedArray) else pa.array(column, fields[name])
            for name, column in columns.items()
        }
        return pa.table(arrays).select(OVERLAPS.names).cast(OVERLAPS)


def _less(whole: BaseGeometry, *others: BaseGeometry) -> BaseGeometry:
    rest = without(whole, others)
    if rest is None:
        raise _Untold
    return rest
