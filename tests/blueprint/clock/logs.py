"""Logs of events as text, as tests/cases/clock/README.md describes them, and a city's clock."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from blueprint.calendars.calendar import load_calendar
from blueprint.clock.events import NotedEvent, Status
from blueprint.clock.law_file import load_clock_law
from blueprint.clock.limits import ItemLimits, Limit
from blueprint.clock.reports import Clock
from blueprint.values import Bilingual

ZONE = ZoneInfo("Asia/Shanghai")
SHORT = {
    "撤销记载": Status.UNDONE,
    "接件": Status.RECEIVED,
    "撤件": Status.TAKEN_BACK,
    "受理": Status.ACCEPTED,
    "不受理": Status.OUT_OF_SCOPE,
    "不予受理": Status.NOT_ACCEPTED,
    "补正始": Status.CORRECTION_ASKED,
    "补正终": Status.CORRECTED,
    "部门开始": Status.BEGUN,
    "特别始": Status.SPECIAL_BEGUN,
    "特别终": Status.SPECIAL_ENDED,
    "通过": Status.APPROVED,
    "容缺通过": Status.APPROVED_INCOMPLETE,
    "不通过": Status.REFUSED,
    "撤回": Status.WITHDRAWN,
    "撤销": Status.REVOKED,
    "出证": Status.DELIVERED,
}
CLOCK = Clock(
    load_calendar(), load_clock_law(), ZONE.key, lambda moment: moment.astimezone(ZONE).date()
)


def log(*lines: str) -> list[NotedEvent]:
    """Events, numbered in the order of their lines."""
    return [event(text, number + 1) for number, text in enumerate(lines)]


def event(text: str, number: int = 1) -> NotedEvent:
    """One event."""
    item, what, *rest = text.split()
    words = dict(word.partition("=")[::2] for word in rest if "=" in word)
    when = [word for word in rest if "=" not in word and word != "extension"]
    at = _moment(" ".join(when) if len(when) == 2 or "T" in when[0] else f"{when[0]} 12:00")
    noted = words.pop("noted", None)
    fields: dict[str, Any] = dict(words)
    if "notice" in fields:
        fields["notice"] = {"day": fields["notice"], "number": "告知〔2026〕1号"}
    if "extension" in rest:
        fields["special"] = "extension"
    return NotedEvent.model_validate(
        {
            "item": item,
            "status": SHORT[what],
            "at": at,
            "number": number,
            "noted_at": at if noted is None else _moment(f"{noted} 12:00"),
            "who": "window",
            **fields,
        }
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def limits(items: Sequence[str], told: Mapping[str, str]) -> dict[str, ItemLimits]:
    """Limits of items, as statutory/promised."""
    return {item: _limits(item, told.get(item, "20/-")) for item in items}


def _limits(item: str, text: str) -> ItemLimits:
    statutory, promised = (_limit(part) for part in text.split("/"))
    return ItemLimits(
        item=item,
        title=Bilingual(zh=f"事项{item}", en=f"item {item}"),
        department="planning",
        stage="land",
        statutory=statutory,
        promised=promised,
    )


def _limit(text: str) -> Limit | None:
    if text == "-":
        return None
    return Limit(days=int(text.rstrip("c")), unit="calendar" if text.endswith("c") else "working")


def day_of(one: NotedEvent) -> date:
    """The city's day of an event."""
    return CLOCK.day_of(one.at)
