"""Copies of a check: each as if it had been judged for its audience alone."""

import pytest

from blueprint.cases.copies import Judges, department_clearance, department_copy
from blueprint.cases.documents import Screening
from blueprint.checks.check import answer_site
from blueprint.checks.desk import Desk
from blueprint.checks.examination import answer
from blueprint.clearance import Clearance
from blueprint.registry import hidden_layers, load_snapshot
from tests.blueprint.conftest import DAY

from .conftest import Office
from .town import SITE

CLEARANCES = ["restricted", "internal", "public", "public+army", "public+water", "public+survey"]


@pytest.mark.parametrize("clearance", CLEARANCES)
def test_a_copy_is_what_a_check_for_that_clearance_says(office: Office, clearance: Clearance):
    service, site = office.town.service, office.town.site(SITE)
    with service.database.read() as connection:
        snapshot = load_snapshot(connection)
        whole = Desk(snapshot, site, DAY, Clearance("restricted"), frozenset())
        judges = Judges(service, connection, whole)
        for other in CLEARANCES:
            judges.check(Clearance(other))
        copy = judges.check(clearance)
        hidden = hidden_layers(connection, snapshot, clearance)
        alone = answer_site(service, connection, Desk(snapshot, site, DAY, clearance, hidden))
    ignored = {"check_id", "checked_at"}
    assert copy.model_dump(exclude=ignored) == alone.document.model_dump(exclude=ignored)


def test_clearances_that_withhold_the_same_are_judged_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    judged: list[Clearance] = []

    def counted(reader, desk, *more, **options):
        judged.append(desk.clearance)
        return answer(reader, desk, *more, **options)

    monkeypatch.setattr("blueprint.cases.copies.answer", counted)
    office.open()
    screening: Screening = office.screen()
    assert len(screening.departments) == 5
    # planning, farming and water see no more than the public, survey no more than planners
    assert sorted(judged) == ["internal", "public", "public+army", "restricted"]


def test_a_departments_verdict_is_over_its_own_findings(office: Office):
    check = office.town.check(SITE, clearance=department_clearance("water")).document
    with office.town.service.database.read() as connection:
        snapshot = load_snapshot(connection)
    assert check.verdict == "prohibited"
    assert department_copy(check, ["site.zone@zone"], snapshot).verdict == "restricted"
    assert department_copy(check, [], snapshot).verdict == "pass"
