"""`blueprint affected`: which kept checks a layer's change concerns, and for whose eyes."""

import json
from contextlib import nullcontext

import pytest
import typer
from typer.testing import CliRunner

from blueprint.checks.affected import AffectedChecks, affected_checks
from blueprint.cli import sites as cli_sites
from blueprint.errors import NothingPublished
from blueprint.snapshots import load_into_store
from layers import UnknownLayer
from layers.errors import UnknownVersion
from tests.blueprint.conftest import FAR, HALF, SITE, Town, catalogue, site_rule

BESIDE = "POLYGON ((1150 1000, 1160 1000, 1160 1100, 1150 1100, 1150 1000))"
LARGE = "POLYGON ((0 0, 6000 0, 6000 6000, 0 6000, 0 0))"
CUT = "POLYGON ((0 0, 6000 0, 6000 5050, 5050 6000, 0 6000, 0 0))"


@pytest.fixture
def town(town_on_either: Town) -> Town:
    load_into_store(town_on_either.service, catalogue(farmland={"id_field": "bsm"}))
    return town_on_either


def deliver(town: Town, **features: str) -> None:
    """Farmland with these ids and shapes; an id that ends in _x has another attribute."""
    rows = [{"bsm": name.split("_")[0], "kind": name} for name in features]
    town.deliver("farmland", *features.values(), attributes=rows)


def sites(found: AffectedChecks) -> dict[str, list[str]]:
    return {check.check_id: check.feature_ids for check in found.checks}


def test_a_check_is_affected_by_what_came_and_what_went_on_its_site(town: Town) -> None:
    deliver(town, a=HALF, b=FAR)
    deliver(town, a=HALF)
    deliver(town, a=HALF, c=SITE)
    town.publish(site_rule("farmland"))
    near, far = town.check(SITE).document, town.check(FAR).document
    assert sites(affected_checks(town.service, "farmland", 1, 2)) == {far.check_id: ["b"]}
    assert sites(affected_checks(town.service, "farmland", 2, 3)) == {near.check_id: ["c"]}
    both = affected_checks(town.service, "farmland", 3, 1)
    assert sites(both) == {near.check_id: ["c"], far.check_id: ["b"]}
    assert (both.changed_features, both.live_sites, both.reach_m) == (2, 2, 0.0)
    line = next(check for check in both.checks if check.check_id == near.check_id)
    assert (line.site, line.snapshot) == (near.site.name, near.snapshot.id)
    assert line.application_date == near.application_date
    assert affected_checks(town.service, "farmland", 2, 2).checks == []


def test_the_layer_s_widest_buffer_is_the_reach(town: Town) -> None:
    deliver(town, a=FAR)
    deliver(town, a=FAR, b=BESIDE)
    wide = site_rule("farmland", buffer_m=50.0) | {"id": "site.farmland_wide"}
    town.publish(site_rule("farmland", buffer_m=49.9), site_rule("redline", buffer_m=500.0))
    check = town.check(SITE).document.check_id
    assert sites(affected_checks(town.service, "farmland", 1, 2)) == {}
    # 50 m from the site's edge: the distance itself is within
    town.publish(site_rule("farmland", buffer_m=10.0), wide)
    found = affected_checks(town.service, "farmland", 1, 2)
    assert (found.reach_m, sites(found)) == (50.0, {check: ["b"]})


def test_of_a_redrawn_feature_only_the_ground_that_changed_counts(town: Town) -> None:
    deliver(town, a=LARGE)
    deliver(town, a=CUT)
    deliver(town, a_x=CUT)
    town.publish(site_rule("farmland"))
    near = town.check(SITE).document.check_id
    corner = town.check(FAR.replace("5000", "5500").replace("5100", "5600")).document.check_id
    assert sites(affected_checks(town.service, "farmland", 1, 2)) == {corner: ["a"]}
    # another attribute may concern a rule wherever the feature lies
    assert sites(affected_checks(town.service, "farmland", 2, 3)) == {near: ["a"], corner: ["a"]}
    assert sites(affected_checks(town.service, "farmland", 1, 3)) == {near: ["a"], corner: ["a"]}


def test_a_layer_that_may_not_be_seen_is_refused_as_one_that_is_not_there(town: Town) -> None:
    for wkt in (FAR, SITE):
        town.deliver("barracks", wkt)
    town.publish(site_rule("barracks"))
    check = town.check(SITE).document.check_id
    said = []
    for name in ("barracks", "nothing"):
        with pytest.raises(UnknownLayer) as refused:
            affected_checks(town.service, name, 1, 2)
        said.append(str(refused.value).replace(name, "X"))
    assert said[0] == said[1]
    found = affected_checks(town.service, "barracks", 1, 2, "restricted")
    assert list(sites(found)) == [check]


def test_a_check_made_for_a_higher_clearance_is_not_told(town: Town) -> None:
    deliver(town, a=FAR)
    deliver(town, a=FAR, b=SITE)
    town.publish(site_rule("farmland"))
    town.check(SITE, clearance="internal")
    found = affected_checks(town.service, "farmland", 1, 2)
    assert (found.checks, found.live_sites) == ([], 0)
    assert len(affected_checks(town.service, "farmland", 1, 2, "internal").checks) == 1


def test_lines_and_points_affect_too(town: Town) -> None:
    town.deliver("metro", "LINESTRING (0 0, 500 500)")
    town.deliver("metro", "LINESTRING (0 0, 500 500)", "LINESTRING (500 1050, 2000 1050)")
    town.deliver("station", "POINT (0 0)")
    town.deliver("station", "POINT (1110 1050)")
    town.publish(site_rule("metro"), site_rule("station", buffer_m=20.0))
    check = town.check(SITE).document.check_id
    assert list(sites(affected_checks(town.service, "metro", 1, 2))) == [check]
    assert list(sites(affected_checks(town.service, "station", 1, 2))) == [check]


def test_without_a_version_or_a_snapshot_it_is_refused(town: Town) -> None:
    deliver(town, a=FAR)
    with pytest.raises(NothingPublished):
        affected_checks(town.service, "farmland", 1, 1)
    town.publish(site_rule("farmland"))
    with pytest.raises(UnknownVersion, match="farmland: has no version 9"):
        affected_checks(town.service, "farmland", 1, 9)


def test_the_command_answers_as_a_table_and_as_a_document(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(town, a=FAR)
    deliver(town, a=FAR, b=HALF)
    town.publish(site_rule("farmland"))
    check = town.check(SITE).document
    monkeypatch.setattr(cli_sites, "open_service", lambda: nullcontext(town.service))
    app = typer.Typer()
    app.command()(cli_sites.affected)
    answer = CliRunner().invoke(app, ["farmland", "1", "2", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.stdout) == affected_checks(town.service, "farmland", 1, 2).model_dump(
        mode="json"
    )
    shown = [
        " ".join(CliRunner().invoke(app, ["farmland", "1", after]).stdout.split())
        for after in ("1", "2")
    ]
    assert "0 changed from version 1 to 1, live sites within 0 m: 0 of 1" in shown[0]
    assert "1 changed from version 1 to 2, live sites within 0 m: 1 of 1" in shown[1]
    assert check.site.name in shown[1]
