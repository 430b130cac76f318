"""Our side of the contests: areas alone, and with the geometry of every pair."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from tests.benchmarks import engine
from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import Contest
from tests.benchmarks.overlay.net import Floats, Ints

PACKED = "city.packed"

engine.load()


def prepare(city: City) -> None:
    """Write the packed form once."""
    engine.pack(city.wkb, city.layer, city.folder / PACKED)


class SiteByEngine:
    """Areas alone."""

    geometry = False

    def __init__(self, city: City, threads: int) -> None:
        del threads  # whoever asks brings threads along
        self.opened = engine.Opened(city.folder / PACKED)
        self.sites = city.sites()

    def site(self, number: int) -> tuple[Ints, Floats]:
        return self.opened.check(self.sites[number], geometry=self.geometry)


class SiteByEngineWithGeometry(SiteByEngine):
    """With geometry."""

    geometry = True


class PairsByEngine:
    """From WKB in Arrow to areas: flattening is timed too."""

    geometry = False

    def __init__(self, city: City, threads: int) -> None:
        self.city, self.threads = city, threads

    def load(self, contest: Contest, every: int) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        rows = [self.city.rows(layer) for layer in (contest.left, contest.right)]
        left, right = (self.city.wkb[part.start : part.stop] for part in rows)
        return left, right.take(pa.array(np.arange(0, len(right), every)))

    def pairs(self, contest: Contest, loaded: Any, every: int) -> Answers:
        with ThreadPoolExecutor(self.threads) as pool:
            left, right = pool.map(engine.flatten, loaded)
        classes = None
        if contest.by_class:
            rows = [self.city.rows(layer) for layer in (contest.left, contest.right)]
            classes = self.city.classes[rows[0]], self.city.classes[rows[1]][::every]
        i, j, area = engine.conflicts(left, right, classes, self.threads, geometry=self.geometry)
        return Answers.of(i, j * every, area)


class PairsByEngineWithGeometry(PairsByEngine):
    """With geometry."""

    geometry = True
