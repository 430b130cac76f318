"""Sub-areas add up to the whole, and none is a whole step off."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.checks.balance import balanced
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import HALF, SITE, Town, catalogue, site_rule


@given(st.lists(st.decimals(0, 10**7, places=4), min_size=1, max_size=30))
def test_rounded_parts_add_up_to_the_rounded_whole_and_none_is_a_step_off(parts) -> None:
    given_, whole = [float(part) for part in parts], sum(parts)
    found = [Decimal(repr(one)) for one in balanced(given_, float(whole))]
    assert sum(found) == whole.quantize(Decimal("0.01"))
    assert all(abs(one - part) < Decimal("0.01") for one, part in zip(found, parts, strict=True))


def test_the_largest_remainders_are_rounded_up() -> None:
    assert balanced([1.004, 1.004, 1.004], 3.012) == [1.01, 1.0, 1.0]
    assert balanced([0.333, 0.333, 0.334], 1.0) == [0.33, 0.33, 0.34]
    assert balanced([], 0.0) == []


@pytest.mark.parametrize("whole", [2.9, 3.2])
def test_parts_that_are_not_all_of_the_whole_are_refused(whole: float) -> None:
    with pytest.raises(ValueError, match="do not make up"):
        balanced([1.0, 1.0, 1.0], whole)


def parts_by_calibre(check) -> tuple[list[str], list[float], list[float]]:
    (finding,) = check.findings
    areas = [part.area for part in finding.parts]
    for calibre in ("projected_m2", "ellipsoidal_m2"):
        told = sum(Decimal(repr(getattr(area, calibre))) for area in areas)
        assert told == Decimal(repr(round(getattr(finding.area, calibre), 2)))
    ids = [part.feature_id for part in finding.parts]
    return ids, [a.projected_m2 for a in areas], [a.ellipsoidal_m2 for a in areas]


def test_the_parts_of_a_finding_add_up_to_it_by_either_calibre(town_on_either: Town) -> None:
    town = town_on_either
    load_into_store(town.service, catalogue(farmland={"id_field": "bsm"}))
    thirds = [
        f"POLYGON (({a} 900, {b} 900, {b} 1200, {a} 1200, {a} 900))"
        for a, b in ((1000, 1033.3333), (1033.3333, 1066.6667), (1066.6667, 1200))
    ]
    town.deliver("farmland", *thirds, attributes=[{"bsm": name} for name in "cab"])
    town.publish(site_rule("farmland", "prohibited"))
    ids, projected, ellipsoidal = parts_by_calibre(town.check(SITE).document)
    assert ids == sorted(ids)
    assert len(ids) == 3
    assert sorted(projected) == pytest.approx([3333.33, 3333.33, 3333.34], abs=0.02)
    assert all(one < other for one, other in zip(ellipsoidal, projected, strict=True))


def test_ground_that_two_features_share_is_told_once(town: Town) -> None:
    town.deliver("farmland", SITE, HALF)
    town.publish(site_rule("farmland", "prohibited"))
    _, projected, _ = parts_by_calibre(town.check(SITE).document)
    assert sum(projected) == pytest.approx(10_000, abs=0.01)


def test_one_feature_is_the_whole_and_what_is_withheld_has_no_parts(town: Town) -> None:
    town.deliver("farmland", HALF)
    town.deliver("barracks", SITE, HALF)
    town.publish(site_rule("farmland"), site_rule("barracks"))
    assert [finding.parts for finding in town.check(SITE).document.findings] == [[], []]
