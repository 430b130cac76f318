"""The life of a case in the ledger: what stands when, on both stores."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from blueprint.cases.consultations import consultations
from blueprint.cases.documents import FrozenFindings
from blueprint.cases.files import steps_of
from blueprint.cases.projects import find_project, revise_project, versions_of
from blueprint.cases.screen import frozen_findings
from blueprint.cases.settings import CaseSettings, case_settings, reply_deadline
from blueprint.cases.standing import standing_of
from blueprint.checks.kept import load_check
from blueprint.errors import InvalidCase, PlanningError, UnknownCase
from blueprint.values import text_hash
from layers import StoreUnavailable
from tests.blueprint.conftest import DAY, FAR

from .conftest import Office
from .town import EAST, SECRET, SITE, later, rules

DUE = later(7)


def statuses(office: Office, day: date = DAY) -> dict[str, str]:
    return {one.department.id: one.status for one in consultations(office.ledger, day)}


def standing(office: Office, day: date = DAY):
    with office.town.service.database.read() as connection:
        return standing_of(office.ledger, find_project(connection, office.project), day)


def test_a_screening_freezes_a_copy_for_each_audience_with_its_hash(office_on_either: Office):
    office = office_on_either
    office.open()
    screening = office.screen()
    with office.town.service.database.read() as connection:
        steps = steps_of(connection, office.case)
        kept = load_check(connection, screening.check_id, "restricted")
        copy = frozen_findings(connection, office.case, "approval")
        public = load_check(connection, screening.public_check_id, "public")
    assert [(step.kind, step.department) for step in steps] == [
        ("findings.approval", None), ("findings.planning", None), ("findings.applicant", None),
        *(("findings.department", one.department.id) for one in screening.departments),
        ("screening", None),
    ]  # fmt: skip
    assert all(text_hash(step.document) == step.sha256 for step in steps)
    assert copy is not None
    assert copy[1].check == kept
    assert public.clearance == "public"
    documents = {step.department or step.kind: step.document for step in steps}
    met = FrozenFindings.model_validate_json(documents["army"]).check.findings[0].feature_ids[0]
    for name, document in documents.items():
        told = name in ("army", "findings.approval")
        assert (met in document) == told or name == "screening", name
        assert SECRET not in document


def test_a_departments_copy_holds_its_own_findings_alone(office: Office):
    office.open()
    office.screen()
    with office.town.service.database.read() as connection:
        found = frozen_findings(connection, office.case, "department", "water")
    assert found is not None
    check = found[1].check
    assert [finding.layer for finding in check.findings] == ["zone"]
    assert [line.layer for line in check.layers] == ["zone"]
    assert (check.verdict, check.clearance) == ("restricted", "public+water")
    assert (check.robustness, check.what_would_change_it) == (None, [])


def test_a_department_is_awaited_until_its_day_is_over_and_then_has_not_answered(office: Office):
    office.open()
    office.screen()
    office.ask()
    office.answer("water")
    assert statuses(office, DUE)["army"] == "awaited"
    assert statuses(office, DUE + timedelta(days=1)) == {
        "planning": "not_answered", "farming": "not_answered", "water": "answered",
        "survey": "not_answered", "army": "not_answered",
    }  # fmt: skip
    assert statuses(office, DAY - timedelta(days=1)) == {}
    after = standing(office, DUE + timedelta(days=1))
    assert (after.asked, after.answered, after.overdue, after.due) == (5, 1, 4, None)


def test_what_a_department_is_asked_anew_it_has_not_answered_by_what_it_said_before(
    office: Office,
):
    office.open()
    office.screen()
    office.ask()
    for name in ("planning", "farming", "water", "survey", "army"):
        office.answer(name)
    north = "POLYGON ((1000 1000, 1100 1000, 1100 1080, 1000 1080, 1000 1000))"
    office.move(north)
    office.screen(later(1))
    assert set(office.ask(later(1)).again) == {"planning", "farming", "water", "survey", "army"}
    assert set(statuses(office, later(1)).values()) == {"awaited"}
    assert set(statuses(office, later(20)).values()) == {"not_answered"}
    office.answer("water", "disagree", later(2))
    (last,) = [one for one in consultations(office.ledger, later(2))
               if one.department.id == "water"]  # fmt: skip
    assert (last.status, last.version, last.answer, last.again) == ("answered", 2, "disagree", True)


def test_an_earlier_opinion_stands_where_findings_only_went_away(office: Office):
    office.town.publish(*rules({**rules()[0], "id": "site.extra", "layer": "zone"}))
    office.open()
    office.screen()
    office.ask()
    office.answer("planning")
    office.move(EAST)
    office.screen(later(1))
    asked = office.ask(later(1))
    assert "planning" in asked.again
    (told,) = [one for one in consultations(office.ledger, later(1))
               if one.department.id == "planning"]  # fmt: skip
    assert (told.status, told.unanswered) == ("awaited", [])
    assert [question.changed for question in told.questions] == [False]
    assert statuses(office, later(20))["planning"] == "answered"


def test_one_that_is_released_and_concerned_again_has_its_opinion_of_before(office: Office):
    office.open()
    office.screen()
    office.ask()
    office.answer("planning")
    office.move(EAST)
    office.screen()
    assert office.ask().released == ["planning", "farming"]
    office.move(SITE)
    office.screen()
    assert office.ask().asked == ["planning", "farming"]
    assert statuses(office, DUE + timedelta(days=1))["planning"] == "answered"
    assert statuses(office, DUE + timedelta(days=1))["farming"] == "not_answered"


def test_figures_that_change_supersede_what_was_found_as_the_boundary_does(office: Office):
    office.open(height_m=20)
    office.screen()
    assert standing(office).findings == "current"
    office.move(SITE, height_m=30)
    assert standing(office).findings == "superseded"
    with pytest.raises(InvalidCase, match="site or figures have changed"):
        office.ask()


def test_a_project_without_a_site_and_one_withdrawn_are_not_screened(office: Office):
    office.open(None)
    with pytest.raises(InvalidCase, match="has no site yet; hand one in"):
        office.screen()
    office.open()
    with office.town.service.database.write() as connection:
        facts = office.facts().model_copy(update={"state": "withdrawn"})
        revise_project(connection, office.project, facts, "proposer")
    with pytest.raises(InvalidCase, match="is withdrawn"):
        office.screen()
    office.case = "cs_none"
    with pytest.raises(UnknownCase, match="no such case"):
        office.screen()


def test_no_step_is_taken_before_the_one_that_was_last(office: Office):
    office.open()
    office.screen(later(3))
    with pytest.raises(InvalidCase, match=f"the last step of the case was on {later(3)}"):
        office.ask(later(2))


def test_nobody_answers_who_is_not_asked(office: Office):
    office.open(FAR)
    office.screen()
    office.ask()
    with pytest.raises(InvalidCase, match="does not ask water; only who is asked answers"):
        office.answer("water")
    assert office.conclude().outcome.verdict == "positive"


@pytest.mark.parametrize("table", ["case_entry", "project_version", "project", "project_case"])
def test_the_store_itself_refuses_to_change_what_was_written(office_on_either: Office, table: str):
    office = office_on_either
    office.open()
    office.screen()
    statement = sa.delete(sa.table(table))
    with pytest.raises((StoreUnavailable, sa.exc.DatabaseError), match="only added to"):  # noqa: SIM117
        with office.town.service.database.write() as connection:
            connection.execute(statement)
    with office.town.service.database.read() as connection:
        assert versions_of(connection, office.project)


def test_how_long_replies_and_findings_take_is_set_and_told_unverified_unless_it_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    office.open()
    assert office.screen().validity_verified is False
    office.ask()
    request = office.ledger.requests[0].said
    assert (request.workdays, request.workdays_verified, request.due) == (5, False, DUE)
    assert "5" in request.due_why.zh
    monkeypatch.setenv("BLUEPRINT_REPLY_WORKDAYS", "7")
    monkeypatch.setenv("BLUEPRINT_FINDING_DAYS", "90")
    assert case_settings() == CaseSettings(7, True, 90, True)
    assert case_settings().valid_until(DAY) == DAY + timedelta(days=90)
    for text in ("0", "x", "99999", "-1"):
        monkeypatch.setenv("BLUEPRINT_REPLY_WORKDAYS", text)
        with pytest.raises(PlanningError, match="BLUEPRINT_REPLY_WORKDAYS"):
            case_settings()


def test_a_deadline_counts_working_days_and_says_where_it_is_estimated():
    # the spring festival of 2026 is nine days off, with make-up days on either side
    assert reply_deadline(date(2026, 2, 13), 5).day == date(2026, 2, 27)
    assert reply_deadline(date(2026, 2, 13), 5).estimated is False
    assert reply_deadline(date(2029, 1, 1), 5).estimated is True


def test_the_day_on_which_a_finding_lapses_is_the_last_one_that_it_holds(office: Office):
    office.open(FAR)
    screening = office.screen(finding_days=10)
    assert screening.valid_until == later(10)
    assert standing(office, later(10)).findings == "current"
    assert standing(office, later(11)).findings == "expired"
    with pytest.raises(InvalidCase, match="findings held until"):
        office.conclude(later(11))
