"""An exchange as an Excel workbook: a sheet for each table, and one that says how to read them.

Heads have the column's name and its Chinese title; what was not seen in a source is marked. Numbers
are numbers, days are days, and text is text whatever it begins with.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO

from openpyxl import Workbook

from blueprint.exchange.columns import TableSpec
from blueprint.exchange.documents import Content, Exchange, Row
from blueprint.exports.workbook import Column, fill_sheet

_ASSUMED = "（假定）"
_ABOUT = (
    Column("表", "Table", 26),
    Column("字段", "Column", 14),
    Column("说明", "Note", 60),
    Column("说明（英文）", "Note (English)", 60),
)
_WIDTH = 18


def exchange_workbook(exchange: Exchange) -> bytes:
    """The bytes of one .xlsx file."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for spec, rows in exchange.tables:
        fill_sheet(book, spec.name, _columns(spec), _rows(spec, rows))
    fill_sheet(book, "说明 About", _ABOUT, _about(exchange), plain=True)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def _columns(spec: TableSpec) -> list[Column]:
    return [
        Column(f"{column.zh}{'' if column.seen else _ASSUMED}", column.name, _WIDTH)
        for column in spec.columns
    ]


def _rows(spec: TableSpec, rows: Sequence[Row]) -> Iterator[Sequence[Content]]:
    for row in rows:
        yield [row.get(column.name) for column in spec.columns]


def _about(exchange: Exchange) -> Iterator[Sequence[Content]]:
    if exchange.city_notice is not None:
        yield "", "", exchange.city_notice.zh, exchange.city_notice.en
    about = (
        ("项目 · project", exchange.project_id),
        ("案卷 · case", exchange.case_id or "—"),
        ("快照 · snapshot", exchange.snapshot_id or "—"),
        ("日期 · day", exchange.day.isoformat()),
    )
    for name, said in about:
        yield name, "", said, said
    for spec, rows in exchange.tables:
        yield (
            spec.name,
            "",
            f"{spec.title.zh}：{len(rows)} 行",
            f"{spec.title.en}: {len(rows)} rows",
        )
    for note in exchange.notes:
        yield note.table, note.column or "", note.text.zh, note.text.en
