"""An R*Tree packed at once answers as one that SQLite filled row by row, and goes on growing."""

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.rtree import Boxes, add_boxes

CREATE = "CREATE VIRTUAL TABLE box USING rtree(id, minx, maxx, miny, maxy, minz, maxz)"
WITHIN = "SELECT id FROM box WHERE minx <= ? AND maxx >= ? AND miny <= ? AND maxy >= ? ORDER BY id"


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        opened.exec_driver_sql(CREATE)
        yield opened
    engine.dispose()


def boxes(count: int, seed: int) -> Boxes:
    rng = np.random.default_rng(seed)
    low = rng.uniform([600_000, 2_700_000, 0], [640_000, 2_740_000, 65_536], (count, 3))
    high = low + rng.uniform(0, 500, (count, 3))
    return np.stack([low, high], axis=2).reshape(count, 6)


def check(connection: sa.Connection) -> str:
    said: str = connection.exec_driver_sql("SELECT rtreecheck('box')").scalar_one()
    return said


def by_sqlite(edges: Boxes) -> sqlite3.Connection:
    """The same boxes, one insert after the other."""
    file = sqlite3.connect(":memory:")
    file.execute(CREATE)
    rows = [(at, *box) for at, box in enumerate(edges.tolist(), 1)]
    file.executemany("INSERT INTO box VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return file


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([1, 40, 700, 1_000, 3_000]), min_size=1, max_size=6))
def test_whatever_came_before_the_tree_is_sound_and_answers_as_sqlites_own(
    sizes: list[int],
) -> None:
    engine = sa.create_engine("sqlite://")
    edges = boxes(sum(sizes), seed=len(sizes))
    with engine.connect() as connection:
        connection.exec_driver_sql(CREATE)
        first = 0
        for size in sizes:
            ids = np.arange(first + 1, first + size + 1)
            add_boxes(connection, "box", ids, edges[first : first + size])
            assert check(connection) == "ok"
            first += size
        place = (620_500.0, 620_000.0, 2_721_000.0, 2_720_000.0)
        found = connection.exec_driver_sql(WITHIN, place).scalars().all()
        own = by_sqlite(edges)
        assert found == [row[0] for row in own.execute(WITHIN, place)]
        own.close()
    engine.dispose()


def test_a_packed_box_holds_the_exact_one(connection: sa.Connection) -> None:
    edges = boxes(2_000, seed=7)
    add_boxes(connection, "box", np.arange(1, 2_001), edges)
    rows = connection.exec_driver_sql("SELECT * FROM box ORDER BY id").all()
    stored = np.array([tuple(row)[1:] for row in rows])
    assert (stored[:, ::2] <= edges[:, ::2]).all()
    assert (stored[:, 1::2] >= edges[:, 1::2]).all()


def test_what_is_packed_can_be_taken_out_again(connection: sa.Connection) -> None:
    add_boxes(connection, "box", np.arange(1, 3_001), boxes(3_000, seed=3))
    connection.exec_driver_sql("DELETE FROM box WHERE id % 3 = 0")
    assert check(connection) == "ok"
    assert connection.exec_driver_sql("SELECT count(*) FROM box").scalar_one() == 2_000


def test_nothing_to_add_changes_nothing(connection: sa.Connection) -> None:
    add_boxes(connection, "box", np.empty(0, dtype=np.int64), np.empty((0, 6)))
    assert connection.exec_driver_sql("SELECT count(*) FROM box").scalar_one() == 0
