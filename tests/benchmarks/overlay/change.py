"""One layer changed by 1 %: only the pairs of changed features are found again."""

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from tests.benchmarks import engine
from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import LATER, SEED, City
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.net import Ints, Shapes

SHARE = 0.01
_SHIFT_M = 0.4, -0.3
_TURNS = 3  # of both, for the medians


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as the engine has it, and as it came."""

    shapes: object
    wkb: pa.ChunkedArray
    classes: Ints


def measure_change(city: City, threads: int) -> dict[str, Any]:
    """Seconds of a full run over all contests, and of going on from it after the change."""
    layers = {
        layer: Layer(engine.flatten(wkb), wkb, city.classes[rows])
        for layer in {layer for each in CONTESTS.values() for layer in (each.left, each.right)}
        for rows in [city.rows(layer)]
        for wkb in [city.wkb[rows.start : rows.stop]]
    }
    before = {name: _find(name, layers, threads) for name in CONTESTS}
    changed = _change(layers)
    after = layers[LATER].wkb.to_numpy(zero_copy_only=False).copy()
    rows = np.array(sorted(changed), dtype=np.int64)
    after[rows] = [changed[row] for row in rows]
    old = layers[LATER]
    wkb = pa.chunked_array([pa.array(after, pa.binary())])
    layers[LATER] = Layer(engine.flatten(wkb), wkb, old.classes)

    full_s, part_s = [], []
    for _ in range(_TURNS):
        start = time.perf_counter()
        whole = {name: _find(name, layers, threads) for name in CONTESTS}
        full_s.append(time.perf_counter() - start)

        start = time.perf_counter()
        part = Layer(engine.select(layers[LATER].shapes, wkb, rows), wkb, old.classes[rows])
        again = {name: _again(name, layers, part, rows, before[name], threads) for name in CONTESTS}
        part_s.append(time.perf_counter() - start)
    identical = all(_same(whole[name], again[name]) for name in CONTESTS)
    return {
        "changed": len(rows),
        "full_s": median(full_s),
        "part_s": median(part_s),
        "share": median(part_s) / median(full_s),
        "identical": identical,
        "differs": not _same(whole["plans"], before["plans"]),
    }


def _change(layers: dict[int, Layer]) -> dict[int, bytes]:
    """Shift 1 % of the later plan's parcels; their new WKB by row."""
    wkb = layers[LATER].wkb.to_numpy(zero_copy_only=False)
    rows, moved = moved_rows(np.asarray(shapely.from_wkb(wkb), dtype=object))
    return dict(zip(map(int, rows), shapely.to_wkb(moved), strict=True))


def moved_rows(shapes: Shapes) -> tuple[Ints, Shapes]:
    """Which 1 % of a layer's features move, and what they are then."""
    count = max(1, int(len(shapes) * SHARE))
    rows = np.random.default_rng(SEED).choice(len(shapes), count, replace=False)
    moved = shapely.transform(shapes[rows], lambda xy: np.round(xy + _SHIFT_M, 4))
    return rows, np.asarray(moved, dtype=object)


def _find(name: str, layers: dict[int, Layer], threads: int) -> Answers:
    contest = CONTESTS[name]
    left, right = layers[contest.left], layers[contest.right]
    classes = (left.classes, right.classes) if contest.by_class else None
    found = engine.conflicts(left.shapes, right.shapes, classes, threads, geometry=False)
    return Answers.of(*found)


def _again(
    name: str, layers: dict[int, Layer], part: Layer, rows: Ints, before: Answers, threads: int
) -> Answers:
    contest = CONTESTS[name]
    if contest.right != LATER:
        return before  # no contest has the changed layer on its left
    left = layers[contest.left]
    classes = (left.classes, part.classes) if contest.by_class else None
    i, j, area = engine.conflicts(left.shapes, part.shapes, classes, threads, geometry=False)
    kept = ~np.isin(before.right, rows)
    return Answers.of(
        np.concatenate([before.left[kept], i]),
        np.concatenate([before.right[kept], rows[j]]),
        np.concatenate([before.measure[kept], area]),
    )


def _same(one: Answers, other: Answers) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("left", "right", "measure")
    )
