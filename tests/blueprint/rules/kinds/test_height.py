import math

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from shapely import affinity

from blueprint.rules.kinds.height import corner_limits, limits_over, lowest_of
from blueprint.rules.kinds.surfaces import Surfaces
from conflict.errors import InvalidDistance

from .conftest import golden, rule_of

RUNWAY = shapely.from_wkt("LINESTRING (0 0, 3000 0)")
CODE_4 = yaml.safe_load(
    """
    inner_horizontal: {height_m: 45, radius_m: 4000}
    conical: {slope: 0.05, height_m: 100}
    fans:
      - name: approach
        offset_m: 60
        inner_edge_m: 300
        divergence: 0.15
        sections:
          - {length_m: 3000, slope: 0.02}
          - {length_m: 3600, slope: 0.025}
          - {length_m: 8400, slope: 0}
    transitional: {slope: 0.143, beside: approach}
    """
)
SURFACES = Surfaces.model_validate(CODE_4)


def by_hand(x: float, y: float) -> float | None:
    """The lowest surface over a point, written down from the figures; RUNWAY as it lies."""
    heights = []
    distance = math.hypot(max(-x, 0, x - 3000), y)
    if distance <= 4000:
        heights.append(45.0)
    elif distance <= 6000:
        heights.append(0.05 * distance - 155)
    y = abs(y)
    beyond = max(-x, x - 3000)
    if beyond <= 60:
        if y <= 150:
            heights.append(0.0)
        elif 0.143 * (y - 150) <= 45:
            heights.append(0.143 * (y - 150))
    elif beyond <= 15060:
        edge = 150 + 0.15 * (beyond - 60)
        z = 0.02 * beyond - 1.2 if beyond <= 3060 else min(0.025 * beyond - 16.5, 150.0)
        if y <= edge:
            heights.append(z)
        elif z + 0.143 * (y - edge) <= 45:
            heights.append(z + 0.143 * (y - edge))
    return min(heights, default=None)


@pytest.mark.parametrize("case", golden("heights"))
def test_the_surface_that_decides_over_a_site_is_the_one_of_the_case(case):
    site = shapely.from_wkt(case["site"])
    found = lowest_of(limits_over(SURFACES, RUNWAY, 10, site))
    if case["surface"] is None:
        assert found is None
    else:
        assert found.surface == case["surface"]
        assert found.elevation_m - 10 == pytest.approx(case["height"], abs=1e-3)
        assert site.distance(shapely.Point(found.x, found.y)) < 1e-6


@given(x=st.floats(-16000, 19000), y=st.floats(-7000, 7000))
def test_over_a_point_the_limit_is_what_the_formulas_say(x, y):
    found = lowest_of(limits_over(SURFACES, RUNWAY, 0, shapely.Point(x, y)))
    expected = by_hand(x, y)
    if expected is None or found is None:
        # at an edge either may hold
        near = [by_hand(x + dx, y + dy) for dx in (-1e-3, 0, 1e-3) for dy in (-1e-3, 0, 1e-3)]
        assert found is None or any(one is not None for one in near)
        assert expected is None or any(one is None for one in near)
    else:
        assert found.elevation_m <= expected + 1e-6
        around = [by_hand(x + dx, y + dy) for dx in (-1e-3, 0, 1e-3) for dy in (-1e-3, 0, 1e-3)]
        assert min(one for one in around if one is not None) <= found.elevation_m + 1e-3


@settings(max_examples=40)
@given(
    x=st.floats(-16000, 19000),
    y=st.floats(-6500, 6500),
    width=st.floats(5, 4000),
    depth=st.floats(5, 4000),
    turn=st.floats(0, 90),
)
def test_nowhere_on_a_site_is_a_surface_lower_than_the_lowest_told(x, y, width, depth, turn):
    site = affinity.rotate(shapely.box(x, y, x + width, y + depth), turn)
    found = lowest_of(limits_over(SURFACES, RUNWAY, 0, site))
    minx, miny, maxx, maxy = site.bounds
    grid = [(gx, gy) for gx in np.linspace(minx, maxx, 25) for gy in np.linspace(miny, maxy, 25)]
    inside = [(gx, gy) for gx, gy in grid if site.contains(shapely.Point(gx, gy))]
    for gx, gy in inside:
        here = by_hand(gx, gy)
        if here is not None:
            assert found is not None
            assert found.elevation_m <= here + 1e-6
    if found is not None:
        # and it is really there: one of the formulas gives it at the place told
        at = [
            by_hand(found.x + dx, found.y + dy)
            for dx in (-0.01, 0, 0.01)
            for dy in (-0.01, 0, 0.01)
        ]
        assert any(one is not None and abs(one - found.elevation_m) < 0.1 for one in at) or any(
            one is not None and one < found.elevation_m for one in at
        )


@pytest.mark.parametrize("turn", [0, 37, 90, 180, 301])
def test_a_runway_may_lie_in_any_direction(turn):
    site = shapely.box(4000, 100, 4300, 500)
    plain = limits_over(SURFACES, RUNWAY, 0, site)
    place = {"angle": turn, "origin": (100, 200)}
    turned = limits_over(
        SURFACES, affinity.rotate(RUNWAY, **place), 0, affinity.rotate(site, **place)
    )
    assert [(one.surface, round(one.elevation_m, 6)) for one in plain] == [
        (one.surface, round(one.elevation_m, 6)) for one in turned
    ]


def test_headroom_is_negative_where_a_building_stands_out():
    limit = lowest_of(limits_over(SURFACES, RUNWAY, 10, shapely.Point(1500, 2000)))
    assert limit.headroom_m(ground_m=12, height_m=40) == pytest.approx(3)
    assert limit.headroom_m(ground_m=12, height_m=45) == pytest.approx(-2)


def test_every_corner_of_a_site_has_its_own_limit():
    site = shapely.box(1400, 5900, 1600, 6100)
    table = corner_limits(SURFACES, RUNWAY, 0, site)
    assert len(table) == 4
    assert [None if limit is None else limit.surface for _, _, limit in table] == [
        "conical",
        None,
        "conical",
        None,
    ]


def test_a_climb_surface_that_stops_widening_is_as_wide_as_it_says():
    climb = {
        "name": "climb", "offset_m": 60, "inner_edge_m": 180, "divergence": 0.125,
        "widest_m": 1800, "sections": [{"length_m": 15000, "slope": 0.02}],
    }  # fmt: skip
    surfaces = Surfaces.model_validate(CODE_4 | {"fans": [*CODE_4["fans"], climb]})
    site = shapely.Point(3060 + 10000, 899)
    climbs = {one.surface: one for one in limits_over(surfaces, RUNWAY, 0, site)}
    assert climbs["climb"].elevation_m == pytest.approx(200)
    assert "climb" not in {
        one.surface for one in limits_over(surfaces, RUNWAY, 0, shapely.Point(13060, 901))
    }


def test_a_runway_without_length_is_refused():
    with pytest.raises(InvalidDistance, match="from threshold to threshold"):
        limits_over(SURFACES, shapely.from_wkt("LINESTRING (0 0, 0 0)"), 0, shapely.Point(0, 0))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"transitional": {"slope": 0.143, "beside": "climb"}}, "no fan is named climb"),
        ({"fans": [CODE_4["fans"][0]] * 2}, "two fans have one name"),
        ({"conical": {"slope": 5, "height_m": 100}}, "less than or equal to 1"),
        ({"fans": [CODE_4["fans"][0] | {"widest_m": 10}]}, "is less than inner_edge_m"),
    ],
)
def test_surfaces_that_cannot_be_meant_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        rule_of("height", layer="runway", elevation_field="BG", surfaces=CODE_4 | changes)


def test_beyond_their_reach_there_is_no_surface():
    far = SURFACES.reach_m
    for turn in range(0, 360, 10):
        x = 3000 + far * math.cos(math.radians(turn))
        point = shapely.Point(x, far * math.sin(math.radians(turn)))
        if point.distance(RUNWAY) > far:
            assert limits_over(SURFACES, RUNWAY, 0, point) == []
