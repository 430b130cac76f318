"""What the report on a site writes for areas, lengths and figures, in either language."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from blueprint.documents import Finding
from blueprint.report.document import Grid, Tongue
from blueprint.shared_documents import Area
from blueprint.words import RELATIONS, WORDS, metres, percent


def area_words(area: Area, say: Tongue) -> str:
    """An area in 公顷 and 亩."""
    return say(
        f"{area.hectares:,.4f} 公顷（{area.mu:,.4f} 亩）",
        f"{area.hectares:,.4f} ha ({area.mu:,.4f} mu)",
    )


def calibres_words(area: Area, say: Tongue) -> str:
    """Both calibres of an area, and which one decides."""
    decides = say("（为准）", " (decides)")
    ellipsoidal = say("椭球面积", "ellipsoidal") + f" {area.ellipsoidal_m2:,.2f} m²"
    projected = say("投影面积", "projected") + f" {area.projected_m2:,.2f} m²"
    if area.decided_by == "ellipsoidal":
        return f"{ellipsoidal}{decides}{say('，', ', ')}{projected}"
    return f"{projected}{decides}{say('，', ', ')}{ellipsoidal}"


def extent_words(finding: Finding, say: Tongue) -> list[str]:
    """How much of the site a finding is about, beside its area."""
    words = []
    if finding.withheld:
        words.append(say("位置和面积不予公开", "place and size are withheld"))
    if finding.relation == "touches":
        words.append(say("仅边界相接", "touches the boundary alone"))
    if finding.share is not None:
        words.append(
            say(f"占用地 {percent(finding.share)}", f"{percent(finding.share)} of the site")
        )
    if finding.length_m:
        words.append(say("长度 ", "length ") + metres(finding.length_m))
    if finding.count:
        words.append(say(f"{finding.count} 处", f"{finding.count} places"))
    if finding.width_m is not None:
        words.append(say("平均宽度 ", "mean width ") + metres(finding.width_m))
    if finding.buffer_m:
        words.append(say(f"外围 {finding.buffer_m:g} m 内", f"within {finding.buffer_m:g} m"))
    if finding.band == "suspected_error":
        words.append(say("疑似误差", "suspected error"))
    return words


def project_words(finding: Finding, say: Tongue) -> list[str]:
    """A project's figures beside a surface or the plan's limit."""
    words = []
    room, compared = finding.headroom, finding.compared
    if room is not None:
        words.append(say("限高面 ", "lowest surface ") + f"{room.limit_m:.2f} m")
        if room.headroom_m is None:
            words.append(
                say("未提供建筑高度或地面高程", "the building's height or the ground is not given")
            )
        else:
            words.append(say("净空余量 ", "headroom ") + f"{room.headroom_m:.2f} m")
    if compared is not None:
        limit = compared.limit
        said = say.listed(limit) if isinstance(limit, list) else f"{limit:g}"
        words.append(say("规划", "plan: ") + say.of(RELATIONS[compared.relation]) + f" {said}")
        stated = compared.given
        given = f"{stated:g}" if isinstance(stated, float) else stated
        words.append(say("项目 ", "project: ") + (given or say("未提供", "not given")))
        if compared.excess:
            words.append(say("相差 ", "off by ") + f"{compared.excess:g}")
    return words


def margin_words(finding: Finding, say: Tongue) -> str:
    """What a finding comes to within its layers' accuracy; or nothing."""
    margin = finding.margin
    if margin is None:
        return ""
    least, most = say.of(WORDS[margin.least]), say.of(WORDS[margin.most])
    off = f"±{margin.accuracy_m:g} m"
    return say(
        f"图层标称精度 {off} 内为{least}至{most}", f"within the layers' {off}: {least} to {most}"
    )


def asked_words(finding: Finding, say: Tongue) -> str:
    """The question that a finding depends on, with its answer; or nothing."""
    if finding.asked is None:
        return ""
    answers = {
        "yes": say("是", "yes"),
        "no": say("否", "no"),
        None: say("未回答，按最不利情形处理", "not answered, taken at its gravest"),
    }
    return f"{say.of(finding.asked.text)} {answers[finding.asked.answer]}"


_ARTICLE = re.compile(r"第([一二三四五六七八九十百千零]+)(条|款|项)")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_PARTS = {"条": "Article", "款": "paragraph", "项": "item"}


def article_words(article: str | None, say: Tongue) -> str:
    """An article as laws cite it; in English its numbers are figures."""
    if article is None:
        return ""
    english = _ARTICLE.sub(lambda found: f"{_PARTS[found[2]]} {_number(found[1])} ", article)
    return say(article, english.replace("、", ", ").replace(" ,", ",").strip())


def _number(signs: str) -> int:
    """A number below 10,000 from its Chinese signs."""
    total, digit = 0, 0
    for sign in signs:
        if sign in _PLACES:
            total += (digit or 1) * _PLACES[sign]
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def paired(head: tuple[str, str], rows: Sequence[Sequence[str]]) -> Grid:
    """A table of two columns, folded once so that it takes half as many lines."""
    half = -(-len(rows) // 2)
    folded = zip_longest(rows[:half], rows[half:], fillvalue=("", ""))
    lines = [[*one, *other] for one, other in folded]
    return Grid(head=[*head, *head], rows=lines, widths=[0.28, 0.22, 0.28, 0.22])
