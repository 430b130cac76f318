"""The sample city's projects: a file that hangs together, loaded to the states that it is for."""

from datetime import date
from pathlib import Path

import pytest

from blueprint.access.caller import Caller
from blueprint.cases.library import ProjectsAsked, find_projects
from blueprint.errors import InvalidProject
from blueprint.sample.cases import day_on, load_sample, read_sample
from tests.blueprint.conftest import DAY

from .conftest import Office

SAMPLE = Path(__file__).parents[3] / "sample_data" / "projects.yaml"
STAFF = Caller("staff", "administrator")


def test_the_sample_has_thirty_projects_of_every_stage_and_state():
    sample = read_sample(SAMPLE)
    assert len(sample.projects) == 30
    stages = {one.facts.stage for one in sample.projects.values()}
    stages |= {case.stage for one in sample.projects.values() for case in one.cases}
    assert stages == {"generation", "land", "construction", "building", "completion"}
    states = {one.facts.state for one in sample.projects.values()}
    assert states == {"proposed", "completed", "withdrawn"}
    codes = [one.facts.code for one in sample.projects.values() if one.facts.code]
    assert len(codes) == len(set(codes))


def test_nobody_in_the_sample_is_a_person():
    for slug, project in read_sample(SAMPLE).projects.items():
        assert project.facts.proposer.startswith("示例"), slug
        for case in project.cases:
            for step in case.steps:
                assert step.by.endswith("人员") or step.by.startswith("示例"), slug


def test_a_day_is_a_date_or_counted_back_from_the_day_of_loading():
    assert day_on(-3, date(2026, 3, 2)) == date(2026, 2, 27)
    assert day_on(date(2025, 1, 1), DAY) == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("projects: {a: {facts: {name: x}}}", "projects.a.facts.proposer: Field required"),
        ("projects: {a: {facts: {name: x, proposer: y}, cases: [{key: k}]}}", "application_date"),
    ],
)
def test_a_faulty_file_is_told_where(tmp_path: Path, text: str, why: str):
    (tmp_path / "projects.yaml").write_text(text)
    with pytest.raises(InvalidProject, match=why):
        read_sample(tmp_path / "projects.yaml")


def test_every_verb_of_a_sample_does_what_the_command_of_its_name_does(
    office_on_either: Office, tmp_path: Path
):
    x, y = 601_050.0, 2_701_050.0
    (tmp_path / "projects.yaml").write_text(f"""
projects:
  one:
    facts: {{name: 示例, proposer: 示例}}
    site: {{centre: [{x}, {y}], width_m: 100, depth_m: 100}}
    cases:
      - key: generation
        application_date: 0
        steps:
          - {{day: 0, do: screen, holds_days: 3}}
          - {{day: 0, do: ask, workdays: 2}}
          - day: 0
            do: answer
            department: water
            opinion: {{answer: disagree, prefilled: true}}
          - {{day: 0, do: revise, facts: {{purpose: 仓储}},
             site: {{corners: [[603000, 2703000], [603100, 2703000], [603000, 2703100]]}}}}
          - {{day: 0, do: screen}}
          - {{day: 0, do: ask}}
          - {{day: 0, do: outcome}}
""")
    service = office_on_either.town.service
    loaded = load_sample(service, read_sample(tmp_path / "projects.yaml"), DAY)
    office_on_either.case = loaded.cases["one", "generation"]
    ledger = office_on_either.ledger
    counts = [len(kind) for kind in (ledger.screenings, ledger.opinions, ledger.outcomes)]
    assert counts == [2, 1, 1]
    assert ledger.releases
    assert ledger.requests[0].said.workdays == 2
    with service.database.read() as connection:
        (project,) = find_projects(connection, STAFF, ProjectsAsked()).projects
    assert project.facts.purpose == "仓储"
    assert project.facts.site is not None
    assert project.facts.site.area is not None
    assert project.facts.site.area.projected_m2 == pytest.approx(5_000, abs=0.1)
