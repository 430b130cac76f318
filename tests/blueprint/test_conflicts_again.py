"""A search that goes on from an earlier one gives what a search of everything gives."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from blueprint.conflict_documents import Conflict
from blueprint.conflicts import Workers, find_conflicts
from blueprint.found_conflicts import FoundConflicts
from blueprint.kept_runs import run_of
from blueprint.models import ConflictRow
from blueprint.progress import Step
from conflict import Processes, Serial, Workforce

from .conftest import DAY, Town, exclusive_rule
from .test_conflict_workers import RULES, content, settle_town, square

CHANGED = [square(30, 40, 90), square(700, 700, 60), square(1_950, 20, 100)]


def search(
    town: Town, *, afresh: bool = False, force: Workforce | None = None
) -> tuple[FoundConflicts, int]:
    """What is found, and in how many parts."""
    steps: list[Step] = []
    found = find_conflicts(
        town.service,
        day=DAY,
        afresh=afresh,
        workers=Workers(force or Serial(), corners=300.0),
        progress=steps.append,
    )
    return found, sum(step.total > 0 for step in steps)


def kept_files(town: Town) -> list[Path]:
    return sorted((town.folder / "store.gpkg.overlaps").iterdir())


def test_the_same_snapshot_again_needs_no_work_and_answers_the_same(town: Town):
    settle_town(town)
    first, parts = search(town)
    assert parts > 10
    again, parts = search(town)
    assert parts == 0
    assert content(again) == content(first)


@pytest.mark.parametrize("force", [Serial(), Processes(2)], ids=repr)
def test_a_changed_layer_is_searched_where_it_changed(town_on_either: Town, force: Workforce):
    town = town_on_either
    settle_town(town)
    before, all_parts = search(town)
    town.deliver("zone", *CHANGED)
    town.publish(*RULES)
    again, parts = search(town, force=force)
    assert 0 < parts < all_parts
    assert content(again) == content(search(town, afresh=True)[0])
    assert content(again) != content(before)


def test_another_filter_starts_from_nothing(town: Town):
    settle_town(town)
    search(town)
    town.publish(exclusive_rule("farmland", "zone", left_where="n < 100"))
    found, parts = search(town)
    assert parts > 0
    assert content(found) == content(search(town, afresh=True)[0])


def spoil(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [spoil, cut_short, empty, Path.unlink])
def test_what_is_damaged_is_not_used(town: Town, harm: Callable[[Path], None]):
    settle_town(town)
    first, all_parts = search(town)
    for path in kept_files(town):
        harm(path)
    again, parts = search(town)
    assert parts == all_parts
    assert content(again) == content(first)


def test_where_nothing_can_be_kept_the_search_is_whole_and_says_so(
    town: Town, caplog: pytest.LogCaptureFixture
):
    settle_town(town)
    (town.folder / "store.gpkg.overlaps").write_text("in the way")
    found, parts = search(town)
    assert parts > 10
    assert "overlaps are not kept" in caplog.text
    assert content(found) == content(search(town, afresh=True)[0])


def test_only_the_owner_may_look_at_what_is_kept(town: Town):
    settle_town(town)
    search(town)
    assert (town.folder / "store.gpkg.overlaps").stat().st_mode & 0o077 == 0
    assert [path.stat().st_mode & 0o077 for path in kept_files(town)] == [0, 0, 0]


def as_kept(town: Town, found: FoundConflicts) -> tuple[list[Conflict], list[bytes]]:
    """All conflicts of a run as the store has them, and their shapes."""
    with town.service.database.read() as connection:
        run = run_of(connection, found.head.run_id, "restricted")
        return list(run.conflicts), shapely.to_wkb(run.shapes(connection)).tolist()


def as_found(found: FoundConflicts) -> tuple[list[Conflict], list[bytes]]:
    return found.document.conflicts, shapely.to_wkb(found.shapes).tolist()


def rows_stored(town: Town) -> int:
    with town.service.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(ConflictRow)) or 0


def zones(town: Town) -> Iterator[list[str]]:
    """One delivery of the zones after the other, a few of them changed each time."""
    rng = np.random.default_rng(5)
    drawn = [square(*rng.integers(0, 900, 2), int(rng.integers(10, 150))) for _ in range(60)]
    while True:
        yield drawn
        for at in rng.integers(0, len(drawn), 3).tolist():
            drawn[at] = square(*rng.integers(0, 900, 2), 40)


def test_every_run_of_a_series_can_be_read_as_a_whole(town_on_either: Town):
    town = town_on_either
    deliveries = zones(town)
    town.deliver("farmland", *(square(n * 30, 40 + n % 7 * 90, 120) for n in range(30)))
    runs = []
    for _ in range(4):
        town.deliver("zone", *next(deliveries))
        town.publish(exclusive_rule("farmland", "zone"))
        runs.append(search(town)[0])
    assert all(len(run) > 50 for run in runs)
    assert rows_stored(town) < 2 * len(runs[0])
    for run in runs:
        assert as_kept(town, run) == as_found(run)
    assert content(runs[-1]) == content(search(town, afresh=True)[0])
    assert len({len(run) for run in runs}) > 1


def test_two_searches_that_go_on_from_the_same_run_are_kept_apart(town: Town):
    settle_town(town)
    search(town)
    folder, aside = town.folder / "store.gpkg.overlaps", town.folder / "aside"
    shutil.copytree(folder, aside)
    town.deliver("zone", *CHANGED)
    town.publish(*RULES)
    one, _ = search(town)
    shutil.rmtree(folder)
    shutil.copytree(aside, folder)
    other, _ = search(town)
    assert content(one) == content(other)
    assert as_kept(town, one) == as_kept(town, other) == as_found(one) == as_found(other)


def test_a_search_that_the_store_never_got_is_gone_on_with_and_stored_as_a_whole(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    settle_town(town)
    search(town)
    town.deliver("zone", *CHANGED)
    town.publish(*RULES)

    def refuse(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("blueprint.conflicts.save_run", refuse)
        with pytest.raises(OSError, match="full"):
            search(town)
    found, parts = search(town)
    assert parts == 0
    assert as_kept(town, found) == as_found(found)


def test_what_is_kept_does_not_grow_without_end(town: Town):
    deliveries = zones(town)
    town.deliver("farmland", *(square(n * 30, 40 + n % 7 * 90, 120) for n in range(30)))
    sizes = []
    for _ in range(6):
        town.deliver("zone", *next(deliveries))
        town.publish(exclusive_rule("farmland", "zone"))
        search(town)
        sizes.append(kept_files(town)[0].stat().st_size)
    assert max(sizes) < 4 * sizes[0]
    assert any(later < earlier for earlier, later in pairwise(sizes))
