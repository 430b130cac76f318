"""The law that the findings of a check rest on, with what it took the place of and what follows."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from blueprint.documents import Finding, SiteCheck
from blueprint.report.document import Block, Grid, Section, Text, Tongue
from blueprint.report.site_cited import Cited
from blueprint.report.site_figures import article_words
from blueprint.rules.legal import LEVELS, Law, LegalBasis
from blueprint.words import gravest_first


def law_section(check: SiteCheck, cited: Cited, say: Tongue) -> Section:
    """Every legal basis that a finding cites, as it is in force on the application date."""
    found = gravest_first(check.findings)
    bases = [basis for finding in found for basis in finding.legal_bases]
    title = say("法律依据", "Legal basis")
    if not bases:
        nothing = say("没有引用法律依据的检测结论。", "No finding cites a legal basis.")
        return Section(title=title, blocks=[Text(text=nothing)])
    return Section(title=title, blocks=law_blocks(bases, found, check.application_date, cited, say))


def law_blocks(
    bases: Iterable[LegalBasis], found: Sequence[Finding], day: date, cited: Cited, say: Tongue
) -> list[Block]:
    """Legal bases, each once, as they are in force on a day; `found` are what rules found."""
    told = say(
        f"以下依据在申请日期 {day} 有效。“未核实”表示条文未与原文逐字核对，引用前应核对。"
        "前身与后续仅列规则包所载者。",
        f'In force on the application date, {day}. "not read" means that nobody has compared the '
        "article with its source: do so before citing it. Of what came before and what follows, "
        "what the rule pack has is told.",
    )
    head = [
        say("法规名称与文号", "Law and number"),
        say("条款", "Article"),
        say("层级", "Level"),
        say("施行期间", "In force"),
        say("前身与后续", "Before and after"),
        say("条文核对", "Compared"),
    ]
    once = {(basis.law, basis.article): basis for basis in bases}
    rows = [_row(basis, found, cited, say) for basis in once.values()]
    grid = Grid(head=head, rows=rows, widths=[0.28, 0.11, 0.11, 0.17, 0.21, 0.12])
    return [Text(text=told, tone="note"), grid]


def _row(basis: LegalBasis, found: Sequence[Finding], cited: Cited, say: Tongue) -> list[str]:
    until = basis.in_force_until
    around = [*_before(basis, found, cited, say), *_after(basis, cited, say)]
    return [
        law_words(basis, say) + (f" {basis.number}" if basis.number else ""),
        article_words(basis.article, say) or "—",
        say.of(LEVELS[basis.level]),
        say(
            f"{basis.in_force_from} 起{'' if until is None else f'至 {until}'}",
            f"from {basis.in_force_from}{'' if until is None else f' to {until}'}",
        ),
        say.joined(around) or "—",
        say("已核实", "read") if basis.verified else say("未核实", "not read"),
    ]


def _before(basis: LegalBasis, found: Sequence[Finding], cited: Cited, say: Tongue) -> list[str]:
    """The laws whose place this one took, with the articles that the same rules cite of them."""
    told = []
    for name, law in cited.laws.items():
        if law.superseded_by != basis.law:
            continue
        articles = [article_words(one, say) for one in cited.articles_of(name, found)]
        cites = say("", " ") + say.listed(articles) if articles else ""
        until = law.in_force_until
        ended = "" if until is None else say(f"（至 {until}）", f" (until {until})")
        told.append(say("前身：", "before: ") + _titled(law, say) + cites + ended)
    return told


def _after(basis: LegalBasis, cited: Cited, say: Tongue) -> list[str]:
    """The law that takes its place."""
    if basis.superseded_by is None:
        return []
    law = cited.laws.get(basis.superseded_by)
    if law is None:
        return [say("后续：", "after: ") + basis.superseded_by]
    since = law.in_force_from
    if basis.in_force_until is not None:
        since = max(since, basis.in_force_until + timedelta(days=1))
    return [
        say("后续：", "after: ") + _titled(law, say) + say(f"（{since} 起）", f" (from {since})")
    ]


def law_words(basis: LegalBasis, say: Tongue) -> str:
    """What a law is called."""
    return say(f"《{basis.title.zh}》", basis.title.en)


def cited_words(basis: LegalBasis, say: Tongue) -> str:
    """A law with its article, and whether the article was compared with its source."""
    unread = "" if basis.verified else say("（未核实）", " (not read)")
    article = article_words(basis.article, say)
    return f"{law_words(basis, say)}{say('', ' ') if article else ''}{article}{unread}"


def _titled(law: Law, say: Tongue) -> str:
    return say(f"《{law.title.zh}》", law.title.en)
