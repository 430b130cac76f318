"""Two land-use plans compared class by class (两规差异图斑), over a snapshot."""

from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
import sqlalchemy as sa

from blueprint.catalogue import Catalogue
from blueprint.conflicts.documents import ConflictRule, DifferenceTotal
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import Workers, find_conflicts
from blueprint.exports.shapes import write_conflicts
from blueprint.models import ConflictRow
from blueprint.snapshots import load_into_store
from conflict import Cluster, Processes, Serial
from tests.blueprint.conftest import BOUNDARY, DAY, Town, catalogue, site_rule

from .test_conflict_workers import content, square

WEST = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
EAST = "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 0))"
ACROSS = "POLYGON ((50 0, 150 0, 150 100, 50 100, 50 0))"
WIDE = "POLYGON ((0 0, 200 0, 200 100, 0 100, 0 0))"


def named(id_: str, **fields: Any) -> dict[str, Any]:
    """Something with an id, named as it is called."""
    return {"id": id_, **fields}


def classes(*ids: str) -> list[dict[str, Any]]:
    return [named(id_, name={"zh": id_, "en": id_}, where=f"use = '{id_}'") for id_ in ids]


RULE = site_rule("farmland") | {
    "id": "matrix.plans", "kind": "matrix", "left": "farmland", "right": "zone",
    "left_classes": classes("town", "field", "lake"),
    "right_classes": classes("town", "field"),
    "differences": [
        named("right_builds", title={"zh": "土规非建设城规建设", "en": "right builds"}),
        named("left_builds", title={"zh": "土规建设城规非建设", "en": "left builds"}),
        named("other_use", title={"zh": "用途不同", "en": "other use"}, severity="consult"),
    ],
    "table": {
        "town": {"town": "agrees", "field": "left_builds"},
        "field": {"town": "right_builds", "field": "agrees"},
        "lake": {"town": "right_builds", "field": "other_use"},
    },
}  # fmt: skip
del RULE["layer"]
BY_DISTRICT = RULE | {"districts": {"layer": "redline", "field": "MC"}}


def plane(town: Town) -> None:
    """Areas in the plane, which are round numbers."""
    tree = catalogue().model_dump(mode="json")
    tree["city"]["deciding_area"] = "projected"
    load_into_store(town.service, Catalogue.model_validate(tree))


def deliver(town: Town, layer: str, *features: tuple[str, str | None]) -> None:
    uses = [{"use": use, "n": n} for n, (_, use) in enumerate(features)]
    town.deliver(layer, *(wkt for wkt, _ in features), attributes=uses)


def search(town: Town, **options: Any) -> FoundConflicts:
    return find_conflicts(town.service, **({"day": DAY} | options))


def line_of(found: FoundConflicts) -> ConflictRule:
    (line,) = found.head.rules
    return line


def total(found: FoundConflicts, difference: str) -> DifferenceTotal:
    matrix = line_of(found).matrix
    assert matrix is not None
    return next(one for one in matrix.differences if one.difference == difference)


@pytest.mark.parametrize(
    ("left", "right", "difference", "severity"),
    [
        ("field", "town", "right_builds", "restricted"),
        ("town", "field", "left_builds", "restricted"),
        ("lake", "field", "other_use", "consult"),
        ("town", "town", None, None),
        ("field", "field", None, None),
    ],
)
def test_two_classes_agree_or_differ_as_the_table_says(
    town: Town, left: str, right: str, difference: str | None, severity: str | None
):
    deliver(town, "farmland", (WEST, left))
    deliver(town, "zone", (WEST, right))
    town.publish(RULE)
    found = search(town)
    conflicts = found.document.conflicts
    assert [one.kind and one.kind.difference for one in conflicts] == [difference] * len(conflicts)
    assert [one.severity for one in conflicts] == ([] if difference is None else [severity])
    assert line_of(found).status == "checked"
    assert found.head.complete


def test_each_conflict_carries_its_difference_and_both_classes_into_store_and_export(
    town_on_either: Town,
):
    town = town_on_either
    deliver(town, "farmland", (WEST, "lake"), (EAST, "town"))
    deliver(town, "zone", (WIDE, "field"))
    town.publish(RULE)
    found = search(town)
    kinds = [
        (one.kind.difference, one.kind.left_class.en, one.kind.right_class.en)
        for one in found.document.conflicts
    ]
    expected = {("other_use", "lake", "field"), ("left_builds", "town", "field")}
    assert set(kinds) == expected
    columns = (ConflictRow.difference, ConflictRow.left_class, ConflictRow.right_class)
    with town.service.database.read() as connection:
        assert {tuple(row) for row in connection.execute(sa.select(*columns))} == expected
    path = town.folder / "found.gpkg"
    write_conflicts(found, path)
    frame = geopandas.read_file(path)
    assert set(frame["title"]) == {"用途不同", "土规建设城规非建设"}
    assert set(frame["left_class"]) == {"lake", "town"}


def test_totals_by_district_are_told_in_count_hectares_and_share(town: Town):
    plane(town)
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (ACROSS, "town"))
    town.deliver("redline", WEST, EAST, attributes=[{"MC": "west"}, {"MC": "east"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    assert (found.conflicts, found.area.hectares, found.share) == (1, 1.0, 0.5)
    districts = [(d.district, d.conflicts, d.area.hectares, d.share) for d in found.districts]
    assert sorted(districts) == [("east", 1, 0.5, 0.5), ("west", 1, 0.5, 0.5)]


def test_features_of_one_layer_that_lie_on_one_another_are_counted_once(town: Town):
    plane(town)
    deliver(town, "farmland", (WIDE, "field"), (WIDE, "field"), (WEST, "field"))
    deliver(town, "zone", (WIDE, "town"), (EAST, "town"))
    town.deliver("redline", WEST, EAST, attributes=[{"MC": "west"}, {"MC": "east"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    assert found.conflicts == 5
    assert (found.area.projected_m2, found.share) == (20_000, 1.0)
    assert [d.area.projected_m2 for d in found.districts] == [10_000, 10_000]
    assert [d.share for d in found.districts] == [1.0, 1.0]


def test_ground_of_two_differences_is_counted_for_one_so_that_they_add_up(town: Town):
    plane(town)
    deliver(town, "farmland", (WEST, "lake"))
    deliver(town, "zone", (WEST, "field"), (WEST, "town"))
    town.publish(RULE)
    found = search(town)
    areas = [total(found, name).area.projected_m2 for name in ("other_use", "right_builds")]
    assert sorted(areas) == [0, 10_000]
    assert line_of(found).union.projected_m2 == 10_000


def test_ground_in_no_district_has_a_line_of_its_own(town: Town):
    plane(town)
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (WIDE, "town"))
    town.deliver("redline", WEST, attributes=[{"MC": "west"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    districts = [(d.district, d.conflicts, d.area.projected_m2, d.share) for d in found.districts]
    assert districts == [("west", 1, 10_000, 1.0), (None, 1, 10_000, None)]


def test_the_share_of_all_districts_is_of_what_lies_in_them_alone(town: Town):
    plane(town)
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (WIDE, "town"))
    district = "POLYGON ((190 0, 240 0, 240 100, 190 100, 190 0))"
    town.deliver("redline", district, attributes=[{"MC": "edge"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    assert (found.area.projected_m2, found.share) == (20_000, 0.2)
    assert [(d.district, d.share) for d in found.districts] == [("edge", 0.2), (None, None)]


def test_a_district_is_drawn_in_as_many_parts_as_it_likes(town: Town):
    plane(town)
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (ACROSS, "town"))
    town.deliver("redline", WEST, EAST, attributes=[{"MC": "one"}, {"MC": "one"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    assert [(d.district, d.conflicts, d.share) for d in found.districts] == [("one", 1, 0.5)]


@pytest.mark.parametrize(
    ("wkts", "attributes", "says"),
    [
        ([WEST, WIDE], [{"MC": "west"}, {"MC": "all"}], "districts overlap"),
        ([WEST, EAST], [{"MC": "west"}, {"MC": None}], "1 districts have no name"),
        ([WEST, "LINESTRING (0 0, 1 1)"], [{"MC": "west"}, {"MC": "b"}], "1 features quarantined"),
        (None, None, "not delivered"),
    ],
    ids=["overlapping", "nameless", "quarantined", "missing"],
)
def test_totals_by_faulty_districts_are_never_taken_for_sure(town: Town, wkts, attributes, says):
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (WIDE, "town"))
    if wkts is not None:
        town.deliver("redline", *wkts, attributes=attributes)
    town.publish(BY_DISTRICT)
    found = search(town)
    assert line_of(found).status == "no_data"
    assert says in line_of(found).reason.en
    assert not found.head.complete
    assert line_of(found).conflicts == 1
    assert all(d.share is None or d.share <= 1 for d in total(found, "right_builds").districts)


@pytest.mark.parametrize(
    ("use", "says"),
    [(None, "1 features lack the attribute"), ("marsh", "1 are of no class")],
    ids=["no attribute", "no class takes it"],
)
@pytest.mark.parametrize("layer", ["farmland", "zone"])
def test_a_feature_of_no_class_is_compared_with_nothing_and_never_agrees(
    town: Town, layer: str, use: str | None, says: str
):
    for one, known in (("farmland", "field"), ("zone", "town")):
        more = [(EAST, use)] if one == layer else []
        deliver(town, one, (WEST, known), *more)
    town.publish(RULE)
    found = search(town)
    assert line_of(found).status == "no_data"
    assert says in line_of(found).reason.en
    assert line_of(found).conflicts == 1
    assert not found.head.complete


def test_the_cells_of_the_table_have_their_totals(town: Town):
    plane(town)
    deliver(town, "farmland", (WEST, "lake"), (EAST, "field"))
    deliver(town, "zone", (WIDE, "town"))
    town.publish(RULE)
    cells = line_of(search(town)).matrix.cells
    assert [(c.left_class.en, c.right_class.en, c.difference, c.area.hectares) for c in cells] == [
        ("field", "town", "right_builds", 1.0),
        ("lake", "town", "right_builds", 1.0),
    ]


@pytest.mark.parametrize("secret", ["districts", "plan"])
def test_nothing_is_told_of_what_may_not_be_seen(town: Town, secret: str):
    deliver(town, "farmland", (WIDE, "field"))
    deliver(town, "zone", (WIDE, "town"))
    deliver(town, "barracks", (WIDE, "town"))
    rule = RULE | (
        {"right": "barracks"}
        if secret == "plan"
        else {"districts": {"layer": "barracks", "field": "use"}}
    )
    town.publish(rule)
    public = search(town)
    line = line_of(public)
    assert (line.withheld, line.matrix, line.conflicts, line.reason) == (True, None, None, None)
    assert public.document.conflicts == []
    assert line_of(search(town, clearance="restricted")).matrix is not None


def settle(town: Town) -> None:
    """Two plans of some hundred squares at random, in four districts."""
    rng = np.random.default_rng(7)
    for layer, uses in (("farmland", ("town", "field", "lake")), ("zone", ("town", "field"))):
        x, y = rng.integers(0, 1_000, (2, 150))
        shapes = map(square, x, y, rng.integers(10, 150, 150))
        deliver(town, layer, *((shape, str(rng.choice(uses))) for shape in shapes))
    corners = [(x, y) for x in (0, 500) for y in (0, 500)]
    names = [{"MC": f"d{n}"} for n in range(4)]
    town.deliver("redline", *(square(x, y, 500) for x, y in corners), attributes=names)
    town.publish(BY_DISTRICT)


def test_totals_are_what_a_union_of_all_conflicts_gives(town_on_either: Town):
    town = town_on_either
    settle(town)
    found = search(town)
    line = line_of(found)
    ground = shapely.union_all(found.shapes)
    assert line.union.projected_m2 == pytest.approx(ground.area, abs=0.01)
    differences = line.matrix.differences
    assert sum(d.area.projected_m2 for d in differences) == pytest.approx(ground.area, abs=0.01)
    assert sum(c.area.projected_m2 for c in line.matrix.cells) == pytest.approx(
        ground.area, abs=0.01
    )
    for number, place in enumerate((x, y) for x in (0, 500) for y in (0, 500)):
        x, y = np.add(place, (600_000, 2_700_000))
        here = shapely.intersection(ground, shapely.box(x, y, x + 500, y + 500)).area
        told = [one for d in differences for one in d.districts if one.district == f"d{number}"]
        assert len(told) == 3
        assert sum(one.area.projected_m2 for one in told) == pytest.approx(here, abs=0.01)
        assert sum(one.share for one in told) <= 1 + 1e-5
    for difference in differences:
        parts = sum(one.area.projected_m2 for one in difference.districts)
        assert parts == pytest.approx(difference.area.projected_m2, abs=0.01)


@pytest.mark.parametrize(
    "workers",
    [Workers(Serial(), corners=300.0), Workers(Processes(2), corners=300.0)],
    ids=["parts", "processes"],
)
def test_the_answer_does_not_tell_who_searched(town: Town, workers: Workers):
    settle(town)
    whole = content(search(town, afresh=True))
    assert content(search(town, workers=workers, afresh=True)) == whole
    assert content(search(town)) == whole


def test_workers_that_read_the_store_divide_the_features_as_we_do(
    town_on_postgis: Town, postgis_store: str, dask: Callable[..., Any]
):
    town = town_on_postgis
    settle(town)
    with dask(workers=1, env={"BLUEPRINT_STORE": postgis_store}) as cluster:
        workers = Workers(Cluster(cluster.address), by_store=True)
        found = search(town, workers=workers, afresh=True)
    assert content(found) == content(search(town, afresh=True))


def test_a_feature_that_changes_its_class_alone_is_searched_again(town: Town):
    deliver(town, "farmland", (WEST, "field"), (EAST, "field"))
    deliver(town, "zone", (WIDE, "town"))
    town.publish(RULE)
    assert line_of(search(town)).conflicts == 2
    deliver(town, "farmland", (WEST, "town"), (EAST, "field"))
    town.publish(RULE)
    again = search(town)
    assert line_of(again).conflicts == 1
    assert content(again) == content(search(town, afresh=True))


def test_a_plan_over_the_whole_city_is_no_more_than_the_city(town: Town):
    deliver(town, "farmland", (BOUNDARY, "field"), (BOUNDARY, "lake"))
    deliver(town, "zone", (BOUNDARY, "town"))
    town.deliver("redline", BOUNDARY, attributes=[{"MC": "city"}])
    town.publish(BY_DISTRICT)
    found = total(search(town), "right_builds")
    assert [d.share for d in found.districts] == [1.0]
    assert found.share == 1.0
