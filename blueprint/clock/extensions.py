"""Extensions (延长期限): by how many days the limit of an item became longer, and why not by more.

Input: a timeline, the day on which its limit would run out. Output: `Extension`s in order. Only the
first that holds lengthens the limit: the law lets it be done once. One that is granted after the
limit has run out comes too late.
"""

from dataclasses import dataclass
from datetime import date

from blueprint.calendars.calendar import Unit
from blueprint.clock.pauses import Judged
from blueprint.clock.timelines import Timeline
from blueprint.values import Bilingual


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension: from which day, by how many days; none if `refused` says why."""

    judged: Judged
    opened: date
    days: int
    unit: Unit
    refused: Bilingual | None


def extensions_of(timeline: Timeline, due: date) -> list[Extension]:
    """The extensions of an item whose limit would run out on `due` without them."""
    found: list[Extension] = []
    for judged in timeline.extensions:
        event, ground = judged.pause.opened, judged.ground
        why = judged.groundless
        if why is None and judged.span.start > due:
            why = Bilingual(
                zh=f"期限已于 {due} 届满，之后的延长无效",
                en=f"the limit ran out on {due}: an extension after that is void",
            )
        if why is None and any(one.refused is None for one in found):
            why = Bilingual(zh="期限只能延长一次", en="a limit is extended once")
        if ground is None or why is not None:
            found.append(Extension(judged, judged.span.start, 0, event.unit, why))
            continue
        # as many as were granted, and not more than the ground allows
        most = ground.most_days
        days = event.days if event.days is not None else most or 0
        if most is not None and (event.days is None or event.unit == ground.unit):
            days = min(days, most)
        unit = ground.unit if event.days is None else event.unit
        found.append(Extension(judged, judged.span.start, days, unit, None))
    return found


def granted(extensions: list[Extension], unit: Unit) -> int:
    """By how many days a limit in this unit is longer; one of another unit lengthens it by none."""
    return sum(one.days for one in extensions if one.refused is None and one.unit == unit)
