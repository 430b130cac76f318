"""Departments' opinions in the report on an outcome: side by side, then each with its basis."""

from collections.abc import Iterator, Sequence

from blueprint.cases.outcome_documents import (
    REPLIES,
    CaseOutcome,
    OutcomeFinding,
    Reply,
)
from blueprint.report.document import (
    Block,
    Card,
    Facts,
    Grid,
    Heading,
    Plates,
    Section,
    Text,
    Tongue,
)
from blueprint.report.names import OVERVIEW
from blueprint.report.outcome_words import (
    ANSWER_COLOURS,
    SILENT_COLOUR,
    answer_words,
    basis_words,
)
from blueprint.shared_documents import DepartmentRef
from blueprint.words import WORDS, gravest_first, metres, percent

_BESIDE = 4
"""How many departments stand beside each other in one table."""


def findings_section(outcome: CaseOutcome, plates: Plates, say: Tongue) -> Section:
    """What was found, by both calibres, and where."""
    shown = _shown(outcome)
    title = say("检测结论", "Findings")
    rows = [_finding_row(one, say) for one in shown]
    if not rows:
        nothing = say("没有涉及管控要求的检测结论。", "Nothing was met that a rule speaks of.")
        return Section(title=title, blocks=[Text(text=nothing)])
    head = [
        say("事项", "Finding"),
        say("等级", "Outcome"),
        say("椭球面积 m²", "Ellipsoidal, m²"),
        say("投影面积 m²", "Projected, m²"),
        say("公顷", "ha"),
        say("亩", "mu"),
        say("占用地", "Share"),
    ]
    widths = [0.32, 0.12, 0.15, 0.15, 0.09, 0.09, 0.08]
    grid = Grid(head=head, rows=rows, widths=widths, right=[2, 3, 4, 5, 6])
    told = say(
        "公顷与亩按为准的面积计；无法判断者不等于未涉及。",
        "Hectares and mu are of the area that decides; what could not be judged is not clear.",
    )
    blocks: list[Block] = [grid, Text(text=told, tone="note")]
    drawn = plates.take(OVERVIEW, say("检测结果总图", "All findings on one map"))
    if drawn is not None:
        blocks.append(drawn)
    return Section(title=title, blocks=blocks)


def _shown(outcome: CaseOutcome) -> list[OutcomeFinding]:
    """What is to be told: found, the gravest first, then what could not be judged."""
    by_finding = {id(one.finding): one for one in outcome.findings}
    found = [by_finding[id(one)] for one in gravest_first(one.finding for one in outcome.findings)]
    return [*found, *(one for one in outcome.findings if one.finding.outcome == "no_data")]


def _finding_row(one: OutcomeFinding, say: Tongue) -> list[str]:
    finding = one.finding
    told = [say.of(finding.title), say.of(WORDS[finding.outcome])]
    area, share = finding.area, finding.share
    if area is None or finding.relation == "touches":
        extent = "—"
        if finding.withheld:
            extent = say("不予公开", "withheld")
        elif finding.length_m:
            extent = metres(finding.length_m)
        return [*told, extent, "—", "—", "—", "—"]
    sizes = [f"{area.ellipsoidal_m2:,.2f}", f"{area.projected_m2:,.2f}"]
    rest = [f"{area.hectares:,.4f}", f"{area.mu:,.4f}", "—" if share is None else percent(share)]
    return [*told, *sizes, *rest]


def opinions_section(outcome: CaseOutcome, say: Tongue) -> Section:
    """Who was asked, what was answered to which finding, on which basis."""
    title = say("部门意见", "Opinions of departments")
    if not outcome.replies:
        nobody = say("没有须征求意见的部门。", "There was no department to be asked.")
        return Section(title=title, blocks=[Text(text=nobody)])
    blocks: list[Block] = [
        Heading(text=say("并列对照", "Side by side")),
        *_side_by_side(outcome, say),
        Heading(text=say("逐部门意见", "Department by department")),
    ]
    titles = {one.key: say.of(one.finding.title) for one in outcome.findings}
    blocks += [_card(reply, titles, say) for reply in outcome.replies]
    return Section(title=title, blocks=blocks)


def _side_by_side(outcome: CaseOutcome, say: Tongue) -> Iterator[Block]:
    """A row for each finding that somebody was asked about, a column for each department."""
    asked = [one for one in _shown(outcome) if one.answers]
    departments = [reply.department for reply in outcome.replies]
    for at in range(0, len(departments), _BESIDE):
        beside = departments[at : at + _BESIDE]
        ids = {one.id for one in beside}
        rows = [
            [say.of(one.finding.title), *(_answer(one, whose, say) for whose in beside)]
            for one in asked
            if any(answer.department.id in ids for answer in one.answers)
        ]
        if rows:
            head = [say("事项", "Finding"), *(say.of(whose.name) for whose in beside)]
            share = 0.62 / len(beside)
            yield Grid(head=head, rows=rows, widths=[0.38, *[share] * len(beside)])


def _answer(one: OutcomeFinding, whose: DepartmentRef, say: Tongue) -> str:
    given = [answer for answer in one.answers if answer.department.id == whose.id]
    if not given:
        return say("未征求", "not asked")
    return answer_words(given[0].answer, say)


def _card(reply: Reply, titles: dict[str, str], say: Tongue) -> Card:
    rows = [
        (say("征求事项", "Asked about"), say.listed(_named(reply.findings, titles))),
        (say("反馈", "Reply"), _reply(reply, say)),
    ]
    if reply.basis:
        told = [basis_words(basis, say) for basis in reply.basis]
        rows.append((say("依据", "Basis"), say.joined([text for text in told if text])))
    if reply.note is not None:
        rows.append((say("备注", "Note"), reply.note))
    if reply.signed_by is not None:
        rows.append((say("签署人", "Signed by"), reply.signed_by))
    if reply.unanswered:
        left = say.listed(_named(reply.unanswered, titles))
        rows.append((say("未答复事项", "Not answered"), left))
    colour = SILENT_COLOUR if reply.answer is None else ANSWER_COLOURS[reply.answer]
    return Card(
        colour=colour,
        word=answer_words(reply.answer, say),
        title=say.of(reply.department.name),
        blocks=[Facts(rows=rows)],
    )


def _reply(reply: Reply, say: Tongue) -> str:
    """What became of asking, when."""
    told = [say.of(REPLIES[reply.status])]
    if reply.answered_on is not None:
        late = say("，逾期", ", late") if reply.late else ""
        told.append(f"{reply.answered_on}{late}")
    if reply.version is not None and reply.version > 1:
        told.append(say(f"第 {reply.version} 版", f"version {reply.version}"))
    return say("，", "; ").join(told)


def _named(keys: Sequence[str], titles: dict[str, str]) -> list[str]:
    return [titles.get(key, key) for key in keys]
