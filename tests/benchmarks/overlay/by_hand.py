"""Shapely as a planner who knows it writes it: one tree, prepared sites, no needless overlay."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import Contest
from tests.benchmarks.overlay.net import Floats, Ints, Shapes

_CHUNK = 5_000


class SiteByHand:
    """The whole city in one STRtree; own measures are known beforehand."""

    def __init__(self, city: City, threads: int) -> None:
        del threads  # whoever asks brings threads along
        self.shapes = city.shapes()
        self.sites = city.sites()
        self.tree = shapely.STRtree(self.shapes)
        self.dimension = shapely.get_dimensions(self.shapes)
        self.size = measures(self.shapes, self.dimension)
        shapely.prepare(self.sites)

    def site(self, number: int) -> tuple[Ints, Floats]:
        site = self.sites[number]
        near = self.tree.query(site)
        inside = shapely.contains_properly(site, self.shapes[near])
        rim = near[~inside]
        rim = rim[shapely.intersects(site, self.shapes[rim])]
        met = shapely.intersection(self.shapes[rim], site)
        rows = np.concatenate([near[inside], rim])
        return rows, np.concatenate([self.size[near[inside]], measures(met, self.dimension[rim])])


class PairsByHand:
    """Two layers: boxes from a tree, then an intersection for each pair."""

    def __init__(self, city: City, threads: int) -> None:
        self.city, self.threads = city, threads

    def load(self, contest: Contest, every: int) -> tuple[Shapes, Shapes]:
        """Both layers as Shapely has them."""
        left, right = (self.city.rows(layer) for layer in (contest.left, contest.right))
        return self.city.shapes(left), self.city.shapes(right)[::every]

    def pairs(self, contest: Contest, loaded: tuple[Shapes, Shapes], every: int) -> Answers:
        left, right = loaded
        i, j = candidates(self.city, contest, left, right, every)
        if len(left) == 1:
            shapely.prepare(left[0])
            inside = shapely.contains_properly(left[0], right[j])
            rim = j[~inside]
            rim = rim[shapely.intersects(left[0], right[rim])]
            area = np.concatenate(
                [shapely.area(right[j[inside]]), self._areas(left[np.zeros_like(rim)], right[rim])]
            )
            j = np.concatenate([j[inside], rim])
            return Answers.of(np.zeros_like(j), j * every, area)
        return Answers.of(i, j * every, self._areas(left[i], right[j]))

    def _areas(self, left: Shapes, right: Shapes) -> Floats:
        def areas(first: int) -> Floats:
            part = np.s_[first : first + _CHUNK]
            return np.asarray(shapely.area(shapely.intersection(left[part], right[part])))

        with ThreadPoolExecutor(self.threads) as pool:
            parts = list(pool.map(areas, range(0, len(left), _CHUNK)))
        return np.concatenate([np.empty(0), *parts])


def candidates(
    city: City, contest: Contest, left: Shapes, right: Shapes, every: int
) -> tuple[Ints, Ints]:
    """Pairs whose boxes meet and whose classes differ where that is asked."""
    i, j = shapely.STRtree(right).query(left)
    if contest.by_class:
        classes = [city.classes[city.rows(layer)] for layer in (contest.left, contest.right)]
        fight = classes[0][i] != classes[1][::every][j]
        i, j = i[fight], j[fight]
    return i, j


def measures(shapes: Shapes, dimension: Ints) -> Floats:
    """m² of polygons, m of lines, count of points, by the dimension of the feature."""
    whole = np.where(dimension == 2, shapely.area(shapes), shapely.length(shapes))
    points = (dimension == 0) & ~shapely.is_empty(shapes)
    return np.where(dimension == 0, points, whole)
