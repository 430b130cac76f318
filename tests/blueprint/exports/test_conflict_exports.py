"""Conflicts as files: what a planner opens, for whom it is made, and what they add up to."""

from datetime import datetime
from pathlib import Path

import geopandas
import openpyxl
import pytest

from blueprint.conflicts.against import changes_since
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.ledger import take_step
from blueprint.conflicts.register import register_of, totals_of_snapshot
from blueprint.conflicts.search import find_conflicts
from blueprint.conflicts.totals import ConflictTotals
from blueprint.errors import PlanningError
from blueprint.exports.conflicts import refuse_place, write_export
from blueprint.snapshots import load_into_store
from tests.blueprint.conflicts.test_conflict_life import ASSIGN, NEXT_WEEK
from tests.blueprint.conflicts.test_conflicts_over_time import (
    BESIDE,
    BESIDE_AWAY,
    FIELD,
    FIELD_AWAY,
    NOWHERE_NEAR,
    RULE,
    keep_ids,
    named,
)
from tests.blueprint.conftest import DAY, Town, catalogue, exclusive_rule

WEST = "POLYGON ((0 0, 95 0, 95 10000, 0 10000, 0 0))"
EAST = "POLYGON ((95 0, 300 0, 300 10000, 95 10000, 95 0))"


def two_conflicts(town: Town) -> FoundConflicts:
    """One at x = 90..100, one at 390..400, 10 m wide, 1,000 m² each; an id like a formula."""
    keep_ids(town)
    town.deliver("farmland", FIELD, FIELD_AWAY, **named("=a", "b"))
    town.deliver("zone", BESIDE, BESIDE_AWAY, **named("x", "y"))
    town.publish(RULE)
    return find_conflicts(town.service, day=DAY)


def export(town: Town, found: FoundConflicts, name: str, clearance: str = "public", **more) -> Path:
    path = town.folder / name
    write_export(town.service, found, path, clearance, DAY, **more)
    return path


def with_districts(town: Town, *wkts: str, **names) -> ConflictTotals:
    tree = catalogue()
    city = tree.city.model_validate(
        tree.city.model_dump() | {"districts": {"layer": "plan", "field": "MC"}}
    )
    load_into_store(town.service, tree.model_copy(update={"city": city}))
    if wkts:
        town.deliver("plan", *wkts, **names)
    town.publish(RULE)
    find_conflicts(town.service, day=DAY)
    return totals_of_snapshot(town.service, "public")


def test_a_geopackage_has_what_was_found_and_how_it_stands(town: Town):
    found = two_conflicts(town)
    first = found.document.conflicts[0].id
    take_step(town.service, first, ASSIGN, day=DAY)
    frame = geopandas.read_file(export(town, found, "c.gpkg"), layer="conflicts")
    assert frame["id"].tolist() == [one.id for one in found.document.conflicts]
    assert frame["state"].tolist() == ["已交办", "待处理"]
    assert frame["in_charge"].tolist() == ["规划局", ""]
    assert frame["due"].tolist() == [NEXT_WEEK.isoformat(), ""]


def test_a_workbook_has_numbers_as_numbers_days_as_days_and_no_formula(town: Town):
    then = two_conflicts(town)
    first, second = (one.id for one in then.document.conflicts)
    take_step(town.service, first, ASSIGN, day=DAY)
    town.deliver("zone", BESIDE, NOWHERE_NEAR, **named("x", "y"))
    town.publish(RULE)
    found = find_conflicts(town.service, day=DAY)
    change = changes_since(town.service, then.head.run_id, found, "public")
    book = openpyxl.load_workbook(export(town, found, "c.xlsx", difference=change))
    register, totals, gone, _ = book.worksheets
    heads = [cell.value.split("\n") for cell in register[1]]
    assert all(len(head) == 2 and all(head) for head in heads)
    row = dict(zip((en for _, en in heads), register[2], strict=True))
    assert row["Feature, left"].value == "=a"
    assert row["Feature, left"].data_type == "s"
    assert row["Projected m²"].value == pytest.approx(1000, abs=1e-3)
    assert row["Due"].value == datetime(NEXT_WEEK.year, NEXT_WEEK.month, NEXT_WEEK.day)  # noqa: DTZ001
    assert (row["State"].value, row["Change"].value) == ("已交办", "持续")
    assert register.max_row == 2
    whole = [cell.value for cell in totals[2]]
    assert whole[1] == 1
    assert whole[3] == pytest.approx(1000, abs=1e-3)
    assert [cell.value for cell in gone[2]][:2] == ["已消除", second]


def test_a_reader_of_less_clearance_gets_neither_lines_nor_counts_of_what_is_hidden(town: Town):
    town.deliver("farmland", FIELD)
    town.deliver("barracks", BESIDE)
    town.deliver("zone", BESIDE)
    town.publish(RULE, exclusive_rule("farmland", "barracks"))
    found = find_conflicts(town.service, day=DAY, clearance="restricted")
    public = register_of(town.service, found.head.run_id, "public", DAY)
    assert [line.conflict.rule for line in public.lines] == ["exclusive.farmland_zone"]
    assert public.totals.whole.conflicts == 1
    totals = {rule.rule: rule.total for rule in public.totals.rules}
    assert totals["exclusive.farmland_barracks"] is None
    assert [pair.total.conflicts for pair in public.totals.departments] == [1]
    all_of_it = register_of(town.service, found.head.run_id, "restricted", DAY)
    assert all_of_it.totals.whole.conflicts == 2
    # both lie on the same ground, which is counted once
    assert all_of_it.totals.whole.area.projected_m2 == pytest.approx(1000, abs=1e-3)


def test_districts_and_what_lies_outside_them_add_up_to_the_whole(town_on_either: Town):
    town = town_on_either
    two_conflicts(town)
    totals = with_districts(town, WEST, EAST, attributes=[{"MC": "西区"}, {"MC": "东区"}])
    lines = {line.district: line.total for line in totals.districts}
    assert {name: line.conflicts for name, line in lines.items()} == {"东区": 1, "西区": 1, None: 1}
    sizes = {name: round(line.area.projected_m2) for name, line in lines.items()}
    assert sizes == {"东区": 500, "西区": 500, None: 1000}
    for calibre in ("projected_m2", "ellipsoidal_m2"):
        parts = sum(getattr(line.area, calibre) for line in lines.values())
        assert parts == pytest.approx(getattr(totals.whole.area, calibre), abs=1e-3)


def test_without_a_whole_layer_of_districts_there_are_no_totals_by_district(town: Town):
    two_conflicts(town)
    missing = with_districts(town)
    assert missing.districts is None
    assert "not delivered" in missing.no_districts.en
    damaged = with_districts(town, WEST, "POLYGON EMPTY", attributes=[{"MC": "西区"}] * 2)
    assert damaged.districts is None
    assert "quarantined" in damaged.no_districts.en
    nameless = with_districts(town, WEST, EAST, attributes=[{"MC": "西区"}, {"MC": None}])
    assert "lacks its MC" in nameless.no_districts.en


def test_a_place_that_holds_something_else_is_refused_before_anything_is_searched(tmp_path: Path):
    there = tmp_path / "c.xlsx"
    there.write_text("mine")
    for name, told in (("c.docx", "name a file that ends in"), ("no/c.xlsx", "does not exist")):
        with pytest.raises(PlanningError, match=told):
            refuse_place(tmp_path / name, replace=True)
    with pytest.raises(PlanningError, match="--replace"):
        refuse_place(there, replace=False)
    refuse_place(there, replace=True)
    assert there.read_text() == "mine"
