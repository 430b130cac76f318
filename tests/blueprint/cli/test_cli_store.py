"""The commands about the store and its history, as a user at a shell meets them."""

import json
from pathlib import Path

import pytest

from tests.blueprint.conftest import BOUNDARY, FAR, SITE, catalogue, rule_pack, site_rule

from .test_cli import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A town with two versions of a layer and one snapshot."""
    desk = Desk(tmp_path_factory.mktemp("history"))
    desk.answer("init")
    tree = desk.write("catalogue.yaml", catalogue().model_dump(mode="json"))
    desk.answer("catalogue", "load", tree)
    desk.answer("ingest", "boundary", desk.draw("boundary.gpkg", BOUNDARY))
    desk.answer("ingest", "zone", desk.draw("zone.gpkg", SITE))
    pack = rule_pack(site_rule("zone")).model_dump(mode="json")
    desk.answer("publish", "--rules", desk.write("pack.yaml", pack))
    desk.answer("ingest", "zone", desk.draw("zone2.gpkg", FAR))
    return desk


def test_a_diff_is_a_document_a_table_and_a_file(desk: Desk, tmp_path: Path):
    path = tmp_path / "changes.gpkg"
    document = desk.answer("diff", "zone", "1", "2", "--out", str(path))
    assert document["counts"] == {
        "added": 1,
        "removed": 1,
        "changed": 0,
        "geometry_changed": 0,
        "attributes_changed": 0,
    }
    assert path.exists()
    shown = desk.run("diff", "zone", "2", "1").stdout
    assert "新增 added 1, 删除 removed 1" in shown
    assert "no such layer" in desk.refused("diff", "nothing", "1", "2")
    assert "has no version 7" in desk.refused("diff", "zone", "1", "7")
    assert "is the store itself" in desk.refused("diff", "zone", "1", "2", "--out", str(desk.store))


def test_a_past_day_may_be_asked_wherever_a_snapshot_is_named(desk: Desk):
    (listed,) = desk.answer("snapshots", "--as-of", "2999-01-01")
    site = desk.draw("site.gpkg", SITE)
    document = desk.answer("check", site, "--as-of", "2999-01-01")
    assert document["snapshot"]["id"] == listed["id"]
    run = desk.answer("conflicts", "--as-of", "2999-01-01")
    assert run["snapshot"]["id"] == listed["id"]
    assert desk.answer("catalogue", "show")["versions"]["zone"] == 2
    assert desk.answer("catalogue", "show", "--as-of", "2999-01-01")["versions"]["zone"] == 1
    assert desk.answer("snapshots", "--as-of", "2020-01-01") == []
    for command in (("check", site), ("conflicts",), ("catalogue", "show")):
        early = desk.refused(*command, "--as-of", "2020-01-01")
        assert f"the first snapshot is {listed['id']}" in early
        both = desk.refused(*command, "--as-of", "2999-01-01", "--snapshot", listed["id"])
        assert "give one of the two" in both


def test_a_copied_store_is_a_store(desk: Desk, tmp_path: Path):
    target = tmp_path / "copy.gpkg"
    document = desk.answer("copy", str(desk.store), str(target))
    assert (document["rows"]["feature"], document["rows"]["snapshot"]) == (3, 1)
    shown = desk.run("snapshots", "--json", BLUEPRINT_STORE=str(target))
    assert json.loads(shown.stdout) == desk.answer("snapshots")
    assert "holds data already" in desk.refused("copy", str(desk.store), str(target))
    assert "the same store" in desk.refused("copy", str(desk.store), str(desk.store))
    assert "all verified" in desk.run("copy", str(desk.store), str(tmp_path / "b.gpkg")).stdout


def test_upgrading_a_store_that_is_up_to_date_does_nothing_and_says_so(desk: Desk, tmp_path: Path):
    document = desk.answer("upgrade")
    assert document["before"] == document["revision"]
    assert document["changed"] is False
    assert "nothing to do" in desk.run("upgrade").stdout
    other = Desk(tmp_path)
    assert "no such store; run `blueprint init`" in other.refused("upgrade")
