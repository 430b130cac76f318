"""Conflicts as an Excel workbook: the register, its totals, what was resolved, how to read it.

Input: a `Register`. Output: one .xlsx file. Heads are in Chinese and English; numbers are numbers,
days are days, and text is text whatever it begins with: names and ids are as somebody delivered
them, and none of them is a formula.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from blueprint.conflicts.difference import CHANGES
from blueprint.conflicts.life import STATES
from blueprint.conflicts.register import Register, RegisterLine
from blueprint.conflicts.totals import Total
from blueprint.conflicts.words import standing_words
from blueprint.errors import PlanningError
from blueprint.exports.formats import written_whole
from blueprint.shared_documents import Area
from blueprint.words import WORDS

_MOST_ROWS = 1_048_575
"""What a sheet takes under its head."""
_AREA, _HECTARES, _COUNT, _DAY = "#,##0.00", "#,##0.0000", "#,##0", "yyyy-mm-dd"
_GREY = Side(style="thin", color="C9D1D8")
_HEAD = PatternFill("solid", fgColor="E8EEF3")

Content = str | float | int | date | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head in both languages, its width in characters, how numbers are shown."""

    zh: str
    en: str
    width: float = 14
    form: str | None = None


_REGISTER = (
    Column("编号", "Id", 27),
    Column("规则", "Rule", 34),
    Column("规则（英文）", "Rule (English)", 38),
    Column("程度", "Severity", 10),
    Column("判断", "Band", 12),
    Column("图层甲", "Layer, left", 18),
    Column("要素甲", "Feature, left", 20),
    Column("部门甲", "Department, left", 20),
    Column("图层乙", "Layer, right", 18),
    Column("要素乙", "Feature, right", 20),
    Column("部门乙", "Department, right", 20),
    Column("椭球面积 m²", "Ellipsoidal m²", 16, _AREA),
    Column("投影面积 m²", "Projected m²", 16, _AREA),
    Column("公顷", "Hectares", 12, _HECTARES),
    Column("宽 m", "Width m", 11, _AREA),
    Column("区", "Districts", 16),
    Column("变化", "Change", 10),
    Column("增减 m²（椭球）", "Grown m², ellipsoidal", 17, _AREA),
    Column("增减 m²（投影）", "Grown m², projected", 17, _AREA),
    Column("状态", "State", 12),
    Column("承办部门", "In charge", 20),
    Column("办结期限", "Due", 12, _DAY),
    Column("逾期", "Overdue", 9),
    Column("豁免至", "Exempt until", 12, _DAY),
    Column("情况", "Particulars", 40),
    Column("依据", "Legal bases", 60),
)
_TOTALS = (
    Column("项目", "Item", 58),
    Column("件", "Conflicts", 12, _COUNT),
    Column("椭球面积 m²", "Ellipsoidal m²", 18, _AREA),
    Column("投影面积 m²", "Projected m²", 18, _AREA),
    Column("公顷", "Hectares", 14, _HECTARES),
    Column("备注", "Remark", 60),
)
_CHANGES = (
    Column("变化", "Change", 12),
    Column("编号", "Id", 27),
    Column("规则", "Rule", 40),
    Column("要素甲", "Feature, left", 20),
    Column("要素乙", "Feature, right", 20),
    Column("当时 m²（椭球）", "Then m², ellipsoidal", 18, _AREA),
    Column("当时 m²（投影）", "Then m², projected", 18, _AREA),
    Column("说明", "Why", 60),
)
_ABOUT = (Column("项目", "Item", 30), Column("内容", "Content", 100))


def write_workbook(register: Register, path: Path) -> None:
    """Write a register as .xlsx, whole or not at all; an older one is replaced.

    Raises:
        PlanningError: it has more conflicts than a sheet has rows.
        OSError: the file cannot be written.
    """
    if len(register.lines) > _MOST_ROWS:
        message = f"{path}: {len(register.lines)} conflicts, and a sheet has {_MOST_ROWS} rows"
        raise PlanningError(f"{message}; write a GeoPackage instead")
    book = Workbook()
    book.remove(book.worksheets[0])
    fill_sheet(book, "冲突 Conflicts", _REGISTER, map(_line, register.lines))
    fill_sheet(book, "合计 Totals", _TOTALS, _totals(register))
    if register.difference is not None:
        fill_sheet(book, "不再检出 No longer found", _CHANGES, _gone(register))
    fill_sheet(book, "说明 About", _ABOUT, _about(register), plain=True)
    with written_whole(path) as half:
        book.save(half)


def fill_sheet(
    book: Workbook,
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Content]],
    *,
    plain: bool = False,
) -> None:
    """Add a sheet with a head, which stays in sight; `plain` ones wrap and have no filter."""
    sheet: Worksheet = book.create_sheet(name)
    sheet.append([f"{column.zh}\n{column.en}" for column in columns])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        cell.border = Border(bottom=_GREY)
    sheet.row_dimensions[1].height = 32
    last = 1
    for last, row in enumerate(rows, start=2):
        for at, (column, content) in enumerate(zip(columns, row, strict=True), start=1):
            cell = sheet.cell(last, at)
            assert isinstance(cell, Cell)  # nothing is merged
            _write(cell, content, column, wrap=plain)
    for at, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = column.width
    sheet.freeze_panes = "A2" if plain or columns is _TOTALS else "B2"
    if not plain and columns is not _TOTALS:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _write(cell: Cell, content: Content, column: Column, *, wrap: bool) -> None:
    if isinstance(content, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("〓", content)
        cell.data_type = "s"  # what begins with = is a name all the same
        cell.alignment = Alignment(wrap_text=wrap, vertical="top")
        return
    cell.value = content
    if column.form is not None and content is not None:
        cell.number_format = column.form


def _line(line: RegisterLine) -> Sequence[Content]:
    one, rule, note = line.conflict, line.rule, line.note
    title = rule.title if one.kind is None else one.kind.title
    names = {department.id: department.name.zh for department in rule.departments}
    standing, change = note.standing, note.change
    grown = None if change is None else change.grown
    bases = [f"《{basis.title.zh}》{basis.article or ''}" for basis in rule.legal_bases]
    return (
        one.id,
        title.zh,
        title.en,
        WORDS[one.severity].zh,
        "疑似误差" if one.band == "suspected_error" else "确实",
        rule.left_name.zh,
        one.left.feature_id,
        names[one.left.department],
        rule.right_name.zh,
        one.right.feature_id,
        names[one.right.department],
        *_sizes(one.area),
        one.width_m,
        "、".join(note.districts),
        "" if change is None else CHANGES[change.change].zh,
        None if grown is None else grown.ellipsoidal_m2,
        None if grown is None else grown.projected_m2,
        STATES[standing.state].zh,
        "" if standing.department is None else standing.department.name.zh,
        standing.due,
        "是" if standing.overdue else "",
        standing.until,
        standing_words(standing, bare=True).zh,
        "、".join(bases),
    )


def _sizes(area: Area) -> tuple[float, float, float]:
    return area.ellipsoidal_m2, area.projected_m2, area.hectares


def _totals(register: Register) -> Iterator[Sequence[Content]]:
    totals = register.totals
    yield _total("全部冲突 · All conflicts", totals.whole, "重叠部分只计一次 · shared ground once")
    yield _gap("按规则 · By rule")
    lines = register_rules(register)
    for rule in totals.rules:
        yield _total(f"{rule.title.zh} · {rule.title.en}", rule.total, lines[rule.rule])
    yield _gap("按部门 · By departments")
    for pair in totals.departments:
        zh = " × ".join(ref.name.zh for ref in pair.departments)
        en = " × ".join(ref.name.en for ref in pair.departments)
        yield _total(f"{zh} · {en}", pair.total, "")
    yield _gap("按区 · By district")
    if totals.no_districts is not None:
        yield _total("—", None, totals.no_districts.both())
    for line in totals.districts or ():
        yield _total(line.district or "各区之外 · Outside all districts", line.total, "")


def register_rules(register: Register) -> dict[str, str]:
    """What there is to remark on each rule's search: nothing where it was searched whole."""
    remarks = {}
    for line in register.head.rules:
        remark = ""
        if line.withheld:
            remark = "不予公开 · withheld"
        elif line.status == "not_in_force":
            remark = "当日无现行依据 · not in force on that day"
        elif line.status == "no_data":
            remark = "未能完整核对 · not searched whole"
            remark += "" if line.reason is None else f"：{line.reason.both()}"
        remarks[line.rule] = remark
    return remarks


def _total(name: str, total: Total | None, remark: str) -> Sequence[Content]:
    if total is None:
        return (name, None, None, None, None, remark)
    return (name, total.conflicts, *_sizes(total.area), remark)


def _gap(title: str) -> Sequence[Content]:
    return (title, None, None, None, None, "")


def _gone(register: Register) -> Iterator[Sequence[Content]]:
    """Conflicts of the earlier search that this one has not, and why that may say nothing."""
    assert register.difference is not None
    rules = {rule.rule: rule for rule in register.difference.rules}
    for one in register.difference.conflicts:
        if one.after is None and one.before is not None:
            rule = rules[one.rule]
            why = "" if one.change == "resolved" or rule.reason is None else rule.reason.both()
            yield (
                CHANGES[one.change].zh,
                one.id,
                rule.title.zh,
                one.left.feature_id,
                one.right.feature_id,
                one.before.ellipsoidal_m2,
                one.before.projected_m2,
                why,
            )


def _about(register: Register) -> Iterator[Sequence[Content]]:
    head, totals = register.head, register.totals
    if head.city_notice is not None:
        yield "声明 · Notice", head.city_notice.both()
    yield "快照 · Snapshot", f"{head.snapshot.id} ({head.snapshot.digest})"
    if register.difference is not None:
        yield "对比快照 · Held against", register.difference.then.snapshot.id
    yield "规则包 · Rule pack", f"{head.rule_pack.id} {head.rule_pack.version}"
    yield "规则适用日 · Rules of", head.application_date.isoformat()
    yield "状态截至 · States on", register.day.isoformat()
    yield "检索编号 · Search", head.run_id
    yield "密级范围 · Clearance", head.clearance
    deciding = "椭球 · ellipsoidal" if _is_ellipsoidal(register) else "投影 · projected"
    yield "公顷依据 · Hectares are of", deciding
    yield "坐标系 · CRS", head.crs
    whole = "是 · yes" if totals.complete else "否，见合计备注 · no, see the remarks on the totals"
    yield "核对完整 · Searched whole", whole


def _is_ellipsoidal(register: Register) -> bool:
    return register.totals.whole.area.decided_by == "ellipsoidal"
