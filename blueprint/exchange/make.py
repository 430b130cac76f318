"""From what is known to the tables, and to what has to be said of what they leave empty."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from blueprint.clearance import RESTRICTED, Clearance
from blueprint.exchange.case_rows import CaseRows
from blueprint.exchange.columns import BY_NAME, TableName
from blueprint.exchange.documents import Exchange, Note, Row
from blueprint.exchange.project_rows import ProjectRows
from blueprint.exchange.sources import gather
from blueprint.service import Service
from blueprint.values import Bilingual


def exchange_of(
    service: Service,
    connection: sa.Connection,
    project_id: str | None = None,
    case_id: str | None = None,
    clearance: Clearance = RESTRICTED,
) -> Exchange:
    """The exchange tables of a project and all its cases, or of one case; one of the two is named.

    Raises:
        UnknownProject, UnknownCase: there is none of that id.
        NothingPublished: no catalogue is loaded: the city is not known.
    """
    sources = gather(service, connection, project_id, case_id, clearance)
    projects = ProjectRows(sources)
    cases = CaseRows(sources, projects)
    rows: dict[TableName, Sequence[Row]] = {
        "SPGL_XMJBXXB": list(projects.projects()),
        "SPGL_XMDWXXB": list(projects.units()),
        **cases.tables(),
        "SPGL_XMYDHXJZXXB": list(projects.boundaries()),
        "SPGL_DFGHKZXXXB": list(projects.control_lines()),
    }
    return Exchange(
        project_id=sources.view.project.id,
        case_id=case_id,
        snapshot_id=sources.snapshot_id,
        day=sources.day,
        city_notice=sources.city.notice,
        rows=rows,
        attachments=projects.attachments,
        notes=[*projects.notes, *_empty(rows)],
    )


def _empty(rows: Mapping[TableName, Sequence[Row]]) -> Iterator[Note]:
    """For each column that rows leave empty: in how many, and why."""
    for name, spec in BY_NAME.items():
        table = rows.get(name, ())
        for column in spec.columns:
            empty = sum(row.get(column.name) is None for row in table)
            if empty:
                why, count = column.why, len(table)
                text = Bilingual(
                    zh=f"{count} 行中 {empty} 行为空：{why.zh}",
                    en=f"empty in {empty} of {count} rows: {why.en}",
                )
                yield Note(name, column.name, text)
