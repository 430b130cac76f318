"""A search that goes on from an earlier one gives what a search of everything gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blueprint.conflicts import Workers, find_conflicts
from blueprint.found_conflicts import FoundConflicts
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
