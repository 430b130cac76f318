"""What is exchanged: rows by table, attached files, and what is not told and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from blueprint.exchange.columns import BY_NAME, TableName, TableSpec
from blueprint.values import Bilingual

Content = str | int | float | date | datetime | None
Row = Mapping[str, Content]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a row names."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be known of a table, or of one column of it."""

    table: TableName
    column: str | None
    text: Bilingual


@dataclass(frozen=True, slots=True)
class Exchange:
    """The tables of one project, or of one case of it; `day` is the city's."""

    project_id: str
    case_id: str | None
    snapshot_id: str | None
    day: date
    city_notice: Bilingual | None
    rows: Mapping[TableName, Sequence[Row]]
    attachments: Sequence[Attachment] = ()
    notes: Sequence[Note] = field(default=())

    @property
    def tables(self) -> list[tuple[TableSpec, Sequence[Row]]]:
        """Every table with its rows, in the order of the standard; one without rows too."""
        return [(spec, self.rows.get(name, ())) for name, spec in BY_NAME.items()]
