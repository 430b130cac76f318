"""Golden cases for every rule in the shipped pack that holds layers against each other.

Overlaps and containment are searched over snapshots on both stores, all cases at once, each in a
cell of its own; control totals and partitions are arithmetic, for which the store is immaterial.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
import yaml

from blueprint.bootstrap import init_store
from blueprint.catalogue import load_catalogue
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import find_conflicts
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.rules.kinds.coverage import partition
from blueprint.rules.kinds.plan_models import Target
from blueprint.rules.kinds.quota import Ground, totals
from blueprint.rules.pack import SHIPPED_PACK, Rule
from blueprint.rules.pack_file import load_rule_pack
from blueprint.snapshots import load_into_store, publish
from blueprint.supervise import supervise
from blueprint.supervision import Supervision
from tests.blueprint.conftest import DAY
from tests.conftest import temporary_database

from .kinds.conftest import texts_of
from .kinds.test_quota import km, words_of
from .test_shipped_pack import CASES as ON_SITES
from .test_shipped_pack import ROOT, placed

CASES = yaml.safe_load((ROOT / "tests" / "cases" / "plans.yaml").read_text("utf-8"))
SHAPES = {name: shapely.from_wkt(wkt) for name, wkt in CASES["shapes"].items()}
PAIRS, PARTITIONS, TOTALS = CASES["pairs"], CASES["coverage"], CASES["quota"]
RULES = {rule.id: rule for rule in load_rule_pack(SHIPPED_PACK).rules}
TREE = load_catalogue(ROOT / "sample_data" / "catalogue.yaml")


def sides_of(rule: Rule) -> tuple[str, str]:
    """The layers of a case's `left` and `right`."""
    if rule.kind in ("within", "contains"):
        return rule.inner[0], rule.outer[0]
    return rule.left, rule.right


Told = dict[tuple[str, str], list[str]]
"""What was said, by the rule and the number of the case."""


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("plans")
    if request.param == "geopackage":
        yield answers(str(folder / "store.gpkg"), folder)
    else:
        with temporary_database(request.getfixturevalue("postgis_server")) as url:
            yield answers(url, folder)


def answers(store: str, folder: Path) -> Told:
    drawn: dict[str, list[tuple[shapely.Geometry, dict[str, Any]]]] = defaultdict(list)
    whole = shapely.box(*TREE.city.bounds)
    drawn[TREE.city.boundary_layer].append((whole, {}))
    drawn["admin_district"].append((whole, {"MC": "全域"}))
    for number, case in enumerate(PAIRS):
        for side, layer in zip(("left", "right"), sides_of(RULES[case["rule"]]), strict=True):
            attributes = {"BSM": f"{number}{side}", "YSDM": "1"} | case.get(
                f"{side}_attributes", {}
            )
            drawn[layer].append((placed(SHAPES[case[side]], number), attributes))
    service = init_store(store, TREE.city.crs)
    load_into_store(service, TREE)
    for layer, features in drawn.items():
        path = folder / f"{layer}.gpkg"
        frame = geopandas.GeoDataFrame(
            [row for _, row in features], geometry=[s for s, _ in features], crs=TREE.city.crs
        )
        frame.to_file(path)
        assert ingest_layer(service, Request(layer, path), DAY).kept == len(features), layer
    publish(service, load_rule_pack(SHIPPED_PACK))
    found = find_conflicts(service, day=DAY)
    seen = supervise(service, day=DAY)
    service.close()
    return said(found, seen)


def said(found: FoundConflicts, seen: Supervision) -> Told:
    """What the search and the supervision said, by case: ids of features begin with its number."""
    told: Told = defaultdict(list)
    for line in found.head.rules:
        assert line.status == "checked", (line.rule, line.reason)
    for conflict in found.document.conflicts:
        number = conflict.left.feature_id.removesuffix("left")
        kind = "" if conflict.kind is None else f"{conflict.kind.difference} {conflict.severity} "
        words = f"{kind}{conflict.band} {conflict.area.projected_m2:g}"
        told[conflict.rule, number].append(words)
    for rule in seen.rules:
        for breach in rule.breaches if rule.kind in ("within", "contains") else ():
            number = breach.feature_ids[0].removesuffix("left").removesuffix("right")
            told[rule.rule, number].append(f"{breach.what} {breach.area_m2:g}")
    return told


def named(cases: list[Any]) -> list[str]:
    return [f"{case['rule']}: {case['case']}" for case in cases]


@pytest.mark.parametrize(("number", "case"), list(enumerate(PAIRS)), ids=named(PAIRS))
def test_a_pair_of_layers_comes_to_what_its_case_tells(told: Told, number: int, case: Any):
    assert told[case["rule"], str(number)] == case["says"], case["because"]


@pytest.mark.parametrize("case", PARTITIONS, ids=named(PARTITIONS))
def test_a_partition_has_the_faults_that_its_case_tells(case: Any):
    shapes = np.array([SHAPES[name] for name in case["shapes"]], dtype=object)
    ids = [f"f{n}" for n in range(len(shapes))]
    found = partition(RULES[case["rule"]], shapes, ids, texts_of(case["attributes"]))
    said = [f"overlap {spot.area_m2:g}" for spot in found.overlaps]
    said += [f"gap {spot.area_m2:g}" for spot in found.gaps]
    said += [f"duplicate {number}" for number in found.duplicates]
    said += [f"missing {name}" for name in found.missing]
    assert said == case["says"], case["because"]


@pytest.mark.parametrize("case", TOTALS, ids=named(TOTALS))
def test_a_control_total_of_the_sample_catalogue_holds_or_not_as_its_case_tells(case: Any):
    rule = RULES[case["rule"]]
    issued = TREE.by_id[rule.layer].control_total
    city = Target(at_least_km2=issued.at_least_km2, at_most_km2=issued.at_most_km2)
    ground = Ground(km(case["layer"]), {n: km(part) for n, part in case.get("parts", {}).items()})
    found = totals(rule.model_copy(update={"city": city}), ground, shapely.area)
    said = [words_of(total).replace(" - ", " ", 1) for total in found if total.km2 is not None]
    said += [f"{total.kind} - unknown" for total in found if total.km2 is None]
    assert said == case["says"], case["because"]


def test_every_rule_on_layers_has_a_case_and_there_are_two_hundred_in_all():
    on_layers = {
        name for name, rule in RULES.items()
        if rule.kind in ("exclusive", "matrix", "within", "contains", "quota", "coverage")
    }  # fmt: skip
    cases = [*PAIRS, *PARTITIONS, *TOTALS]
    assert on_layers == {case["rule"] for case in cases}
    assert all(case["because"] for case in cases)
    assert len(cases) + len(ON_SITES) >= 200


def test_every_cell_of_the_matrix_has_a_case():
    (rule,) = (rule for rule in RULES.values() if rule.kind == "matrix")
    cells = {f"{a.id} with {b.id}" for a in rule.left_classes for b in rule.right_classes}
    assert cells <= {case["case"] for case in PAIRS if case["rule"] == rule.id}


def test_without_their_layers_no_rule_is_free_of_conflicts_or_kept(tmp_path: Path):
    service = init_store(str(tmp_path / "store.gpkg"), TREE.city.crs)
    load_into_store(service, TREE)
    path = tmp_path / "boundary.gpkg"
    frame = geopandas.GeoDataFrame(geometry=[shapely.box(*TREE.city.bounds)], crs=TREE.city.crs)
    frame.to_file(path)
    ingest_layer(service, Request(TREE.city.boundary_layer, path), DAY)
    publish(service, load_rule_pack(SHIPPED_PACK))
    run = find_conflicts(service, day=DAY).head
    statuses = {line.rule: line.status for line in run.rules}
    statuses |= {rule.rule: rule.status for rule in supervise(service, day=DAY).rules}
    service.close()
    assert set(statuses) == {case["rule"] for case in [*PAIRS, *PARTITIONS, *TOTALS]}
    assert set(statuses.values()) == {"no_data"}
