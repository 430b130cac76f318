"""Conflicts over time for the terminal: what became of them, and all that is known of one."""

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.cli.tables import area_text, head_with_id
from blueprint.conflicts.difference import CHANGES, ConflictChange, ConflictDifference
from blueprint.conflicts.ledger import ConflictFile
from blueprint.conflicts.life import STATES
from blueprint.conflicts.totals import ConflictTotals, Total
from blueprint.conflicts.words import standing_words, step_words
from blueprint.shared_documents import Area
from blueprint.words import WORDS

_SHOWN = 20


def difference_tables(found: ConflictDifference) -> Group:
    """Totals by rule, then the largest conflicts of each kind of change."""
    then, now = found.then, found.now
    title = f"冲突变化 · conflicts from {then.snapshot.id} to {now.snapshot.id}"
    rules = Table(title=title)
    rules.add_column("规则 rule", min_width=36, overflow="fold")
    for word in CHANGES.values():
        rules.add_column(word.zh, justify="right")
    rules.add_column("可比 comparable", overflow="fold")
    for line in found.rules:
        if (
            line.comparable
            and line.counts is not None
            and not any(line.counts.model_dump().values())
        ):
            continue
        counts = ["" if line.counts is None else str(getattr(line.counts, n)) for n in CHANGES]
        name = Text(f"{WORDS[line.severity].zh} {line.title.zh}\n").append(line.rule, style="dim")
        why = Text("是") if line.reason is None else Text(line.reason.zh, style="magenta")
        rules.add_row(name, *counts, why)
    rules.add_section()
    total = [str(getattr(found.counts, name)) for name in CHANGES]
    rules.add_row("合计 total", *total, "是" if found.comparable else "不完全", style="bold")
    return Group(rules, *_kinds(found))


def totals_tables(totals: ConflictTotals) -> Group:
    """What a search adds up to: by rule, by departments, by district."""
    rules = _sums("按规则 by rule", "规则 rule")
    for line in totals.rules:
        name = Text(f"{WORDS[line.severity].zh} {line.title.zh}")
        if not line.searched_whole:
            name.append(" 未能完整核对", style="magenta")
        _sum(rules, name, line.total)
    rules.add_section()
    _sum(rules, Text("合计 total", style="bold"), totals.whole)
    pairs = _sums("按部门 by departments", "部门 departments")
    for pair in totals.departments:
        _sum(pairs, Text(" × ".join(ref.name.zh for ref in pair.departments)), pair.total)
    if totals.districts is None:
        assert totals.no_districts is not None
        why = Text(f"无分区合计 no totals by district：{totals.no_districts.both()}", "magenta")
        return Group(rules, pairs, why)
    districts = _sums("按区 by district", "区 district")
    for one in totals.districts:
        _sum(districts, Text(one.district or "各区之外 outside all districts"), one.total)
    return Group(rules, pairs, districts)


def _sums(title: str, head: str) -> Table:
    table = Table(title=f"{title} (地块重叠处面积只计一次 shared ground counts once)")
    table.add_column(head, overflow="fold")
    for name in ("件 count", "椭球 m²", "投影 m²", "公顷 ha"):
        table.add_column(name, justify="right")
    return table


def _sum(table: Table, name: Text, total: Total | None) -> None:
    if total is None:
        table.add_row(name, "", "", "", "")
        return
    area = total.area
    sizes = (f"{area.ellipsoidal_m2:,.2f}", f"{area.projected_m2:,.2f}", f"{area.hectares:,.4f}")
    table.add_row(name, f"{total.conflicts:,}", *sizes)


def _kinds(found: ConflictDifference) -> Iterator[Table | Text]:
    for change, word in CHANGES.items():
        some = [one for one in found.conflicts if one.change == change]
        if change == "persisting":
            some = [one for one in some if one.grown and _size(one)]
        if not some:
            continue
        title = (
            "持续且面积有变 persisting, with another area"
            if change == "persisting"
            else word.both()
        )
        table = Table(title=f"{title}: {len(some)}")
        head_with_id(table, "规则 rule", "要素 features")
        for head in ("当时 m²", "现在 m²", "增减 m²"):
            table.add_column(head, justify="right", overflow="fold")
        for one in sorted(some, key=_size, reverse=True)[:_SHOWN]:
            table.add_row(*map(Text, _cells(one)))
        yield table
        if len(some) > _SHOWN:
            yield Text(f"… and {len(some) - _SHOWN} more; --json has them all", style="dim")


def _size(one: ConflictChange) -> float:
    before, after = (0.0 if x is None else x.deciding_m2 for x in (one.before, one.after))
    return abs(after - before) if one.grown else max(before, after)


def _cells(one: ConflictChange) -> tuple[str, ...]:
    before, after = one.before, one.after
    grown = "" if before is None or after is None else after.deciding_m2 - before.deciding_m2
    change = f"{grown:+,.2f}" if isinstance(grown, float) else ""
    features = f"{one.left.feature_id} × {one.right.feature_id}"
    return one.id, one.rule, features, _m2(before), _m2(after), change


def _m2(area: Area | None) -> str:
    return "" if area is None else f"{area.deciding_m2:,.2f}"


def file_tables(file: ConflictFile) -> Group:
    """One conflict: what fights, by which law, where it stands, who did what, where it was seen."""
    one, rule = file.conflict, file.rule
    facts = Table(title=one.id, show_header=False)
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    names = {department.id: department.name for department in rule.departments}
    sides = ((one.left, rule.left_name), (one.right, rule.right_name))
    facts.add_row("规则 rule", Text(f"{WORDS[one.severity].zh} {rule.title.both()} ({rule.rule})"))
    for side, name in sides:
        whose = names[side.department].zh
        facts.add_row("要素 feature", Text(f"{name.both()} {side.feature_id} · {whose}"))
    facts.add_row("面积 area", Text(area_text(one.area)))
    facts.add_row("宽 width", Text(f"{one.width_m:,.2f} m"))
    bases = "、".join(f"《{b.title.zh}》{b.article or ''}" for b in rule.legal_bases)
    facts.add_row("依据 bases", Text(bases))
    facts.add_row(f"状态 on {file.day}", Text(standing_words(file.standing).both(), style="bold"))
    history = Table(title="经过 history")
    for title in ("day", "who", "from", "to", "what"):
        history.add_column(title, overflow="fold")
    for entry in file.history:
        what = step_words(entry).zh
        states = (STATES[entry.before].zh, STATES[entry.after].zh)
        history.add_row(*map(Text, (str(entry.day), entry.who, *states, what)))
    seen = Table(title="历次检出 searches that found it")
    for title in ("snapshot", "searched", "m²", "width m"):
        seen.add_column(title, justify="left" if title in ("snapshot", "searched") else "right")
    for sight in file.sightings:
        moment = f"{sight.searched_at:%Y-%m-%d %H:%M} UTC"
        area = f"{sight.area.deciding_m2:,.2f}"
        seen.add_row(sight.snapshot, moment, area, f"{sight.width_m:,.2f}")
    return Group(facts, *([history] if file.history else []), seen)
