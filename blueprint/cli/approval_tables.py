"""Approvals, documents and forms for a person at a terminal: tables in both languages' order."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from blueprint.approvals.documents import (
    ApprovalLine,
    Counts,
    DocumentLine,
    HeldRef,
    LimitLine,
    MaterialsList,
)
from blueprint.approvals.fields import Given
from blueprint.approvals.fill_case import FormFilled
from blueprint.approvals.form import DataForm
from blueprint.approvals.held import HeldEntry
from blueprint.approvals.listing import ApprovalFile, ApprovalsList
from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.profiles import ProfileVersion
from blueprint.cases.stages import STAGE_NAMES
from blueprint.cli.tables import outcome_text
from blueprint.values import Bilingual

_UNITS = {
    "working": Bilingual(zh="工作日", en="working days"),
    "calendar": Bilingual(zh="自然日", en="calendar days"),
}
_STATUS = {
    "to_hand_in": ("需提交 to hand in", "yellow"),
    "held": ("已有，免交 held", "green"),
    "result": ("前序审批结果，免交 result of an approval", "green"),
}
_SOURCES = {
    "said": "已填 said",
    "finding": "蓝图量算 blueprint",
    "site": "用地图形 site",
    "profile": "一企一档 file",
}
_COUNTS = (
    ("asked", "各事项分别要求 as each asks"),
    ("once", "合并去重 each once"),
    ("results", "其中前序审批结果 results"),
    ("held", "其中已有 held"),
    ("to_hand_in", "需提交 to hand in"),
)


def approvals_table(found: ApprovalsList) -> Table:
    """One line an approval."""
    pack = found.pack
    table = Table(title=f"{found.name.both()} · {pack.version} · {found.day}")
    for title in ("id", "事项 approval", "阶段 stage", "部门 department", "法定", "承诺", "材料"):
        number = title in ("法定", "承诺", "材料")
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for one in found.approvals:
        name = Text(f"{one.title.zh}\n{one.title.en}")
        if not one.in_force:
            name.append("\n当日无依据 no basis in force", style="magenta")
        table.add_row(
            one.id,
            name,
            STAGE_NAMES[one.stage].zh + (" ∥" if one.parallel else ""),
            one.department.name.zh,
            _limit(one.statutory),
            _limit(one.promised),
            str(one.documents),
        )
    return table


def approval_tables(found: ApprovalFile) -> Group:
    """All of one approval."""
    one = found.approval
    head = Text.assemble((one.title.both(), "bold"), (f"  {one.id}", "dim"))
    head.append(f"\n{STAGE_NAMES[one.stage].both()} · {one.department.name.both()}")
    head.append(f"\n法定 by law: {_limit(one.statutory) or '—'} · ")
    head.append(f"承诺 promised: {_limit(one.promised) or '—'}")
    head.append(f"\n何时需要 needed when: {_condition(found.needed_when)}")
    for basis in found.legal_bases:
        head.append(f"\n《{basis.title.zh}》{basis.article or ''}")
        head.append("" if basis.verified else "（未核实 unverified）", style="magenta")
    if not found.legal_bases:
        head.append("\n当日无依据 no basis in force", style="magenta")
    documents = Table(title="材料 · documents")
    for title in ("id", "材料 document", "何时 when", "电子证照 licence"):
        documents.add_column(title, overflow="fold")
    for asked in found.documents:
        documents.add_row(asked.id, asked.title.both(), _condition(asked.when), asked.licence or "")
    fields = ", ".join(f"{field.title.zh} {field.id}" for field in found.fields)
    return Group(head, documents, Text(f"字段 fields: {fields}"))


def materials_tables(found: MaterialsList) -> Group:
    """The list of a project: counts, approvals, documents."""
    needed = found.approvals
    blocks: list[RenderableType] = [_counts_table(found)]
    for title, style, lines in (
        (f"需办事项 needed ({len(needed.needed)})", "bold", needed.needed),
        (f"尚不能确定 undecided ({len(needed.undecided)})", "bold magenta", needed.undecided),
        ("当日无依据 no basis in force", "magenta", needed.not_in_force),
    ):
        if lines:
            blocks += [Text(title, style=style), *map(_approval, lines)]
    blocks.append(_documents_table(found.documents))
    blocks += [Text(note.both(), style="magenta") for note in needed.notes]
    return Group(*blocks)


def _counts_table(found: MaterialsList) -> Table:
    table = Table(title=f"材料份数 · documents · {found.approvals.day}")
    table.add_column("")
    for stage in found.by_stage:
        table.add_column(STAGE_NAMES[stage.stage].zh, justify="right")
    table.add_column("合计 total", justify="right", style="bold")
    for name, title in _COUNTS:
        pairs = [(one.counts, one.at_most) for one in found.by_stage]
        pairs.append((found.counts, found.at_most))
        table.add_row(title, *(_range(*pair, name) for pair in pairs))
    return table


def _range(counts: Counts, at_most: Counts, name: str) -> str:
    low, high = getattr(counts, name), getattr(at_most, name)
    return str(low) if low == high else f"{low}–{high}"


def _approval(line: ApprovalLine) -> Padding:
    text = Text.assemble(
        (line.title.both(), ""), (f"  {line.id} · {line.department.name.zh}", "dim")
    )
    for why in line.why:
        text.append(f"\n  {why.text.both()}", style="dim")
    return Padding(text, (0, 0, 0, 2))


def _documents_table(documents: Iterable[DocumentLine]) -> Table:
    table = Table(title="材料清单 · each once")
    for title in ("材料 document", "要求方 asked by", "情况 status"):
        table.add_column(title, overflow="fold")
    for line in documents:
        name = Text(line.title.both())
        if not line.certain:
            name.append("（可能需要 perhaps）", style="magenta")
        said, style = _STATUS[line.status]
        status = Text(said, style=style)
        if line.held is not None:
            status.append(f"\n{_held(line.held)}", style="dim")
        for ref in line.not_counted:
            why = "" if ref.not_counted is None else ref.not_counted.both()
            status.append(f"\n{_held(ref)} {why}", style="magenta")
        asked = _few([by.approval for by in line.asked_by])
        table.add_row(name.append(f"\n{line.id}", style="dim"), asked, status)
    return table


def form_table(form: DataForm) -> Table:
    """Every field with what is known of it."""
    table = Table(title=f"一张表单 · one form · {form.pack.version} · {form.day}")
    for title in ("字段 field", "值 value", "来源 from", "要求方 asked by"):
        table.add_column(title, overflow="fold")
    properties = form.json_schema["properties"]
    for name, shape in properties.items():
        known = name in form.values
        unit = f" {shape['x-unit']}" if "x-unit" in shape else ""
        value = f"{_value(form.values[name], shape)}{unit}" if known else "需填 to fill in"
        source = _SOURCES[form.sources[name].kind] if known else ""
        style = "" if known else "yellow" if name in form.missing else "dim"
        by = _few([one.get("approval") or one["rule"] for one in shape["x-asked-by"]])
        table.add_row(Text(f"{shape['title']}\n{name}"), Text(value, style=style), source, by)
    return table


def filled_tables(filled: FormFilled) -> Group:
    """What a filled form changed."""
    blocks: list[RenderableType] = [
        Text(f"已更改 changed: {', '.join(filled.changed) or '—'}"),
        Text(f"仍缺 missing: {', '.join(filled.form.missing) or '—'}"),
    ]
    for change in filled.changes:
        before, after = (outcome_text(one) for one in (change.verdict_before, change.verdict_after))
        blocks.append(Text.assemble("重新预审的结论 screened again: ", before, " → ", after))
    return Group(*blocks)


def held_table(entries: Sequence[HeldEntry], pack: ApprovalsPack) -> Table:
    """What is held of an applicant or a project."""
    table = Table(title="已有材料 · documents held")
    table.add_column("id", no_wrap=True)
    for title in ("材料 document", "来源 source", "编号 number", "签发 issued", "有效期止"):
        table.add_column(title, overflow="fold")
    for entry in entries:
        said = entry.document
        kind = pack.documents.get(said.kind)
        table.add_row(
            entry.id,
            Text(said.kind if kind is None else kind.title.both()),
            said.source,
            Text(said.number or ""),
            str(said.issued_on or ""),
            str(said.valid_until or ""),
        )
    return table


def profile_table(version: ProfileVersion) -> Table:
    """What is known of an applicant."""
    table = Table(
        title=f"{version.applicant} · {version.version} · {version.at}", show_header=False
    )
    for name, value in version.profile.model_dump().items():
        table.add_row(Text(name, style="dim"), Text("" if value is None else str(value)))
    return table


def _value(value: Given, shape: dict[str, Any]) -> str:
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, str):
        choice = shape.get("x-choices", {}).get(value)
        return value if choice is None else Bilingual(**choice).both()
    return f"{value:,.12g}"


def _few(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" … ({len(names)})" if len(names) > most else "")


def _limit(limit: LimitLine | None) -> str:
    return "" if limit is None else f"{limit.days} {_UNITS[limit.unit].zh}"


def _condition(need: object) -> str:
    text = yaml.safe_dump(need, allow_unicode=True, default_flow_style=True, width=1000)
    return text.removesuffix("...\n").strip()


def _held(ref: HeldRef) -> str:
    until = "" if ref.valid_until is None else f" ≤ {ref.valid_until}"
    return f"{ref.number or ref.id}{until}"
