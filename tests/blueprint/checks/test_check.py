from datetime import date

import hypothesis
import pytest
import shapely
from hypothesis import strategies as st

from blueprint.checks.check import check_site
from blueprint.checks.kept import load_check
from blueprint.errors import NothingPublished, UnknownCheck, UnknownSnapshot
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import (
    DAY,
    FAR,
    HALF,
    LAW,
    SITE,
    Town,
    catalogue,
    exclusive_rule,
    line,
    site_rule,
)


def test_a_site_that_meets_nothing_passes_and_every_asked_layer_is_listed_as_clear(town: Town):
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland", "prohibited"))
    document = town.check(SITE).document
    assert document.verdict == "pass"
    assert document.complete
    assert document.findings == []
    assert [(entry.layer, entry.status) for entry in document.layers] == [("farmland", "clear")]


def test_a_hit_says_where_how_much_by_both_calibres_on_what_ground_and_whom_to_ask(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"))
    document = town.check(SITE).document
    (finding,) = document.findings
    assert document.verdict == finding.outcome == "prohibited"
    assert finding.area.projected_m2 == pytest.approx(5000, abs=1e-3)
    assert finding.area.ellipsoidal_m2 < finding.area.projected_m2
    assert finding.area.decided_by == "ellipsoidal"
    assert finding.area.mu == pytest.approx(finding.area.ellipsoidal_m2 / (2000 / 3), abs=1e-4)
    assert finding.share == pytest.approx(0.5, abs=1e-6)
    assert len(finding.feature_ids) == 1
    assert finding.legal_bases[0].article == "第一条"
    assert finding.department.id == "planning"
    assert line(town.check(SITE), "farmland").status == "hit"


def test_a_site_touching_a_redline_edge_is_clear(town: Town):
    town.deliver("redline", "POLYGON ((1100 900, 1200 900, 1200 1200, 1100 1200, 1100 900))")
    town.publish(site_rule("redline", "prohibited", forgive_slivers=False))
    assert town.check(SITE).document.verdict == "pass"


def test_a_sliver_of_the_grids_width_is_numerical_dropped_and_counted(town: Town):
    strip = "POLYGON ((1099.9998 900, 1200 900, 1200 1200, 1099.9998 1200, 1099.9998 900))"
    town.deliver("redline", strip)
    town.publish(site_rule("redline", "prohibited", forgive_slivers=False))
    checked = town.check(SITE)
    assert checked.document.verdict == "pass"
    assert line(checked, "redline").numerical_overlaps == 1


STRIP = "POLYGON ((1099.7 900, 1200 900, 1200 1200, 1099.7 1200, 1099.7 900))"


def test_a_thin_strip_of_a_layer_that_forgives_nothing_stays_prohibited_with_its_width(town: Town):
    town.deliver("farmland", STRIP)
    town.publish(site_rule("farmland", "prohibited", forgive_slivers=False))
    (finding,) = town.check(SITE).document.findings
    assert finding.outcome == "prohibited"
    assert finding.band == "suspected_error"
    assert finding.width_m == pytest.approx(0.2991, abs=1e-3)
    assert any("0.299" in note.zh for note in finding.notes)


def test_a_thin_strip_of_any_other_layer_is_a_notice(town: Town):
    town.deliver("zone", STRIP)
    town.publish(site_rule("zone", "prohibited"))
    document = town.check(SITE).document
    assert document.verdict == "notice"
    assert document.findings[0].band == "suspected_error"


def test_overlapping_features_of_one_layer_are_counted_once_in_a_share(town: Town):
    other = "POLYGON ((1040 900, 1210 900, 1210 1200, 1040 1200, 1040 900))"
    town.deliver("zone", HALF, other, SITE)
    town.publish(site_rule("zone"))
    (finding,) = town.check(SITE).document.findings
    assert finding.share == 1.0
    assert finding.area.projected_m2 == pytest.approx(10_000, abs=1e-3)
    assert len(finding.feature_ids) == 3


@hypothesis.settings(
    max_examples=12, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(
    boxes=st.lists(
        st.tuples(*[st.integers(900, 1150)] * 2, *[st.integers(1, 400)] * 2), min_size=1, max_size=6
    )
)
def test_a_share_never_exceeds_the_whole_however_features_lie_over_each_other(town: Town, boxes):
    wkts = [shapely.box(x, y, x + w, y + h).wkt for x, y, w, h in boxes]
    town.deliver("zone", *wkts)
    town.publish(site_rule("zone"))
    for finding in town.check(SITE).document.findings:
        assert 0 < finding.share <= 1


def test_lines_are_measured_by_their_length_and_points_counted(town: Town):
    town.deliver("metro", "LINESTRING (900 1050, 1200 1050)")
    town.deliver("station", "POINT (1010 1010)", "POINT (1020 1020)", "POINT (2000 2000)")
    town.publish(site_rule("metro", "consult"), site_rule("station", "consult"))
    by_layer = {finding.layer: finding for finding in town.check(SITE).document.findings}
    assert by_layer["metro"].length_m == pytest.approx(100)
    assert by_layer["metro"].area is None
    assert by_layer["station"].count == 2
    assert by_layer["station"].share is None


def test_a_buffer_reaches_the_site_and_counts_one_level_milder_as_a_theoretical_zone(town: Town):
    town.deliver("metro", "LINESTRING (900 970, 1200 970)")
    town.publish(site_rule("metro", "restricted", buffer_m=50))
    (finding,) = town.check(SITE).document.findings
    assert finding.outcome == "consult"
    assert finding.buffer_m == 50
    assert finding.area.projected_m2 == pytest.approx(100 * 20, rel=1e-3)
    assert any("theoretical" in note.en for note in finding.notes)


def test_a_buffer_that_ends_before_the_site_leaves_it_clear(town: Town):
    town.deliver("metro", "LINESTRING (900 949, 1200 949)")
    town.publish(site_rule("metro", "restricted", buffer_m=50))
    assert town.check(SITE).document.verdict == "pass"


def test_a_filter_takes_only_the_features_of_its_class(town: Town):
    rows = [{"kind": "building"}, {"kind": "field"}]
    town.deliver("zone", HALF, FAR, attributes=rows)
    town.publish(site_rule("zone", where="kind = 'field'"))
    assert town.check(SITE).document.verdict == "pass"
    assert town.check(FAR).document.verdict == "restricted"


OLD = LAW | {"in_force_until": "2026-06-30", "superseded_by": "new_law"}
NEW = LAW | {"in_force_from": "2026-07-01"}


@pytest.mark.parametrize(
    ("day", "cited"),
    [(date(2026, 6, 30), ["old_law"]), (date(2026, 7, 1), ["new_law"])],
    ids=["last day of the old law", "first day of the new law"],
)
def test_a_finding_cites_the_basis_in_force_on_the_application_date(town: Town, day, cited):
    town.deliver("zone", HALF, effective=date(2026, 1, 1))
    town.deliver("boundary", "POLYGON ((0 0, 9999 0, 9999 9999, 0 9999, 0 0))", effective=day)
    bases = [{"law": "old_law"}, {"law": "new_law"}]
    town.publish(site_rule("zone", bases=bases), laws={"old_law": OLD, "new_law": NEW})
    (finding,) = town.check(SITE, day=day).document.findings
    assert [basis.law for basis in finding.legal_bases] == cited


def test_a_rule_without_a_basis_in_force_is_not_applied_and_is_named(town: Town):
    town.deliver("zone", HALF)
    town.publish(site_rule("zone", bases=[{"law": "new_law"}]), laws={"new_law": NEW})
    document = town.check(SITE, day=date(2026, 6, 30)).document
    assert document.findings == []
    assert document.rules_not_in_force == ["site.zone"]


def test_a_restricted_layer_counts_but_its_place_and_size_are_withheld_from_the_public(town: Town):
    town.deliver("barracks", HALF)
    town.publish(site_rule("barracks", "consult"))
    checked = town.check(SITE)
    (finding,) = checked.document.findings
    assert finding.outcome == "consult"
    assert finding.withheld
    assert (finding.area, finding.share, finding.feature_ids) == (None, None, [])
    assert checked.shapes == (None,)
    cleared = town.check(SITE, clearance="restricted").document.findings[0]
    assert cleared.share == pytest.approx(0.5, abs=1e-6)


def test_a_check_is_kept_as_it_was_answered(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    document = town.check(SITE).document
    with town.service.database.read() as connection:
        assert load_check(connection, document.check_id, "public") == document


def test_an_old_snapshot_answers_as_it_did_before_the_layer_changed(town_on_either: Town):
    town = town_on_either
    town.deliver("farmland", HALF)
    old = town.publish(site_rule("farmland", "prohibited"))
    site = town.site(SITE)
    before = check_site(town.service, site, day=DAY, snapshot_id=old).document
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland", "notice"))
    after = check_site(town.service, site, day=DAY, snapshot_id=old).document
    ignored = {"check_id", "checked_at"}
    assert before.model_dump(exclude=ignored) == after.model_dump(exclude=ignored)
    assert town.check(SITE).document.verdict == "pass"


def test_before_anything_is_published_a_check_says_what_to_run(town: Town):
    with pytest.raises(NothingPublished, match="blueprint publish"):
        town.check(SITE)


def test_an_unknown_snapshot_is_named(town: Town):
    town.publish(site_rule("farmland"))
    with pytest.raises(UnknownSnapshot, match=r"2020-01-01\.1"):
        town.check(SITE, snapshot_id="2020-01-01.1")


def test_findings_come_gravest_first_and_what_is_without_data_last(town: Town):
    town.deliver("farmland", HALF)
    town.deliver("zone", HALF)
    town.publish(
        site_rule("zone", "consult"),
        site_rule("redline", "prohibited"),
        site_rule("farmland", "prohibited"),
        exclusive_rule("farmland", "zone"),
    )
    outcomes = [finding.outcome for finding in town.check(SITE).document.findings]
    assert outcomes == ["prohibited", "consult", "no_data"]


def test_a_corridor_narrower_than_the_data_can_tell_is_really_in_the_zone_it_crosses(town: Town):
    town.deliver("zone", "POLYGON ((0 0, 5000 0, 5000 5000, 0 5000, 0 0))")
    town.publish(site_rule("zone", "prohibited"))
    corridor = "POLYGON ((1000 1000, 2000 1000, 2000 1000.9, 1000 1000.9, 1000 1000))"
    (finding,) = town.check(corridor).document.findings
    assert (finding.outcome, finding.band, finding.share) == ("prohibited", "real", 1.0)


def test_a_feature_narrower_than_the_data_can_tell_is_really_met(town: Town):
    town.deliver("zone", "POLYGON ((900 1050, 1200 1050, 1200 1050.6, 900 1050.6, 900 1050))")
    town.publish(site_rule("zone", "prohibited"))
    assert town.check(SITE).document.findings[0].outcome == "prohibited"


def test_many_small_tiles_are_united_before_anything_is_taken_for_rounding(town: Town):
    tiles = [
        shapely.box(1000 + x * 0.09, 1000 + y * 0.09, 1000.09 + x * 0.09, 1000.09 + y * 0.09).wkt
        for x in range(12)
        for y in range(12)
    ]
    town.deliver("zone", *tiles)
    town.publish(site_rule("zone", "prohibited"))
    site = "POLYGON ((1000 1000, 1001.08 1000, 1001.08 1001.08, 1000 1001.08, 1000 1000))"
    document = town.check(site).document
    assert document.verdict == "prohibited"
    assert document.findings[0].share == pytest.approx(1.0, abs=1e-3)


def test_the_distance_decides_what_a_buffer_hits_to_the_millimetre(town: Town):
    town.deliver("station", "POINT (1000 1000)")
    town.publish(site_rule("station", "prohibited", buffer_m=500, forgive_slivers=False))
    # at 0.7 of a segment's angle the polygon of a circle drawn in it would fall short by 15 cm
    for gap, verdict in ((-0.05, "restricted"), (0.05, "pass")):
        corner = shapely.Point(1000, 1000).buffer(500 + gap, quad_segs=64).exterior.coords[1]
        x, y = corner
        box = shapely.box(x, y - 40, x + 40, y)
        assert town.check(box.wkt).document.verdict == verdict, gap


def test_a_layer_made_restricted_since_is_withheld_in_old_snapshots_and_old_answers(town: Town):
    town.deliver("redline", HALF)
    old = town.publish(site_rule("redline"))
    before = town.check(SITE, snapshot_id=old).document
    load_into_store(town.service, catalogue(redline={"sensitivity": "restricted"}))
    (finding,) = town.check(SITE, snapshot_id=old).document.findings
    assert finding.withheld
    assert finding.area is None
    with town.service.database.read() as connection, pytest.raises(UnknownCheck):
        load_check(connection, before.check_id, "public")


def test_what_was_noticed_while_reading_a_site_is_in_its_document(town: Town):
    town.publish(site_rule("farmland"))
    mixed = town.site(SITE, "LINESTRING (1000 1000, 1100 1100)")
    document = check_site(town.service, mixed, day=DAY).document
    assert document.site.parts == 1
    assert document.site.source_crs == "EPSG:4548"
    assert any("left out" in note for note in document.site.notes)


def test_a_line_that_enters_the_site_by_rounding_alone_is_no_hit(town: Town):
    town.deliver("metro", "LINESTRING (900 1050, 1000.0002 1050)")
    town.publish(site_rule("metro", "prohibited"))
    checked = town.check(SITE)
    assert checked.document.verdict == "pass"
    assert line(checked, "metro").numerical_overlaps == 1
