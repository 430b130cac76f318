"""The city is what the benchmark says it is, and no disagreement slips through."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.overlay.answers import Answers, compare
from tests.benchmarks.overlay.by_hand import PairsByHand, SiteByHand
from tests.benchmarks.overlay.city import EARLIER, LATER, LAYERS, PARCELS, City, make_city
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.frames import PairsByOverlay, SiteByClip, SiteByOverlay
from tests.benchmarks.overlay.geos import windows_of
from tests.benchmarks.overlay.goals import judge
from tests.benchmarks.overlay.race import Result

FACTOR, SITES = 0.002, 12


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city")
    make_city(folder, FACTOR, SITES)
    return City.open(folder)


def test_the_city_has_all_layers_and_every_geometry_is_valid_and_on_the_grid(city: City) -> None:
    shapes = city.shapes()
    xy = shapely.get_coordinates(shapes)
    assert len(np.unique(city.layer)) == LAYERS
    assert shapely.is_valid(shapes).all()
    assert shapely.is_valid(city.sites()).all()
    assert (xy == np.round(xy, 4)).all()


@pytest.mark.parametrize("layer", [PARCELS, EARLIER, LATER])
def test_a_plan_leaves_no_gap_and_overlaps_itself_nowhere(city: City, layer: int) -> None:
    shapes = city.shapes(city.rows(layer))
    whole = shapely.area(shapely.box(*shapely.total_bounds(shapes)))
    assert shapely.area(shapes).sum() == pytest.approx(whole, rel=1e-9)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(whole, rel=1e-9)


def test_the_plans_share_some_borders_exactly_and_others_nearly(city: City) -> None:
    earlier, later = (city.shapes(city.rows(layer)) for layer in (EARLIER, LATER))
    known = {tuple(point) for point in shapely.get_coordinates(earlier)}
    points = [tuple(point) for point in shapely.get_coordinates(later)]
    shared = np.mean([point in known for point in points])
    assert 0.01 < shared < 0.99


def test_the_same_seed_gives_the_same_city(city: City, tmp_path: Path) -> None:
    make_city(tmp_path, FACTOR, SITES)
    for name in ("city.arrow", "sites.arrow"):
        assert (tmp_path / name).read_bytes() == (city.folder / name).read_bytes()


@pytest.mark.parametrize("peer", [SiteByClip, SiteByOverlay])
def test_peers_find_the_same_at_every_site(city: City, peer: type[SiteByClip]) -> None:
    tools = SiteByHand(city, 1), peer(city, 1)
    for number in range(SITES):
        ours, theirs = (_answers(*tool.site(number)) for tool in tools)
        assert compare("peer", theirs, ours).pairs > 0


@pytest.mark.parametrize("name", CONTESTS)
def test_peers_find_the_same_conflicts(city: City, name: str) -> None:
    contest, tools = CONTESTS[name], (PairsByHand(city, 2), PairsByOverlay(city, 1))
    found = [tool.pairs(contest, tool.load(contest, 2), 2) for tool in tools]
    assert compare("peer", found[1], found[0]).pairs > 0


def test_a_window_answers_as_the_whole_giant_does(city: City) -> None:
    (giant,) = city.shapes(city.rows(0))
    parcels = city.shapes(city.rows(PARCELS))
    windows, number = windows_of(giant, parcels)
    whole = shapely.area(shapely.intersection(giant, parcels))
    cut = shapely.area(shapely.intersection(windows[number], parcels))
    assert len(windows) > 1
    np.testing.assert_allclose(cut, whole, atol=1e-6)


def test_a_wrong_area_a_lost_pair_and_a_pair_too_many_are_disagreements() -> None:
    wanted = _answers(np.array([3, 1, 2]), np.array([5.0, 7.0, 9.0]))
    compare("same", replace(wanted, measure=wanted.measure * (1 + 1e-11)), wanted)
    with pytest.raises(Disagreement, match="1 measures differ"):
        compare("area", replace(wanted, measure=np.array([7.0, 9.0, 5.001])), wanted)
    with pytest.raises(Disagreement, match="2 pairs, not 3"):
        compare("lost", _answers(np.array([1, 2]), np.array([7.0, 9.0])), wanted)
    with pytest.raises(Disagreement, match="3 pairs, not 2"):
        compare("more", wanted, _answers(np.array([1, 2]), np.array([7.0, 9.0])))
    with pytest.raises(Disagreement, match="twice"):
        compare("twice", _answers(np.array([1, 1]), np.array([7.0, 7.0])), wanted)


def test_a_pair_that_shares_next_to_nothing_is_exempt_and_counted() -> None:
    wanted = _answers(np.array([1, 2]), np.array([7.0, 9e-7]))
    agreement = compare("less", _answers(np.array([1]), np.array([7.0])), wanted)
    assert (agreement.pairs, agreement.exempt) == (1, 1)


def test_a_goal_is_judged_by_medians_and_by_the_whole_that_a_part_stands_for() -> None:
    ours = Result("ours", "ours", 2, 1, 10, [1.0, 3.0, 2.0]).document()
    part = Result("part", "geopandas", 1, 20, 10, [1.0]).document()
    results = {"sites": {}, "parcels": {"ours_geometry2": ours, "overlay": part}}
    goals = [goal for goal in judge({"results": results}) if goal.value is not None]
    assert [(goal.value, goal.bound, goal.met) for goal in goals] == [(10.0, 4, True)]
    assert "one parcel in 20" in goals[0].note


def _answers(rows: np.ndarray, measure: np.ndarray) -> Answers:
    return Answers.of(np.zeros(len(rows), dtype=np.int64), rows, measure)
