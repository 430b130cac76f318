"""The parts of a whole: golden cases, and the laws that hold of any."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from blueprint.lineage.conservation import check_conservation
from blueprint.lineage.documents import Conservation, ConservationCheck
from blueprint.lineage.ground import ACCURACY_M
from tests.blueprint.conftest import catalogue, placed

from .conftest import facts_by_name, facts_of, family_of, golden

CITY = catalogue().city


def conservation_of(projects: dict[str, Any], links: Sequence[str]) -> Conservation:
    return check_conservation(family_of(links), facts_by_name(projects), list(projects), CITY)


def told(check: ConservationCheck) -> str:
    """What became of one check, as the cases say it."""
    words = [check.project_id, check.id, check.outcome]
    if check.sum is not None and check.sum.over is not None:
        words += ["over", f"{check.sum.over:g}", "from", str(check.sum.first_over)]
    elif check.sum is not None and check.sum.left is not None:
        words += ["left", f"{check.sum.left:g}"]
    for line in check.ground:
        other = "" if line.other_id is None else f"×{line.other_id}"
        words += [f"{line.project_id}{other}", f"{line.area.projected_m2:.4g}"]
    return " ".join(words)


@pytest.mark.parametrize("case", golden("conservation"))
def test_what_is_held_broken_and_undecided(case):
    found = conservation_of(case["projects"], case["links"])
    for expected in case["expected"]:
        named = [
            told(c) for c in found.checks if told(c).startswith(" ".join(expected.split()[:2]))
        ]
        assert [one.startswith(expected) for one in named] == [True], (expected, named)
    if not case["expected"]:
        assert found.checks == []
        assert found.outcome is None


def test_the_outcome_is_the_worst_of_the_checks():
    projects = {"P": {"area": 10, "floor": 10}, "A": {"area": 20, "floor": 1}}
    found = conservation_of(projects, ["phase P A"])
    assert {check.outcome for check in found.checks} == {"broken", "held", "undecided"}
    assert found.outcome == "broken"


def test_an_overdraft_is_told_in_both_languages_with_figures():
    projects = {"P": {"area": 1000}, "A": {"area": 1600}}
    (check,) = [c for c in conservation_of(projects, ["phase P A"]).checks if c.id == "site_area"]
    assert check.message.zh == (
        "分期、拆分项目用地面积合计 1,600 平方米，较 1,000 平方米超出 600 平方米，自 A 起超出"
    )
    assert check.message.en == (
        "site area of the phases and splits is 1,600 m², 600 m² more than 1,000 m², from A on"
    )


def test_ground_outside_is_told_by_both_calibres_with_its_width_and_band():
    square = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
    projects = {"P": {"site": square}, "A": {"site": square.replace("100", "120")}}
    found = conservation_of(projects, ["phase P A"])
    (check,) = [one for one in found.checks if one.id == "inside"]
    (line,) = check.ground
    assert line.area.projected_m2 == pytest.approx(4400)
    assert line.area.ellipsoidal_m2 != line.area.projected_m2
    assert line.area.decided_by == "ellipsoidal"
    assert (line.band, round(line.width_m, 2)) == ("real", 18.33)
    assert "椭球" in check.message.zh
    assert "投影 4,400.00 m²" in check.message.zh


def test_a_sentence_tells_the_largest_strips_and_how_many_more_there_are():
    square = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
    projects = {"P": {"site": square}} | {f"A{n}": {"site": square} for n in range(4)}
    found = conservation_of(projects, [f"phase P A{n}" for n in range(4)])
    (check,) = [one for one in found.checks if one.id == "apart"]
    assert len(check.ground) == 6
    assert check.message.en.endswith("; and 1 more")
    assert check.message.zh.endswith("；另有 1 处")


def test_a_project_that_stands_in_the_place_of_another_says_so():
    projects = {"P": {"area": 1000}, "A": {"area": 600}, "B": {"area": 700}}
    found = conservation_of(projects, ["phase P A", "change A B"])
    (check,) = [one for one in found.checks if one.id == "site_area"]
    (part,) = check.sum.parts
    assert (part.project_id, part.stands_for, part.value) == ("B", "A", 700)


AMOUNTS = st.lists(st.floats(0, 1e7, allow_nan=False), min_size=1, max_size=8)


def sums_of(parent: float | None, parts: list[float | None], kind: str = "phase"):
    projects = {"P": {"invest": parent}} | {f"A{n}": {"invest": p} for n, p in enumerate(parts)}
    found = conservation_of(projects, [f"{kind} P A{n}" for n in range(len(parts))])
    (check,) = [one for one in found.checks if one.id == "investment"]
    return check


@given(AMOUNTS)
def test_what_is_divided_whole_is_held_in_whatever_order(parts):
    total = math.fsum(parts)
    for order in (parts, sorted(parts)):
        check = sums_of(total, order)
        assert check.outcome == "held"
        assert check.sum.left == pytest.approx(0, abs=1e-3)


@given(AMOUNTS, st.floats(1, 1e6))
def test_one_more_part_breaks_it_by_what_it_takes(parts, more):
    check = sums_of(math.fsum(parts), [*parts, more])
    assert check.outcome == "broken"
    assert check.sum.over == pytest.approx(more, abs=1e-3 + 1e-9 * math.fsum(parts))


@given(AMOUNTS, st.floats(0, 1e8), st.integers(0, 7))
def test_silence_of_a_part_never_makes_a_sum_hold(parts, parent, place):
    silent = [None if n == place % len(parts) else part for n, part in enumerate(parts)]
    before, after = sums_of(parent, parts), sums_of(parent, silent)
    assert after.outcome != "held"
    if after.outcome == "broken":
        assert before.outcome == "broken"


# cuts on the store's grid, at least a metre apart
CUTS = st.lists(st.integers(1, 98), min_size=1, max_size=5, unique=True).map(sorted)


def strips(cuts: list[int]) -> list[shapely.Geometry]:
    """A square of 100 m, cut by lines from its foot to its top, askew by 0.5 m."""
    edges = [(0.0, 0.0), *((cut, cut + 0.5) for cut in cuts), (100.0, 100.0)]
    return [
        shapely.Polygon([(a[0], 0), (b[0], 0), (b[1], 100), (a[1], 100)])
        for a, b in pairwise(edges)
    ]


def ground_of(parts: list[shapely.Geometry]) -> dict[str, ConservationCheck]:
    whole = shapely.box(0, 0, 100, 100)
    facts = {"P": facts_of("P", site=whole.wkt)}
    facts |= {f"A{n}": facts_of(f"A{n}", site=part.wkt) for n, part in enumerate(parts)}
    links = [f"split P A{n}" for n in range(len(parts))]
    found = check_conservation(family_of(links), facts, list(facts), CITY)
    return {check.id: check for check in found.checks}


@given(CUTS)
def test_a_partition_of_a_site_lies_inside_it_and_apart(cuts):
    found = ground_of(strips(cuts))
    assert (found["inside"].outcome, found["apart"].outcome) == ("held", "held")
    assert found["inside"].ground == found["apart"].ground == []


@given(CUTS, st.integers(0, 5), st.floats(2.5 * ACCURACY_M, 50), st.sampled_from("ENSW"))
def test_moving_a_part_out_breaks_it_by_the_ground_that_is_out(cuts, place, far, way):
    parts = strips(cuts)
    place %= len(parts)
    east, north = {"E": (1, 0), "W": (-1, 0), "N": (0, 1), "S": (0, -1)}[way]
    moved = affinity.translate(parts[place], east * far, north * far)
    parts[place] = moved
    found = ground_of(parts)
    out = moved.difference(shapely.box(0, 0, 100, 100)).area
    others = [p for n, p in enumerate(parts) if n != place]
    shared = sum(moved.intersection(other).area for other in others)
    told_out = sum(line.area.projected_m2 for line in found["inside"].ground)
    told_shared = sum(line.area.projected_m2 for line in found["apart"].ground)
    # of 100 m a strip that is thinner than rounding has 0.1 m² at most
    assert told_out == pytest.approx(out, abs=0.11)
    assert told_shared == pytest.approx(shared, abs=0.11 * len(others))
    assert "broken" in {found["inside"].outcome, found["apart"].outcome}


@given(CUTS)
def test_merging_what_was_split_gives_the_whole_again(cuts):
    whole = shapely.box(0, 0, 100, 100)
    parts = strips(cuts)
    facts = {f"A{n}": facts_of(f"A{n}", site=part.wkt) for n, part in enumerate(parts)}
    facts["M"] = facts_of("M", site=whole.wkt)
    family = family_of([f"merge A{n} M" for n in range(len(parts))])
    found = check_conservation(family, facts, list(facts), CITY)
    assert {c.id: c.outcome for c in found.checks}["merged_ground"] == "held"
    assert placed(whole.wkt).area == 10_000
