"""Whoever searches for conflicts, and whoever dies meanwhile: one answer, kept as a whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from blueprint.bootstrap import init_store
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import Workers, find_conflicts
from blueprint.errors import PlanningError
from blueprint.models import ConflictRow, ConflictRunRow
from blueprint.progress import Step
from conflict import Cluster, ExecutionError, Processes, Serial, Threads
from tests.blueprint.conftest import DAY, Town, exclusive_rule

SMALL = 300.0
RULES = [
    exclusive_rule("farmland", "zone"),
    exclusive_rule("zone", "redline", left_where="n < 150"),
    exclusive_rule("farmland", "redline", forgive_slivers=False),
]


def settle_town(town: Town) -> None:
    """Some hundred squares in each of three layers, overlapping each other at random."""
    rng = np.random.default_rng(11)
    for layer, count in (("farmland", 300), ("zone", 200), ("redline", 40)):
        x, y = rng.integers(0, 2_000, (2, count))
        size = rng.integers(10, 150, count)
        town.deliver(layer, *map(square, x, y, size))
    town.publish(*RULES)


def square(x: int, y: int, size: int) -> str:
    far_x, far_y = x + size, y + size
    return f"POLYGON (({x} {y}, {far_x} {y}, {far_x} {far_y}, {x} {far_y}, {x} {y}))"


def search(town: Town, workers: Workers, **options: Any) -> FoundConflicts:
    options = {"afresh": True} | options
    return find_conflicts(town.service, day=DAY, workers=workers, **options)


def content(found: FoundConflicts) -> tuple[object, ...]:
    """All of an answer but its name and its hour."""
    head = found.head.model_dump(exclude={"run_id", "searched_at"})
    return head, found.table.to_pylist()


def kept_runs(town: Town) -> dict[str, int]:
    """The runs that the store has, with the number of their conflicts."""
    with town.service.database.read() as connection:
        names = connection.scalars(sa.select(ConflictRunRow.id)).all()
        counts = sa.select(ConflictRow.run_id, sa.func.count().label("found")).group_by(
            ConflictRow.run_id
        )
        found = {row.run_id: row.found for row in connection.execute(counts)}
    assert set(found) <= set(names)
    return {name: found.get(name, 0) for name in names}


@pytest.fixture
def expected(town_on_either: Town) -> tuple[object, ...]:
    settle_town(town_on_either)
    found = search(town_on_either, Workers(Serial()))
    assert len(found) > 300
    assert kept_runs(town_on_either) == {found.head.run_id: len(found)}
    return content(found)


@pytest.mark.parametrize("force", [Serial(), Threads(2), Processes(2)], ids=repr)
def test_the_answer_does_not_tell_who_searched_nor_in_which_parts(
    town_on_either: Town, expected: tuple[object, ...], force: Any
):
    steps: list[Step] = []
    found = search(town_on_either, Workers(force, corners=SMALL), progress=steps.append)
    assert content(found) == expected
    parts = [step for step in steps if step.total]
    assert len(parts) > 10
    assert [step.done for step in parts] == list(range(1, parts[0].total + 1))
    assert {step.what for step in steps} == {rule["id"] for rule in RULES}


def test_a_cluster_reads_from_postgis_and_loses_a_worker_and_answers_the_same(
    dask: Callable[..., Any], town_on_postgis: Town, postgis_store: str
):
    town = town_on_postgis
    settle_town(town)
    with dask(workers=3, env={"BLUEPRINT_STORE": postgis_store}) as cluster:

        def kill_one(step: Step) -> None:
            if step.done == 3:
                cluster.kill_a_worker()

        workers = Workers(Cluster(cluster.address), by_store=True, corners=SMALL)
        found = search(town, workers, progress=kill_one)
        assert len(cluster.workers) == 2
    assert content(found) == content(search(town, Workers()))


def test_a_cluster_reads_packed_layers_from_a_shared_folder_and_leaves_none_behind(
    dask: Callable[..., Any], town: Town, tmp_path: Path
):
    settle_town(town)
    shared = tmp_path / "shared"
    shared.mkdir()
    with dask(workers=2) as cluster:
        found = search(town, Workers(Cluster(cluster.address), shared, corners=SMALL))
    assert content(found) == content(search(town, Workers()))
    assert list(shared.iterdir()) == []


def test_workers_of_another_store_are_refused_and_nothing_is_kept(
    dask: Callable[..., Any], town_on_postgis: Town, tmp_path: Path
):
    town = town_on_postgis
    settle_town(town)
    other = tmp_path / "other.gpkg"
    init_store(str(other)).close()
    with dask(workers=1, env={"BLUEPRINT_STORE": str(other)}) as cluster:
        workers = Workers(Cluster(cluster.address), by_store=True)
        with pytest.raises(PlanningError, match=r"other\.gpkg.*BLUEPRINT_STORE of the workers"):
            search(town, workers)
    assert kept_runs(town) == {}


def test_a_search_that_cannot_be_ended_keeps_nothing(town: Town):
    settle_town(town)
    with pytest.raises(ExecutionError):
        search(town, Workers(Cluster("tcp://127.0.0.1:1")))
    assert kept_runs(town) == {}
