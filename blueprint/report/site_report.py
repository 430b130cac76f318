"""The report on one site check (选址合规性分析报告): what it says, in one language.

Input: a `SiteCheck` as it was answered, the hash of its kept text, the titles of the rules of its
pack, and whether there is a map. Output: a `Report`. Nothing is judged here, and nothing left out
because it is silent: what was not checked has its own section.
"""

import json
from collections.abc import Mapping

import shapely

from blueprint.documents import SiteCheck
from blueprint.report.boundary_points import MOST_POINTS, boundary_points
from blueprint.report.document import (
    Banner,
    Block,
    Facts,
    Grid,
    Lang,
    Picture,
    Points,
    Report,
    Section,
    Text,
    Tongue,
    Words,
)
from blueprint.report.site_figures import area_words, calibres_words
from blueprint.report.site_findings import department_section, findings_section, law_section
from blueprint.report.site_limits import (
    advice_section,
    limits_section,
    proof_section,
    robustness_section,
)
from blueprint.report.words import COLOURS, WORDS
from blueprint.values import Bilingual

MAP = "map.png"
"""The name of the map among the report's pictures."""

_FIGURES = {
    "use": Bilingual(zh="用途", en="Use"),
    "floor_area_ratio": Bilingual(zh="容积率", en="Floor area ratio"),
    "height_m": Bilingual(zh="建筑高度 m", en="Building height, m"),
    "ground_m": Bilingual(zh="地面高程 m", en="Ground elevation, m"),
    "building_density": Bilingual(zh="建筑密度", en="Building density"),
    "green_ratio": Bilingual(zh="绿地率", en="Green ratio"),
    "setback_m": Bilingual(zh="退线 m", en="Setback, m"),
}
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
    titles: Mapping[str, Bilingual] | None = None,
    undrawn: Bilingual | None = None,
) -> Report:
    """The report of a check; `undrawn` says why there is no map, None: there is one."""
    say = Tongue(lang)
    sections = [
        Section(title=say("预检结论", "Verdict"), blocks=_verdict(check, say)),
        Section(title=say("项目与用地", "Project and site"), blocks=_site(check, say)),
        _points(check, say),
        _map(check, undrawn, say),
        findings_section(check, say),
        law_section(check, say),
        department_section(check, say),
        limits_section(check, titles or {}, say),
        robustness_section(check, say),
        advice_section(check, say),
        _conclusion(check, say),
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


def _verdict(check: SiteCheck, say: Tongue) -> list[Block]:
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
    return blocks


def _site(check: SiteCheck, say: Tongue) -> list[Block]:
    site, project = check.site, check.project
    rows = [
        (say("用地名称", "Site"), site.name),
        (say("用地面积", "Area"), area_words(site.area, say)),
        ("", calibres_words(site.area, say)),
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
    given = {name: project.of(name) for name in _FIGURES}  # type: ignore[arg-type]
    for name, value in given.items():
        if value is not None:
            shown = f"{value:g}" if isinstance(value, float) else value
            rows.append((say.of(_FIGURES[name]), shown))
    blocks: list[Block] = [Facts(rows=rows)]
    if not any(value is not None for value in given.values()):
        told = say(
            "申请人未提供项目指标；与指标有关的事项按未提供处理。",
            "The applicant gave no figures of the project: what depends on them is judged so.",
        )
        blocks.append(Text(text=told, tone="note"))
    notes = [*site.notes]
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
    return blocks


def _points(check: SiteCheck, say: Tongue) -> Section:
    points = boundary_points(shapely.from_geojson(json.dumps(check.site.geometry)))
    rows = [
        [
            point.number,
            f"{point.ring}",
            f"{point.x_north:.3f}",
            f"{point.y_east:.3f}",
            "" if point.side_m is None else f"{point.side_m:.2f}",
        ]
        for point in points[:MOST_POINTS]
    ]
    head = [
        say("点号", "Point"),
        say("圈号", "Ring"),
        say("X（北）m", "X (north) m"),
        say("Y（东）m", "Y (east) m"),
        say("边长 m", "Side m"),
    ]
    told = say(
        f"坐标系 {check.site.crs}；边长为平面距离，量至下一点；每圈末行为起点。",
        f"In {check.site.crs}; sides are plane distances to the next point; a ring ends in the "
        "point it began with.",
    )
    blocks: list[Block] = [
        Text(text=told, tone="note"),
        Grid(head=head, rows=rows, widths=[0.16, 0.12, 0.26, 0.26, 0.2], right=[2, 3, 4]),
    ]
    left = len(points) - MOST_POINTS
    if left > 0:
        more = say(
            f"另有 {left} 行未列出；全部界址点见预检文件的 site.geometry。",
            f"{left} more rows are not listed; site.geometry of the check has every point.",
        )
        blocks.append(Text(text=more, tone="strong"))
    return Section(title=say("界址点成果表", "Boundary points"), blocks=blocks)


def _map(check: SiteCheck, undrawn: Bilingual | None, say: Tongue) -> Section:
    title = say("位置与检测结果图", "Map of the site and what it meets")
    if undrawn is not None:
        return Section(title=title, blocks=[Text(text=say.of(undrawn), tone="strong")])
    caption = say(
        f"用地与检测结果，坐标系 {check.site.crs}；编号与结论对应，资料不予公开者不绘。",
        f"The site and what it meets, in {check.site.crs}; layers have their Chinese names; what "
        "is withheld is not drawn.",
    )
    alt = say(f"{check.site.name} 的检测结果图", f"Map of {check.site.name} and its findings")
    return Section(title=title, blocks=[Picture(name=MAP, caption=caption, alt=alt)], wide=True)


def _conclusion(check: SiteCheck, say: Tongue) -> Section:
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
    return Section(title=say("结论", "Conclusion"), blocks=[Points(items=items)])
