"""A search again after a change: the table that a search of everything gives, to the last bit."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from conflict.again import Again, Moved
from conflict.drawing import Asked
from conflict.tasks import SCHEMA, Task, run_task

from .conftest import ORIGIN, Held, polygons, shapes_of

ASKED = Asked("EPSG:4548", min_area_m2=0.01, min_width_m=0.001)
Features = dict[int, BaseGeometry]

features = st.dictionaries(st.integers(0, 30), polygons(), max_size=10)
changes = st.dictionaries(st.integers(0, 30), st.one_of(st.none(), polygons()), max_size=3)


def changed(before: Features, change: dict[int, BaseGeometry | None]) -> Features:
    """The features after some came, went or moved."""
    after = {**before, **change}
    return {name: shape for name, shape in sorted(after.items()) if shape is not None}


def in_order(these: Features) -> Features:
    return dict(sorted(these.items()))


def held(these: Features) -> Held:
    return Held(shapes_of(these.values()))


def told(these: Features) -> pa.Array:
    return pa.array([f"{name} {shape.wkt}" for name, shape in these.items()], pa.string())


def whole(left: Held, right: Held) -> pa.Table:
    return run_task(Task("all", 0, left, right, ASKED)).combine_chunks()


def searched_again(
    before: pa.Table, sides: tuple[Held, Held], moved: tuple[Moved, Moved], most: float
) -> tuple[pa.Table, int]:
    """The table, and how many overlaps were looked at."""
    again = Again("all", sides, ASKED, before, before.column("geometry").take, moved)
    found = [run_task(task) for task in again.tasks(most)]
    for table in found:
        again.saw(table)
    settled, tasks = again.recount()
    numbers = [task.number for task in tasks]
    assert numbers == list(range(len(found), len(found) + len(tasks)))
    found += [run_task(task) for task in tasks]
    parts = pa.concat_tables([SCHEMA.empty_table(), settled, *found])
    order = [("left", "ascending"), ("right", "ascending")]
    return parts.sort_by(order).combine_chunks(), sum(len(table) for table in found)


@given(features, features, changes, changes, st.integers(5, 200))
def test_a_search_again_is_a_search_of_everything(
    left: Features, right: Features, left_change: Any, right_change: Any, most: int
):
    left, right = in_order(left), in_order(right)
    after = changed(left, left_change), changed(right, right_change)
    moved = (
        Moved.between(told(left), told(after[0])),
        Moved.between(told(right), told(after[1])),
    )
    sides = held(after[0]), held(after[1])
    table, _ = searched_again(whole(held(left), held(right)), sides, moved, most)
    assert table.equals(whole(*sides))


def test_where_nothing_has_changed_nothing_is_looked_at():
    town = {
        n: shapely.box(*(ORIGIN + np.array([n, 0])), *(ORIGIN + np.array([n + 2, 9])))
        for n in range(9)
    }
    side, same = held(town), Moved.between(told(town), told(town))
    before = whole(side, side)
    table, looked_at = searched_again(before, (side, side), (same, same), 50)
    assert table.equals(before)
    assert looked_at == 0


@pytest.mark.parametrize("moved_east", [0.5, 400.0])
def test_a_change_is_felt_around_it_and_nowhere_else(moved_east: float):
    def row(*corners: float) -> Features:
        return {
            n: shapely.box(ORIGIN[0] + x, ORIGIN[1], ORIGIN[0] + x + 10, ORIGIN[1] + 10)
            for n, x in enumerate(corners)
        }

    before, after = row(0, 100, 200, 300), row(0, 100 + moved_east, 200, 300)
    other = row(5, 105, 205, 305)
    moved = Moved.between(told(before), told(after))
    same = Moved.between(told(other), told(other))
    sides = held(after), held(other)
    table, looked_at = searched_again(whole(held(before), held(other)), sides, (moved, same), 50)
    assert table.equals(whole(*sides))
    assert looked_at == (1 if moved_east < 100 else 0)


def test_neighbours_that_only_touch_what_came_are_not_looked_at():
    def plan(size: float, shrunk: float) -> Features:
        x, y = ORIGIN
        return {
            n: shapely.box(
                x + n % 5 * size,
                y + n // 5 * size,
                x + (n % 5 + 1) * size - (shrunk if n == 12 else 0),
                y + (n // 5 + 1) * size,
            )
            for n in range(25)
        }

    before, after, other = plan(10, 0), plan(10, 1), plan(7, 0)
    moved = Moved.between(told(before), told(after))
    same = Moved.between(told(other), told(other))
    sides = held(after), held(other)
    found = whole(*sides)
    table, looked_at = searched_again(whole(held(before), held(other)), sides, (moved, same), 50)
    assert table.equals(found)
    assert looked_at == sum(row == 12 for row in found.column("left").to_pylist())


def test_an_overlap_that_went_is_felt_by_those_that_had_it_beside_them():
    def boxes(*corners: float) -> Features:
        x, y = ORIGIN
        return {n: shapely.box(x + at, y, x + at + 10, y + 10) for n, at in enumerate(corners)}

    before, other = boxes(0, 2, 40), boxes(1, 41)
    after = {n: shape for n, shape in before.items() if n != 0}
    moved = Moved.between(told(before), told(after))
    same = Moved.between(told(other), told(other))
    sides = held(after), held(other)
    table, looked_at = searched_again(whole(held(before), held(other)), sides, (moved, same), 50)
    assert table.equals(whole(*sides))
    assert looked_at == 1
    assert table.column("counted_m2").to_pylist() == table.column("area_m2").to_pylist()
