"""Windows (开天窗): what was cut out by design is no conflict, what reaches out of it is one."""

from datetime import date
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import find_conflicts
from blueprint.conflicts.windows import Windows
from blueprint.exports.shapes import write_conflicts
from conflict import Asked, Shapes, Task, run_task
from tests.blueprint.conftest import DAY, ORIGIN, Town, exclusive_rule

FARM = "POLYGON ((0 0, 200 0, 200 200, 0 200, 0 0))"
VILLAGE = "POLYGON ((50 50, 100 50, 100 100, 50 100, 50 50))"
MINE = "POLYGON ((150 150, 250 150, 250 250, 150 250, 150 150))"
HALF_OF_THE_VILLAGE = "POLYGON ((50 50, 75 50, 75 100, 50 100, 50 50))"


def search(town: Town, **options: Any) -> FoundConflicts:
    return find_conflicts(town.service, **({"day": DAY} | options))


def told(found: FoundConflicts) -> tuple[list[float], list[float]]:
    """The areas of conflicts, and those of overlaps by design."""
    document = found.document
    return (
        [round(one.area.projected_m2, 3) for one in document.conflicts],
        [round(one.area.projected_m2, 3) for one in document.by_design],
    )


def test_a_feature_marked_as_cut_out_is_by_design_and_its_neighbour_a_conflict(
    town_on_either: Town,
):
    town = town_on_either
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE, MINE, attributes=[{"cut": "yes"}, {"cut": "no"}])
    town.publish(exclusive_rule("farmland", "zone", windows={"right_where": "cut = 'yes'"}))
    found = search(town)
    assert told(found) == ([2500.0], [2500.0])
    (line,) = found.head.rules
    assert (line.conflicts, line.by_design, line.status) == (1, 1, "checked")
    assert line.union.projected_m2 == line.by_design_area.projected_m2 == 2500
    assert [one.band for one in found.document.by_design] == ["by_design"]


@pytest.mark.parametrize(
    ("attributes", "says"),
    [({"cut": None}, "unmarked"), ({"cut": ""}, "empty"), ({"n": 1}, "without the field")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_feature_that_does_not_say_so_is_no_window(town: Town, attributes, says):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE, attributes=[attributes])
    town.publish(exclusive_rule("farmland", "zone", windows={"right_where": "cut = 'yes'"}))
    found = search(town)
    assert told(found) == ([2500.0], []), says
    assert found.head.rules[0].status == "checked"


def test_a_window_of_a_third_layer_takes_its_ground_out_and_the_rest_stays_a_conflict(town: Town):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    town.deliver("redline", HALF_OF_THE_VILLAGE)
    town.publish(exclusive_rule("farmland", "zone", windows={"layer": "redline"}))
    found = search(town)
    assert told(found) == ([1250.0], [1250.0])
    (conflict,) = found.document.conflicts
    assert conflict.width_m == pytest.approx(2 * 1250 / 150, abs=1e-3)
    assert found.shapes[0].bounds == pytest.approx(
        (ORIGIN[0] + 75, ORIGIN[1] + 50, ORIGIN[0] + 100, ORIGIN[1] + 100), abs=1e-3
    )


def test_a_filter_chooses_which_polygons_of_the_third_layer_are_windows(town: Town):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    town.deliver("redline", VILLAGE, attributes=[{"state": "refused"}])
    where = {"layer": "redline", "where": "state = 'approved'"}
    town.publish(exclusive_rule("farmland", "zone", windows=where))
    assert told(search(town)) == ([2500.0], [])


def test_a_side_that_the_rule_does_not_count_opens_no_window(town: Town):
    town.deliver("farmland", FARM)
    town.deliver(
        "zone", VILLAGE, VILLAGE, attributes=[{"cut": "yes", "n": 1}, {"cut": "no", "n": 2}]
    )
    windows = {"right_where": "cut = 'yes'"}
    town.publish(exclusive_rule("farmland", "zone", right_where="n = 2", windows=windows))
    assert told(search(town)) == ([2500.0], [])


@pytest.mark.parametrize("effective", [None, date(2020, 1, 1)], ids=["never delivered", "stale"])
def test_without_the_windows_layer_all_are_conflicts_and_the_rule_has_no_data(
    town: Town, effective
):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    if effective is not None:
        town.deliver("redline", VILLAGE, effective=effective)
    town.publish(exclusive_rule("farmland", "zone", windows={"layer": "redline"}))
    found = search(town)
    assert told(found) == ([2500.0], [])
    assert found.head.rules[0].status == "no_data"
    assert "redline" in found.head.rules[0].reason.en
    assert not found.head.complete


@pytest.mark.parametrize(
    ("second", "attributes", "where"),
    [
        ("POLYGON EMPTY", [{"state": "approved"}] * 2, None),
        (MINE, [{"state": "approved"}, {"state": None}], "state = 'approved'"),
    ],
    ids=["a row is quarantined", "a feature lacks the attribute"],
)
def test_a_windows_layer_that_is_not_whole_opens_none(
    town: Town, second: str, attributes: list[dict[str, Any]], where: str | None
):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    town.deliver("redline", VILLAGE, second, attributes=attributes)
    windows = {"layer": "redline"} | ({} if where is None else {"where": where})
    town.publish(exclusive_rule("farmland", "zone", windows=windows))
    found = search(town)
    assert told(found) == ([2500.0], [])
    (line,) = found.head.rules
    assert (line.status, line.conflicts, line.by_design) == ("no_data", 1, 0)
    assert "redline" in line.reason.en


def test_secret_windows_are_told_to_nobody_who_may_not_see_them(town: Town):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    town.deliver("barracks", VILLAGE)
    town.publish(exclusive_rule("farmland", "zone", windows={"layer": "barracks"}))
    public = search(town)
    (line,) = public.head.rules
    assert (line.withheld, line.conflicts, line.by_design, line.by_design_area) == (
        True, None, None, None,
    )  # fmt: skip
    assert told(public) == ([], [])
    assert told(search(town, clearance="restricted")) == ([], [2500.0])


def test_ground_outside_windows_counts_once_however_many_overlap_there(town: Town):
    town.deliver("farmland", FARM, FARM, attributes=[{"n": 1}, {"n": 2}])
    town.deliver("zone", VILLAGE)
    town.deliver("redline", HALF_OF_THE_VILLAGE)
    town.publish(exclusive_rule("farmland", "zone", windows={"layer": "redline"}))
    found = search(town)
    assert told(found) == ([1250.0, 1250.0], [1250.0, 1250.0])
    (line,) = found.head.rules
    assert (line.union.projected_m2, line.by_design_area.projected_m2) == (1250, 1250)


@pytest.mark.parametrize(
    ("window", "conflicts", "by_design"),
    [
        ("POLYGON ((50.0001 50, 100 50, 100 100, 50.0001 100, 50.0001 50))", 0, 1),
        ("POLYGON ((99.9999 50, 120 50, 120 100, 99.9999 100, 99.9999 50))", 1, 0),
        ("POLYGON ((100 50, 120 50, 120 100, 100 100, 100 50))", 1, 0),
    ],
    ids=["a hairline is left", "a hairline is met", "an edge is shared"],
)
def test_hairlines_between_an_overlap_and_its_window_are_rounding(
    town: Town, window: str, conflicts: int, by_design: int
):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE)
    town.deliver("redline", window)
    rule = exclusive_rule("farmland", "zone", windows={"layer": "redline"}, forgive_slivers=False)
    town.publish(rule)
    areas = told(search(town))
    assert (len(areas[0]), len(areas[1])) == (conflicts, by_design)
    assert sum(areas[0] + areas[1]) == 2500


def test_overlaps_by_design_leave_the_house_in_a_layer_of_their_own(town: Town):
    town.deliver("farmland", FARM)
    town.deliver("zone", VILLAGE, MINE, attributes=[{"cut": "yes"}, {"cut": "no"}])
    town.publish(exclusive_rule("farmland", "zone", windows={"right_where": "cut = 'yes'"}))
    path = town.folder / "found.gpkg"
    for _ in range(2):  # the second time it replaces its own
        write_conflicts(search(town), path)
    assert [name for name, _ in pyogrio.list_layers(path)] == ["conflicts", "by_design"]
    (band,) = geopandas.read_file(path, layer="by_design")["band"]
    assert band == "开天窗"
    assert geopandas.read_file(path, layer="conflicts")["band"].tolist() == ["确实"]


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    *(st.integers(0, 30),) * 2,
    *(st.integers(1, 20),) * 2,
)


@given(
    st.lists(boxes, min_size=1, max_size=5),
    st.lists(boxes, max_size=5),
    st.lists(boxes, max_size=4),
)
def test_what_lies_in_windows_and_what_does_not_make_up_the_whole(left, right, windows):
    sides = [Shapes.from_geometries(moved(side)) for side in (left, right)]
    asked = Asked("EPSG:4548", min_width_m=0.001)
    overlaps = run_task(Task("all", 0, *(_Held(side) for side in sides), asked))
    split = Windows(moved(windows), "EPSG:4548", forgive=False).split(overlaps)
    ground = shapely.union_all(shapely.from_wkb(overlaps["geometry"].to_pylist()))
    opened = shapely.union_all(moved(windows))
    for part, expected in (
        (split.inside, shapely.intersection(ground, opened)),
        (split.outside, shapely.difference(ground, opened)),
    ):
        drawn = shapely.from_wkb(part["geometry"].to_pylist())
        assert shapely.union_all(drawn).area == pytest.approx(expected.area, abs=1e-6)
        assert sum(part["counted_m2"].to_pylist()) == pytest.approx(expected.area, abs=1e-6)
        assert part["area_m2"].to_pylist() == pytest.approx([shape.area for shape in drawn])


def moved(shapes: list[shapely.Geometry]) -> np.ndarray:
    """The shapes, drawn from the town's corner."""
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return np.asarray(shapely.transform(found, lambda xy: xy + ORIGIN))


class _Held:
    """A source in memory."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def open(self) -> Shapes:
        return self._shapes
