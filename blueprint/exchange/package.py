"""An exchange as one file: a ZIP of CSV tables with a manifest, a workbook, or one JSON document.

Input: an `Exchange`. Output: the bytes of the file; but for a workbook's, which knows when it was
written, they are the same for the same content. CSV is UTF-8 with a byte order mark, so that
spreadsheets read Chinese; a cell that is null is empty. The manifest has the SHA-256 of every file,
of every table its columns and whether each was seen in a source, and all notes.
"""

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Literal

from blueprint.errors import PlanningError
from blueprint.exchange.columns import TableName, TableSpec
from blueprint.exchange.documents import Content, Exchange, Row
from blueprint.values import Bilingual, Value

ExchangeForm = Literal["zip", "xlsx", "json"]
_SUFFIXES: dict[str, ExchangeForm] = {".zip": "zip", ".xlsx": "xlsx", ".json": "json"}
FORMAT: Literal["blueprint-exchange-1"] = "blueprint-exchange-1"
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of every file in the ZIP: the same content gives the same bytes."""

Cell = str | int | float | None


class ColumnHead(Value):
    """A column, and how many rows have something in it; not `seen`: that it is so is assumed."""

    name: str
    title: str
    seen: bool
    filled: int


class TableHead(Value):
    """A table, its columns in their order, and its number of rows."""

    name: TableName
    title: str
    count: int
    columns: list[ColumnHead]


class TableFile(TableHead):
    """A table of the ZIP: its file there."""

    file: str
    sha256: str


class TableRows(TableHead):
    """A table with its rows; days and moments are texts by the city's clock."""

    rows: list[dict[str, Cell]]


class FileRef(Value):
    """A file that rows name."""

    file: str
    sha256: str


class TableNote(Value):
    """What is to be known of a table, or of one of its columns: why it is empty."""

    table: TableName
    column: str | None
    text: Bilingual


class About(Value):
    """Of which project or case the tables are, by which snapshot, on which day."""

    format: Literal["blueprint-exchange-1"] = FORMAT
    project_id: str
    case_id: str | None
    snapshot_id: str | None
    day: date
    notice: Bilingual | None
    notes: list[TableNote]
    attachments: list[FileRef]


class Manifest(About):
    """What the ZIP holds."""

    tables: list[TableFile]


class ExchangeDocument(About):
    """All tables with their rows."""

    tables: list[TableRows]


def exchange_file(exchange: Exchange, form: ExchangeForm) -> bytes:
    """An exchange in the form that is asked for."""
    if form == "json":
        return _json(exchange_document(exchange))
    if form == "xlsx":
        from blueprint.exchange.workbook import exchange_workbook

        return exchange_workbook(exchange)
    return _zip(exchange)


def form_of(path: Path) -> ExchangeForm:
    """The form that a file's name says.

    Raises:
        PlanningError: it says none.
    """
    form = _SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise PlanningError(f"{path.name}: name a file that ends in {', '.join(_SUFFIXES)}")
    return form


def exchange_document(exchange: Exchange) -> ExchangeDocument:
    """All tables with their rows as one document; attached files by name and hash."""
    tables = [
        TableRows(**_head(spec, rows), rows=[_named(spec, row) for row in rows])
        for spec, rows in exchange.tables
    ]
    return ExchangeDocument(**_about(exchange), tables=tables)


def csv_table(spec: TableSpec, rows: Sequence[Row]) -> bytes:
    """One table as CSV, its columns in the order of the standard."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in spec.columns])
    for row in rows:
        writer.writerow(["" if cell is None else str(cell) for cell in _named(spec, row).values()])
    return text.getvalue().encode("utf-8-sig")


def _zip(exchange: Exchange) -> bytes:
    files: list[tuple[str, bytes]] = []
    tables = []
    for spec, rows in exchange.tables:
        name, data = f"{spec.name}.csv", csv_table(spec, rows)
        files.append((name, data))
        tables.append(TableFile(**_head(spec, rows), file=name, sha256=_hash(data)))
    files += [(file.name, file.data) for file in exchange.attachments]
    files.append(("manifest.json", _json(Manifest(**_about(exchange), tables=tables))))
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return whole.getvalue()


def _about(exchange: Exchange) -> dict[str, Any]:
    notes = [TableNote(table=n.table, column=n.column, text=n.text) for n in exchange.notes]
    files = [FileRef(file=one.name, sha256=_hash(one.data)) for one in exchange.attachments]
    return {
        "project_id": exchange.project_id,
        "case_id": exchange.case_id,
        "snapshot_id": exchange.snapshot_id,
        "day": exchange.day,
        "notice": exchange.city_notice,
        "notes": notes,
        "attachments": files,
    }


def _head(spec: TableSpec, rows: Sequence[Row]) -> dict[str, Any]:
    columns = [
        ColumnHead(
            name=column.name,
            title=column.zh,
            seen=column.seen,
            filled=sum(row.get(column.name) is not None for row in rows),
        )
        for column in spec.columns
    ]
    return {"name": spec.name, "title": spec.title.zh, "count": len(rows), "columns": columns}


def _named(spec: TableSpec, row: Row) -> dict[str, Cell]:
    return {column.name: _plain(row.get(column.name)) for column in spec.columns}


def _plain(content: Content) -> Cell:
    """A moment and a day as texts by the city's clock; a whole number without a point."""
    if isinstance(content, datetime):
        return content.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(content, date):
        return content.isoformat()
    if isinstance(content, float) and content.is_integer():
        return int(content)
    return content


def _json(document: About) -> bytes:
    return (document.model_dump_json(indent=2) + "\n").encode()


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
