"""Case files: what is kept, who may read it, how much of it, and that it never stops anything."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import Polygon, box

from conflict import casefile
from conflict.casefile import Case, CaseFolder, Try, case_text, load_case
from conflict.intersect import intersect

from .nasty import bow_tie_invalid

CASE = Case(
    box(610000.0001, 0, 610010, 1 / 3),
    box(0, 0, 1, 1),
    2,
    expected_m2=0.1,
    tries=(Try("float", "TopologyException: at 1 2"), Try("snapped", "")),
)


def other(k: int) -> Case:
    return Case(box(0, 0, 1 + k, 1), box(0, 0, 1, 1), 2)


def test_a_case_comes_back_exactly(tmp_path: Path) -> None:
    folder = CaseFolder(tmp_path / "cases")
    path = folder.keep(CASE)
    assert path is not None
    back = load_case(path)
    assert back == CASE
    assert shapely.to_wkb(back.left) == shapely.to_wkb(CASE.left)
    document = json.loads(path.read_text("utf-8"))
    assert document["geos"] == shapely.geos_version_string
    assert path.stem == CASE.name


def test_coordinates_that_are_no_numbers_come_back_too(tmp_path: Path) -> None:
    odd = Case(Polygon(np.array([(0, 0), (1, 0), (np.inf, 1)])), box(0, 0, 1, 1), 2)
    path = CaseFolder(tmp_path).keep(odd)
    assert path is not None
    assert shapely.to_wkb(load_case(path).left) == shapely.to_wkb(odd.left)


def test_the_owner_alone_can_read_what_is_kept(tmp_path: Path) -> None:
    folder = CaseFolder(tmp_path / "deep" / "cases")
    old = os.umask(0)
    try:
        path = folder.keep(CASE)
    finally:
        os.umask(old)
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_the_same_pair_is_kept_once_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = CaseFolder(tmp_path)
    again = Case(CASE.left, CASE.right, 2, tries=(Try("float", "another text"),))
    assert folder.keep(CASE) == folder.keep(again)
    assert CASE.name != Case(CASE.right, CASE.left, 2).name
    assert [entry.name for entry in tmp_path.iterdir()] == [f"{CASE.name}.json"]
    assert folder.unkept == 0


def test_no_more_files_and_bytes_are_kept_than_asked_for(tmp_path: Path) -> None:
    few = CaseFolder(tmp_path / "few", most_files=3)
    assert [few.keep(other(k)) is not None for k in range(5)] == [True] * 3 + [False] * 2
    assert few.unkept == 2
    assert few.keep(other(1)) is None
    size = len(case_text(other(0)))
    small = CaseFolder(tmp_path / "small", most_bytes=2 * size + 10)
    assert [small.keep(other(k)) is not None for k in range(3)] == [True, True, False]


def test_a_folder_that_cannot_be_written_or_a_full_disk_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    folder = CaseFolder(occupied / "cases")
    left, right = np.empty(1, dtype=object), np.empty(1, dtype=object)
    left[0], right[0] = bow_tie_invalid(), box(0, 0, 50, 100)
    found = intersect(left, right, 2, keep=folder.keep)
    assert found.geometry[0].area == pytest.approx(2500)
    assert folder.unkept == 1

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    folder = CaseFolder(tmp_path / "cases")
    with monkeypatch.context() as patch:
        patch.setattr(casefile.os, "fdopen", full)
        assert folder.keep(CASE) is None
    assert list(folder.path.iterdir()) == []
    assert folder.keep(CASE) is not None


def test_threads_share_a_folder(tmp_path: Path) -> None:
    folder = CaseFolder(tmp_path, most_files=20)
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(folder.keep, [other(k % 25) for k in range(100)]))
    assert len({path for path in kept if path}) == len(list(tmp_path.iterdir())) == 20


@pytest.mark.parametrize("text", ["[]", '{"format": 2}', "{"])
def test_what_is_no_case_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"no case file|Expecting"):
        load_case(path)


def test_only_pairs_with_trouble_are_kept(tmp_path: Path) -> None:
    folder = CaseFolder(tmp_path)
    left, right = np.empty(3, dtype=object), np.empty(3, dtype=object)
    left[:] = [box(0, 0, 10, 10), bow_tie_invalid(10.0), box(0, 0, 10, 10)]
    right[:] = [box(5, 5, 15, 15)] * 3
    intersect(left, right, 2, np.array([25.0, np.nan, 7.0]), keep=folder.keep)
    cases = {load_case(path).expected_m2: load_case(path) for path in tmp_path.iterdir()}
    assert cases.keys() == {None, 7.0}
    assert [t.method for t in cases[None].tries] == ["float", "snapped", "repaired"]
    assert "expected 7.0" in cases[7.0].tries[0].said
