"""The log of events in the store, the one module with a database: events are added, none changed.

Input: an open connection, events. Output: `NotedEvent`s as they are kept. What is added is held
against all that stands already, item by item, in the same transaction, so that the log of an item
always tells a course that can have happened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from blueprint.cases.files import find_case
from blueprint.cases.models import CaseEventRow
from blueprint.clock.courses import course_of
from blueprint.clock.events import NotedEvent, Status, StatusEvent, standing, told
from blueprint.clock.grounds import ClockLaw
from blueprint.errors import InvalidEvent
from blueprint.registry import audit, now
from blueprint.values import document_text
from layers.models import SettingRow

MOST_EVENTS = 2000
"""The most events that a case takes: an approval item has some ten."""

_AHEAD = timedelta(minutes=5)
"""By so much another machine's clock may be ahead of ours."""


def add_events(
    connection: sa.Connection,
    case_id: str,
    events: Sequence[StatusEvent],
    law: ClockLaw,
    who: str,
    noted_at: datetime | None = None,
) -> list[NotedEvent]:
    """Note events of a case: all of them, or none if one cannot be.

    `noted_at` is given where a log is taken over that another system kept; it is now otherwise.

    Raises:
        UnknownCase: there is no case of that id.
        InvalidEvent: one lies ahead, cannot follow what was noted, names no ground for it, or
            undoes what is not there.
    """
    # two at once could each be right and wrong together: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    find_case(connection, case_id)
    kept = events_of(connection, case_id)
    if len(kept) + len(events) > MOST_EVENTS:
        message = f"{case_id}: has {len(kept)} events; a case takes {MOST_EVENTS}, open another one"
        raise InvalidEvent(message)
    moment = noted_at or now()
    added: list[NotedEvent] = []
    for event in events:
        _see_to_it(event, law, moment)
        _see_what_is_undone(event, [*kept, *added])
        row = _row(case_id, event, moment, who)
        made = connection.execute(sa.insert(CaseEventRow).values(row)).inserted_primary_key
        assert made is not None
        added.append(_noted(event.model_dump(), made[0], moment, who))
    log = standing([*kept, *added])
    for item in dict.fromkeys(event.item for event in added):
        course_of(item, [event for event in log if event.item == item])
    for event in added:
        audit(connection, "case event", case_id, f"{event.item}: {told(event.status)}")
    return added


def events_of(connection: sa.Connection, case_id: str) -> list[NotedEvent]:
    """The events of a case in the order in which they were noted, undone ones too."""
    return _events(connection, CaseEventRow.case_id == case_id).get(case_id, [])


def events_by_case(connection: sa.Connection) -> dict[str, list[NotedEvent]]:
    """The events of every case that has any, in the order in which they were noted."""
    return _events(connection, sa.true())


def _events(
    connection: sa.Connection, which: sa.ColumnElement[bool]
) -> dict[str, list[NotedEvent]]:
    row = CaseEventRow
    query = sa.select(row.case_id, row.id, row.noted_at, row.who, row.document).where(which)
    found: dict[str, list[NotedEvent]] = {}
    for case_id, number, noted_at, who, document in connection.execute(query.order_by(row.id)):
        event = StatusEvent.model_validate_json(document, extra="ignore")
        noted = _noted(event.model_dump(), number, noted_at, who)
        found.setdefault(case_id, []).append(noted)
    return found


def _row(case_id: str, event: StatusEvent, moment: datetime, who: str) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "item": event.item,
        "status": int(event.status),
        "at": event.at,
        "noted_at": moment,
        "who": who,
        "document": document_text(event),
    }


def _noted(event: dict[str, Any], number: int, moment: datetime, who: str) -> NotedEvent:
    return NotedEvent(**event, number=number, noted_at=moment, who=who)


def _see_to_it(event: StatusEvent, law: ClockLaw, moment: datetime) -> None:
    """See that an event has happened, and that the ground it names is one for it.

    Raises:
        InvalidEvent: it has not, or it is not.
    """
    what = f"{event.item}: {told(event.status)}"
    if event.at > moment + _AHEAD:
        message = f"{what} at {event.at.isoformat()}: lies ahead; note it when it has happened"
        raise InvalidEvent(message)
    if event.status == Status.CORRECTION_ASKED:
        kind = "correction"
    else:
        kind = "extension" if event.is_extension else "suspension"
    if event.ground is None:
        return
    ground = law.ground(event.ground)
    fitting = ", ".join(one.id for one in law.grounds if one.kind == kind) or "there is none"
    if ground is None:
        message = f"{what}: {event.ground}: no such ground in {law.id} {law.version}; {fitting}"
        raise InvalidEvent(message)
    if ground.kind != kind:
        message = f"{what}: {event.ground} is a ground of {ground.kind}; of {kind}: {fitting}"
        raise InvalidEvent(message)


def _see_what_is_undone(event: StatusEvent, log: Sequence[NotedEvent]) -> None:
    """See that what an entry undoes is there, of the same item, and stands.

    Raises:
        InvalidEvent: it is not.
    """
    if event.status != Status.UNDONE:
        return
    standing_now = {one.number for one in standing(log) if one.item == event.item}
    if event.undoes not in standing_now:
        message = (
            f"{event.item}: undoes {event.undoes}: no entry of this item that stands has that "
            "number; list the events of the case for those there are"
        )
        raise InvalidEvent(message)
