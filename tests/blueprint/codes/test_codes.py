"""Project codes: read however they are written, explained as far as is known, never vouched for."""

from datetime import date
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from blueprint.codes import CodeExplanation, check_digit_from, explain_code, parse_code, plain_code
from blueprint.codes.check_digit import GROUP, SETTING
from blueprint.codes.reading import written_out
from blueprint.codes.regions import CITIES, DISTRICTS, PROVINCES
from blueprint.errors import InvalidCode, InvalidSetting

DAY = date(2026, 11, 23)
NEW, OLD = "2111-522323-04-01-342068", "2019-440605-47-03-031018"
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/codes/parts.yaml").read_text("utf-8"))


class LastDigitOfTheSum:
    """An algorithm of the tests' own; no more is claimed for it."""

    source = "某附录 A"

    def digit(self, body: str) -> str:
        return str(sum(map(int, body)) % 10)


def meaning(found: CodeExplanation, part: str) -> tuple[str, str]:
    (one,) = [p for p in found.parts if p.id == part]
    return one.meaning.zh, one.meaning.en


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES["cases"]])
def test_each_part_is_told_and_what_is_wrong_is_named(case: dict[str, Any]):
    found = explain_code(case["code"], DAY)
    assert found.form == case["form"]
    if "problem" in case:
        assert not found.is_well_formed
        assert case["problem"] in "; ".join(problem.en for problem in found.problems)
        with pytest.raises(InvalidCode, match=r"; "):
            parse_code(case["code"], DAY)
    else:
        assert found.is_well_formed
        assert [f"{part.id} {part.status}" for part in found.parts] == case["parts"]
        assert str(parse_code(case["code"], DAY)) == found.code == case["code"]


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        NEW.replace("-", ""),
        f"  {NEW}\n",
        "２１１１－５２２３２３－０４－０１－３４２０６８",
        "2111—522323–04−01‐342068",
        "2111 522323 04 01 342068",
        "2111522323-04-01-342068",
        "2111-522323-04--01-342068-",
        f"项目代码：{NEW}",
        f"全国投资项目统一代码: {NEW}",
        "\ufeff2111-522323-\u200b04-01-342068",
    ],
)
def test_a_code_is_read_however_it_was_typed_or_pasted(text: str):
    assert explain_code(text, DAY).code == NEW


def test_a_region_is_named_as_far_as_it_is_known():
    assert meaning(explain_code(OLD, DAY), "region") == (
        "广东省佛山市（下级地区 05 的名称未知）",
        "Foshan, Guangdong (name of 05 within it not known)",
    )
    assert meaning(explain_code("2018-350203-47-03-012345", DAY), "region")[0] == (
        "福建省厦门市思明区"
    )
    assert meaning(explain_code("2111-350000-04-01-342068", DAY), "region")[1] == "Fujian"
    assert meaning(explain_code("2111-359900-04-01-342068", DAY), "region")[0] == (
        "福建省（下级地区 9900 的名称未知）"
    )


def test_the_table_of_regions_hangs_together():
    assert len(PROVINCES) == 34
    assert {city[:2] for city in CITIES} <= set(PROVINCES)
    assert {district[:4] for district in DISTRICTS} <= set(CITIES)


def test_no_code_is_ever_called_valid():
    for text in (NEW, OLD):
        told = explain_code(text, DAY).model_dump_json()
        assert "valid" not in told
        assert "have it confirmed" in told


def test_without_an_algorithm_a_check_digit_is_not_checked_and_no_digit_is_refused():
    bodies = [f"{NEW[:-1]}{digit}" for digit in range(10)]
    told = {meaning(explain_code(text, DAY), "check") for text in bodies}
    assert told == {("未校验：校验码算法未公开", "not checked: algorithm not published")}


def test_with_an_algorithm_the_digit_agrees_or_the_part_is_wrong():
    body = NEW.replace("-", "")[:-1]
    digit = LastDigitOfTheSum().digit(body)
    held = explain_code(body + digit, DAY, LastDigitOfTheSum())
    assert held.is_well_formed
    assert meaning(held, "check")[1] == "agrees with the algorithm of 某附录 A"
    with pytest.raises(InvalidCode, match=f"check digit .: is {digit} by the algorithm"):
        parse_code(body + str((int(digit) + 1) % 10), DAY, LastDigitOfTheSum())


def test_an_algorithm_is_chosen_by_the_name_of_an_entry_point(monkeypatch: pytest.MonkeyPatch):
    entry = EntryPoint("sum", f"{__name__}:LastDigitOfTheSum", GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: LastDigitOfTheSum)

    def installed(group: str, name: str) -> list[EntryPoint]:
        return [entry] if (group, name) == (GROUP, "sum") else []

    monkeypatch.setattr("blueprint.codes.check_digit.entry_points", installed)
    assert check_digit_from({}) is None
    assert check_digit_from({SETTING: "sum"}).digit("19") == "0"
    with pytest.raises(InvalidSetting, match=f"{SETTING} other: no installed package"):
        check_digit_from({SETTING: "other"})


def test_the_error_names_the_code_as_it_was_given():
    with pytest.raises(InvalidCode, match=r"^2111-52232 04: has 11 digits, and a code has 20; "):
        parse_code("2111-52232\n04", DAY)


DIGITS = st.text("0123456789", min_size=20, max_size=20)


@given(DIGITS, st.sampled_from("-–—－ \u3000"), st.booleans())
def test_how_a_code_is_written_changes_nothing_about_it(digits: str, dash: str, wide: bool):
    written = written_out(digits).replace("-", dash)
    if wide:
        written = written.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    assert plain_code(written) == digits
    assert explain_code(written, DAY).parts == explain_code(digits, DAY).parts


@given(DIGITS)
def test_the_parts_of_a_code_put_together_are_the_code(digits: str):
    found = explain_code(digits, DAY)
    assert "".join(part.digits for part in found.parts) == digits
    assert found.is_well_formed == all(part.status != "wrong" for part in found.parts)
    assert len(found.problems) == sum(part.status == "wrong" for part in found.parts)


@given(st.text(max_size=60))
def test_whatever_is_pasted_is_answered(text: str):
    found = explain_code(text, DAY)
    assert found.is_well_formed != bool(found.problems)
