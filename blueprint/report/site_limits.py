"""What bounds the answer for a site: what was not checked, how sure it is, what would change it."""

from collections.abc import Mapping

from blueprint.documents import SiteCheck
from blueprint.report.document import (
    Block,
    Facts,
    Grid,
    Plates,
    Points,
    Section,
    Text,
    Tongue,
)
from blueprint.report.names import change_name
from blueprint.report.site_figures import paired
from blueprint.report.site_summary import area_grid
from blueprint.values import Bilingual
from blueprint.words import WORDS

_STATUS = {
    "no_data": Bilingual(zh="无法判断", en="no data"),
    "error": Bilingual(zh="计算失败", en="not computed"),
}


def limits_section(check: SiteCheck, titles: Mapping[str, Bilingual], say: Tongue) -> Section:
    """What nothing can be said of: rules without data, layers without, rules not in force."""
    blocks: list[Block] = []
    undecided = [finding for finding in check.findings if finding.outcome == "no_data"]
    lines = [line for line in check.layers if line.status in _STATUS]
    if check.notes:
        blocks.append(Points(items=[say.of(note) for note in check.notes]))
    if undecided:
        told = say(
            f"以下 {len(undecided)} 项无法判断，不等于“未涉及”：",
            f"These {len(undecided)} could not be judged, which does not mean that they are clear:",
        )
        rows = [
            [
                say.of(one.title),
                say.joined([say.of(note) for note in one.notes]) or say("缺少数据", "no data"),
                say.of(one.department.name),
            ]
            for one in undecided
        ]
        head = [say("管控事项", "Rule"), say("原因", "Why"), say("主管部门", "Department")]
        blocks += [
            Text(text=told, tone="strong"),
            Grid(head=head, rows=rows, widths=[0.34, 0.42, 0.24]),
        ]
    if lines:
        told_lines = [
            [say.of(line.name), f"{say.of(_STATUS[line.status])} · {line.covered_share:.0%}"]
            for line in lines
        ]
        title = (
            say("缺少有效资料的图层", "Layers without data"),
            say("状态·覆盖", "Status, covers"),
        )
        blocks.append(paired(title, told_lines))
    if check.rules_not_in_force:
        names = [
            say.of(titles[rule]) if rule in titles else rule for rule in check.rules_not_in_force
        ]
        told = say(
            "申请日期没有有效依据、未适用的规则：", "Rules without a basis in force, not applied: "
        )
        blocks.append(Text(text=told + say.listed(names)))
    if not blocks:
        whole = say(
            "规则要求的图层均有资料、覆盖用地且在更新周期内，没有无法判断的事项。",
            "Every layer that a rule asks for is there, covers the site and is fresh: nothing was "
            "left unjudged.",
        )
        blocks.append(Text(text=whole))
    told = say(
        "本报告只回答规则包所列的管控事项；规则包之外的要求，以及方案比选、环境影响、社会稳定风险、"
        "节能和节约集约用地等须另行论证的内容，不在检测范围内。",
        "Only the rules of the cited pack were asked. What lies beyond them was not checked, nor "
        "what has to be argued for on its own: alternative sites, effects on the environment, "
        "social risk, energy, and sparing use of land.",
    )
    blocks.append(Text(text=told, tone="note"))
    return Section(title=say("未检测与无法判断的事项", "What was not checked"), blocks=blocks)


def robustness_section(check: SiteCheck, say: Tongue) -> Section:
    """Whether the verdict stands within the layers' stated accuracy."""
    title = say("结论的可靠性", "How sure the verdict is")
    sure = check.robustness
    if sure is None:
        told = say(
            "未作精度扰动分析（用地界址点过多）。",
            "The layers' accuracy was not varied: the site has too many corners.",
        )
        return Section(title=title, blocks=[Text(text=told)])
    span = (say.of(WORDS[sure.mildest]), say.of(WORDS[sure.gravest]))
    blocks: list[Block] = [
        Text(text=say.of(sure.text)),
        Facts(
            rows=[
                (say("最轻结论", "Mildest verdict"), span[0]),
                (say("最重结论", "Gravest verdict"), span[1]),
            ]
        ),
    ]
    if sure.decided_by:
        deciders = [
            f"{say.of(one.title)}{say('：可变为', ': may become ')}{say.of(WORDS[one.outcome])}"
            for one in sure.decided_by
        ]
        blocks += [Text(text=say("决定结论的事项：", "What decides it:")), Points(items=deciders)]
    if sure.near_misses:
        misses = []
        for miss in sure.near_misses:
            far = "" if miss.distance_m is None else f"{miss.distance_m:.2f} m"
            apart = say(f"相距 {far}", f"{far} away") if far else say("无法量距", "no distance")
            misses.append(f"{say.of(miss.title)}{say('：', ': ')}{apart} (±{miss.accuracy_m:g} m)")
        blocks += [
            Text(text=say("在标称精度内可能涉及的事项：", "Missed by less than the accuracy:")),
            Points(items=misses),
        ]
    return Section(title=title, blocks=blocks)


def advice_section(check: SiteCheck, plates: Plates, say: Tongue) -> Section:
    """What would take prohibitions away, and what else would change the verdict."""
    blocks: list[Block] = []
    for position, one in enumerate(check.suggestions or []):
        blocks.append(Text(text=say.of(one.text), tone="strong"))
        if one.area is not None:
            blocks += [Text(text=say("调整后：", "Then:")), area_grid(one.area, say)]
        if one.notes:
            blocks.append(Points(items=[say.of(note) for note in one.notes]))
        drawn = plates.take(change_name(position), say("调整建议图", "The suggested outline"))
        if drawn is not None:
            blocks.append(drawn)
    if check.suggestions is None:
        told = say("本次预检未要求提出调整方案。", "No adjustment was asked for with this check.")
        blocks.append(Text(text=told, tone="note"))
    if check.what_would_change_it:
        blocks.append(Text(text=say("可能改变结论的事项：", "What would change the verdict:")))
        blocks.append(Points(items=[say.of(one.text) for one in check.what_would_change_it]))
    return Section(title=say("调整建议", "Suggestions"), blocks=blocks)
