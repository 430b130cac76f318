"""Golden cases for every rule on sites in the pack that comes with the service.

All cases lie in one store, each in a cell of its own, so far apart that none concerns another.
"""

import functools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
import yaml
from shapely import affinity

from blueprint.bootstrap import init_store
from blueprint.catalogue import City, load_catalogue
from blueprint.checks.check import check_site
from blueprint.checks.site import site_of
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from blueprint.service import Service
from blueprint.snapshots import load_into_store, publish
from layers import read_source
from tests.blueprint.conftest import DAY

ROOT = Path(__file__).parents[3]
CASES = yaml.safe_load((ROOT / "tests" / "cases" / "shipped_pack.yaml").read_text("utf-8"))
CELL_M, CELLS = 4000.0, 14
SQUARE = shapely.box(0, 0, 100, 100)


@functools.cache
def city() -> City:
    return load_catalogue(ROOT / "sample_data" / "catalogue.yaml").city


def placed(shape: shapely.Geometry, number: int) -> shapely.Geometry:
    """A shape in the cell of a case."""
    row, column = divmod(number, CELLS)
    x, y = city().bounds[:2]
    return affinity.translate(shape, x + (column + 0.5) * CELL_M, y + (row + 0.5) * CELL_M)


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    folder = tmp_path_factory.mktemp("grounds")
    tree = load_catalogue(ROOT / "sample_data" / "catalogue.yaml")
    service = init_store(str(folder / "store.gpkg"), tree.city.crs)
    load_into_store(service, tree)
    drawn: dict[str, list[tuple[shapely.Geometry, dict[str, Any]]]] = defaultdict(list)
    drawn[tree.city.boundary_layer].append((shapely.box(*tree.city.bounds), {}))
    for number, case in enumerate(CASES):
        layer = case.get("layer", case["rule"].split(".")[1])
        shape = placed(shapely.from_wkt(case["feature"]), number)
        drawn[layer].append((shape, case.get("attributes", {})))
    for layer, features in drawn.items():
        rows = [{"BSM": str(n), "YSDM": "1"} | row for n, (_, row) in enumerate(features)]
        path = folder / f"{layer}.gpkg"
        shapes = [shape for shape, _ in features]
        geopandas.GeoDataFrame(rows, geometry=shapes, crs=tree.city.crs).to_file(path)
        report = ingest_layer(service, Request(layer, path), DAY)
        assert (report.status, report.kept) == ("taken", len(features)), layer
    publish(service, load_rule_pack(SHIPPED_PACK))
    yield service, folder
    service.close()


@pytest.mark.parametrize(
    ("number", "case"),
    list(enumerate(CASES)),
    ids=[f"{case['rule']}: {case['case']}" for case in CASES],
)
def test_a_rule_comes_to_what_its_case_tells(grounds, number: int, case: dict[str, Any]):
    service, folder = grounds
    path = folder / "site.geojson"
    frame = geopandas.GeoDataFrame(geometry=[placed(SQUARE, number)], crs=city().crs)
    frame.to_file(path)
    said = case.get("project", {})
    # YAML reads a bare yes or no as a truth value
    words = {True: "yes", False: "no"}
    answers = {name: words[answer] for name, answer in said.get("answers", {}).items()}
    project = ProjectFigures.model_validate(said | {"answers": answers})
    site = site_of(read_source(path), city())
    checked = check_site(service, site, day=DAY, clearance="restricted", project=project)
    found = [f for f in checked.document.findings if f.rule == case["rule"]]
    assert [finding.outcome for finding in found] == (
        [] if case["outcome"] == "none" else [case["outcome"]]
    )
    assert all(finding.legal_bases for finding in found)
    if case["outcome"] == "none":
        statuses = [e.status for e in checked.document.layers if case["rule"] in e.rules]
        assert statuses != ["no_data"]


def test_every_rule_on_sites_has_a_case():
    rules = load_rule_pack(SHIPPED_PACK).rules
    told = {case["rule"] for case in CASES}
    kinds = ("site", "distance", "attribute", "project")
    on_sites = {rule.id for rule in rules if rule.kind in kinds}
    assert on_sites == told
