"""The town of cases with an approvals pack of its own, and cases of projects in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blueprint.approvals.kept import load_into_store
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.facts import ProjectFacts
from blueprint.cases.files import By, CaseHead, open_case
from blueprint.cases.projects import add_project
from blueprint.cases.screen import screen_case
from blueprint.cases.sites import kept_site
from blueprint.rules.pack import RulePack
from blueprint.snapshots import publish
from tests.blueprint.cases.town import SITE, case_town, rules
from tests.blueprint.conftest import DAY, Town, rule_pack, site_rule

from .conftest import FIELDS, approval, facts, pack_of, titled

OWNER = "applicant"
ASKS = {
    **site_rule("farmland", "prohibited", department="water"),
    "id": "site.discharge",
    "ask": "pollutes",
    "answers": {"no": "notice"},
}


def town_pack() -> ApprovalsPack:
    """Approvals that hang on a public layer, on a secret one, and on what is said."""
    told = ("area", "code", "address", "height", "pollutes", "earth", "trees")
    fields = {name: {"title": titled(name), **FIELDS[name]} for name in told}
    taken = {"rule": "site.farmland", "gives": "area_m2"}
    fields["taken"] = {"title": titled("taken"), "type": "number", "from_finding": taken}
    return pack_of(
        approval("always", documents=["form", "licence", "plan"], fields=["area", "code"]),
        approval(
            "farming",
            {"rule": "site.farmland"},
            documents=["form", "report"],
            fields=["taken", "address"],
            department="farming",
        ),
        approval("zone", {"rule": "site.zone"}, documents=["form", "permit"], department="water"),
        approval(
            "military",
            {"rule": "site.barracks"},
            documents=["form", "agreement"],
            department="army",
            fields=["earth"],
        ),
        approval("tall", {"field": "height", "at_least": 24}, documents=["plan"], fields=["trees"]),
        approval("later", stage="building", documents=["permit", "report"]),
        fields=fields,
    )


def town_of_approvals(store: str, folder: Path) -> Iterator[Town]:
    """The town, published with a rule that asks, its approvals loaded."""
    for town in case_town(store, folder):
        said = rule_pack(*rules()).model_dump(mode="json")
        said["questions"] = {"pollutes": {"text": {"zh": "排污？", "en": "Does it pollute?"}}}
        said["rules"].append(ASKS)
        publish(town.service, RulePack.model_validate(said))
        load_into_store(town.service, town_pack(), "desk")
        yield town


def case_of(
    town: Town, stage: str = "generation", wkt: str = SITE, *, screened: bool = True, **said: Any
) -> CaseHead:
    """A case of a project of the applicant, screened."""
    site = kept_site(town.site(wkt), town.catalogue.city)
    whole = ProjectFacts.model_validate(dict(facts(**said)) | {"site": site})
    with town.service.database.write() as connection:
        project = add_project(connection, whole, OWNER)
        case = open_case(connection, project.id, stage, OWNER, DAY)
    if screened:
        screen_case(town.service, case.id, By("desk", DAY))
    return case


@pytest.fixture
def town_of_either(store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on both stores in turn."""
    yield from town_of_approvals(store, tmp_path)


@pytest.fixture(scope="module")
def settled_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town on the embedded store, for what changes nothing of it."""
    folder = tmp_path_factory.mktemp("approvals")
    yield from town_of_approvals(str(folder / "store.gpkg"), folder)
