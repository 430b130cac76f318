"""The index of live sites: by any sequence of changes what a search through all would say."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from blueprint.checks.check import check_site
from blueprint.checks.live_sites import LiveSites, live_sites, newest_checks
from conflict.errors import InvalidDistance
from tests.blueprint.conftest import DAY, FAR, HALF, ORIGIN, SITE, Town, placed, site_rule

EAST, NORTH = ORIGIN
steps = st.integers(0, 12)


@st.composite
def shapes(draw: st.DrawFn) -> BaseGeometry:
    """Small shapes on a small board, so that they often touch in edges and corners; some empty."""
    x, y, w, h = EAST + draw(steps), NORTH + draw(steps), draw(steps), draw(steps)
    kind = draw(st.sampled_from(["box", "triangle", "two", "line", "point", "empty"]))
    if kind == "empty":
        return Polygon()
    if kind == "point":
        return Point(x, y)
    if kind == "line":
        return LineString([(x, y), (x + w, y + h + 1)])
    if kind == "triangle":
        return Polygon([(x, y), (x + w + 1, y), (x, y + h + 1)])
    one = box(x, y, x + w + 1, y + h + 1)
    return one if kind == "box" else MultiPolygon([one, box(x + 30, y, x + 31, y + 1)])


names = st.sampled_from([f"site{n}" for n in range(6)])
distances = st.one_of(st.just(0.0), st.sampled_from([1.0, 2.5, math.sqrt(2)]), st.floats(0, 40))


def by_search(sites: dict[str, BaseGeometry], where: BaseGeometry, distance: float) -> list[str]:
    return sorted(
        name
        for name, site in sites.items()
        if not where.is_empty and not site.is_empty and shapely.dwithin(where, site, distance)
    )


class AnySequence(RuleBasedStateMachine):
    """Adds, moves, removals and loads in any order, beside a dictionary that is searched."""

    def __init__(self) -> None:
        super().__init__()
        self.index, self.sites = LiveSites(), {}

    @rule(sites=st.dictionaries(names, shapes()))
    @precondition(lambda self: not self.sites)
    def load(self, sites: dict[str, BaseGeometry]) -> None:
        self.index, self.sites = LiveSites(sites.items()), dict(sites)

    @rule(name=names, shape=shapes())
    def put(self, name: str, shape: BaseGeometry) -> None:
        self.index.put(name, shape)
        self.sites[name] = shape

    @rule(name=names)
    def remove(self, name: str) -> None:
        assert self.index.remove(name) == (self.sites.pop(name, None) is not None)

    @rule(where=shapes(), distance=distances)
    def ask(self, where: BaseGeometry, distance: float) -> None:
        assert self.index.touching(where, distance) == by_search(self.sites, where, distance)

    @rule(changed=st.lists(st.tuples(shapes(), distances), max_size=5))
    def ask_for_many(self, changed: list[tuple[BaseGeometry, float]]) -> None:
        ground = np.full(len(changed), None, dtype=object)
        ground[:] = [shape for shape, _ in changed]
        found = self.index.touched_by(ground, np.array([far for _, far in changed]))
        expected: dict[str, list[int]] = {}
        for row, (shape, far) in enumerate(changed):
            for name in by_search(self.sites, shape, far):
                expected.setdefault(name, []).append(row)
        assert found == expected
        assert list(found) == sorted(found)

    @invariant()
    def has_what_was_put(self) -> None:
        assert len(self.index) == len(self.sites)
        assert all(name in self.index for name in self.sites)


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=60, stateful_step_count=30)


@given(st.integers(0, 2**32 - 1), st.floats(0, 500))
@settings(max_examples=20)
def test_thousands_of_sites_answer_as_a_search_through_all(seed: int, distance: float) -> None:
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 20_000, (3000, 2)) + ORIGIN
    high = low + rng.uniform(1, 300, low.shape)
    sites = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    index = LiveSites((f"s{k:04}", site) for k, site in enumerate(sites))
    for k in range(0, 300, 3):
        index.put(f"s{k:04}", sites[k + 1])
        index.remove(f"s{k + 1:04}")
        sites[k], sites[k + 1] = sites[k + 1], None
    asked = np.array([sites[0], box(*low.min(axis=0), *low.max(axis=0)), Point(ORIGIN)])
    found = index.touched_by(asked, distance)
    near = shapely.dwithin(sites[:, None], asked[None, :], distance)
    assert found == {
        f"s{k:04}": np.flatnonzero(rows).tolist() for k, rows in enumerate(near) if rows.any()
    }


def test_a_box_is_asked_for_as_a_shape_and_touching_counts() -> None:
    index = LiveSites([("a", box(0, 0, 10, 10)), ("b", Polygon([(20, 0), (30, 0), (30, 10)]))])
    assert index.touching((10.0, 10.0, 20.0, 20.0)) == ["a"]
    # within the box of the triangle, not of the triangle itself
    assert index.touching(Point(21, 9)) == []
    assert index.touching(Point(21, 9), 6.0) == ["b"]
    assert index.touching(Point(15, 0), 5.0) == ["a", "b"]


def test_a_distance_that_is_none_is_refused() -> None:
    for index in (LiveSites(), LiveSites([("a", box(0, 0, 1, 1))])):
        for wrong in (-1.0, math.nan):
            with pytest.raises(InvalidDistance, match="row 1"):
                index.touching(Point(0, 0), wrong)


def test_many_threads_change_and_ask_at_once() -> None:
    index = LiveSites((f"fixed{k}", box(k, 0, k + 1, 1)) for k in range(100))

    def work(worker: int) -> None:
        for k in range(60):
            name = f"w{worker}"
            index.put(name, box(200 + worker, k, 201 + worker, k + 1))
            assert name in index.touching(box(200 + worker, k, 201 + worker, k + 1))
            assert [n for n in index.touching(box(0, 0.5, 100, 0.6)) if n[0] == "f"] == fixed
            assert index.remove(name)

    fixed = sorted(f"fixed{k}" for k in range(100))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(index) == 100


@pytest.fixture
def town(town_on_either: Town) -> Town:
    town_on_either.deliver("farmland", HALF)
    town_on_either.publish(site_rule("farmland"))
    return town_on_either


def ids(town: Town, **options: Any) -> list[str]:
    with town.service.database.read() as connection:
        return [check.check_id for check in newest_checks(connection, **options)]


def test_the_live_sites_are_those_of_the_newest_check_of_each_geometry(town: Town) -> None:
    first, far, again = (town.check(wkt).document for wkt in (SITE, FAR, SITE))
    # two of one second are told apart by their ids
    newest = max((check.checked_at, check.check_id) for check in (first, again))[1]
    assert set(ids(town)) == {newest, far.check_id}
    with town.service.database.read() as connection:
        index = live_sites(connection)
    assert len(index) == 2
    assert index.touching(placed(FAR)) == [far.check_id]
    assert index.touching(placed(HALF)) == [newest]
    x, y = ORIGIN
    assert index.touching((x + 5100, y + 5100, x + 5200, y + 5200)) == [far.check_id]
    assert index.touching(Point(x + 5200, y + 5050), 99.0) == []
    assert index.touching(Point(x + 5200, y + 5050), 100.0) == [far.check_id]


def test_a_check_for_a_higher_clearance_neither_shows_nor_hides_another(town: Town) -> None:
    public = town.check(SITE).document.check_id
    secret = town.check(SITE, clearance="restricted").document.check_id
    inner = town.check(FAR, clearance="internal").document.check_id
    assert ids(town, clearance="public") == [public]
    assert set(ids(town, clearance="internal")) == {public, inner}
    assert set(ids(town)) <= {public, secret, inner}
    assert len(ids(town)) == 2


def test_a_live_check_says_what_the_document_of_its_check_says(town: Town) -> None:
    drawn = town.site(SITE)
    odd = replace(drawn, name='the "site": of {"application_date": 1}')
    document = check_site(town.service, odd, day=DAY).document
    with town.service.database.read() as connection:
        (check,) = newest_checks(connection)
    assert check.geometry.equals_exact(drawn.geometry, 0)
    assert (check.check_id, check.site, check.checked_at, check.application_date) == (
        document.check_id,
        odd.name,
        document.checked_at,
        DAY,
    )
    assert (check.snapshot_id, check.clearance) == (document.snapshot.id, "public")


def test_a_store_without_checks_has_no_live_sites(town: Town) -> None:
    with town.service.database.read() as connection:
        index = live_sites(connection)
    assert (len(index), index.touching(placed(SITE), 1e6)) == (0, [])
