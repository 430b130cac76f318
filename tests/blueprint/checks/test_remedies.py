"""What would fix a site: trimmed, moved, or why not; each judged as the site itself is."""

import json

import jsonschema
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint.checks.kept import load_check
from blueprint.checks.schema import site_check_schema
from blueprint.cli.tables import check_tables
from blueprint.cli.terminal import out
from blueprint.documents import SiteCheck, Suggestion
from blueprint.errors import UnknownCheck
from blueprint.exports.shapes import check_geojson
from blueprint.rules.kinds.figures import ProjectFigures
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import SITE, Town, catalogue, placed, site_rule

from .test_further import distance_rule

SQUARE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
HALF = "POLYGON ((1050 900, 1200 900, 1200 1200, 1050 1200, 1050 900))"
WIDE = "POLYGON ((0 0, 4000 0, 4000 4000, 0 4000, 0 0))"
BLOCKING = ("prohibited", "restricted")


def suggested(town: Town, wkt: str = SQUARE, **options: object) -> list[Suggestion]:
    found = town.check(wkt, suggest=True, **options).document.suggestions
    assert found is not None
    return found


def outline(suggestion: Suggestion) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(suggestion.geometry))


def judged_again(town: Town, suggestion: Suggestion, **options: object) -> SiteCheck:
    """The check of a suggested outline, drawn into a file and handed in."""
    drawn = shapely.transform(outline(suggestion), lambda xy: xy - (600_000.0, 2_700_000.0))
    return town.check(drawn.wkt, **options).document


def test_a_site_half_on_farmland_is_trimmed_to_the_other_half_or_moved_off_it(town_on_either: Town):
    town = town_on_either
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"))
    trim, shift = suggested(town)
    assert (trim.kind, trim.verdict, trim.clears, trim.leaves) == (
        "trim",
        "pass",
        ["site.farmland"],
        [],
    )
    assert trim.area.projected_m2 == pytest.approx(49.99 * 100, abs=0.01)
    assert trim.lost.projected_m2 == pytest.approx(50.01 * 100, abs=0.01)
    assert outline(trim).equals_exact(
        placed("MULTIPOLYGON (((1000 1000, 1049.99 1000, 1049.99 1100, 1000 1100, 1000 1000)))"),
        1e-4,
        normalize=True,
    )
    assert (shift.kind, shift.verdict, shift.leaves) == ("shift", "pass", [])
    assert (shift.move.east_m, shift.move.north_m) == pytest.approx((-50.01, 0), abs=2e-4)
    assert (shift.move.distance_m, shift.move.bearing_deg) == pytest.approx((50.01, 270), abs=1e-3)
    assert "西" in shift.text.zh
    assert "west" in shift.text.en


def test_a_suggested_outline_handed_in_is_answered_as_it_was_told(town: Town):
    town.deliver(
        "farmland", "POLYGON ((1037.1234 900, 1200 1100, 1100 1200, 1050 1150, 1037.1234 900))"
    )
    town.deliver("metro", "LINESTRING (900 1095, 1300 1120)")
    rules = (site_rule("farmland", "prohibited"), site_rule("metro", "prohibited", buffer_m=20))
    town.publish(*rules)
    found = suggested(town)
    assert [one.kind for one in found[:2]] == ["trim", "shift"]
    for one in found:
        again = judged_again(town, one)
        assert (again.verdict, again.site.geometry_hash) == (one.verdict, one.geometry_hash)
        assert again.site.area == one.area


def test_nothing_is_suggested_unless_asked_for_nor_where_nothing_blocks(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "consult"))
    assert town.check(SQUARE).document.suggestions is None
    assert "suggestions" not in town.check(SQUARE).document.model_dump()
    assert suggested(town) == []


def test_where_neither_helps_the_reason_is_told(town: Town):
    town.deliver("farmland", WIDE)
    town.publish(site_rule("farmland", "prohibited"))
    (only,) = suggested(town)
    assert only.kind == "nothing"
    assert "200 m" in only.text.zh
    assert "no part of the site" in only.text.en
    assert (only.geometry, only.move, only.verdict) == (None, None, None)


def test_where_not_all_can_be_cleared_the_prohibition_is_and_the_rest_is_told(town: Town):
    town.deliver("farmland", HALF)
    town.deliver("zone", WIDE)
    town.publish(site_rule("farmland", "prohibited"), site_rule("zone", "restricted"))
    trim, shift = suggested(town)
    for one in (trim, shift):
        assert (one.clears, one.leaves) == (["site.farmland"], ["site.zone"])
        assert one.verdict == "restricted"


def test_clearing_the_prohibition_alone_is_told_beside_clearing_everything(town: Town):
    town.deliver("farmland", HALF)
    town.deliver("zone", "POLYGON ((1010 900, 1200 900, 1200 1200, 1010 1200, 1010 900))")
    town.publish(site_rule("farmland", "prohibited"), site_rule("zone", "restricted"))
    every, moved, less = suggested(town)
    assert [every.kind, moved.kind, less.kind] == ["trim", "shift", "trim"]
    assert (every.leaves, moved.leaves, less.leaves) == ([], [], ["site.zone"])
    assert every.area.projected_m2 < less.area.projected_m2


def test_a_move_does_not_lead_onto_another_rules_ground(town: Town):
    town.deliver("farmland", "POLYGON ((1050 950, 1200 950, 1200 1200, 1050 1200, 1050 950))")
    town.deliver("redline", "POLYGON ((900 900, 990 900, 990 1200, 900 1200, 900 900))")
    town.publish(site_rule("farmland", "prohibited"), site_rule("redline", "restricted"))
    _, shift = suggested(town)
    assert (shift.move.east_m, shift.move.north_m) == pytest.approx((0, -150.01), abs=2e-4)
    assert not set(BLOCKING) & {f.outcome for f in judged_again(town, shift).findings}


def test_a_move_stays_within_the_city_and_off_what_is_not_known(town: Town):
    town.deliver("farmland", "POLYGON ((40 900, 200 900, 200 1200, 40 1200, 40 900))")
    town.publish(site_rule("farmland", "prohibited"))
    found = suggested(town, "POLYGON ((20 1000, 100 1000, 100 1100, 20 1100, 20 1000))")
    assert [one.kind for one in found] == ["trim", "shift"]
    assert found[1].complete
    assert outline(found[1]).bounds[0] >= 600_000


def test_zones_are_cleared_as_they_are_judged(town: Town):
    town.deliver("metro", "LINESTRING (900 1120, 1300 1120)", attributes=[{"kv": 110}])
    town.publish(distance_rule(severity="prohibited", widths=[{"where": "kv >= 35", "metres": 30}]))
    assert town.check(SQUARE).document.verdict == "restricted"
    trim, shift = suggested(town)
    assert shift.move.north_m == pytest.approx(-10.01, abs=0.02)
    assert outline(trim).bounds[3] - 2_700_000 == pytest.approx(1089.99, abs=0.02)
    assert (trim.verdict, shift.verdict) == ("pass", "pass")


def test_what_only_touches_or_crosses_as_a_line_is_cleared_where_a_rule_speaks_of_it(town: Town):
    town.deliver("redline", "POLYGON ((1100 900, 1200 900, 1200 1200, 1100 1200, 1100 900))")
    town.deliver("metro", "LINESTRING (1020 900, 1020 1050)")
    town.publish(site_rule("redline", touches=True), site_rule("metro", "prohibited"))
    trim, shift = suggested(town)[:2]
    assert (trim.kind, shift.kind) == ("trim", "shift")
    assert (trim.verdict, shift.verdict) == ("pass", "pass")
    assert outline(trim).distance(placed("POINT (1100 1050)")) == pytest.approx(0.01, abs=2e-4)
    assert (shift.move.east_m, shift.move.north_m) == pytest.approx((-0.01, 50.01), abs=2e-4)


def test_a_height_limit_is_left_to_the_building(town: Town):
    surfaces = {"inner_horizontal": {"height_m": 45, "radius_m": 4000}}
    height = {"elevation_field": "bg", "surfaces": surfaces}
    town.deliver("metro", "LINESTRING (1000 3000, 3000 3000)", attributes=[{"bg": 5.0}])
    town.deliver("farmland", HALF)
    rule = site_rule("metro") | {"kind": "height", "id": "height.metro"} | height
    town.publish(rule)
    tall = ProjectFigures(height_m=60, ground_m=5)
    (only,) = suggested(town, project=tall)
    assert only.kind == "nothing"
    assert "building's height" in only.text.en
    town.publish(rule, site_rule("farmland", "prohibited"))
    trim, shift = suggested(town, project=tall)
    assert trim.leaves == shift.leaves == ["height.metro"]


def test_what_a_thin_overlap_becomes_on_a_narrow_rest_is_cut_off_too(town: Town):
    # 8 m of it: forgiven on a site of 100 m, not on the 15 m that the farmland leaves
    load_into_store(town.service, catalogue(zone={"accuracy_m": 5}))
    town.deliver("zone", "POLYGON ((900 900, 1008 900, 1008 1200, 900 1200, 900 900))")
    town.deliver("farmland", "POLYGON ((1015 900, 1200 900, 1200 1200, 1015 1200, 1015 900))")
    town.publish(site_rule("zone"), site_rule("farmland", "prohibited"))
    assert town.check(SQUARE).document.findings[1].outcome == "notice"
    (trim,) = suggested(town)
    assert not set(BLOCKING) & {finding.outcome for finding in judged_again(town, trim).findings}
    assert trim.area.projected_m2 == pytest.approx(6.98 * 100, abs=0.1)


def test_a_layer_that_is_out_of_date_leaves_the_verdict_of_a_suggestion_incomplete(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"), site_rule("redline", "prohibited"))
    trim, _ = suggested(town)
    assert (trim.verdict, trim.complete) == ("incomplete", False)


def test_nothing_is_drawn_where_a_blocking_finding_or_anything_near_is_withheld(town: Town):
    beyond = "POLYGON ((1050 3300, 1200 3300, 1200 3400, 1050 3400, 1050 3300))"
    town.deliver("farmland", HALF, beyond)
    town.deliver("barracks", "POLYGON ((1850 1850, 1900 1850, 1900 1900, 1850 1900, 1850 1850))")
    town.publish(site_rule("farmland", "prohibited"), site_rule("barracks", "consult"))
    (only,) = suggested(town)
    assert (only.kind, only.geometry, only.area, only.move, only.clears) == (
        "ask",
        None,
        None,
        None,
        [],
    )
    assert "部门" in only.text.zh
    assert [one.kind for one in suggested(town, clearance="restricted")] == ["trim", "shift"]
    # two cells of the grid away nobody can tell what the cell beyond holds
    far = "POLYGON ((1000 3300, 1100 3300, 1100 3400, 1000 3400, 1000 3300))"
    assert [one.kind for one in suggested(town, far)] == ["trim", "shift"]


def test_the_answer_is_the_same_wherever_in_its_cell_a_withheld_feature_lies(town: Town):
    town.deliver("farmland", HALF)
    rules = (site_rule("farmland", "prohibited"), site_rule("barracks", "prohibited"))
    told = set()
    for x in (1310, 1980):
        town.deliver(
            "barracks", f"POLYGON (({x} 1800, {x + 10} 1800, {x + 10} 1810, {x} 1810, {x} 1800))"
        )
        town.publish(*rules)
        told.add(json.dumps([one.model_dump(mode="json") for one in suggested(town)]))
    assert len(told) == 1


def test_suggestions_are_not_given_out_once_a_layer_that_shaped_them_is_withheld(town: Town):
    town.deliver("farmland", HALF)
    town.deliver("redline", "POLYGON ((900 900, 990 900, 990 1200, 900 1200, 900 900))")
    town.publish(site_rule("farmland", "prohibited"), site_rule("redline", "prohibited"))
    plain, told = town.check(SQUARE).document, town.check(SQUARE, suggest=True).document
    load_into_store(town.service, catalogue(redline={"sensitivity": "restricted"}))
    with town.service.database.read() as connection:
        assert load_check(connection, plain.check_id, "public") == plain
        with pytest.raises(UnknownCheck):
            load_check(connection, told.check_id, "public")


def test_a_check_with_suggestions_is_kept_shown_and_exported(
    town: Town, capsys: pytest.CaptureFixture
):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"))
    checked = town.check(SQUARE, suggest=True)
    document = checked.document
    jsonschema.validate(document.model_dump(mode="json"), site_check_schema())
    with town.service.database.read() as connection:
        assert load_check(connection, document.check_id, "public") == document
    roles = [f["properties"]["role"] for f in check_geojson(checked)["features"]]
    assert roles == ["site", "finding", "suggestion", "suggestion"]
    out.print(check_tables(document))
    shown = capsys.readouterr().out
    assert "裁剪 trim" in shown
    assert "平移 shift" in shown


CLASSES = ("prohibited", "restricted", "buffered")
STRIPS = st.tuples(
    st.integers(900, 1150),
    st.integers(900, 1150),
    st.integers(5, 120),
    st.integers(5, 120),
    st.sampled_from(CLASSES),
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STRIPS, min_size=1, max_size=5))
def test_laws_of_suggestions(town: Town, strips: list[tuple[int, int, int, int, str]]):
    boxes = [shapely.box(x, y, x + width, y + height).wkt for x, y, width, height, _ in strips]
    town.deliver("zone", *boxes, attributes=[{"class": strip[-1]} for strip in strips])
    only = {name: f"class = '{name}'" for name in CLASSES}
    town.publish(
        site_rule(
            "zone", "prohibited", id="site.a", where=only["prohibited"], forgive_slivers=False
        ),
        site_rule("zone", "restricted", id="site.b", where=only["restricted"]),
        site_rule("zone", "prohibited", id="site.c", where=only["buffered"], buffer_m=15.5),
    )
    before = town.check(SITE, suggest=True).document
    site = placed(SITE)
    blocked = any(finding.outcome in BLOCKING for finding in before.findings)
    assert bool(before.suggestions) is blocked
    for one in before.suggestions or []:
        if one.kind not in ("trim", "shift"):
            continue
        after = judged_again(town, one)
        left = {finding.rule for finding in after.findings if finding.outcome in BLOCKING}
        assert left == set(one.leaves)
        assert not left & set(one.clears)
        assert after.verdict == one.verdict
        if one.kind == "trim":
            assert outline(one).difference(site.buffer(3e-4)).area == 0
            for calibre in ("projected_m2", "ellipsoidal_m2"):
                kept, lost = getattr(one.area, calibre), getattr(one.lost, calibre)
                assert kept + lost == pytest.approx(getattr(before.site.area, calibre), abs=1e-3)
                assert 0 < kept < getattr(before.site.area, calibre)
        else:
            assert 0 < one.move.distance_m <= 200
            assert one.area.projected_m2 == pytest.approx(before.site.area.projected_m2, abs=1e-3)
            back = shapely.transform(
                outline(one), lambda xy, m=one.move: xy - (m.east_m, m.north_m)
            )
            assert back.equals_exact(shapely.MultiPolygon([site]), 1e-6, normalize=True)
