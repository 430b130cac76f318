"""A search that goes on from an earlier one gives what a search of everything gives."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import open_service
from blueprint.conflicts.documents import Conflict
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.identity import pair_id
from blueprint.conflicts.kept_runs import run_of
from blueprint.conflicts.search import Workers, find_conflicts
from blueprint.copy import copy_store
from blueprint.models import CONFLICT_OF_RUN, ConflictRow, ConflictSearchRow
from blueprint.progress import Step
from blueprint.snapshots import load_into_store
from conflict import Processes, Serial, Workforce
from tests.blueprint.conftest import DAY, Town, catalogue, exclusive_rule

from .test_conflict_workers import RULES, content, settle_town, square
from .test_matrix import BY_DISTRICT

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


def four_runs(town: Town) -> Iterator[FoundConflicts]:
    """A search of each of four snapshots, between which zones change."""
    deliveries = zones(town)
    town.deliver("farmland", *(square(n * 30, 40 + n % 7 * 90, 120) for n in range(30)))
    for _ in range(4):
        town.deliver("zone", *next(deliveries))
        town.publish(exclusive_rule("farmland", "zone"))
        yield search(town)[0]


def test_every_run_of_a_series_can_be_read_as_a_whole(town_on_either: Town):
    town = town_on_either
    runs = list(four_runs(town))
    assert all(len(run) > 50 for run in runs)
    assert rows_stored(town) < 2 * len(runs[0])
    for run in runs:
        assert as_kept(town, run) == as_found(run)
    assert content(runs[-1]) == content(search(town, afresh=True)[0])
    assert len({len(run) for run in runs}) > 1


def test_a_series_ends_and_another_one_begins(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("blueprint.conflicts.run_rows._LONGEST", 2)
    runs = []
    for run in four_runs(town):
        runs.append(run)
        assert as_kept(town, runs[-1]) == as_found(runs[-1])
    with town.service.database.read() as connection:
        s = ConflictSearchRow
        places = connection.execute(sa.select(s.run_id, s.first_run_id, s.point)).all()
    first, second, third, fourth = (run.head.run_id for run in runs)
    assert {tuple(place) for place in places} == {
        (first, first, 1), (second, first, 2), (third, third, 1), (fourth, third, 2)
    }  # fmt: skip


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
        patch.setattr("blueprint.conflicts.search.save_run", refuse)
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


FIELDS = [square(0, 0, 100), square(300, 0, 100), square(600, 0, 100)]
ZONES = [square(90, 0, 100), square(390, 0, 100), square(690, 0, 100)]


def numbered(*ids: str) -> dict[str, list[dict[str, str]]]:
    return {"attributes": [{"BSM": name} for name in ids]}


def test_conflicts_are_called_as_a_search_of_everything_calls_them(town_on_either: Town):
    town = town_on_either
    load_into_store(town.service, catalogue(farmland={"id_field": "BSM"}, zone={"id_field": "BSM"}))
    town.deliver("zone", *ZONES, **numbered("x", "y", "z"))
    heirs = 0
    # b is called d, then comes back beside it, then is gone again; all the while e changes
    for ids, drawn, grown in (
        ("abc", FIELDS, 100),
        ("adc", FIELDS, 101),
        ("adcb", [*FIELDS, FIELDS[1]], 102),
        ("adc", FIELDS, 103),
        ("efc", FIELDS, 104),
    ):
        changing = square(2_000, 0, grown)
        town.deliver("farmland", *drawn, changing, **numbered(*ids, "later"))
        town.publish(exclusive_rule("farmland", "zone"))
        one, _ = search(town)
        assert as_kept(town, one) == as_found(one)
        afresh, _ = search(town, afresh=True)
        assert as_found(one) == as_found(afresh)
        heirs += sum(c.id != own(c) for c in one.document.conflicts)
        # the next search goes on from this one again, whose ids its own series has
        again, parts = search(town)
        assert parts == 0
        assert as_kept(town, again) == as_found(afresh)
    assert heirs == 4


def own(conflict: Conflict) -> str:
    left, right = conflict.left, conflict.right
    return pair_id(conflict.rule, left.layer, left.feature_id, right.layer, right.feature_id)


def test_a_row_that_stays_may_get_another_id_in_the_middle_of_a_series(town: Town):
    load_into_store(town.service, catalogue(farmland={"id_field": "BSM"}, zone={"id_field": "BSM"}))
    town.deliver("zone", *ZONES, **numbered("x", "y", "z"))
    runs = []
    for ids in ("abc", "dbc", "dbca", "dbc"):
        drawn = [FIELDS[0], *FIELDS[1:], FIELDS[0]][: len(ids)]
        town.deliver("farmland", *drawn, **numbered(*ids))
        town.publish(exclusive_rule("farmland", "zone"))
        runs.append(search(town)[0])
    names = [{c.left.feature_id: c.id for c in as_kept(town, run)[0]} for run in runs]
    assert names == [{c.left.feature_id: c.id for c in run.document.conflicts} for run in runs]
    assert names[1]["d"] == names[0]["a"] == names[2]["a"] == names[3]["d"]
    assert names[2]["d"] not in {*names[0].values(), names[1]["d"]}
    with town.service.database.read() as connection:
        firsts = connection.scalars(sa.select(ConflictSearchRow.first_run_id)).all()
    assert set(firsts) == {runs[0].head.run_id}
    assert rows_stored(town) == 7


def uses(*of: str) -> dict[str, list[dict[str, str]]]:
    return {"attributes": [{"use": use} for use in of]}


@pytest.mark.parametrize("changed", ["zone", "redline"])
@pytest.mark.parametrize("kind", ["windows", "matrix"])
def test_rules_with_windows_or_classes_go_on_like_any_other(town: Town, kind: str, changed: str):
    rule = exclusive_rule("farmland", "zone", windows={"layer": "redline"})
    if kind == "matrix":
        rule = BY_DISTRICT | {"districts": {"layer": "redline", "field": "use"}}
    town.deliver("farmland", *FIELDS, **uses("field", "lake", "field"))
    town.deliver("zone", *ZONES, square(0, 90, 20), **uses("town", "field", "town", "town"))
    town.deliver("redline", square(50, 0, 400), square(450, 0, 300), **uses("west", "east"))
    town.publish(rule)
    first, _ = search(town)
    if changed == "zone":
        moved = [square(80, 20, 100), *ZONES[1:], square(0, 90, 20)]
        town.deliver("zone", *moved, **uses("town", "field", "field", "town"))
    else:
        town.deliver("redline", square(50, 0, 345), square(450, 0, 300), **uses("west", "east"))
    town.publish(rule)
    again, _ = search(town)
    afresh, _ = search(town, afresh=True)
    assert content(again) == content(afresh)
    assert again.head.rules != first.head.rules
    assert again.document.by_design == afresh.document.by_design
    assert as_kept(town, again) == as_found(again) == as_found(afresh)
    assert as_kept(town, first) == as_found(first)


def test_what_is_judged_by_another_accuracy_is_stored_anew(town: Town):
    settle_town(town)
    first, _ = search(town)
    load_into_store(town.service, catalogue(zone={"accuracy_m": 20}))
    town.publish(*RULES)
    again, parts = search(town)
    assert parts == 0
    assert content(again) == content(search(town, afresh=True)[0])
    assert again.table.column("band") != first.table.column("band")
    assert as_kept(town, again) == as_found(again)
    assert as_kept(town, first) == as_found(first)


def test_a_series_is_never_read_by_whom_its_layers_are_hidden_from(town: Town):
    rule = exclusive_rule("farmland", "barracks")
    town.deliver("farmland", *FIELDS)
    runs = []
    for barracks, clearance in ((ZONES, "restricted"), (ZONES, "public"), (CHANGED, "restricted")):
        town.deliver("barracks", *barracks)
        town.publish(rule)
        runs.append(find_conflicts(town.service, day=DAY, clearance=clearance))
    assert [len(run) > 0 for run in runs] == [True, False, True]
    assert as_kept(town, runs[0]) == as_found(runs[0])
    assert as_kept(town, runs[2]) == as_found(runs[2])
    with town.service.database.read() as connection:
        c = CONFLICT_OF_RUN.c
        seen = set(connection.scalars(sa.select(c.run_id)))
        assert seen == {runs[0].head.run_id, runs[2].head.run_id}
        for run in runs:
            shown = run_of(connection, run.head.run_id, "public")
            assert shown.conflicts == ()
            assert [line.withheld for line in shown.head.rules] == [True]


def test_a_copied_store_has_every_run_of_a_series_and_begins_another(
    town: Town, postgis_store: str
):
    deliveries = zones(town)
    town.deliver("farmland", *(square(n * 30, 40 + n % 7 * 90, 120) for n in range(30)))
    runs = []
    for _ in range(2):
        town.deliver("zone", *next(deliveries))
        town.publish(exclusive_rule("farmland", "zone"))
        runs.append(search(town)[0])
    copy_store(str(town.folder / "store.gpkg"), postgis_store)
    with open_service(postgis_store) as service:
        copied = Town(service, town.folder, town.catalogue)
        for run in runs:
            assert as_kept(copied, run) == as_found(run)
        copied.deliver("zone", *next(deliveries))
        copied.publish(exclusive_rule("farmland", "zone"))
        later, _ = search(copied)
        assert as_kept(copied, later) == as_found(later)
