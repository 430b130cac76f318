"""The report on one site check (选址合规性分析报告): what it says, in one language.

Input: a `SiteCheck` as it was answered, the hash of its kept text, what its snapshot says of rules,
laws and control lines, and which drawings there are. Output: a `Report`, in the order in which
sites are argued for: verdict, project and site, findings by control line, law, departments and
conditions, what was not checked, suggestions, conclusion, proof. Nothing is judged here, and
nothing left out because it is silent: what was not checked has its own section.
"""

from collections.abc import Collection

from blueprint.documents import SiteCheck
from blueprint.report.document import (
    Banner,
    Block,
    Facts,
    Gallery,
    Heading,
    Lang,
    Plates,
    Points,
    Report,
    Section,
    Text,
    Tongue,
    Words,
)
from blueprint.report.names import CITY, MAP, VICINITY
from blueprint.report.project_figures import figure_rows
from blueprint.report.site_cited import Cited
from blueprint.report.site_findings import department_section, findings_section
from blueprint.report.site_law import law_section
from blueprint.report.site_limits import advice_section, limits_section, robustness_section
from blueprint.report.site_notes import note_words
from blueprint.report.site_points import points_section
from blueprint.report.site_proof import proof_section
from blueprint.report.site_summary import area_grid, counts_grid, summary_grid
from blueprint.values import Bilingual
from blueprint.words import COLOURS, WORDS

_CLEARANCE = {
    "public": Bilingual(zh="公开", en="public"),
    "internal": Bilingual(zh="内部", en="internal"),
    "restricted": Bilingual(zh="涉密受限", en="restricted"),
}


def site_report(
    check: SiteCheck,
    digest: str,
    lang: Lang,
    *,
    cited: Cited | None = None,
    pictures: Collection[str] = (),
    undrawn: Bilingual | None = None,
) -> Report:
    """The report of a check; `pictures` are those that there are, `undrawn` says why none."""
    say, cited = Tongue(lang), cited or Cited()
    plates = Plates(pictures, say)
    sections = [
        Section(title=say("预检结论", "Verdict"), blocks=_verdict(check, cited, say)),
        _site(check, plates, undrawn, say),
        points_section(check.site, plates, say),
        findings_section(check, cited, plates, say),
        law_section(check, cited, say),
        department_section(check, say),
        limits_section(check, cited.titles, say),
        robustness_section(check, say),
        advice_section(check, plates, say),
        _conclusion(check, cited, say),
        proof_section(check, digest, say),
    ]
    return Report(
        lang=lang,
        title=say("选址合规性分析报告", "Site compliance report"),
        subtitle=f"{say.of(check.city)} · {check.site.name}",
        notice=None if check.city_notice is None else say.of(check.city_notice),
        facts=[
            (say("预检编号", "Check"), check.check_id),
            (say("申请日期", "Application date"), f"{check.application_date}"),
            (say("预检时间", "Checked at"), f"{check.checked_at:%Y-%m-%d %H:%M} UTC"),
            (
                say("蓝图快照", "Snapshot"),
                f"{check.snapshot.id} ({check.snapshot.published_at:%Y-%m-%d})",
            ),
            (say("规则包", "Rule pack"), f"{check.rule_pack.id} {check.rule_pack.version}"),
            (say("资料密级", "Prepared for"), _eyes(check, say)),
        ],
        footer=f"{check.check_id} · SHA-256 {digest[:16]}",
        moment=check.checked_at,
        words=Words(page=say("第", "Page"), of=say("页，共", "of"), continued=say("页", "")),
        sections=sections,
    )


def _eyes(check: SiteCheck, say: Tongue) -> str:
    """Whose eyes the check was made for."""
    level, _, own = check.clearance.partition("+")
    return say.of(_CLEARANCE[level]) + (f" + {own}" if own else "")


def _verdict(check: SiteCheck, cited: Cited, say: Tongue) -> list[Block]:
    why = say.joined([say.of(reason) for reason in check.reasons])
    nothing = say("已检测的管控事项均未涉及", "none of the rules that were checked is met")
    blocks: list[Block] = [
        Banner(
            colour=COLOURS[check.verdict],
            word=say.of(WORDS[check.verdict]),
            text=why or nothing,
        )
    ]
    if not check.complete:
        told = say(
            "本次预检不完整：部分资料缺失、过期或未覆盖用地，不能认定为通过。",
            "This check is not complete: something is missing, stale or does not cover the site. "
            "It is no pass.",
        )
        blocks.append(Text(text=told, tone="strong"))
    table = summary_grid(check, cited, say)
    if table.rows:
        told = say(
            "公顷与亩按为准的面积计；“—”表示没有面积。",
            "Hectares and mu are of the area that decides; a dash: there is no area.",
        )
        title = say("检测一览表", "What was found in short")
        blocks += [Heading(text=title), table, Text(text=told, tone="note")]
    return blocks


def _site(check: SiteCheck, plates: Plates, undrawn: Bilingual | None, say: Tongue) -> Section:
    site, project = check.site, check.project
    rows = [
        (say("用地名称", "Site"), site.name),
        (say("地块数", "Parts"), f"{site.parts}"),
        (say("坐标系", "CRS"), site.crs),
        (
            say("来图坐标系", "Drawn in"),
            site.source_crs
            + (say("（来图未注明，推定）", " (assumed)") if site.crs_assumed else ""),
        ),
    ]
    if project.code is not None:
        rows.append((say("项目代码", "Project code"), project.code))
    given = figure_rows(project, say)
    rows += given
    blocks: list[Block] = [Facts(rows=rows), area_grid(site.area, say)]
    if not given:
        told = say(
            "申请人未提供项目指标；与指标有关的事项按未提供处理。",
            "The applicant gave no figures of the project: what depends on them is judged so.",
        )
        blocks.append(Text(text=told, tone="note"))
    notes = [note_words(note, say) for note in site.notes]
    if site.approximate is not None:
        notes.append(
            say(
                f"用地图形取自 {site.approximate} 网络地图坐标，位置可能偏差数米",
                f"drawn on a web map ({site.approximate}): places may be metres off",
            )
        )
    if notes:
        told = say("读取来图时的说明：", "Noticed when the drawing was read:")
        blocks += [Text(text=told), Points(items=notes)]
    if undrawn is not None:
        blocks.append(Text(text=say.of(undrawn), tone="strong"))
    taken = [
        plates.take(CITY, say("区位图", "Location in the city")),
        plates.take(VICINITY, say("用地周边", "Around the site")),
    ]
    located = [picture for picture in taken if picture is not None]
    if located:
        blocks.append(Gallery(pictures=located))
    whole = plates.take(MAP, say("位置与检测结果图", "Map of the site and what it meets"))
    if whole is not None:
        blocks.append(whole)
    return Section(title=say("项目与用地", "Project and site"), blocks=blocks)


def _conclusion(check: SiteCheck, cited: Cited, say: Tongue) -> Section:
    word = say.of(WORDS[check.verdict])
    undecided = sum(finding.outcome == "no_data" for finding in check.findings)
    items = [
        say(
            f"按快照 {check.snapshot.id} 和规则包 {check.rule_pack.version}，"
            f"以申请日期 {check.application_date} 计，预检结论为“{word}”。",
            f"On snapshot {check.snapshot.id} and rules {check.rule_pack.version}, for an "
            f"application on {check.application_date}, the verdict is: {word}.",
        )
    ]
    if undecided:
        items.append(
            say(
                f"{undecided} 项无法判断，须补充资料或征询主管部门后另行认定。",
                f"{undecided} rules could not be judged: deliver what is missing or ask the "
                "departments.",
            )
        )
    items.append(
        say(
            "本报告由预检结果生成，供选址比选与征询部门使用，不替代主管部门的正式意见和行政许可。",
            "Made from a preliminary check, for choosing a site and asking departments; it takes "
            "the place of no department's opinion and of no permit.",
        )
    )
    counted = say("各类检测结果项数：", "How many findings of which outcome:")
    blocks: list[Block] = [Points(items=items)]
    blocks += [Text(text=counted), counts_grid(check, cited, say)]
    return Section(title=say("结论", "Conclusion"), blocks=blocks)
