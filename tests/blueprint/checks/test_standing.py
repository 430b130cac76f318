"""What is so for every site is worked out once, and never for another day, reader or snapshot."""

from datetime import timedelta

import numpy as np
import pytest
import shapely

from blueprint.checks.check import check_site
from blueprint.checks.kept import kept_text
from blueprint.clearance import PUBLIC, RESTRICTED
from blueprint.values import document_text
from conflict import ellipsoidal_area_m2, unions_of
from tests.blueprint.conftest import DAY, FAR, HALF, SITE, Town, line, placed, site_rule


@pytest.fixture
def asked(town: Town) -> Town:
    """A town whose fields and barracks are off the site."""
    town.deliver("farmland", FAR)
    town.deliver("barracks", FAR)
    town.publish(site_rule("farmland"), site_rule("barracks"))
    return town


def test_a_layer_is_stale_on_a_later_day_although_it_was_clear_on_an_earlier_one(asked: Town):
    assert line(asked.check(SITE), "farmland").status == "clear"
    later = asked.check(SITE, day=DAY + timedelta(days=2000))
    assert line(later, "farmland").status == "no_data"
    assert line(asked.check(SITE), "farmland").status == "clear"


def test_a_layer_that_was_clear_on_one_site_is_met_on_another(asked: Town):
    assert line(asked.check(SITE), "farmland").status == "clear"
    assert line(asked.check(FAR), "farmland").status == "hit"
    assert line(asked.check(SITE), "farmland").status == "clear"


def test_the_version_of_a_hidden_layer_is_told_to_nobody_else(asked: Town):
    seen = asked.check(SITE, clearance=RESTRICTED)
    hidden = asked.check(SITE, clearance=PUBLIC)
    assert line(seen, "barracks").version == 1
    assert line(hidden, "barracks").version is None
    assert line(hidden, "barracks").status == "clear"


def test_a_new_snapshot_is_read_anew_and_the_old_one_stays_what_it_was(asked: Town):
    before = asked.check(SITE).document.snapshot.id
    asked.deliver("farmland", HALF)
    asked.publish(site_rule("farmland"), site_rule("barracks"))
    assert line(asked.check(SITE), "farmland").status == "hit"
    old = check_site(asked.service, asked.site(SITE), day=DAY, snapshot_id=before)
    assert line(old, "farmland").status == "clear"
    assert line(old, "farmland").version == 1


def test_no_layer_is_clear_beyond_the_city_that_bounds_it(asked: Town):
    across = "POLYGON ((-50 1000, 50 1000, 50 1100, -50 1100, -50 1000))"
    assert line(asked.check(SITE), "farmland").status == "clear"
    told = line(asked.check(across), "farmland")
    assert (told.status, told.covered_share) == ("no_data", 0.5)


def test_the_text_of_a_check_is_its_canonical_one(asked: Town):
    for wkt in (SITE, FAR, SITE):
        document = asked.check(wkt).document
        with asked.service.database.read() as connection:
            kept = kept_text(connection, document.check_id, document.clearance)
        assert kept == document_text(document)


def test_lines_and_points_have_no_area_on_the_ellipsoid():
    shapes = [placed(wkt) for wkt in ("LINESTRING (0 0, 100 0)", SITE, "POINT (5 5)")]
    areas = ellipsoidal_area_m2(np.array(shapes, dtype=object), "EPSG:4548")
    assert areas[[0, 2]].tolist() == [0.0, 0.0]
    assert areas[1] == pytest.approx(10_000, rel=1e-3)


def test_a_polygon_or_a_point_alone_is_its_own_union():
    shapes = [placed(wkt) for wkt in (SITE, "POINT (5 5)")]
    found = unions_of([np.array([shape], dtype=object) for shape in shapes])
    assert [one.wkb for one in found] == [shapely.union_all([shape]).wkb for shape in shapes]
