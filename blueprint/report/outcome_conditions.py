"""The list of conditions (建设条件清单) in the report on an outcome, and what contradicts what."""

from itertools import groupby

from blueprint.cases.outcome_documents import CaseOutcome, OutcomeCondition
from blueprint.report.document import Block, Grid, Heading, Section, Text, Tongue
from blueprint.report.outcome_words import basis_words, limit_words
from blueprint.report.project_figures import figure_words


def conditions_section(outcome: CaseOutcome, say: Tongue) -> Section:
    """Every condition under the department that laid it down, with its basis."""
    title = say("建设条件清单", "List of conditions")
    if not outcome.conditions:
        nothing = say("没有部门提出建设条件。", "No department lays down a condition.")
        return Section(title=title, blocks=[Text(text=nothing)])
    told = say(
        "编号在本意见内通用；“项目指标”为申报值，能比对的已比对。",
        "Numbers hold throughout this outcome; the project's figure is as applied for, and is "
        "compared where it can be.",
    )
    blocks: list[Block] = [Text(text=told, tone="note")]
    titles = {one.key: say.of(one.finding.title) for one in outcome.findings}
    for _, lines in groupby(outcome.conditions, lambda line: line.department.id):
        own = list(lines)
        blocks.append(Heading(text=say.of(own[0].department.name)))
        blocks.append(_grid(own, titles, say))
    return Section(title=title, blocks=blocks)


def _grid(lines: list[OutcomeCondition], titles: dict[str, str], say: Tongue) -> Grid:
    head = [
        say("编号", "No."),
        say("条件", "Condition"),
        say("针对事项", "About"),
        say("依据", "Basis"),
        say("指标要求", "As a figure"),
        say("项目指标", "Project"),
        say("满足", "Met"),
    ]
    rows = [_row(line, titles, say) for line in lines]
    return Grid(head=head, rows=rows, widths=[0.07, 0.27, 0.16, 0.2, 0.13, 0.09, 0.08], right=[5])


def _row(line: OutcomeCondition, titles: dict[str, str], say: Tongue) -> list[str]:
    condition, given = line.condition, line.given
    about = say.listed([titles.get(key, key) for key in condition.findings])
    met = {True: say("是", "yes"), False: say("否", "no"), None: "—"}[line.met]
    shown = None
    if given is not None:
        shown = figure_words(condition.figure or "", given, say)
    return [
        f"{line.number}",
        condition.text,
        about or say("全部征求事项", "all that was asked"),
        "—" if condition.basis is None else basis_words(condition.basis, say) or "—",
        limit_words(condition, say) or "—",
        shown or "—",
        met,
    ]


def contradictions_section(outcome: CaseOutcome, say: Tongue) -> Section:
    """What departments say that cannot hold together."""
    title = say("意见分歧", "Contradictions")
    if not outcome.contradictions:
        nothing = say("部门意见之间没有发现矛盾。", "No two opinions contradict each other.")
        return Section(title=title, blocks=[Text(text=nothing)])
    kinds = {
        "answers": say("意见不一", "answers differ"),
        "figure": say("条件不能并存", "conditions exclude each other"),
    }
    rows = [
        [
            kinds[one.kind],
            say.listed([say.of(whose.name) for whose in one.departments]),
            say.of(one.text),
            say.listed([f"{number}" for number in one.conditions]) or "—",
        ]
        for one in outcome.contradictions
    ]
    head = [
        say("类型", "Kind"),
        say("部门", "Departments"),
        say("说明", "What"),
        say("条件编号", "Conditions"),
    ]
    blocks: list[Block] = [Grid(head=head, rows=rows, widths=[0.15, 0.25, 0.47, 0.13])]
    return Section(title=title, blocks=blocks)
