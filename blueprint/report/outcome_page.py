"""The outcome of a case (策划生成意见) as a report: what it says, in one language.

Input: a `KeptOutcome`, whole or the applicant's copy, what its snapshot says of laws, and which
drawings there are. Output: a `Report`: verdict, project, site, opinions side by side, list of
conditions (建设条件清单), contradictions, what is open, deadlines, law, proof. What its readers may
not see is not in the outcome that they are given; nothing is added to it here.
"""

from collections.abc import Collection
from datetime import UTC, datetime, time

from blueprint.cases.facts import PROJECT_STATES, ProjectFacts, ProjectType
from blueprint.cases.outcome import KeptOutcome
from blueprint.cases.outcome_documents import OUTCOME_VERDICTS, CaseOutcome
from blueprint.cases.stages import STAGE_NAMES
from blueprint.report.document import (
    Banner,
    Block,
    Facts,
    Gallery,
    Lang,
    Plates,
    Points,
    Report,
    Section,
    Text,
    Tongue,
    Words,
)
from blueprint.report.names import CITY, VICINITY
from blueprint.report.outcome_conditions import conditions_section, contradictions_section
from blueprint.report.outcome_limits import (
    deadlines_section,
    open_section,
    outcome_law_section,
    outcome_proof_section,
)
from blueprint.report.outcome_opinions import findings_section, opinions_section
from blueprint.report.outcome_words import VERDICT_COLOURS
from blueprint.report.project_figures import figure_rows
from blueprint.report.site_cited import Cited
from blueprint.report.site_notes import note_words
from blueprint.report.site_points import points_section
from blueprint.report.site_summary import area_grid
from blueprint.values import Bilingual

_RULE = "_" * 24
_TYPES: dict[ProjectType, Bilingual] = {
    "construction": Bilingual(zh="基本建设", en="construction"),
    "renovation": Bilingual(zh="技术改造", en="renovation"),
    "purchase": Bilingual(zh="单纯购置", en="purchase"),
    "information": Bilingual(zh="信息化", en="information"),
    "other": Bilingual(zh="其他", en="other"),
}


def outcome_report(
    kept: KeptOutcome,
    lang: Lang,
    *,
    cited: Cited | None = None,
    pictures: Collection[str] = (),
    undrawn: Bilingual | None = None,
) -> Report:
    """The report of an outcome; `pictures` are those that there are, `undrawn` says why none."""
    say, outcome, cited = Tongue(lang), kept.outcome, cited or Cited()
    plates = Plates(pictures, say)
    sections = [
        Section(title=say("结论", "Outcome"), blocks=_verdict(kept, say)),
        _project(outcome, say),
        _site(outcome, plates, undrawn, say),
        points_section(outcome.site, plates, say),
        findings_section(outcome, plates, say),
        opinions_section(outcome, say),
        conditions_section(outcome, say),
        contradictions_section(outcome, say),
        open_section(outcome, say),
        deadlines_section(outcome, plates, say),
        outcome_law_section(outcome, cited, say),
        outcome_proof_section(kept, say),
    ]
    short = "" if kept.sha256 is None else f" · SHA-256 {kept.sha256[:16]}"
    return Report(
        lang=lang,
        title=say("策划生成意见", "Outcome of planning generation"),
        subtitle=f"{outcome.facts.name} · {outcome.facts.proposer}",
        notice=_notice(kept, say),
        facts=_head(kept, say),
        footer=f"{outcome.outcome_id}{short}",
        moment=datetime.combine(outcome.issued_on, time(), UTC),
        words=Words(page=say("第", "Page"), of=say("页，共", "of"), continued=say("页", "")),
        sections=sections,
    )


def _notice(kept: KeptOutcome, say: Tongue) -> str | None:
    """What stands at the head of each page: that it is a draft, and the city's notice."""
    draft = say("草稿，未签发", "Draft, not issued") if kept.number is None else None
    of_city = None if kept.outcome.notice is None else say.of(kept.outcome.notice)
    return " · ".join(filter(None, [draft, of_city])) or None


def _head(kept: KeptOutcome, say: Tongue) -> list[tuple[str, str]]:
    outcome = kept.outcome
    copies = {
        "approval": say("审批", "approval staff"),
        "applicant": say("申请人", "the applicant"),
    }
    day = say("拟稿日期", "Drafted on") if kept.number is None else say("签发日期", "Issued on")
    return [
        (say("意见编号", "Outcome"), outcome.outcome_id),
        (day, f"{outcome.issued_on}"),
        (say("案卷编号", "Case"), outcome.case.id),
        (say("申请日期", "Application date"), f"{outcome.application_date}"),
        (say("蓝图快照", "Snapshot"), outcome.snapshot.id),
        (say("供何人用", "Copy for"), copies[outcome.audience]),
    ]


def _verdict(kept: KeptOutcome, say: Tongue) -> list[Block]:
    outcome = kept.outcome
    blocks: list[Block] = [
        Banner(
            colour=VERDICT_COLOURS[outcome.verdict],
            word=say.of(OUTCOME_VERDICTS[outcome.verdict]),
            text=say.joined([say.of(reason) for reason in outcome.reasons]),
        )
    ]
    if kept.number is None:
        told = say(
            "本件为草稿：未签发、未留存，不是意见。",
            "This is a draft: it was neither issued nor kept, and is no opinion.",
        )
        blocks.append(Text(text=told, tone="strong"))
    elif not kept.stands:
        told = say(
            "本意见所依据的预审已被替代或过期，本意见不再有效，须重新预审。",
            "What this outcome rests on was superseded or has lapsed: it holds no more, and the "
            "case has to be screened again.",
        )
        blocks.append(Text(text=told, tone="strong"))
    rows = [
        (say("有效期至", "Valid until"), f"{outcome.valid_until}" + _by_default(outcome, say)),
        (say("建设条件", "Conditions"), f"{len(outcome.conditions)}"),
        (say("意见分歧", "Contradictions"), f"{len(outcome.contradictions)}"),
    ]
    if outcome.supersedes is not None:
        rows.append((say("取代", "Supersedes"), outcome.supersedes))
    if outcome.issued_by is not None and kept.number is not None:
        rows.append((say("签发人", "Issued by"), outcome.issued_by))
    blocks.append(Facts(rows=rows))
    if kept.number is not None:
        day = outcome.issued_on
        signed = say(
            f"签发单位（盖章）：{_RULE}  {day.year} 年 {day.month} 月 {day.day} 日",
            f"Issuing authority (seal): {_RULE}  {day}",
        )
        blocks.append(Text(text=signed, tone="signed"))
    return blocks


def _by_default(outcome: CaseOutcome, say: Tongue) -> str:
    if outcome.validity_verified:
        return ""
    return say("（期限为默认值，未核实）", " (a default number of days, not verified)")


def _project(outcome: CaseOutcome, say: Tongue) -> Section:
    facts = outcome.facts
    rows = [(say("项目名称", "Project"), facts.name), (say("建设单位", "Proposer"), facts.proposer)]
    said = (
        (say("统一社会信用代码", "Its credit code"), facts.proposer_code),
        (say("项目代码", "Project code"), facts.code),
        (say("建设目的", "Purpose"), facts.purpose),
        (say("项目类型", "Type"), None if facts.type is None else say.of(_TYPES[facts.type])),
        (say("国民经济行业", "Industry"), facts.industry),
    )
    rows += [(name, text) for name, text in said if text is not None]
    rows.append((say("申请阶段", "Stage"), say.of(STAGE_NAMES[outcome.case.stage])))
    rows.append((say("项目状态", "State"), say.of(PROJECT_STATES[facts.state])))
    rows += _sizes(facts, say)
    rows += figure_rows(facts.figures, say)
    rows.append((say("项目版本", "Version"), f"{outcome.project_version} · {outcome.project_id}"))
    return Section(title=say("项目概况", "Project"), blocks=[Facts(rows=rows)])


def _sizes(facts: ProjectFacts, say: Tongue) -> list[tuple[str, str]]:
    """How much of what is applied for, as the proposer says."""
    sizes = (
        (say("申请用地面积", "Site area applied for"), facts.site_area_m2, "m²"),
        (say("建筑面积", "Floor area"), facts.floor_area_m2, "m²"),
        (say("总投资", "Investment"), facts.investment_wan, say("万元", "× 10,000 yuan")),
        (say("污水排放量", "Wastewater"), facts.wastewater_m3_d, say("m³/日", "m³ a day")),
    )
    return [(name, f"{size:,.2f} {unit}") for name, size, unit in sizes if size is not None]


def _site(outcome: CaseOutcome, plates: Plates, undrawn: Bilingual | None, say: Tongue) -> Section:
    site = outcome.site
    rows = [
        (say("坐标系", "CRS"), site.crs),
        (
            say("来图坐标系", "Drawn in"),
            site.source_crs
            + (say("（来图未注明，推定）", " (assumed)") if site.crs_assumed else ""),
        ),
        (say("地块数", "Parts"), f"{site.parts}"),
        (say("图形哈希", "Hash of the site"), site.geometry_hash),
    ]
    blocks: list[Block] = [Facts(rows=rows), area_grid(site.area, say)]
    if site.notes:
        told = say("读取来图时的说明：", "Noticed when the drawing was read:")
        blocks += [Text(text=told), Points(items=[note_words(note, say) for note in site.notes])]
    if undrawn is not None:
        blocks.append(Text(text=say.of(undrawn), tone="strong"))
    taken = [
        plates.take(CITY, say("区位图", "Location in the city")),
        plates.take(VICINITY, say("用地周边", "Around the site")),
    ]
    located = [picture for picture in taken if picture is not None]
    if located:
        blocks.append(Gallery(pictures=located))
    return Section(title=say("用地", "Site"), blocks=blocks)
