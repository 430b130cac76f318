"""How long departments have to reply, and how long findings hold: settings of the environment.

Neither number was found in a published text: five working days is what cities are told to do, and
findings of half a year a habit (domain notes, both from memory). So whoever runs the service sets
them, and what is written of a case says that they are not verified.
"""

import os
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from blueprint.calendars.calendar import Deadline, work_calendar
from blueprint.errors import PlanningError

_MOST_WORKDAYS, _MOST_DAYS = 250, 3_660


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """Working days for a reply, and days for which a finding holds.

    `verified` is true where the number was given by whoever runs the service.
    """

    reply_workdays: int = 5
    reply_verified: bool = False
    finding_days: int = 180
    finding_verified: bool = False

    def with_workdays(self, workdays: int | None) -> Self:
        """The same with working days that somebody chose; None: as they are."""
        if workdays is None:
            return self
        return replace(self, reply_workdays=workdays, reply_verified=True)

    def valid_until(self, day: date) -> date:
        """The last day on which what was found on `day` holds."""
        return day + min(timedelta(days=self.finding_days), date.max - day)


def case_settings() -> CaseSettings:
    """What BLUEPRINT_REPLY_WORKDAYS and BLUEPRINT_FINDING_DAYS say.

    Raises:
        PlanningError: one of them is no such number.
    """
    usual = CaseSettings()
    workdays = _number("BLUEPRINT_REPLY_WORKDAYS", _MOST_WORKDAYS)
    days = _number("BLUEPRINT_FINDING_DAYS", _MOST_DAYS)
    return CaseSettings(
        reply_workdays=usual.reply_workdays if workdays is None else workdays,
        reply_verified=workdays is not None,
        finding_days=usual.finding_days if days is None else days,
        finding_verified=days is not None,
    )


def reply_deadline(day: date, workdays: int) -> Deadline:
    """The last day for a reply to what was asked on `day`, which is not counted itself.

    Raises:
        PlanningError: no calendar goes that far.
    """
    return work_calendar().add_workdays(day, workdays)


def _number(name: str, most: int) -> int | None:
    text = os.environ.get(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        message = f"{name}: {text[:40]!a}: give a whole number of days from 1 to {most}"
        raise PlanningError(message)
    return int(text)
