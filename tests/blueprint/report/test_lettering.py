"""Lines of text: none too wide, nothing lost, and broken where Chinese may be broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.report.lettering import Lettering

TEXT = "鹭城永久基本农田占用 12.3 m²，。（）"
TEXTS = st.text(alphabet="永久基本农田，。（）AB c1.5-", max_size=60)


@given(text=TEXTS, width=st.floats(12, 200))
def test_wrapped_lines_fit_and_say_all(text: str, width: float) -> None:
    letters = Lettering(TEXT)
    lines = letters.wrap(text, 10, width)
    assert all(letters.width(line, 10) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(text=TEXTS, most=st.integers(1, 3))
def test_text_that_goes_on_ends_in_an_ellipsis(text: str, most: int) -> None:
    letters = Lettering(TEXT)
    whole = letters.wrap(text, 10, 60)
    lines = letters.wrap(text, 10, 60, most)
    assert len(lines) <= most
    assert lines == whole if len(whole) <= most else lines[-1].endswith("…")
    assert all(letters.width(line, 10) <= 60 for line in lines)


def test_numbers_stay_with_their_unit_and_lines_do_not_start_with_a_full_stop() -> None:
    letters = Lettering(TEXT)
    assert letters.wrap("占用 12.3 m²", 10, 45) == ["占用", "12.3 m²"]
    assert letters.wrap("农田农田。", 10, 42) == ["农田农", "田。"]


def test_width_counts_a_chinese_character_as_one_em() -> None:
    assert Lettering("农田").width("农田", 12) == pytest.approx(24, abs=0.1)


def test_text_takes_the_first_size_that_fits() -> None:
    letters = Lettering(TEXT)
    choices = [(20.0, 1), (10.0, 2)]
    assert letters.fit("农田", 45, choices) == (20.0, ["农田"])
    assert letters.fit("农田农田农田", 45, choices) == (10.0, ["农田农田", "农田"])
    size, lines = letters.fit("农田" * 20, 45, choices)
    assert (size, len(lines)) == (10.0, 2)
    assert lines[-1].endswith("…")
