"""The findings beside the map: the gravest in full, and first why a check is incomplete."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.report.findings import Findings, Lines, height, share_out
from blueprint.report.page import Page
from blueprint.words import WORDS, characters
from tests.blueprint.report.conftest import FIELD, finding
from tests.blueprint.report.test_maps import scene

SHORT, LAW, FULL = (["t"], ["s"]), (["t"], ["s", "l"]), (["t"], ["s", "m", "m", "l"])
LENGTHS = (SHORT, LAW, FULL)
LINES = st.integers(0, 4).map(lambda count: (["t"], ["s"] * count))
TOLD = st.lists(st.tuples(LINES, LINES, LINES).map(lambda t: sorted(t, key=height)), max_size=8)


def taken(lines: Sequence[Lines]) -> float:
    return sum(map(height, lines))


def test_findings_are_told_in_full_where_there_is_room() -> None:
    assert share_out([LENGTHS] * 8, 8 * height(FULL), 8) == [FULL] * 8


def test_the_gravest_are_told_in_full_and_the_next_with_their_law() -> None:
    room = height(FULL) + height(LAW) + 2 * height(SHORT) + 0.1
    assert share_out([LENGTHS] * 4, room, 4) == [FULL, LAW, SHORT, SHORT]


def test_without_room_the_mildest_are_left_out() -> None:
    assert share_out([LENGTHS] * 4, 2 * height(SHORT) + 14.1, 4) == [SHORT, SHORT]
    assert share_out([LENGTHS] * 4, 0, 4) == []


@given(told=TOLD, room=st.floats(0, 600), more=st.integers(0, 3))
def test_what_is_told_fits(told: list[list[Lines]], room: float, more: int) -> None:
    shared = share_out(told, room, len(told) + more)
    assert not shared or taken(shared) <= room + 1e-6
    assert all(lines in lengths for lines, lengths in zip(shared, told, strict=False))


@pytest.mark.parametrize(
    ("verdict", "order"),
    [("incomplete", ["无法判断", "限制"]), ("restricted", ["限制", "无法判断"])],
)
def test_what_could_not_be_judged_comes_first_where_it_decides(
    verdict: str, order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(finding("林地", "restricted", FIELD), FIELD), (finding("某", "no_data"), None)]
    check = scene(verdict, found).check
    page, written = Page(characters(check, [])), []
    monkeypatch.setattr(page, "write", lambda at, text, *_, **__: written.append((at[1], text)))
    Findings(page, check, []).write(100)
    tags = {WORDS["no_data"].zh, WORDS["restricted"].zh}
    assert [text for _, text in sorted(written, reverse=True) if text in tags] == order
