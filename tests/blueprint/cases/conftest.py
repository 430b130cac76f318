"""The town of cases on a store, and the verbs that carry a case."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from blueprint.cases.consult import Asked, ask_departments
from blueprint.cases.documents import Opinion, OpinionSaid, Screening
from blueprint.cases.facts import ProjectFacts
from blueprint.cases.files import By, open_case
from blueprint.cases.ledger import Ledger, ledger_of
from blueprint.cases.opinions import give_opinion
from blueprint.cases.outcome import KeptOutcome, issue_outcome
from blueprint.cases.projects import add_project, revise_project
from blueprint.cases.screen import screen_case
from blueprint.cases.settings import CaseSettings
from blueprint.cases.sites import kept_site
from blueprint.rules.kinds.figures import ProjectFigures
from tests.blueprint.conftest import DAY, Town

from .town import SITE, case_town

STAFF = "审批人员"


@dataclass
class Office:
    """One project with one case, and who carries it."""

    town: Town
    project: str = ""
    case: str = ""

    def facts(self, wkt: str | None = SITE, **figures: Any) -> ProjectFacts:
        city = self.town.catalogue.city
        return ProjectFacts(
            name="示例厂房",
            proposer="示例置业有限公司",
            figures=ProjectFigures(**figures),
            site=None if wkt is None else kept_site(self.town.site(wkt), city),
        )

    def open(self, wkt: str | None = SITE, **figures: Any) -> str:
        with self.town.service.database.write() as connection:
            facts = self.facts(wkt, **figures)
            self.project = add_project(connection, facts, "proposer").id
            self.case = open_case(connection, self.project, "generation", "proposer", DAY).id
        return self.case

    def move(self, wkt: str, **figures: Any) -> None:
        with self.town.service.database.write() as connection:
            revise_project(connection, self.project, self.facts(wkt, **figures), "proposer")

    def screen(self, day: date = DAY, **settings: Any) -> Screening:
        wanted = CaseSettings(**settings)
        return screen_case(self.town.service, self.case, By(STAFF, day), wanted)

    def ask(self, day: date = DAY, **settings: Any) -> Asked:
        wanted = CaseSettings(**settings)
        return ask_departments(self.town.service, self.case, By(STAFF, day), wanted)

    def answer(
        self, department: str, answer: str = "agree", day: date = DAY, **said: Any
    ) -> Opinion:
        opinion = OpinionSaid.model_validate({"answer": answer, "prefilled": True} | said)
        by = By(f"officer of {department}", day)
        return give_opinion(self.town.service, self.case, department, opinion, by)

    def conclude(self, day: date = DAY) -> KeptOutcome:
        return issue_outcome(self.town.service, self.case, By(STAFF, day))

    @property
    def ledger(self) -> Ledger:
        with self.town.service.database.read() as connection:
            return ledger_of(connection, self.case)


@pytest.fixture
def office(geopackage_store: str, tmp_path: Path) -> Iterator[Office]:
    for town in case_town(geopackage_store, tmp_path):
        yield Office(town)


@pytest.fixture
def office_on_either(store: str, tmp_path: Path) -> Iterator[Office]:
    for town in case_town(store, tmp_path):
        yield Office(town)
