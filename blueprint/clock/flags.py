"""Red flags (监督预警): what in the log of an item asks for a second look.

Input: a timeline and a `Judge`. Output: `Flag`s in the order of the days they are about. A flag of
weight `problem` is something that the law does not allow or that changes what is counted, a
`remark` something that should be explained. No flag says why anybody did it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.clock.deadlines import last_day, statutory_extensions
from blueprint.clock.events import NotedEvent, Status, told
from blueprint.clock.pauses import Judge, Judged
from blueprint.clock.timelines import Timeline
from blueprint.rules.legal import LegalBasis
from blueprint.values import Bilingual, Value

FlagKind = Literal[
    "suspension_without_ground",
    "suspension_not_told",
    "suspension_told_late",
    "suspension_longer_than_told",
    "suspension_without_length",
    "suspension_on_deadline",
    "suspension_after_deadline",
    "correction_after_acceptance",
    "correction_not_told",
    "second_correction",
    "extension_void",
    "extension_not_told",
    "accepted_by_silence",
    "noted_late",
    "noted_after_the_end",
]
FLAG_NAMES: dict[FlagKind, Bilingual] = {
    "suspension_without_ground": Bilingual(zh="停计时无依据", en="suspension without a ground"),
    "suspension_not_told": Bilingual(zh="停计时未书面告知", en="suspension not told in writing"),
    "suspension_told_late": Bilingual(zh="停计时告知过晚", en="suspension told late"),
    "suspension_longer_than_told": Bilingual(
        zh="停计时超过告知时间", en="suspension longer than told"
    ),
    "suspension_without_length": Bilingual(zh="特别程序时长为零", en="suspension without length"),
    "suspension_on_deadline": Bilingual(
        zh="期限届满当日停计时", en="suspension opened on the deadline day"
    ),
    "suspension_after_deadline": Bilingual(
        zh="期限届满后停计时", en="suspension opened after the deadline"
    ),
    "correction_after_acceptance": Bilingual(
        zh="受理后要求补正", en="correction asked after acceptance"
    ),
    "correction_not_told": Bilingual(zh="补正未书面告知", en="correction not asked in writing"),
    "second_correction": Bilingual(zh="再次要求补正", en="second correction asked"),
    "extension_void": Bilingual(zh="延长无效", en="extension without effect"),
    "extension_not_told": Bilingual(zh="延长未记载告知", en="extension without a telling noted"),
    "accepted_by_silence": Bilingual(zh="逾期未告知视为受理", en="accepted by silence"),
    "noted_late": Bilingual(zh="记载过晚", en="noted late"),
    "noted_after_the_end": Bilingual(zh="办结后补记", en="noted after the end"),
}
Weight = Literal["problem", "remark"]
_REMARKS: frozenset[FlagKind] = frozenset(
    {"suspension_told_late", "suspension_longer_than_told", "extension_not_told", "noted_late"}
)

NOTED_LATE = 3
"""Noted more than so many working days after it happened, an event is noted late."""


class Flag(Value):
    """One thing that asks for a second look; `event` is the entry that it is about."""

    kind: FlagKind
    weight: Weight
    item: str
    day: date
    event: int | None
    text: Bilingual
    bases: list[LegalBasis] = Field(default_factory=list)


def flags_of(timeline: Timeline, judge: Judge) -> list[Flag]:
    """All flags of one item, by the day they are about."""
    found = [
        *_of_acceptance(timeline, judge),
        *_of_suspensions(timeline, judge),
        *_of_corrections(timeline, judge),
        *_of_extensions(timeline, judge),
        *_of_noting(timeline, judge),
    ]
    return sorted(found, key=lambda flag: (flag.day, flag.event or 0, flag.kind))


def _flag(
    kind: FlagKind,
    timeline: Timeline,
    text: Bilingual,
    day: date,
    event: NotedEvent | None = None,
    bases: list[LegalBasis] | None = None,
) -> Flag:
    return Flag(
        kind=kind,
        weight="remark" if kind in _REMARKS else "problem",
        item=timeline.limits.item,
        day=day,
        event=None if event is None else event.number,
        text=text,
        bases=bases or [],
    )


def _of_acceptance(timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    since = timeline.handed_in
    if since is None or not timeline.accepted_by_silence:
        return
    term = judge.law.term("acceptance")
    due = judge.calendar.nth(since, term.days, term.unit)
    text = Bilingual(
        zh=f"{since} 收到材料，至 {due} 未告知补正也未受理，自收到之日起即为受理",
        en=f"received on {since}, nothing said by {due}: accepted from the day of receipt",
    )
    yield _flag(
        "accepted_by_silence",
        timeline,
        text,
        due,
        timeline.course.accepted,
        judge.law.bases_in_force(term, since),
    )


def _of_suspensions(timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    for judged in timeline.suspensions:
        bases = _principle(judge, "left_out", judged.span.start)
        for refused in judged.refused:
            kind: FlagKind
            match refused.reason:
                case "groundless":
                    kind = "suspension_without_ground"
                case "untold":
                    kind = "suspension_not_told"
                case "told_late":
                    kind = "suspension_told_late"
                case "beyond":
                    kind = "suspension_longer_than_told"
            text = _days(judged, refused.why)
            yield _flag(kind, timeline, text, judged.span.start, judged.pause.opened, bases)
        if judged.pause.opened.days == 0 or not (judged.span or judged.is_open):
            opened, event = judged.span.start, judged.pause.opened
            text = Bilingual(
                zh=f"{opened} 的特别程序时长为零，不扣除任何一天",
                en=f"the special procedure of {opened} has no length: nothing is left out",
            )
            yield _flag("suspension_without_length", timeline, text, opened, event, bases)
        yield from _near_deadline(judged, timeline, judge)


def _near_deadline(judged: Judged, timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    """A pause that begins on the last day of a limit, or later, by what was left out before it."""
    opened, event, since = judged.span.start, judged.pause.opened, timeline.accepted
    earlier = [one.left_out for one in timeline.lawful if one.span.start < opened]
    for zh, en, limit in (
        ("法定", "statutory", timeline.limits.statutory),
        ("承诺", "promised", timeline.limits.promised),
    ):
        if limit is None or since is None:
            continue
        due = last_day(judge.calendar, since, limit.days, limit.unit, earlier)
        if opened == due:
            text = Bilingual(
                zh=f"在{zh}期限届满当日 {due} 停止计时",
                en=f"the clock was stopped on {due}, the last day of the {en} limit",
            )
            yield _flag("suspension_on_deadline", timeline, text, opened, event)
        elif opened > due:
            text = Bilingual(
                zh=f"{zh}期限已于 {due} 届满，{opened} 才停止计时",
                en=f"the {en} limit ran out on {due}, the clock was stopped on {opened}",
            )
            yield _flag("suspension_after_deadline", timeline, text, opened, event)


def _of_corrections(timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    for number, judged in enumerate(timeline.corrections):
        opened, event = judged.span.start, judged.pause.opened
        bases = _principle(judge, "corrected_once", opened)
        late = judged.pause.accepted or (
            timeline.accepted_by_silence
            and timeline.accepted is not None
            and opened > timeline.accepted
        )
        if late:
            text = Bilingual(
                zh=f"受理之后于 {opened} 要求补正",
                en=f"a correction was asked for on {opened}, after acceptance",
            )
            yield _flag("correction_after_acceptance", timeline, text, opened, event, bases)
        if number:
            text = Bilingual(
                zh=f"{opened} 第 {number + 1} 次要求补正，补正内容应当一次告知",
                en=f"on {opened} a correction was asked for the {number + 1}. time; all that is "
                "missing has to be said at once",
            )
            yield _flag("second_correction", timeline, text, opened, event, bases)
        if judged.notice is None:
            text = Bilingual(
                zh=f"{opened} 的补正没有记载书面告知，不作申请人一侧的时间",
                en=f"no written notice of the correction of {opened} is noted: its days are not "
                "the applicant's",
            )
            yield _flag("correction_not_told", timeline, text, opened, event, bases)


def _of_extensions(timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    for one in statutory_extensions(timeline, judge.calendar):
        event, bases = one.judged.pause.opened, list(one.judged.bases)
        if one.refused is not None:
            yield _flag("extension_void", timeline, one.refused, one.opened, event, bases)
        elif one.judged.notice is None:
            text = Bilingual(
                zh=f"{one.opened} 的延长没有记载将理由告知申请人",
                en=f"that the applicant was told why, on {one.opened}, is not noted",
            )
            yield _flag("extension_not_told", timeline, text, one.opened, event, bases)


def _of_noting(timeline: Timeline, judge: Judge) -> Iterator[Flag]:
    course = timeline.course
    for event in course.events:
        pausing = event.status in (Status.CORRECTION_ASKED, Status.SPECIAL_BEGUN)
        if pausing and course.ended is not None and event.noted_at > course.ended.noted_at:
            happened, noted = judge.day_of(event), judge.day_noted(event)
            text = Bilingual(
                zh=f"{happened} 的“{told(event.status)}”在办结之后的 {noted} 才记载",
                en=f"{told(event.status)} of {happened} was noted on {noted}, after the end",
            )
            yield _flag("noted_after_the_end", timeline, text, happened, event)
    late = {event.number: _days_late(event, judge) for event in course.events}
    worst = max(course.events, key=lambda event: late[event.number], default=None)
    if worst is not None and late[worst.number] > NOTED_LATE:
        happened, days = judge.day_of(worst), late[worst.number]
        events = sum(one > NOTED_LATE for one in late.values())
        text = Bilingual(
            zh=f"{events} 条记载晚于发生之日 {NOTED_LATE} 个工作日以上，"
            f"最晚的“{told(worst.status)}”（{happened}）晚 {days} 个工作日",
            en=f"{events} noted more than {NOTED_LATE} working days after the fact; the latest, "
            f"{told(worst.status)} of {happened}, {days} working days",
        )
        yield _flag("noted_late", timeline, text, happened, worst)


def _days_late(event: NotedEvent, judge: Judge) -> int:
    """Working days from the day of an event to that on which it was noted."""
    return judge.calendar.workdays_between(judge.day_of(event), judge.day_noted(event)).days


def _days(judged: Judged, why: Bilingual) -> Bilingual:
    start = judged.span.start
    return Bilingual(
        zh=f"{start} 停止计时：{why.zh}", en=f"the clock was stopped on {start}: {why.en}"
    )


def _principle(judge: Judge, name: str, day: date) -> list[LegalBasis]:
    found = next((one for one in judge.law.principles if one.id == name), None)
    return [] if found is None else judge.law.bases_in_force(found, day)
