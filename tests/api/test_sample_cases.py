"""The sample city's projects, loaded: every screen and statistic has something to show."""

from datetime import date

import pytest

from blueprint.access.caller import Caller
from blueprint.bootstrap import open_service
from blueprint.cases.documents import OpinionSaid
from blueprint.cases.files import By
from blueprint.cases.opinions import give_opinion
from blueprint.cases.outcome import issue_outcome
from blueprint.cases.worklist import CasePage, CasesAsked, find_cases
from blueprint.sample.cases import LoadedProjects, load_sample, read_sample

from .conftest import EFFECTIVE, SAMPLE

TODAY = date(2026, 11, 30)
STAFF = Caller("staff", "administrator")


@pytest.fixture(scope="module")
def loaded(sample_geopackage: str) -> LoadedProjects:
    assert (TODAY - EFFECTIVE).days >= 28, "older than any application date of the sample"
    with open_service(sample_geopackage) as service:
        return load_sample(service, read_sample(SAMPLE / "projects.yaml"), TODAY)


@pytest.fixture(scope="module")
def page(loaded: LoadedProjects, sample_geopackage: str) -> CasePage:
    with open_service(sample_geopackage) as service, service.database.read() as connection:
        return find_cases(connection, STAFF, CasesAsked(), TODAY)


def test_there_is_a_case_in_every_state(loaded: LoadedProjects, page: CasePage):
    assert (len(loaded.projects), page.matched) == (30, len(loaded.cases))
    standings = [case.standing for case in page.cases]
    assert {one.state for one in standings} == {
        "opened", "screened", "asked", "answered", "concluded",
    }  # fmt: skip
    assert {one.findings for one in standings} == {"none", "current", "superseded", "expired"}
    assert sum(one.overdue > 0 for one in standings) >= 3
    assert any(one.due is not None for one in standings)
    assert {one.outcome for one in standings} == {
        "positive", "conditional", "negative", "open", None,
    }  # fmt: skip


def test_a_case_of_the_sample_goes_on_as_any_other(
    loaded: LoadedProjects, page: CasePage, sample_geopackage: str
):
    case = loaded.cases["metro_offices", "generation"]
    with open_service(sample_geopackage) as service:
        said = OpinionSaid(answer="agree", prefilled=True)
        give_opinion(service, case, "metro", said, By("轨道人员", TODAY))
        outcome = issue_outcome(service, case, By("审批人员", TODAY)).outcome
    assert outcome.verdict == "positive"
    assert outcome.notice is not None, "fictional data"
