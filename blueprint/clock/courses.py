"""The course of an item (办理过程): what may follow what, and what its events amount to.

Input: the standing events of one item, in any order. Output: `Course`: receipt, acceptance, what
stopped it, its end. Algorithm: events are put in order of time; those of one moment, which many
systems note by the day alone, in the one order in which they can have happened; then they are
followed from state to state, and the first one that cannot follow is told with those that can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Literal

from blueprint.clock.events import NotedEvent, Status, told
from blueprint.errors import InvalidEvent
from blueprint.values import Bilingual, document_text

State = Literal[
    "new",
    "received",
    "correcting",
    "accepted",
    "correcting_accepted",
    "special",
    "approved",
    "refused",
    "closed",
    "revoked",
]
STATE_NAMES: dict[State, Bilingual] = {
    "new": Bilingual(zh="未接件", en="nothing handed in"),
    "received": Bilingual(zh="已接件", en="received"),
    "correcting": Bilingual(zh="受理前补正", en="being corrected before acceptance"),
    "accepted": Bilingual(zh="办理中", en="under examination"),
    "correcting_accepted": Bilingual(zh="受理后补正", en="being corrected after acceptance"),
    "special": Bilingual(zh="特别程序中", en="in a special procedure"),
    "approved": Bilingual(zh="已通过", en="approved"),
    "refused": Bilingual(zh="未通过", en="refused"),
    "closed": Bilingual(zh="已终止", en="closed without a decision"),
    "revoked": Bilingual(zh="许可已撤", en="permit withdrawn or revoked"),
}

_S = Status
_END: dict[Status, State] = {
    _S.APPROVED: "approved",
    _S.APPROVED_INCOMPLETE: "approved",
    _S.REFUSED: "refused",
    _S.WITHDRAWN: "closed",
}
FOLLOWS: dict[State, dict[Status, State]] = {
    "new": {_S.RECEIVED: "received", _S.ACCEPTED: "accepted"},
    "received": {
        _S.CORRECTION_ASKED: "correcting",
        _S.ACCEPTED: "accepted",
        _S.TAKEN_BACK: "closed",
        _S.OUT_OF_SCOPE: "closed",
        _S.NOT_ACCEPTED: "closed",
    },
    "correcting": {
        _S.CORRECTED: "received",
        _S.TAKEN_BACK: "closed",
        _S.NOT_ACCEPTED: "closed",
    },
    "accepted": {
        _S.BEGUN: "accepted",
        _S.CORRECTION_ASKED: "correcting_accepted",
        _S.SPECIAL_BEGUN: "special",
        _S.SPECIAL_ENDED: "accepted",
        **_END,
    },
    "correcting_accepted": {_S.CORRECTED: "accepted", _S.WITHDRAWN: "closed"},
    "special": {_S.SPECIAL_ENDED: "accepted", _S.WITHDRAWN: "closed"},
    "approved": {_S.DELIVERED: "approved", _S.WITHDRAWN: "revoked", _S.REVOKED: "revoked"},
    "refused": {_S.DELIVERED: "refused"},
    "closed": {},
    "revoked": {},
}
"""What may happen in each state, and which state that leads to."""

_FIRST = [_S.CORRECTED, _S.SPECIAL_ENDED, _S.RECEIVED, _S.CORRECTION_ASKED]
"""Of events of one moment those that are tried first."""
_MOST_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Pause:
    """A correction or a special procedure; `closed` None: it is still open.

    It is `accepted` if the item was under examination when it began.
    """

    opened: NotedEvent
    closed: NotedEvent | None
    accepted: bool


@dataclass(slots=True)
class Course:
    """What the events of one item amount to."""

    item: str
    state: State = "new"
    events: list[NotedEvent] = field(default_factory=list)
    received: NotedEvent | None = None
    accepted: NotedEvent | None = None
    begun: NotedEvent | None = None
    ended: NotedEvent | None = None
    delivered: NotedEvent | None = None
    revoked: NotedEvent | None = None
    corrections: list[Pause] = field(default_factory=list)
    specials: list[Pause] = field(default_factory=list)
    extensions: list[Pause] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the item has come to its end, by a decision or without one."""
        return self.ended is not None


def course_of(item: str, events: Sequence[NotedEvent]) -> Course:
    """Follow the standing events of one item.

    Raises:
        InvalidEvent: one cannot follow what was before it, or too many are of one moment.
    """
    course = Course(item)
    for _, together in groupby(sorted(events, key=_place), key=attrgetter("at")):
        moment = list(together)
        if len(moment) > _MOST_AT_ONCE:
            message = (
                f"{item}: {len(moment)} events at {moment[0].at.isoformat()}; give each its "
                f"own time, {_MOST_AT_ONCE} at one moment are the most that can be put in order"
            )
            raise InvalidEvent(message)
        course = next(_orders(course, moment), None) or _refuse(course, moment)
    return course


def _place(event: NotedEvent) -> tuple[datetime, int, int, str]:
    """Where an event stands, whatever the order in which it was noted."""
    early = _FIRST.index(event.status) if event.status in _FIRST else len(_FIRST)
    said = document_text(event.model_copy(update={"number": 0}))
    return event.at, early, event.status, said


def _orders(course: Course, moment: list[NotedEvent]) -> Iterator[Course]:
    """The courses that events of one moment can take, the likeliest first."""
    if not moment:
        yield course
    for place, event in enumerate(moment):
        after = _after(course, event)
        if after is not None:
            yield from _orders(after, moment[:place] + moment[place + 1 :])


def _after(course: Course, event: NotedEvent) -> Course | None:
    """The course with one more event; None: it cannot follow."""
    state = _next_state(course, event)
    if state is None:
        return None
    new = Course(
        item=course.item,
        state=state,
        events=[*course.events, event],
        received=course.received,
        accepted=course.accepted,
        begun=course.begun,
        ended=course.ended,
        delivered=course.delivered,
        revoked=course.revoked,
        corrections=list(course.corrections),
        specials=list(course.specials),
        extensions=list(course.extensions),
    )
    _take(new, event, before=course.state)
    return new


def _next_state(course: Course, event: NotedEvent) -> State | None:
    state = FOLLOWS[course.state].get(event.status)
    match event.status:
        case Status.BEGUN if course.begun is not None:
            return None
        case Status.DELIVERED if course.delivered is not None:
            return None
        case Status.SPECIAL_BEGUN if event.is_extension:
            # the examination goes on: only the limit becomes longer
            return None if state is None or _is_open(course.extensions) else "accepted"
        case Status.SPECIAL_ENDED if course.state == "accepted":
            return "accepted" if _is_open(course.extensions) else None
    return state


def _is_open(pauses: Sequence[Pause]) -> bool:
    return bool(pauses) and pauses[-1].closed is None


def _take(course: Course, event: NotedEvent, before: State) -> None:
    """Write into the course what an event that may follow says."""
    match event.status:
        case Status.RECEIVED | Status.ACCEPTED | Status.BEGUN | Status.DELIVERED:
            setattr(course, event.status.name.lower(), event)
        case Status.CORRECTION_ASKED:
            course.corrections.append(Pause(event, None, accepted=before == "accepted"))
        case Status.CORRECTED:
            _close(course.corrections, event)
        case Status.SPECIAL_BEGUN:
            pauses = course.extensions if event.is_extension else course.specials
            pauses.append(Pause(event, None, accepted=True))
        case Status.SPECIAL_ENDED:
            _close(course.specials if before == "special" else course.extensions, event)
        case _ if before in ("approved", "refused"):
            course.revoked = event
        case _:
            course.ended = event
            for pauses in (course.corrections, course.specials, course.extensions):
                _close(pauses, event)


def _close(pauses: list[Pause], event: NotedEvent) -> None:
    if _is_open(pauses):
        pauses[-1] = Pause(pauses[-1].opened, event, pauses[-1].accepted)


def _refuse(course: Course, moment: Sequence[NotedEvent]) -> Course:
    """Tell why none of the events of a moment can follow, and what could.

    Raises:
        InvalidEvent: always.
    """
    waiting = list(moment)
    while True:
        able = [(one, after) for one in waiting if (after := _after(course, one)) is not None]
        if not able:
            break
        course = able[0][1]
        waiting.remove(able[0][0])
    event = waiting[0]
    last = course.events[-1] if course.events else None
    what = f"{course.item}: {told(event.status)} at {event.at.isoformat()}"
    after_what = (
        "cannot come first"
        if last is None
        else f"cannot follow {told(last.status)} at {last.at.isoformat()}"
    )
    may = [told(one) for one in FOLLOWS[course.state] if _could(course, one)]
    remedy = f"what may follow is {', '.join(may)}" if may else "the item has come to its end"
    message = f"{what} {after_what}; {remedy}, or undo the entry that is wrong"
    raise InvalidEvent(message)


def _could(course: Course, status: Status) -> bool:
    if status == Status.BEGUN:
        return course.begun is None
    if status == Status.DELIVERED:
        return course.delivered is None
    if status == Status.SPECIAL_ENDED:
        return course.state == "special" or _is_open(course.extensions)
    return True
