"""What a picture says: outcomes, sizes and reasons in words for people."""

import subprocess
import sys
from typing import get_args

import pytest
from shapely import LineString, Point

from blueprint.documents import FigureLine, Headroom, Margin, Outcome, Verdict
from blueprint.shared_documents import Area
from blueprint.words import (
    COLOURS,
    WORDS,
    bases_words,
    both_calibres,
    gravest_first,
    hectares,
    legend_size,
    margin_words,
    metres,
    percent,
    size_words,
    unjudged_words,
)
from tests.blueprint.conftest import rule_pack, site_rule
from tests.blueprint.report.conftest import FIELD, STRIP, both, finding


def test_gravest_and_largest_findings_come_first_and_the_unjudged_not_at_all() -> None:
    large, small = finding("大", "consult", FIELD), finding("小", "consult", STRIP)
    worst, unknown = finding("重", "prohibited"), finding("疑", "no_data")
    clear = finding("净", "clear")
    assert gravest_first([small, unknown, large, clear, worst]) == [worst, large, small]


def test_unjudged_rules_are_one_line_with_the_commonest_reasons() -> None:
    rules = [finding(f"图{number}", "no_data") for number in range(3)]
    assert unjudged_words(rules) == "3 条规则无法判断：该图层尚无数据"
    stale = [rules[0].model_copy(update={"notes": [both("数据已过期")]})]
    bare = [rules[0].model_copy(update={"notes": []})]
    assert unjudged_words(rules + stale + bare) == (
        "5 条规则无法判断：该图层尚无数据（3 条）；数据已过期（1 条）等"
    )
    assert unjudged_words([finding("某", "notice")]) == ""


def test_sizes_are_said_by_both_calibres_and_name_the_one_that_decides() -> None:
    area = Area.of(12345.6, 12350.1, "ellipsoidal")
    assert hectares(area) == "1.2350 公顷"
    assert both_calibres(area) == "椭球 12,350.1 m²（为准）/ 投影 12,345.6 m²"
    assert both_calibres(Area.of(1, 2, "projected")) == "投影 1.0 m²（为准）/ 椭球 2.0 m²"
    assert hectares(Area.of(3, 3, "projected")) == "3.00 m²"


def test_finding_says_its_size_or_that_it_is_withheld() -> None:
    strip = finding("红线", "prohibited", STRIP).model_copy(update={"band": "suspected_error"})
    assert "平均宽度 0.30 m，疑似误差" in size_words(strip)
    assert size_words(finding("路", "consult", LineString([(0, 0), (0, 12.34)]))) == "长度 12.3 m"
    assert size_words(finding("塔", "notice", Point(0, 0))) == "1 处"
    withheld = finding("军", "prohibited").model_copy(update={"withheld": True, "buffer_m": 30.0})
    assert size_words(withheld) == "位置和面积不予公开；30 m 理论保护范围（未公告）"


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (3.25, "限高面 50.00 m，净空余量 3.25 m"),
        (-1.5, "限高面 50.00 m，超高 1.50 m"),
        (None, "限高面 50.00 m，未提供建筑高度或地面高程"),
    ],
)
def test_headroom_is_said_in_metres_or_that_it_cannot_be_told(room, words: str) -> None:
    headroom = Headroom(
        surface="conical", limit_m=50, x=0, y=0, ground_m=5, height_m=None, headroom_m=room
    )
    under = finding("净空", "restricted").model_copy(update={"headroom": headroom})
    assert size_words(under) == words
    assert legend_size(under) == ""


def test_a_figure_is_said_beside_the_limit_and_by_how_much_it_misses_it() -> None:
    line = FigureLine(
        figure="floor_area_ratio", relation="at_most", limit=1.8, given=2.0, excess=0.2
    )
    over = finding("容积率", "restricted").model_copy(update={"compared": line})
    assert size_words(over) == "规划不得大于 1.8，项目 2，相差 0.2"
    use = line.model_copy(
        update={"relation": "one_of", "limit": ["居住", "商业"], "given": None, "excess": None}
    )
    unknown = finding("用途", "notice").model_copy(update={"compared": use})
    assert size_words(unknown) == "规划应为 居住、商业，项目 未提供"


def test_a_margin_is_said_from_the_mildest_to_the_gravest() -> None:
    said = "标称精度 ±0.5 m 内：最轻为无涉，最重为禁止"
    margin = Margin(accuracy_m=0.5, least="clear", most="prohibited")
    assert margin_words(margin).zh == said
    assert margin_words(margin.model_copy(update={"least": "prohibited", "most": "clear"})).zh == (
        said
    )


def test_a_basis_that_nobody_has_compared_says_so() -> None:
    found = finding("农田", "prohibited")
    pack = rule_pack(site_rule("farmland"))
    basis = pack.basis(pack.rules[0].bases[0])
    for verified, words in ((False, "（未核实）"), (True, "")):
        bases = [basis.model_copy(update={"verified": verified})]
        said = bases_words(found.model_copy(update={"legal_bases": bases}))
        assert said == f"依据：《{basis.title.zh}》{basis.article or ''}{words}"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0.00%"), (0.00001, "<0.01%"), (0.0018, "0.18%"), (0.1234, "12.3%"), (1, "100.0%")],
)
def test_share_is_rounded_for_people(share: float, words: str) -> None:
    assert percent(share) == words


def test_short_lengths_are_said_to_the_centimetre() -> None:
    assert [metres(0.3), metres(9.876), metres(1234.56)] == ["0.30 m", "9.88 m", "1,234.6 m"]


def test_every_verdict_and_outcome_has_words_and_a_colour() -> None:
    assert set(WORDS) == set(COLOURS) == {*get_args(Outcome), *get_args(Verdict)}
    assert (WORDS["incomplete"].zh, WORDS["pass"].en) == ("资料不全", "pass")


def test_words_are_loaded_without_anything_that_draws() -> None:
    program = "import sys, blueprint.words; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
