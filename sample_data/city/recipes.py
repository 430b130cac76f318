"""The many small layers, scattered over the city as `recipes.csv` says."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from city.drawing import Drawing, Drawn, with_class
from city.ground import Ground, groups
from city.plans import Zones
from city.shapes import GRID_M, apart, blobs, point_array, scatter, winding


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a layer is drawn, and the file it is delivered in."""

    layer: str
    make: str  # points, blobs, lines, grid, units; own = drawn by a module of its own
    where: str
    count: int
    size_m: float
    file: str


def read_recipes(path: Path) -> list[Recipe]:
    """The rows of `recipes.csv`."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Recipe(
                row["layer"], row["make"], row["where"],
                int(row["count"] or 0), float(row["size_m"] or 0), row["file"],
            )
            for row in csv.DictReader(stream)
        ]  # fmt: skip


def cook(recipes: list[Recipe], ground: Ground, zones: Zones, drawing: Drawing, seed: int) -> None:
    """Draw every layer that has no module of its own; a layer's dice depend on its place."""
    areas = _areas(ground, zones, drawing)
    for number, recipe in enumerate(recipes):
        if recipe.make == "own":
            continue
        rng = np.random.default_rng([seed, number])
        if recipe.make in ("grid", "units"):
            drawing[recipe.layer] = _cells(recipe, ground, rng)
            continue
        area = _area(recipe.where, areas, ground)
        drawing[recipe.layer] = _scattered(recipe, area, rng)


def _areas(ground: Ground, zones: Zones, drawing: Drawing) -> dict[str, BaseGeometry]:
    sea = shapely.difference(ground.city, ground.land)
    shore = shapely.intersection(ground.coast.buffer(700), ground.land)
    return {
        "dev": zones.dev,
        "living": zones.living,
        "production": zones.production,
        "farm": zones.farm,
        "forest": zones.forest,
        "eco": shapely.union(zones.farm, zones.forest),
        "land": ground.land,
        "sea": sea.buffer(-300),
        "coast": shore,
        "water": shapely.union_all([ground.corridor, *ground.reservoirs]),
        "historic": drawing["historic_district_core"].union(),
    }


def _area(where: str, areas: dict[str, BaseGeometry], ground: Ground) -> BaseGeometry:
    if not where.startswith("d:"):
        return areas[where]
    _, district, *kind = where.split(":")
    home = shapely.intersection(ground.districts[district], ground.land)
    part = shapely.intersection(home, areas[kind[0]]) if kind else home
    # A district may hold too little of a zone, as the hills hold little town.
    return part if part.area > 3e6 else home


def _scattered(recipe: Recipe, area: BaseGeometry, rng: np.random.Generator) -> Drawn:
    if recipe.make == "points":
        return Drawn(point_array(scatter(rng, area, recipe.count)))
    if recipe.make == "lines":
        starts = scatter(rng, area, recipe.count)
        angle = rng.uniform(0, 2 * np.pi, recipe.count)
        step = np.stack([np.cos(angle), np.sin(angle)], axis=1) * recipe.size_m
        return Drawn(
            [winding(rng, np.stack([a, a + d]), 60, 400) for a, d in zip(starts, step, strict=True)]
        )
    core: BaseGeometry = area.buffer(-recipe.size_m * 0.8)
    inner = core if core.area > 1e5 else area
    drawn = blobs(
        rng, scatter(rng, inner, recipe.count), 0.55 * recipe.size_m, 1.4 * recipe.size_m, 16
    )
    cut = [shapely.set_precision(shapely.intersection(b, area), GRID_M) for b in drawn]
    parts = [(shape, ()) for shape in apart(cut, 1)]
    return with_class(parts, least_m2=200)


def _cells(recipe: Recipe, ground: Ground, rng: np.random.Generator) -> Drawn:
    """A sub-district cut into community grids, or a district into planning units."""
    cells = ground.cells
    scope, *_, name = recipe.where.split(":")
    if scope == "d":
        mine = np.flatnonzero((cells.district == name) & (cells.kind != "sea"))
        label = cells.street[mine]
    else:
        mine = np.flatnonzero((cells.street == name) & (cells.kind != "sea"))
        label = groups(cells.centre[mine], recipe.count, rng)
    every = np.arange(len(cells.shape))
    return with_class(
        [(cells.union(np.isin(every, mine[label == i])), ()) for i in np.unique(label)],
        least_m2=400,
    )
