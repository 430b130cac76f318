"""Whole processes killed, connections cut, two at once: a layer is as it was or wholly new."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import geopandas
import psycopg
import pytest
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import open_service
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from layers import StoreUnavailable
from layers.versions import digest

from .conftest import FAR, ORIGIN, SITE, Town, town_in
from .test_copy import named

MANY = 3_000
_POLL_S = 0.02


@pytest.fixture
def town(town_on_either: Town) -> Town:
    return town_on_either


@pytest.fixture
def server_town(postgis_store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on the server store alone."""
    yield from town_in(postgis_store, tmp_path)


def draw_many(town: Town, seed: int) -> Path:
    """A delivery of squares that takes a while to ingest; no two seeds are alike."""
    rng = random.Random(seed)
    corners = [
        (ORIGIN[0] + rng.uniform(0, 9000), ORIGIN[1] + rng.uniform(0, 9000)) for _ in range(MANY)
    ]
    shapes = [shapely.box(x, y, x + 10, y + 10) for x, y in corners]
    path = town.folder / f"many{seed}.gpkg"
    columns = {"n": range(MANY), "name": [f"地块{n}" for n in range(MANY)]}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548").to_file(path)
    return path


def start(town: Town, layer: str, path: Path) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("blueprint")), "ingest", layer, str(path)],
        env=os.environ | {"BLUEPRINT_STORE": named(town)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    _, said = process.communicate()
    assert process.returncode == 0, said


def state(town: Town, layer: str) -> tuple[int, list[bool]]:
    """The newest version's number, and of each version whether it is all there."""
    with open_service(named(town)) as service, service.database.read() as connection:
        newest = service.layers.versions(connection)[layer].version
        whole = []
        for number in range(1, newest + 1):
            version = service.layers.version(connection, layer, number)
            table = service.layers.scan(connection, {layer: number})
            whole.append(
                digest(table) == version.digest and table.num_rows == version.feature_count
            )
        stray = connection.scalar(
            sa.text(
                "SELECT count(*) FROM feature WHERE layer_id = :layer "
                "AND (version_from > :newest OR version_until > :newest)"
            ),
            {"layer": layer, "newest": newest},
        )
        assert stray == 0
        records = sa.text("SELECT count(*) FROM delivery WHERE layer_id = :layer")
        assert connection.scalar(records, {"layer": layer}) == newest
        files = sa.text(
            "SELECT count(*) FROM source_file WHERE sha256 NOT IN "
            "(SELECT source_sha256 FROM delivery)"
        )
        assert connection.scalar(files) == 0
        return newest, whole


def test_an_ingest_killed_at_any_moment_leaves_the_old_version_in_force_or_a_whole_new_one(
    town: Town,
):
    town.deliver("farmland", SITE, FAR)
    began = time.monotonic()
    finish(start(town, "farmland", draw_many(town, 0)))
    lasts = time.monotonic() - began
    known, _ = state(town, "farmland")
    for turn, share in enumerate((0.3, 0.5, 0.65, 0.75, 0.85, 0.95), start=1):
        process = start(town, "farmland", draw_many(town, turn))
        time.sleep(lasts * share)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        newest, whole = state(town, "farmland")
        assert newest in (known, known + 1)
        assert all(whole)
        known = newest
    finish(start(town, "farmland", draw_many(town, 99)))
    assert state(town, "farmland") == (known + 1, [True] * (known + 1))


def test_two_ingests_of_one_layer_at_once_make_one_version_after_the_other(town: Town):
    town.deliver("farmland", SITE)
    processes = [start(town, "farmland", draw_many(town, seed)) for seed in (1, 2)]
    for process in processes:
        finish(process)
    assert state(town, "farmland") == (3, [True] * 3)


def test_ingests_of_different_layers_run_side_by_side_on_the_server(server_town: Town):
    town = server_town
    town.deliver("farmland", SITE)
    town.deliver("redline", SITE)
    with open_service(named(town)) as service, service.database.write() as connection:
        held = sa.text("SELECT 1 FROM layer WHERE id = 'farmland' FOR UPDATE")
        connection.execute(held)
        waiting = start(town, "farmland", draw_many(town, 1))
        finish(start(town, "redline", draw_many(town, 2)))
        with town.service.database.read() as reader:
            versions = town.service.layers.versions(reader)
        assert versions["redline"].version == 2
        assert versions["farmland"].version == 1
        await_block(named(town))
        assert waiting.poll() is None
    finish(waiting)
    assert state(town, "farmland") == (2, [True] * 2)


def await_block(store: str) -> int:
    """The backend that waits for a lock, once one does."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(store, autocommit=True) as connection:
        while (row := connection.execute(query).fetchone()) is None:
            time.sleep(_POLL_S)
    return int(row[0])


@contextmanager
def holding(store: str, lock: str) -> Iterator[None]:
    """Somebody else's lock, in whose way the ingest comes at a step of ours to choose."""
    with psycopg.connect(store) as connection:
        connection.execute(lock)
        yield
        connection.rollback()


LOCKS = {
    "before-anything-is-written": "SELECT 1 FROM layer WHERE id = 'farmland' FOR UPDATE",
    "when-the-file-is-kept": "LOCK TABLE source_chunk IN SHARE MODE",
    "when-old-features-are-ended": "SELECT 1 FROM feature WHERE layer_id = 'farmland' FOR UPDATE",
    "when-new-features-are-copied": "LOCK TABLE feature_farmland IN SHARE ROW EXCLUSIVE MODE",
    "when-the-delivery-is-recorded": "LOCK TABLE delivery IN SHARE MODE",
    "when-the-audit-log-is-written": "LOCK TABLE audit_log IN SHARE MODE",
}


@pytest.mark.parametrize("step", LOCKS)
def test_a_connection_that_the_server_cuts_is_one_clear_line_and_no_change(
    server_town: Town, step: str
):
    town, store = server_town, named(server_town)
    town.deliver("farmland", SITE, FAR)
    path, failures = town.draw(SITE), []

    def ingest() -> None:
        try:
            ingest_layer(town.service, Request("farmland", path))
        except StoreUnavailable as error:
            failures.append(str(error))

    with holding(store, LOCKS[step]):
        thread = Thread(target=ingest)
        thread.start()
        victim = await_block(store)
        with psycopg.connect(store, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (victim,))
        thread.join()
    (said,) = failures
    assert "\n" not in said
    assert "terminating connection" in said
    assert "see that the server runs and lets us in" in said
    assert state(town, "farmland") == (1, [True])
    assert town.deliver("farmland", SITE).version == 2
    assert state(town, "farmland") == (2, [True] * 2)
