"""geopandas, the way its documentation shows: clip, and overlay."""

from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.by_hand import measures
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import Contest
from tests.benchmarks.overlay.net import Floats, Ints

CRS = "EPSG:4548"


class SiteByClip:
    """geopandas.clip of the whole city."""

    def __init__(self, city: City, threads: int) -> None:
        del threads
        shapes = city.shapes()
        self.frame = geopandas.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=shapes)
        self.dimension = shapely.get_dimensions(shapes)
        self.sites = city.sites()
        _ = self.frame.sindex

    def site(self, number: int) -> tuple[Ints, Floats]:
        met = geopandas.clip(self.frame, self.sites[number])
        rows = met["row"].to_numpy()
        return rows, measures(met.geometry.to_numpy(), self.dimension[rows])


class SiteByOverlay(SiteByClip):
    """geopandas.overlay of what the spatial index finds; one kind of geometry at a time."""

    def site(self, number: int) -> tuple[Ints, Floats]:
        near = self.frame.iloc[self.frame.sindex.query(self.sites[number])]
        site = geopandas.GeoDataFrame(geometry=self.sites[number : number + 1])
        found = []
        for dimension in range(3):
            some = near[self.dimension[near["row"].to_numpy()] == dimension]
            if len(some):
                found.append(geopandas.overlay(some, site, how="intersection"))
        rows = np.concatenate([part["row"].to_numpy() for part in found])
        shapes = np.concatenate([part.geometry.to_numpy() for part in found])
        return rows, measures(shapes, self.dimension[rows])


class PairsByOverlay:
    """geopandas.overlay of two layers; classes are compared afterwards."""

    def __init__(self, city: City, threads: int) -> None:
        del threads
        self.city = city

    def load(self, contest: Contest, every: int) -> tuple[Any, Any]:
        frames = []
        for layer, step in ((contest.left, 1), (contest.right, every)):
            rows = self.city.rows(layer)
            shapes = self.city.shapes(rows)[::step]
            told = {"row": np.arange(len(shapes)) * step, "class": self.city.classes[rows][::step]}
            frames.append(geopandas.GeoDataFrame(told, geometry=shapes, crs=CRS))
        return frames[0], frames[1]

    def pairs(self, contest: Contest, loaded: tuple[Any, Any], every: int) -> Answers:
        del every
        met = geopandas.overlay(*loaded, how="intersection", keep_geom_type=True)
        if contest.by_class:
            met = met[met["class_1"] != met["class_2"]]
        areas = pd.Series(met.area)
        return Answers.of(met["row_1"].to_numpy(), met["row_2"].to_numpy(), areas.to_numpy())
