"""How long a running service keeps what it needs for a while: settings of the environment."""

import os
from dataclasses import dataclass
from datetime import timedelta

from blueprint.errors import PlanningError

_MOST_HOURS = 24 * 3660


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how long jobs that are over, uploads that nobody used, and answers by key are kept."""

    jobs: timedelta = timedelta(days=7)
    uploads: timedelta = timedelta(days=1)
    answers: timedelta = timedelta(days=1)


def keeping() -> Keeping:
    """What BLUEPRINT_KEEP_JOBS_HOURS, _UPLOADS_HOURS and _ANSWERS_HOURS say.

    Raises:
        PlanningError: one of them is no number of hours.
    """
    usual = Keeping()
    return Keeping(
        jobs=_hours("BLUEPRINT_KEEP_JOBS_HOURS", usual.jobs),
        uploads=_hours("BLUEPRINT_KEEP_UPLOADS_HOURS", usual.uploads),
        answers=_hours("BLUEPRINT_KEEP_ANSWERS_HOURS", usual.answers),
    )


def _hours(name: str, usual: timedelta) -> timedelta:
    text = os.environ.get(name)
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST_HOURS:
        message = f"{name}: {text[:40]!a}: give hours, a whole number from 1 to {_MOST_HOURS}"
        raise PlanningError(message)
    return timedelta(hours=int(text))
