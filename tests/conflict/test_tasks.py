"""Whatever the partition: every pair once, the same rows, the same sums to the last bit."""

import math
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflict.drawing import Asked
from conflict.packed import write_packed
from conflict.partitions import PLANE, owned, split
from conflict.sources import PackedFile
from conflict.tasks import SCHEMA, Changed, Known, Task, plan_known, plan_tasks, run_task

from .conftest import ORIGIN, Held, layers, shapes_of

ASKED = Asked("EPSG:4548", min_area_m2=0.01, min_width_m=0.001)
PAIR = [("left", "ascending"), ("right", "ascending")]
few_corners = st.integers(5, 200)


def serial(left: Held, right: Held, **options) -> pa.Table:
    return run_task(Task("all", 0, left, right, ASKED, **options)).combine_chunks()


def gathered(tasks: list[Task]) -> pa.Table:
    tables = [SCHEMA.empty_table(), *(run_task(task) for task in tasks)]
    return pa.concat_tables(tables).sort_by(PAIR).combine_chunks()


@given(layers(), layers(), few_corners)
def test_a_search_in_parts_is_the_search_in_one(left: Held, right: Held, most: int):
    whole = serial(left, right)
    parts = gathered(plan_tasks("all", left, right, ASKED, most=most))
    assert parts.equals(whole)
    pairs = list(zip(parts["left"].to_pylist(), parts["right"].to_pylist(), strict=True))
    assert len(pairs) == len(set(pairs))


@given(layers(), layers(), few_corners)
def test_the_counted_ground_is_the_union_to_the_last_bit_whatever_the_partition(
    left: Held, right: Held, most: int
):
    whole = serial(left, right)
    parts = gathered(plan_tasks("all", left, right, ASKED, most=most))
    drawn = shapely.from_wkb(whole["geometry"].drop_null().to_pylist())
    union = shapely.union_all(drawn)
    assert math.fsum(whole["counted_m2"].to_pylist()) == pytest.approx(union.area, abs=1e-3)
    for name in ("counted_m2", "counted_ellipsoidal_m2"):
        assert math.fsum(parts[name].to_pylist()) == math.fsum(whole[name].to_pylist())


@given(layers(), layers(), few_corners, st.randoms())
def test_only_pairs_with_a_changed_feature_are_found_where_that_is_asked(
    left: Held, right: Held, most: int, random
):
    changed = Changed(
        *(
            np.array([n for n in range(len(side.shapes)) if random.random() < 0.3], np.int64)
            for side in (left, right)
        )
    )
    whole = serial(left, right)
    mine = np.isin(whole["left"].to_numpy(), changed.left)
    mine |= np.isin(whole["right"].to_numpy(), changed.right)
    parts = gathered(plan_tasks("all", left, right, ASKED, changed=changed, most=most))
    assert parts.equals(whole.filter(pa.array(mine)).combine_chunks())


@given(layers(), layers(), st.integers(1, 20))
def test_known_overlaps_are_counted_again_as_they_were(left: Held, right: Held, most: int):
    whole = serial(left, right)
    names = ("left", "right", "area_m2", "kind")
    known = Known(*(whole[name].to_numpy() for name in names))
    tasks = plan_known("all", left, right, ASKED, known, first=7, most=most)
    assert [task.number for task in tasks] == list(range(7, 7 + len(tasks)))
    assert gathered(tasks).equals(whole)


def divided(side: Held, random) -> Held:
    """The layer with its features in three classes, the last one fighting nobody."""
    classes = np.array([random.randrange(3) for _ in range(len(side.shapes))], np.int32)
    return Held(replace(side.shapes, classes=classes))


FIGHTS = ((True, False, False), (False, True, False), (False, False, False))


@given(layers(), layers(), few_corners, st.randoms())
def test_where_classes_fight_only_their_pairs_are_found_and_count_ground(
    left: Held, right: Held, most: int, random
):
    left, right = divided(left, random), divided(right, random)
    whole = serial(left, right)
    asked = replace(ASKED, fights=FIGHTS)
    parts = gathered(plan_tasks("all", left, right, asked, most=most))
    a, b = left.shapes.classes[parts["left"]], right.shapes.classes[parts["right"]]
    assert all(FIGHTS[x][y] for x, y in zip(a.tolist(), b.tolist(), strict=True))
    fights = np.array(FIGHTS)[
        left.shapes.classes[whole["left"]], right.shapes.classes[whole["right"]]
    ]
    assert len(parts) == fights.sum()
    drawn = shapely.from_wkb(parts["geometry"].drop_null().to_pylist())
    counted = math.fsum(parts["counted_m2"].to_pylist())
    assert counted == pytest.approx(shapely.union_all(drawn).area, abs=1e-3)


def test_sides_that_are_not_divided_cannot_fight_by_class():
    side = Held(shapes_of([shapely.box(*ORIGIN, *np.add(ORIGIN, 10))]))
    with pytest.raises(ValueError, match="both sides have to be divided"):
        run_task(Task("all", 0, side, side, replace(ASKED, fights=FIGHTS)))


@given(layers(), layers())
def test_what_is_counted_of_an_overlap_is_drawn_where_it_is_not_all(left: Held, right: Held):
    rows = serial(left, right).to_pylist()
    for row in rows:
        of = row["counted"] or row["geometry"]
        area = 0.0 if of is None else shapely.from_wkb(of).area
        assert row["counted_m2"] == area


def stairs(step: float) -> Held:
    x, y = ORIGIN
    corners = ((x + n * step, y + n % 3) for n in range(12))
    return Held(shapes_of([shapely.box(a, b, a + 10, b + 10) for a, b in corners]))


@pytest.mark.parametrize("refused", ["all at once", "what the kernel has of it"])
def test_ground_that_cannot_be_told_at_once_is_told_one_by_one(
    monkeypatch: pytest.MonkeyPatch, refused: str
):
    left, right = stairs(4), stairs(5)
    expected = serial(left, right)
    assert expected.column("counted").null_count < len(expected)
    at_once = []
    if refused == "all at once":
        difference = shapely.difference

        def one_by_one(one: object, other: object, **options: object) -> object:
            if isinstance(one, np.ndarray):
                at_once.append(len(one))
                raise shapely.errors.GEOSException("TopologyException: side location conflict")
            return difference(one, other, **options)

        monkeypatch.setattr(shapely, "difference", one_by_one)
    else:

        def nothing(wholes: object, _others: object) -> object:
            at_once.append(len(wholes))
            return np.zeros(len(wholes))

        monkeypatch.setattr("conflict.ground._shared_m2", nothing)
    assert serial(left, right).equals(expected)
    assert sum(at_once) > 10


@given(
    st.lists(st.tuples(*(st.integers(-50, 50),) * 2), min_size=1, max_size=60), st.integers(1, 30)
)
def test_tiles_are_the_plane_each_point_of_it_once(corners: list[tuple[int, int]], most: int):
    places = np.array(corners, dtype=np.float64)
    tiles = split(places, np.ones(len(places)), most)
    points = np.concatenate([places, places + 0.5, [[-1e9, 1e9]]])
    boxes = np.hstack([points, points])
    owners = np.sum([owned(tile, boxes, boxes) for tile in tiles], axis=0)
    assert owners.tolist() == [1] * len(points)


def test_corners_on_one_spot_are_one_tile():
    assert split(np.zeros((50, 2)), np.ones(50), 3) == [PLANE]


def test_a_heavy_corner_does_not_keep_the_others_together():
    places = np.column_stack([np.arange(100.0), np.zeros(100)])
    weights = np.where(np.arange(100) == 40, 1e6, 1.0)
    tiles = split(places, weights, 20)
    loads = [weights[(places[:, 0] >= t[0]) & (places[:, 0] < t[2])].sum() for t in tiles]
    assert sorted(loads)[-2] <= 20


def test_a_task_is_small_however_large_its_layers_are(tmp_path: Path):
    squares = shapes_of(
        shapely.box(*(ORIGIN[0], ORIGIN[1]), ORIGIN[0] + np.arange(1, 3000), ORIGIN[1] + 1)
    )
    write_packed(tmp_path / "layer", squares, {})
    layer = PackedFile(tmp_path / "layer")
    tasks = plan_tasks("all", layer, layer, ASKED, most=500)
    assert max(len(pickle.dumps(task)) for task in tasks) < 2_000


def test_empty_layers_make_no_tasks():
    nothing = Held(shapes_of([]))
    hollow = Held(shapes_of([shapely.MultiPolygon()]))
    full = Held(shapes_of([shapely.box(0, 0, 1, 1)]))
    for pair in ((nothing, full), (full, nothing), (nothing, nothing)):
        assert gathered(plan_tasks("all", *pair, ASKED)).num_rows == 0
    assert gathered(plan_tasks("all", hollow, full, ASKED)).num_rows == 0
    assert serial(hollow, full).num_rows == 0
