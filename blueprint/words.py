"""What a picture says: words and colours for outcomes, and sizes put into words.

Input: findings, areas and lengths as the documents have them. Output: Chinese text for people.
Nothing here draws, and nothing that draws is loaded.
"""

from collections import Counter
from collections.abc import Iterable

from blueprint.documents import Finding, Margin, SiteCheck
from blueprint.judge import gravity, outcome_rank
from blueprint.shared_documents import Area
from blueprint.values import Bilingual

WORDS = {
    "prohibited": Bilingual(zh="禁止", en="prohibited"),
    "restricted": Bilingual(zh="限制", en="restricted"),
    "consult": Bilingual(zh="征求意见", en="consult"),
    "notice": Bilingual(zh="提示", en="notice"),
    "pass": Bilingual(zh="通过", en="pass"),
    "clear": Bilingual(zh="无涉", en="clear"),
    "incomplete": Bilingual(zh="资料不全", en="incomplete"),
    "no_data": Bilingual(zh="无法判断", en="no data"),
}
"""What every outcome and verdict is called."""

RELATIONS = {
    "at_most": Bilingual(zh="不得大于", en="at most"),
    "at_least": Bilingual(zh="不得小于", en="at least"),
    "one_of": Bilingual(zh="应为", en="one of"),
}
"""How a project's figure has to stand to the plan's limit."""

NO_DATA = Bilingual(zh="无资料", en="no data")
"""What a part of the site is called on which there are no data."""

UNVERIFIED = Bilingual(zh="（未核实）", en=" (unverified)")
"""What stands after a legal basis whose article nobody has compared with a source."""

COLOURS = {
    "prohibited": "#A50026",
    "restricted": "#C65102",
    "consult": "#2166AC",
    "notice": "#5B6770",
    "pass": "#1B7837",
    "clear": "#1B7837",
    "incomplete": "#6A51A3",
    "no_data": "#6A51A3",
}
"""The gravest first; white letters can be read on each, the colour-blind tell three apart."""

HATCHES = {"prohibited": "xxxx", "restricted": "////", "consult": "\\\\\\\\", "notice": "...."}
"""So that colour never speaks alone; as matplotlib spells them."""

_REASONS_NAMED = 2
_FIXED = (
    "²·–—…、。不个中为予以似位例保全公内冲准则判制包北单占发叠另号告周和围图地址均坐处定宽对少层"
    "差已平度开征快意护据控提数料断无日有期未条查标核检椭止求法涉照现球理用申疑的示禁积突等管米系约"
    "结编缺置能范被见规认论误请资边过选通重长限面顷项预依投影《》（），：；＜区形未注明读按取近换算仅相接界"
    "±于余供净划变可大实小应建得或最目称程稳空筑精超轻量高"
)
"""What this package itself writes beyond ASCII; a test compares."""


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """What was found, the gravest and then the largest first; what could not be judged is left out.

    `clear` is left out too: it asks nothing of anybody.
    """
    found = [finding for finding in findings if finding.outcome not in ("clear", "no_data")]
    return sorted(found, key=lambda f: (gravity(f), -(f.share or 0), f.rule))


def percent(share: float) -> str:
    """A share for people: 0.1234 is 12.3%."""
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}"


def hectares(area: Area) -> str:
    """The area that decides in 公顷, or in m² where four digits of 公顷 say nothing."""
    return f"{area.hectares:,.4f} 公顷" if area.hectares >= 0.001 else f"{area.deciding_m2:.2f} m²"


def both_calibres(area: Area) -> str:
    """The area by both calibres, the one that decides first."""
    both = [f"椭球 {area.ellipsoidal_m2:,.1f} m²", f"投影 {area.projected_m2:,.1f} m²"]
    first, second = both if area.decided_by == "ellipsoidal" else both[::-1]
    return f"{first}（为准）/ {second}"


def metres(length_m: float) -> str:
    """A length or width for people: to the centimetre below 10 m."""
    return f"{length_m:.2f} m" if length_m < 10 else f"{length_m:,.1f} m"


def size_words(finding: Finding) -> str:
    """How much of the site a finding is about, on which grounds it may be doubted."""
    words = []
    if finding.withheld:
        words.append("位置和面积不予公开")
    if finding.relation == "touches":
        words.append("仅边界相接")
    elif finding.area is not None:
        share = "" if finding.share is None else f"，占用地 {percent(finding.share)}"
        words.append(f"{hectares(finding.area)}{share}")
        words.append(both_calibres(finding.area))
    if finding.length_m:
        words.append(f"长度 {metres(finding.length_m)}")
    if finding.count is not None:
        words.append(f"{finding.count} 处")
    if finding.band == "suspected_error" and finding.width_m is not None:
        words.append(f"平均宽度 {metres(finding.width_m)}，疑似误差")
    if finding.buffer_m is not None:
        words.append(f"{finding.buffer_m:g} m 理论保护范围（未公告）")
    if finding.approximate is not None:
        words.append(f"{finding.approximate} 近似换算")
    return "；".join([*words, *filter(None, [figures_words(finding)])])


def margin_words(margin: Margin) -> Bilingual:
    """What a finding comes to where its layers are off by their stated accuracy."""
    least, most = (WORDS[o] for o in sorted((margin.least, margin.most), key=outcome_rank))
    off = f"±{margin.accuracy_m:g} m"
    return Bilingual(
        zh=f"标称精度 {off} 内：最轻为{least.zh}，最重为{most.zh}",
        en=f"within {off} as stated: {least.en} to {most.en}",
    )


def figures_words(finding: Finding) -> str:
    """What a project's figures come to: headroom under a surface, a limit beside what is given."""
    words = []
    room, compared = finding.headroom, finding.compared
    if room is not None:
        words.append(f"限高面 {room.limit_m:.2f} m")
        if room.headroom_m is None:
            words.append("未提供建筑高度或地面高程")
        elif room.headroom_m < 0:
            words.append(f"超高 {-room.headroom_m:.2f} m")
        else:
            words.append(f"净空余量 {room.headroom_m:.2f} m")
    if compared is not None:
        limit = compared.limit
        said = "、".join(limit) if isinstance(limit, list) else f"{limit:g}"
        words.append(f"规划{RELATIONS[compared.relation].zh} {said}")
        stated = compared.given
        given = f"{stated:g}" if isinstance(stated, float) else stated or "未提供"
        words.append(f"项目 {given}")
        if compared.excess:
            words.append(f"相差 {compared.excess:g}")
    return "，".join(words)


def robust_words(check: SiteCheck) -> str:
    """Whether the verdict stands within the layers' accuracy, in a few words; or nothing."""
    sure = check.robustness
    if sure is None:
        return ""
    if sure.robust:
        return "标称精度内结论稳定 robust"
    others = dict.fromkeys(one for one in (sure.mildest, sure.gravest) if one != check.verdict)
    zh, en = (sep.join(names) for sep, names in (
        ("或", [WORDS[one].zh for one in others]), (" or ", [WORDS[one].en for one in others])
    ))  # fmt: skip
    return f"标称精度内可能变为{zh} · not robust: {en}"


def bases_words(finding: Finding) -> str:
    """The laws that a finding rests on, with their articles."""
    bases = [
        f"《{basis.title.zh}》{basis.article or ''}{'' if basis.verified else UNVERIFIED.zh}"
        for basis in finding.legal_bases
    ]
    return f"依据：{'、'.join(bases)}"


def legend_size(finding: Finding) -> str:
    """The size by which the legend is sorted, or the length or count where there is no area."""
    if finding.compared is not None or finding.headroom is not None:
        return ""
    if finding.area is None or finding.relation == "touches":
        return size_words(finding)
    return f"{hectares(finding.area)}  {percent(finding.share or 0)}"


def unjudged_words(findings: Iterable[Finding]) -> str:
    """All rules that could not be judged, in one line with the commonest reasons; or nothing."""
    reasons = Counter(
        finding.notes[0].zh if finding.notes else "缺少数据"
        for finding in findings
        if finding.outcome == "no_data"
    )
    if not reasons:
        return ""
    common = reasons.most_common(_REASONS_NAMED)
    words = [reason if len(reasons) == 1 else f"{reason}（{n} 条）" for reason, n in common]
    more = "等" if len(reasons) > _REASONS_NAMED else ""
    return f"{reasons.total()} 条规则无法判断：{'；'.join(words)}{more}"


def limits_words(check: SiteCheck) -> str:
    """What limits the whole check, then the rules that could not be judged; or nothing."""
    words = [note.zh for note in check.notes]
    if check.site.crs_assumed:
        words.append(f"图形未注明坐标系，按 {check.site.source_crs} 读取")
    return "；".join([*words, *filter(None, [unjudged_words(check.findings)])])


def characters(check: SiteCheck, layers: Iterable[Bilingual]) -> str:
    """All characters that a picture may need: a font is chosen, and cut, for these."""
    names, articles = [check.city, *layers, *check.notes], []
    for finding in check.findings:
        names += [finding.title, finding.message, finding.department.name, *finding.notes]
        names += [basis.title for basis in finding.legal_bases]
        articles += [basis.article or "" for basis in finding.legal_bases]
    if check.city_notice is not None:
        names.append(check.city_notice)
    texts = [check.site.name, check.site.crs, check.site.source_crs, check.check_id]
    texts += [check.snapshot.id, check.rule_pack.id, check.rule_pack.version]
    return "".join([_FIXED, *texts, *articles, *(name.zh + name.en for name in names)])
