"""Rows of cases: their approval items, the events of these, and the opinions of departments."""

from collections.abc import Sequence

from blueprint.exchange.columns import TableName
from blueprint.exchange.documents import Note, Row
from blueprint.exchange.project_rows import ProjectRows
from blueprint.exchange.sources import Sources


class CaseRows:
    """What the tables have of cases; `notes` grow as rows are asked for."""

    def __init__(self, sources: Sources, projects: ProjectRows) -> None:
        self._sources, self._projects = sources, projects
        self.notes: list[Note] = []

    def tables(self) -> dict[TableName, Sequence[Row]]:
        """The rows of every table of cases."""
        return {}
