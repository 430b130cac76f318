"""Families drawn in a few words, in memory and in a store."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
import yaml

from blueprint.cases.facts import ProjectFacts, ProjectSite
from blueprint.cases.files import By
from blueprint.cases.projects import add_project
from blueprint.checks.site import geometry_hash
from blueprint.lineage import LinkWish, ProjectLink, add_link
from blueprint.lineage.graph import Family
from blueprint.lineage.kinds import LinkKind
from tests.blueprint.conftest import DAY, Town, placed, town_in
from tests.conftest import temporary_database

CASES = Path(__file__).parents[2] / "cases" / "lineage"
BY = By("approval desk", DAY)
_NAMES = {"area": "site_area_m2", "floor": "floor_area_m2", "invest": "investment_wan"}


@dataclass(frozen=True)
class Edge:
    kind: LinkKind
    parent_id: str
    child_id: str

    @classmethod
    def of(cls, text: str) -> "Edge":
        """From `kind parent child`."""
        return cls(*text.split())


def golden(name: str) -> list[Any]:
    """The cases of one file, each named by its sentence."""
    content = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return [pytest.param(case, id=case["name"]) for case in content["cases"]]


def site_of(shape: shapely.Geometry, approximate: str | None = None) -> ProjectSite:
    """A site as a project keeps it, drawn where the shape is."""
    return ProjectSite(
        crs="EPSG:4548",
        source_crs="EPSG:4548",
        geometry_hash=geometry_hash(shape),
        geometry=json.loads(shapely.to_geojson(shape)),
        approximate=approximate,
    )


def facts_of(name: str = "项目", **said: Any) -> ProjectFacts:
    """The facts of a project; `site` is WKT from the town's corner."""
    site, approximate = said.pop("site", None), said.pop("approximate", None)
    fields = {_NAMES.get(key, key): value for key, value in said.items()}
    drawn = None if site is None else site_of(placed(site), approximate)
    return ProjectFacts(
        **({"name": name, "proposer": "示例置业有限公司"} | fields | {"site": drawn})
    )


def family_of(links: Sequence[str]) -> Family:
    return Family([Edge.of(link) for link in links])


def facts_by_name(projects: Mapping[str, Mapping[str, Any]]) -> dict[str, ProjectFacts]:
    return {name: facts_of(name, **said) for name, said in projects.items()}


@dataclass
class Library:
    """Projects of a store by a letter each."""

    connection: sa.Connection
    ids: dict[str, str]

    def add(self, letter: str, owner: str = "owner", **said: Any) -> str:
        facts = facts_of(said.pop("name", f"项目{letter}"), **said)
        self.ids[letter] = add_project(self.connection, facts, owner).id
        return self.ids[letter]

    def link(self, text: str, **note: Any) -> ProjectLink:
        """Link by `kind parent child`."""
        kind, parent, child = text.split()
        wish = LinkWish(kind=kind, parent_id=self.ids[parent], child_id=self.ids[child], **note)
        return add_link(self.connection, wish, BY)

    def letters(self, ids: Sequence[str]) -> list[str]:
        by_id = {project: letter for letter, project in self.ids.items()}
        return [by_id[one] for one in ids]


class _Over(Exception):
    """The test is over: nothing of it is to stay."""


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def kept_town(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town on either store for all tests of a file."""
    folder = tmp_path_factory.mktemp("lineage")
    with ExitStack() as stack:
        store = str(folder / "store.gpkg")
        if request.param == "postgis":
            server = request.getfixturevalue("postgis_server")
            store = stack.enter_context(temporary_database(server))
        yield from town_in(store, folder)


@pytest.fixture
def library(kept_town: Town) -> Iterator[Library]:
    """An empty library, in a transaction that is rolled back."""
    with suppress(_Over), kept_town.service.database.write() as connection:
        yield Library(connection, {})
        raise _Over
