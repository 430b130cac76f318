"""A code for the terminal: each part with its meaning, and how sure that is."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from blueprint.codes.documents import STATUS_NAMES, CodeExplanation, PartStatus

_STYLES: dict[PartStatus, str] = {
    "explained": "",
    "unverified": "dim",
    "unknown": "dim",
    "not_checked": "magenta",
    "doubtful": "yellow",
    "wrong": "bold red",
}


def code_table(found: CodeExplanation) -> Group:
    """A code part by part, then what is wrong and what is to be known."""
    lines = [Text(f"✗ {problem.zh}\n  {problem.en}", "bold red") for problem in found.problems]
    notes = [Text(f"{note.zh}\n{note.en}", "dim") for note in found.notes]
    if not found.parts:
        return Group(Text(found.given), *lines, *notes)
    table = Table(title=f"项目代码 · project code {found.code}")
    for title in ("", "部分 part", "含义 meaning", ""):
        table.add_column(title, overflow="fold")
    for part in found.parts:
        meaning = Text(part.meaning.zh)
        if part.meaning.en != part.meaning.zh:
            meaning.append(f"\n{part.meaning.en}", "dim")
        status = Text(STATUS_NAMES[part.status].zh, _STYLES[part.status])
        table.add_row(part.digits, Text(part.name.both()), meaning, status)
    return Group(table, *lines, *notes)
