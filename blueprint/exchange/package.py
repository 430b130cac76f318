"""An exchange as one file: a ZIP of CSV tables with a manifest, a workbook, or one JSON document.

Input: an `Exchange`. Output: the bytes of the file; but for a workbook's, which knows when it was
written, they are the same for the same content. CSV is UTF-8 with a byte order mark, so that
spreadsheets read Chinese; a cell that is null is empty. The manifest has the SHA-256 of every file,
of every table its columns and whether each was seen in a source, and all notes.
"""

import csv
import json
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Literal

from blueprint.errors import PlanningError
from blueprint.exchange.columns import TableSpec
from blueprint.exchange.documents import Content, Exchange, Row

ExchangeForm = Literal["zip", "xlsx", "json"]
_SUFFIXES: dict[str, ExchangeForm] = {".zip": "zip", ".xlsx": "xlsx", ".json": "json"}
FORMAT = "blueprint-exchange-1"
_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of every file in the ZIP: the same content gives the same bytes."""


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


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """All tables with their rows as one document; attached files by name and hash."""
    tables = [
        _head(spec, rows) | {"rows": [_named(spec, row) for row in rows]}
        for spec, rows in exchange.tables
    ]
    return _about(exchange) | {"tables": tables, "attachments": _attached(exchange)}


def csv_table(spec: TableSpec, rows: Sequence[Row]) -> bytes:
    """One table as CSV, its columns in the order of the standard."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in spec.columns])
    for row in rows:
        writer.writerow([_cell(row.get(column.name)) for column in spec.columns])
    return text.getvalue().encode("utf-8-sig")


def _zip(exchange: Exchange) -> bytes:
    files: list[tuple[str, bytes]] = []
    tables = []
    for spec, rows in exchange.tables:
        data = csv_table(spec, rows)
        files.append((f"{spec.name}.csv", data))
        tables.append(_head(spec, rows) | {"file": files[-1][0], "sha256": _hash(data)})
    files += [(file.name, file.data) for file in exchange.attachments]
    about = _about(exchange) | {"tables": tables, "attachments": _attached(exchange)}
    files.append(("manifest.json", _json(about)))
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return whole.getvalue()


def _about(exchange: Exchange) -> dict[str, Any]:
    notice = exchange.city_notice
    return {
        "format": FORMAT,
        "project_id": exchange.project_id,
        "case_id": exchange.case_id,
        "snapshot_id": exchange.snapshot_id,
        "day": exchange.day.isoformat(),
        "notice": None if notice is None else notice.model_dump(),
        "notes": [
            {"table": note.table, "column": note.column, **note.text.model_dump()}
            for note in exchange.notes
        ],
    }


def _head(spec: TableSpec, rows: Sequence[Row]) -> dict[str, Any]:
    columns = [
        {
            "name": column.name,
            "title": column.zh,
            "seen": column.seen,
            "filled": sum(row.get(column.name) is not None for row in rows),
        }
        for column in spec.columns
    ]
    return {"name": spec.name, "title": spec.title.zh, "count": len(rows), "columns": columns}


def _attached(exchange: Exchange) -> list[dict[str, str]]:
    return [{"file": file.name, "sha256": _hash(file.data)} for file in exchange.attachments]


def _named(spec: TableSpec, row: Row) -> dict[str, str | int | float | None]:
    return {column.name: _plain(row.get(column.name)) for column in spec.columns}


def _cell(content: Content) -> str:
    return "" if content is None else str(_plain(content))


def _plain(content: Content) -> str | int | float | None:
    """A moment and a day as texts by the city's clock; a whole number without a point."""
    if isinstance(content, datetime):
        return content.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(content, date):
        return content.isoformat()
    if isinstance(content, float) and content.is_integer():
        return int(content)
    return content


def _json(document: object) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
