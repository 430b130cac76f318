"""The log of events on both stores."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from blueprint.bootstrap import init_store
from blueprint.cases.facts import ProjectFacts
from blueprint.cases.files import open_case
from blueprint.cases.models import CaseEventRow
from blueprint.cases.projects import add_project
from blueprint.clock.events import NotedEvent, Status, StatusEvent, standing
from blueprint.clock.law_file import load_clock_law
from blueprint.clock.store import add_events, events_by_case, events_of
from blueprint.errors import InvalidEvent, UnknownCase
from blueprint.models import AuditRow
from blueprint.registry import now
from blueprint.service import Service
from layers import StoreUnavailable

from .logs import ZONE, event

LAW = load_clock_law()


@pytest.fixture
def service(store: str) -> Iterator[Service]:
    with init_store(store) as service:
        yield service


@pytest.fixture
def case_id(service: Service) -> str:
    with service.database.write() as connection:
        facts = ProjectFacts(name="示例项目", proposer="示例置业有限公司")
        project = add_project(connection, facts, "示例置业有限公司")
        return open_case(connection, project.id, "land", "window").id


def plain(text: str) -> StatusEvent:
    kept = event(text).model_dump(exclude={"number", "noted_at", "who"})
    return StatusEvent.model_validate(kept)


def note(service: Service, case_id: str, *texts: str, **options: Any) -> list[NotedEvent]:
    with service.database.write() as connection:
        return add_events(connection, case_id, list(map(plain, texts)), LAW, "window", **options)


def noted(service: Service, case_id: str) -> list[NotedEvent]:
    with service.database.read() as connection:
        return events_of(connection, case_id)


def test_events_are_kept_as_they_were_noted_with_who_and_when(service: Service, case_id: str):
    before = now()
    added = note(
        service,
        case_id,
        "a 接件 2026-03-02 09:00",
        "a 受理 2026-03-03T17:30:00Z",
        "a 特别始 2026-03-05 ground=hearing notice=2026-03-05 days=10",
    )
    kept = noted(service, case_id)
    assert kept == added
    assert [one.status for one in kept] == [1, 3, 9]
    assert kept[1].at == datetime.fromisoformat("2026-03-03T17:30:00+00:00")
    assert kept[2].notice is not None
    assert kept[2].notice.number == "告知〔2026〕1号"
    assert all(one.noted_at >= before and one.who == "window" for one in kept)
    with service.database.read() as connection:
        assert events_by_case(connection) == {case_id: kept}


def test_each_event_is_entered_in_the_audit_log(service: Service, case_id: str):
    note(service, case_id, "a 接件 2026-03-02", "a 受理 2026-03-03")
    with service.database.read() as connection:
        rows = connection.execute(
            sa.select(AuditRow.object, AuditRow.detail).where(AuditRow.action == "case event")
        ).all()
    assert [tuple(row) for row in rows] == [
        (case_id, "a: 1 接件 (received)"),
        (case_id, "a: 3 受理 (accepted)"),
    ]


def test_an_event_may_be_noted_late_where_it_fits_in(service: Service, case_id: str):
    note(service, case_id, "a 接件 2026-03-02", "a 受理 2026-03-04", "a 通过 2026-03-18")
    note(
        service,
        case_id,
        "a 特别始 2026-03-05 ground=hearing notice=2026-03-05",
        "a 特别终 2026-03-09",
    )
    assert [one.status for one in noted(service, case_id)] == [1, 3, 11, 9, 10]


def test_what_cannot_follow_is_refused_and_nothing_of_it_is_kept(service: Service, case_id: str):
    note(service, case_id, "a 接件 2026-03-02")
    with pytest.raises(InvalidEvent, match="cannot follow 1 接件") as refused:
        note(service, case_id, "b 接件 2026-03-02", "a 通过 2026-03-18")
    assert "what may follow is 6 补正开始 (correction asked), 3 受理" in str(refused.value)
    assert [one.item for one in noted(service, case_id)] == ["a"]


def test_a_wrong_entry_is_undone_by_another_and_both_stay(service: Service, case_id: str):
    added = note(service, case_id, "a 接件 2026-03-02", "a 受理 2026-03-03")
    note(service, case_id, f"a 撤销记载 2026-03-04 undoes={added[1].number}")
    note(service, case_id, "a 受理 2026-03-04")
    kept = noted(service, case_id)
    assert [one.status for one in kept] == [1, 3, 0, 3]
    assert [one.at.day for one in standing(kept)] == [2, 4]


def test_an_entry_on_which_others_rest_is_not_undone_before_them(service: Service, case_id: str):
    added = note(service, case_id, "a 接件 2026-03-02", "a 受理 2026-03-03", "a 通过 2026-03-18")
    with pytest.raises(InvalidEvent, match="11 办结（通过）"):
        note(service, case_id, f"a 撤销记载 2026-03-19 undoes={added[1].number}")


@pytest.mark.parametrize("which", ["another item's", "undone", "an undoing", "none"])
def test_only_an_entry_of_the_item_that_stands_is_undone(
    service: Service, case_id: str, which: str
):
    first, second = note(service, case_id, "a 接件 2026-03-02", "b 接件 2026-03-02")
    (undoing,) = note(service, case_id, f"a 撤销记载 2026-03-03 undoes={first.number}")
    number = {
        "another item's": second.number,
        "undone": first.number,
        "an undoing": undoing.number,
        "none": 10_000,
    }[which]
    with pytest.raises(InvalidEvent, match="no entry of this item that stands"):
        note(service, case_id, f"a 撤销记载 2026-03-04 undoes={number}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a 特别始 2026-03-05 ground=weather", "no such ground in clock"),
        (
            "a 特别始 2026-03-05 ground=extension",
            "extension is a ground of extension; of suspension: hearing",
        ),
        (
            "a 特别始 2026-03-05 extension ground=hearing",
            "hearing is a ground of suspension; of extension: extension",
        ),
        (
            "a 补正始 2026-03-05 ground=hearing",
            "hearing is a ground of suspension; of correction: there is none",
        ),
    ],
)
def test_a_ground_that_does_not_fit_is_refused(
    service: Service, case_id: str, text: str, said: str
):
    note(service, case_id, "a 接件 2026-03-02", "a 受理 2026-03-03")
    with pytest.raises(InvalidEvent, match=said):
        note(service, case_id, text)


def test_what_has_not_happened_yet_is_not_noted(service: Service, case_id: str):
    ahead = datetime.now(ZONE) + timedelta(days=2)
    with pytest.raises(InvalidEvent, match="lies ahead"):
        note(service, case_id, f"a 接件 {ahead:%Y-%m-%dT%H:%M%z}")


def test_a_log_of_another_system_is_taken_over_as_that_kept_it(service: Service, case_id: str):
    moment = datetime(2026, 3, 2, 1, tzinfo=ZONE)
    (kept,) = note(service, case_id, "a 接件 2026-03-02 00:30", noted_at=moment)
    assert kept.noted_at == moment
    assert noted(service, case_id) == [kept]


def test_a_case_that_is_not_there_has_no_events(service: Service):
    with pytest.raises(UnknownCase, match="cs_none"):
        note(service, "cs_none", "a 接件 2026-03-02")


def test_events_stay_as_they_were_written(service: Service, case_id: str):
    note(service, case_id, "a 接件 2026-03-02")
    for change in (
        sa.update(CaseEventRow).values(status=int(Status.ACCEPTED)),
        sa.delete(CaseEventRow),
    ):
        with (
            pytest.raises(StoreUnavailable, match="only added to"),
            service.database.write() as connection,
        ):
            connection.execute(change)
