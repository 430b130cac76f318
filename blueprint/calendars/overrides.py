"""The file of calendar overrides (调休补充): what notices say that the calendar library does not.

Input: a YAML file of notices, each with its number and the days that it sets. Output:
`CalendarOverrides`, known by the hash of its content, so that a count can name what it rests on.
"""

from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from blueprint.errors import InvalidCalendar
from blueprint.values import Bilingual, Value, document_text, load_yaml, text_hash

SHIPPED_OVERRIDES = Path(__file__).parent.parent / "packs" / "calendar.yaml"
"""The overrides that come with the service."""


class SetDay(Value):
    """What a notice makes of a day."""

    workday: bool
    why: Bilingual


class Notice(Value):
    """A notice on holidays, such as the State Council's general office issues every year.

    `settles` names the year whose days it settles as a whole: those it does not name follow the
    week. `verified` says that its text was read.
    """

    number: str = Field(min_length=1, description="文号")
    title: Bilingual
    issued: date
    settles: int | None = Field(default=None, ge=2004, le=9998)
    verified: bool = False
    note: str | None = None
    days: dict[date, SetDay] = Field(default_factory=dict)


class CalendarOverrides(Value):
    """Notices that go before the library: each day set by one of them alone."""

    notices: tuple[Notice, ...] = ()

    @cached_property
    def days(self) -> dict[date, tuple[SetDay, Notice]]:
        """Every day that is set, and by which notice."""
        return {day: (kept, one) for one in self.notices for day, kept in one.days.items()}

    @cached_property
    def settled_years(self) -> frozenset[int]:
        """The years that a notice settles as a whole."""
        return frozenset(one.settles for one in self.notices if one.settles is not None)

    @cached_property
    def sha256(self) -> str:
        """The hash of the content, whatever its layout and comments."""
        return text_hash(document_text(self))

    @model_validator(mode="after")
    def _says_each_day_once(self) -> Self:
        seen: dict[date, str] = {}
        for notice in self.notices:
            for day in notice.days:
                if day in seen:
                    message = (
                        f"{day} is set by {seen[day]} and by {notice.number}; "
                        "leave it to the one that holds"
                    )
                    raise ValueError(message)
                seen[day] = notice.number
        return self


def load_overrides(path: Path = SHIPPED_OVERRIDES) -> CalendarOverrides:
    """Read and check a file of overrides.

    Raises:
        InvalidCalendar: with the place in the file and what is wrong there.
    """
    return load_yaml(path, CalendarOverrides, InvalidCalendar)
