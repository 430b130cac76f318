"""Events of approval items (办理状态), by the national status codes BLZT 1 to 15.

Output: `StatusEvent`, as somebody notes it, and `NotedEvent`, as it is kept. Two codes are the
service's own and are never exported: 0 takes an entry back that was wrong, 20 says that the
decision is in the applicant's hands (出证、送达), for which BLZT has no code.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from enum import IntEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from blueprint.calendars.calendar import MOST_DAYS, Unit
from blueprint.errors import InvalidEvent
from blueprint.values import LONGEST_LINE, Bilingual, Slug, Value

ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
"""An approval item's id, or its code in the national list."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LINE, pattern=r"\S")]


_EARLIEST, _LATEST = 1990, 2199


def _is_near(moment: datetime) -> datetime:
    if not _EARLIEST <= moment.year <= _LATEST:
        raise ValueError(f"give a time from {_EARLIEST} to {_LATEST}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_is_near)]
"""A time with its zone, near enough to be told in any other."""


class Status(IntEnum):
    """What happened to an item: XMSPSXBLXXXXB.BLZT, and 0 and 20, which are this service's own."""

    UNDONE = 0
    RECEIVED = 1
    TAKEN_BACK = 2
    ACCEPTED = 3
    OUT_OF_SCOPE = 4
    NOT_ACCEPTED = 5
    CORRECTION_ASKED = 6
    CORRECTED = 7
    BEGUN = 8
    SPECIAL_BEGUN = 9
    SPECIAL_ENDED = 10
    APPROVED = 11
    APPROVED_INCOMPLETE = 12
    REFUSED = 13
    WITHDRAWN = 14
    REVOKED = 15
    DELIVERED = 20


STATUS_NAMES: dict[Status, Bilingual] = {
    Status.UNDONE: Bilingual(zh="撤销记载", en="entry undone"),
    Status.RECEIVED: Bilingual(zh="接件", en="received"),
    Status.TAKEN_BACK: Bilingual(zh="撤件", en="taken back by the applicant"),
    Status.ACCEPTED: Bilingual(zh="受理", en="accepted"),
    Status.OUT_OF_SCOPE: Bilingual(zh="不受理", en="needs no acceptance here"),
    Status.NOT_ACCEPTED: Bilingual(zh="不予受理", en="acceptance refused"),
    Status.CORRECTION_ASKED: Bilingual(zh="补正开始", en="correction asked"),
    Status.CORRECTED: Bilingual(zh="补正结束", en="corrected"),
    Status.BEGUN: Bilingual(zh="部门开始办理", en="begun by the department"),
    Status.SPECIAL_BEGUN: Bilingual(zh="特别程序开始", en="special procedure begun"),
    Status.SPECIAL_ENDED: Bilingual(zh="特别程序结束", en="special procedure ended"),
    Status.APPROVED: Bilingual(zh="办结（通过）", en="approved"),
    Status.APPROVED_INCOMPLETE: Bilingual(
        zh="办结（容缺通过）", en="approved with documents to follow"
    ),
    Status.REFUSED: Bilingual(zh="办结（不予通过）", en="refused"),
    Status.WITHDRAWN: Bilingual(zh="撤回", en="withdrawn"),
    Status.REVOKED: Bilingual(zh="撤销", en="revoked"),
    Status.DELIVERED: Bilingual(zh="出证送达", en="decision delivered"),
}

Special = Literal["extension", "other"]
"""The two kinds of special procedure that GB/T 39046-2020 tells apart: 1 延长 and 2 其他."""


_CALLED = {name.zh: status for status, name in STATUS_NAMES.items()} | {
    "通过": Status.APPROVED,
    "容缺通过": Status.APPROVED_INCOMPLETE,
    "不通过": Status.REFUSED,
    "出证": Status.DELIVERED,
}
"""Statuses by their Chinese names, and by the short ones that are common."""


def told(status: Status) -> str:
    """A status for a line of text: its code and its names."""
    return f"{int(status)} {STATUS_NAMES[status].zh} ({STATUS_NAMES[status].en})"


class WrittenNotice(Value):
    """What the applicant was told in writing: the number of the letter and its day."""

    day: date = Field(description="on which it was issued to the applicant")
    number: Line | None = Field(default=None, description="文号")


class StatusEvent(Value):
    """One thing that happened to an item, and when.

    A special procedure says of which kind it is, on which ground, and how long the applicant was
    told that it takes (TBCX, TBCXMC, TBCXSX, TBCXSXLX).
    """

    item: ItemId
    status: Status = Field(description="BLZT 1 to 15; 0 undoes an entry, 20 delivered")
    at: Moment = Field(description="when it happened, with its zone")
    special: Special | None = Field(default=None, description="of a special procedure: 1 延长 or 2")
    ground: Slug | None = Field(default=None, description="the legal ground, by its id")
    notice: WrittenNotice | None = Field(default=None, description="书面告知")
    days: int | None = Field(
        default=None, ge=0, le=MOST_DAYS, description="TBCXSX: how long it takes, as was told"
    )
    unit: Unit = Field(default="working", description="TBCXSXLX: of `days`")
    name: Line | None = Field(default=None, description="TBCXMC, where TBCX is 8 其他")
    note: Line | None = None
    undoes: int | None = Field(default=None, ge=1, description="of status 0: which entry")

    @model_validator(mode="after")
    def _says_what_its_status_asks(self) -> Self:
        if (self.status == Status.UNDONE) != (self.undoes is not None):
            raise ValueError("undoes: names the entry that status 0 undoes; give both or neither")
        special = self.status == Status.SPECIAL_BEGUN
        told_of = {"special": self.special, "days": self.days, "name": self.name}
        for field, value in told_of.items():
            if value is not None and not special:
                raise ValueError(f"{field}: belongs to a special procedure (9); leave it out")
        if self.ground is not None and not (special or self.status == Status.CORRECTION_ASKED):
            raise ValueError("ground: belongs to 9 or 6, which stop the clock; leave it out")
        return self

    @property
    def is_extension(self) -> bool:
        """Whether it lengthens the limit, rather than stopping the clock."""
        return self.special == "extension"


class NotedEvent(StatusEvent):
    """An event as it is kept: its number, when it was noted, and by whom."""

    number: int
    noted_at: datetime
    who: str


def standing(events: Iterable[NotedEvent]) -> list[NotedEvent]:
    """The events that nobody undid; an entry that undoes another is no event itself."""
    kept: Sequence[NotedEvent] = list(events)
    undone = {event.undoes for event in kept if event.status == Status.UNDONE}
    return [e for e in kept if e.number not in undone and e.status != Status.UNDONE]


def event_of(fields: Mapping[str, Any], zone: tzinfo) -> StatusEvent:
    """An event as a person gives it: its status by code or name, its time by the city's clock.

    Raises:
        InvalidEvent: a field of it is wrong; the text names which.
    """
    given = dict(fields)
    status = str(given["status"])
    given["status"] = _CALLED.get(status, status)
    if status not in _CALLED and status not in {str(int(one)) for one in Status}:
        codes = ", ".join(f"{int(one)} {name.zh}" for one, name in STATUS_NAMES.items())
        raise InvalidEvent(f"status: {status}: is none; give the code or the name of {codes}")
    try:
        moment = datetime.fromisoformat(str(given["at"]))
    except ValueError:
        message = f"at: {given['at']}: is no time; write 2026-03-02 09:30, or 2026-03-02"
        raise InvalidEvent(message) from None
    given["at"] = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return StatusEvent.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        reason = str(first.get("ctx", {}).get("error", first["msg"]))
        raise InvalidEvent(f"{where}: {reason}" if where else reason) from None
