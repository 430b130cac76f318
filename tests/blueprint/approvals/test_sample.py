"""The sample city's applicants: sound, and taken in by the verbs that everybody uses."""

from pathlib import Path

from blueprint.approvals.held import Holder, held_of
from blueprint.approvals.pack_file import SHIPPED_APPROVALS, load_approvals
from blueprint.approvals.profiles import find_profile
from blueprint.cases.projects import add_project
from blueprint.sample.applicants import load_applicants, read_applicants
from blueprint.sample.cases import read_sample
from tests.blueprint.conftest import Town

from .conftest import facts

SAMPLE = Path(__file__).parents[3] / "sample_data"


def test_the_sample_applicants_are_those_of_sample_projects_by_name_and_code():
    applicants = read_applicants(SAMPLE / "applicants.yaml")
    projects = read_sample(SAMPLE / "projects.yaml").projects
    codes = {one.facts.proposer: one.facts.proposer_code for one in projects.values()
             if one.facts.proposer_code is not None}  # fmt: skip
    assert codes == {n: one.profile.credit_code for n, one in applicants.applicants.items()}
    assert set(applicants.projects) <= set(projects)


def test_what_is_stated_of_a_sample_project_is_what_the_form_asks():
    fields = load_approvals(SHIPPED_APPROVALS).fields
    for one in read_sample(SAMPLE / "projects.yaml").projects.values():
        for name, value in one.facts.stated.items():
            assert fields[name].home is None
            assert fields[name].takes(value)


def test_the_sample_applicants_are_taken_in(town_on_either: Town):
    service, sample = town_on_either.service, read_applicants(SAMPLE / "applicants.yaml")
    with service.database.write() as connection:
        projects = {slug: add_project(connection, facts(), "a").id for slug in sample.projects}
    load_applicants(service, sample, projects)
    with service.database.read() as connection:
        for name, applicant in sample.applicants.items():
            assert find_profile(connection, name).profile == applicant.profile
            held = held_of(connection, Holder(applicant=name))
            assert len(held) == len(applicant.documents)
        for slug, documents in sample.projects.items():
            held = held_of(connection, Holder(project_id=projects[slug]))
            assert len(held) == len(documents)
