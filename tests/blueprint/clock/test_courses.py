"""What may follow what, and how it is told when it cannot."""

import itertools

import pytest
from pydantic import ValidationError

from blueprint.clock.courses import FOLLOWS, course_of
from blueprint.clock.events import NotedEvent, Status, StatusEvent, event_of
from blueprint.errors import InvalidEvent

from .logs import SHORT, ZONE, log


def course(*texts: str) -> str:
    return course_of("a", log(*(f"a {text}" for text in texts))).state


RECEIVED, ACCEPTED = "接件 2026-03-02", "受理 2026-03-03"


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        ([], "new"),
        ([RECEIVED], "received"),
        ([ACCEPTED], "accepted"),
        ([RECEIVED, "撤件 2026-03-03"], "closed"),
        ([RECEIVED, "不受理 2026-03-03"], "closed"),
        ([RECEIVED, "补正始 2026-03-03", "不予受理 2026-03-20"], "closed"),
        ([RECEIVED, ACCEPTED, "部门开始 2026-03-04", "特别始 2026-03-05"], "special"),
        ([RECEIVED, ACCEPTED, "特别始 2026-03-05", "撤回 2026-03-06"], "closed"),
        ([RECEIVED, ACCEPTED, "补正始 2026-03-05", "补正终 2026-03-06"], "accepted"),
        ([RECEIVED, ACCEPTED, "特别始 2026-03-05 extension", "通过 2026-03-06"], "approved"),
        ([RECEIVED, ACCEPTED, "特别始 2026-03-05 extension", "特别终 2026-03-06"], "accepted"),
        ([RECEIVED, ACCEPTED, "不通过 2026-03-06", "出证 2026-03-07"], "refused"),
        ([RECEIVED, ACCEPTED, "通过 2026-03-06", "撤回 2026-03-20"], "revoked"),
        ([RECEIVED, ACCEPTED, "容缺通过 2026-03-06", "撤销 2026-03-20"], "revoked"),
    ],
)
def test_an_item_comes_from_state_to_state(texts: list[str], state: str):
    assert course(*texts) == state


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["通过 2026-03-06"], "cannot come first; what may follow is 1 接件"),
        ([RECEIVED, "接件 2026-03-03"], "1 接件 .* cannot follow 1 接件"),
        ([RECEIVED, ACCEPTED, "受理 2026-03-04"], "3 受理 .* cannot follow 3 受理"),
        ([RECEIVED, ACCEPTED, "特别终 2026-03-05"], "10 特别程序结束 .* cannot follow 3 受理"),
        ([RECEIVED, ACCEPTED, "补正终 2026-03-05"], "7 补正结束 .* cannot follow 3 受理"),
        ([RECEIVED, ACCEPTED, "撤件 2026-03-05"], "14 撤回 .withdrawn"),
        ([RECEIVED, "补正始 2026-03-03", "受理 2026-03-04"], "what may follow is 7 补正结束"),
        ([RECEIVED, ACCEPTED, "特别始 2026-03-05", "通过 2026-03-06"], "10 特别程序结束"),
        ([RECEIVED, ACCEPTED, "特别始 2026-03-05", "特别始 2026-03-06"], "10 特别程序结束"),
        (
            [RECEIVED, ACCEPTED, "部门开始 2026-03-04", "部门开始 2026-03-05"],
            "what may follow is 6 补正开始",
        ),
        (
            [RECEIVED, ACCEPTED, "通过 2026-03-06", "出证 2026-03-07", "出证 2026-03-08"],
            "20 出证送达 .* cannot follow 20 出证送达",
        ),
        ([RECEIVED, "撤件 2026-03-03", ACCEPTED], "the item has come to its end"),
        (
            [RECEIVED, ACCEPTED, *["特别始 2026-03-05 extension"] * 2],
            "9 特别程序开始 .* cannot follow 9 特别程序开始",
        ),
    ],
)
def test_what_cannot_follow_is_told_with_what_may(texts: list[str], said: str):
    with pytest.raises(InvalidEvent, match=said):
        course(*texts)


def test_events_of_one_moment_are_put_in_the_one_order_that_can_be():
    day = "2026-03-02 00:00"
    events = log(
        f"a 接件 {day}",
        f"a 补正始 {day} notice=2026-03-02",
        f"a 补正终 {day}",
        f"a 受理 {day}",
        f"a 通过 {day}",
    )
    found = [course_of("a", mixed).events for mixed in itertools.permutations(events)]
    assert all([one.status for one in one_way] == [1, 6, 7, 3, 11] for one_way in found)


def test_a_special_procedure_may_end_and_another_begin_at_one_moment():
    at = "2026-03-05 12:00"
    events = log(
        "a 受理 2026-03-03",
        "a 特别始 2026-03-04 ground=hearing",
        f"a 特别始 {at} ground=expert_review",
        f"a 特别终 {at}",
        "a 特别终 2026-03-09",
    )
    pauses = course_of("a", events).specials
    assert [pause.opened.ground for pause in pauses] == ["hearing", "expert_review"]
    assert all(pause.closed is not None for pause in pauses)


def test_more_events_at_one_moment_than_can_be_put_in_order_are_refused():
    events = log(*["a 受理 2026-03-02 00:00"] * 9)
    with pytest.raises(InvalidEvent, match=r"9 events at .* give each its own time"):
        course_of("a", events)


def test_every_status_leads_somewhere_and_every_end_is_an_end():
    leading = {status for follows in FOLLOWS.values() for status in follows}
    assert leading == set(Status) - {Status.UNDONE}
    assert {state for state, follows in FOLLOWS.items() if not follows} == {"closed", "revoked"}
    assert set(SHORT.values()) == set(Status)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": 0}, "undoes"),
        ({"status": 1, "undoes": 3}, "undoes"),
        ({"status": 3, "days": 5}, "belongs to a special procedure"),
        ({"status": 3, "special": "extension"}, "belongs to a special procedure"),
        ({"status": 10, "ground": "hearing"}, "belongs to 9 or 6"),
        ({"status": 9, "days": -1}, "greater than or equal to 0"),
        ({"status": 16}, "Input should be"),
        ({"status": 1, "at": "2026-03-02T09:00:00"}, "timezone"),
        ({"status": 1, "at": "1989-03-02T09:00:00Z"}, "from 1990"),
        ({"status": 1, "item": "a b"}, "pattern"),
    ],
)
def test_an_event_says_what_its_status_asks_and_no_more(fields: dict[str, object], said: str):
    with pytest.raises(ValidationError, match=said):
        StatusEvent.model_validate({"item": "a", "at": "2026-03-02T09:00:00Z"} | fields)


@pytest.mark.parametrize("status", ["3", "受理"])
def test_a_person_may_name_a_status_and_give_a_time_of_the_city(status: str):
    event = event_of({"item": "a", "status": status, "at": "2026-03-03 09:30"}, ZONE)
    assert event.status is Status.ACCEPTED
    assert event.at.isoformat() == "2026-03-03T09:30:00+08:00"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "开工"}, "status: 开工: is none"),
        ({"status": "16"}, "16: is none"),
        ({"at": "tomorrow"}, "at: tomorrow: is no time"),
        ({"ground": "Hearing"}, "ground: String should match"),
        ({"days": 3}, "days: belongs to a special procedure"),
    ],
)
def test_what_a_person_gives_wrongly_is_told_in_one_line(fields: dict[str, object], said: str):
    with pytest.raises(InvalidEvent, match=said):
        event_of({"item": "a", "status": "受理", "at": "2026-03-03"} | fields, ZONE)


def test_a_noted_event_keeps_what_was_said():
    (one,) = log("a 特别始 2026-03-05 ground=hearing notice=2026-03-05 days=4 unit=calendar")
    assert isinstance(one, NotedEvent)
    assert (one.days, one.unit, one.ground, one.is_extension) == (4, "calendar", "hearing", False)
