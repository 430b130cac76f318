"""A feature whose overlap no method gives: it stops nothing, is never clear, and is kept."""

import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from blueprint.checks.schema import site_check_schema
from blueprint.conflicts.search import find_conflicts
from blueprint.words import limits_words
from conflict.casefile import load_case
from conflict.kernel import LEFT_WITHIN, RIGHT_WITHIN
from conflict.shapes import draw_shared
from tests.blueprint.conftest import (
    DAY,
    FAR,
    HALF,
    SITE,
    Town,
    exclusive_rule,
    line,
    placed,
    site_rule,
)

WITHIN = "POLYGON ((1010 1010, 1020 1010, 1020 1020, 1010 1020, 1010 1010))"
CORNER = "POLYGON ((1090 900, 1200 900, 1200 1020, 1090 1020, 1090 900))"


@pytest.fixture
def torn(monkeypatch):
    """GEOS where it fails, on everything that has to be drawn: the kernel leaves what crosses."""

    def tear(*_sides: object, **_options: object) -> object:
        message = "TopologyException: side location conflict"
        raise shapely.errors.GEOSException(message)

    def leave(*pairs: Any) -> np.ndarray:
        drawn, kind = draw_shared(*pairs), pairs[4]
        drawn[(kind != LEFT_WITHIN) & (kind != RIGHT_WITHIN)] = None
        return drawn

    def tear_all() -> None:
        monkeypatch.setattr(shapely, "intersection", tear)
        for module in ("site", "shared"):
            monkeypatch.setattr(f"conflict.{module}.draw_shared", leave)

    return tear_all


def cases(town: Town) -> list[Path]:
    folder = Path(f"{town.service.database.name}.cases")
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_layer_with_a_feature_that_cannot_be_computed_is_in_error_and_never_clear(
    town: Town, torn
):
    town.deliver("farmland", HALF)
    town.deliver("zone", FAR)
    town.publish(site_rule("farmland", "prohibited"), site_rule("zone"))
    site = town.site(SITE)
    torn()
    checked = town.check(SITE)
    document = checked.document
    (finding,) = document.findings
    assert (document.verdict, document.complete) == ("incomplete", False)
    assert (finding.rule, finding.outcome) == ("site.farmland", "no_data")
    assert "cannot be computed" in finding.notes[0].en
    assert "无法可靠计算" in limits_words(document)
    assert line(checked, "farmland").status == "error"
    assert "1 features" in line(checked, "farmland").reason.en
    assert line(checked, "zone").status == "clear"
    assert document.site.geometry_hash == site.geometry_hash


def test_what_can_be_computed_of_the_layer_still_stands(town: Town, torn):
    town.deliver("farmland", HALF, WITHIN)
    town.publish(site_rule("farmland", "prohibited"))
    torn()
    checked = town.check(SITE)
    outcomes = [finding.outcome for finding in checked.document.findings]
    assert (checked.document.verdict, outcomes) == ("prohibited", ["prohibited", "no_data"])
    assert not checked.document.complete
    assert line(checked, "farmland").status == "error"


def test_a_feature_that_the_filter_leaves_out_may_fail(town: Town, torn):
    town.deliver("zone", HALF, FAR, attributes=[{"kind": "a"}, {"kind": "b"}])
    town.publish(site_rule("zone", where="kind = 'b'"))
    torn()
    checked = town.check(SITE)
    assert checked.document.verdict == "pass"
    assert line(checked, "zone").status == "clear"


def test_a_zone_that_cannot_be_computed_is_never_clear_either(town: Town, torn):
    town.deliver("metro", "LINESTRING (900 970, 1200 970)")
    town.publish(site_rule("metro", buffer_m=50))
    torn()
    checked = town.check(SITE)
    assert checked.document.verdict == "incomplete"
    assert line(checked, "metro").status == "error"


def test_a_plan_whose_cover_cannot_be_computed_is_not_believed(town: Town, torn):
    town.deliver("plan", HALF, attributes=[{"use": "park"}])
    town.publish(site_rule("plan", where="use = 'housing'"))
    torn()
    checked = town.check(SITE)
    assert checked.document.verdict == "incomplete"
    assert "cannot be computed" in line(checked, "plan").reason.en


def test_the_pair_is_kept_beside_the_store_for_its_owner_alone(town: Town, torn):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    assert cases(town) == []
    torn()
    town.check(SITE)
    town.check(SITE)
    (path,) = cases(town)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    case = load_case(path)
    assert case.left.equals(placed(HALF))
    assert case.right.equals(placed(SITE))
    assert case.tries


@pytest.mark.parametrize("clearance", ["public", "restricted"])
def test_a_pair_of_a_layer_above_public_is_kept_nowhere(town: Town, torn, clearance):
    town.deliver("barracks", HALF)
    town.publish(site_rule("barracks", "consult"))
    torn()
    checked = town.check(SITE, clearance=clearance)
    assert checked.document.verdict == "incomplete"
    assert cases(town) == []


def test_that_a_withheld_layer_is_at_fault_here_is_not_told(town: Town, torn):
    town.deliver("barracks", HALF)
    town.publish(site_rule("barracks", "consult"))
    torn()
    public, cleared = town.check(SITE), town.check(SITE, clearance="restricted")
    assert line(public, "barracks").status == "no_data"
    assert "computed" not in public.document.model_dump_json(exclude={"layers": {"__all__": {}}})
    assert line(cleared, "barracks").status == "error"


def test_a_search_for_conflicts_keeps_its_pairs_too_save_those_above_public(town: Town, torn):
    town.deliver("farmland", HALF)
    town.deliver("zone", CORNER)
    town.deliver("barracks", CORNER)
    town.publish(exclusive_rule("farmland", "zone"), exclusive_rule("farmland", "barracks"))
    torn()
    found = find_conflicts(town.service, day=DAY, clearance="restricted").document
    assert not found.complete
    (path,) = cases(town)
    assert load_case(path).right.equals(placed(CORNER))


def test_the_schema_knows_of_the_error():
    kinds = site_check_schema()["$defs"]["LayerLine"]["properties"]["status"]["enum"]
    assert "error" in kinds
