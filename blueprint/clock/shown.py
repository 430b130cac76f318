"""The log of a case as a reader may see it (办理记录): who noted what, for those whose it is.

Input: a reader of the clock. Output: `ShownEvent`s in the order in which they were noted.
"""

from datetime import date, datetime

import sqlalchemy as sa
from pydantic import Field

from blueprint.clock.desk import departments_of, events_of_case
from blueprint.clock.events import NotedEvent, Status, StatusEvent, standing
from blueprint.clock.rights import ClockReader
from blueprint.registry import current_catalogue


class ShownEvent(StatusEvent):
    """An event as it is shown; `undone` says that another entry took it back."""

    number: int
    day: date = Field(description="of the city's, to which it belongs")
    noted_at: datetime
    who: str | None = Field(description="null: that, and its note, are not for this reader")
    undone: bool


def shown_events(connection: sa.Connection, reader: ClockReader) -> list[ShownEvent]:
    """The events of a case that a reader may see."""
    case_id = reader.case.id
    return show_events(connection, reader, events_of_case(connection, case_id, reader.departments))


def show_events(
    connection: sa.Connection, reader: ClockReader, events: list[NotedEvent]
) -> list[ShownEvent]:
    """Some events of a case as a reader may see them."""
    city = current_catalogue(connection)[1].city
    stand = {event.number for event in standing(events)}
    whose = departments_of(connection, reader.case.id, {event.item for event in events})
    shown = []
    for event in events:
        fields = dict(event)
        if not reader.reads_notes_of(whose[event.item]):
            fields |= {"who": None, "note": None}
        undone = event.status != Status.UNDONE and event.number not in stand
        shown.append(ShownEvent(**fields, day=city.day_of(event.at), undone=undone))
    return shown
