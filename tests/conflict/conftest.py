"""The geometry cases of tests/cases, and one polygon strategy for all laws."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from conflict.shapes import Shapes

CASES = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True)
class Case:
    id: str
    left: BaseGeometry
    right: BaseGeometry
    area: float


def read_cases(name: str) -> list[Case]:
    rows = yaml.safe_load((CASES / name).read_text("utf-8"))
    return [
        Case(row["id"], shapely.from_wkt(row["left"]), shapely.from_wkt(row["right"]), row["area"])
        for row in rows
    ]


@pytest.fixture(params=read_cases("overlay.yaml"), ids=lambda case: case.id)
def overlay_case(request: pytest.FixtureRequest) -> Case:
    case: Case = request.param
    return case


ORIGIN = (600_000.0, 2_700_000.0)


def shapes_of(geometries: Any) -> Shapes:
    found = np.empty(len(geometries), dtype=object)
    found[:] = list(geometries)
    return Shapes.from_geometries(found)


@dataclass(frozen=True, slots=True)
class Held:
    """The source of a task that does not leave the process: features in memory."""

    shapes: Shapes

    def open(self) -> Shapes:
        return self.shapes


@st.composite
def layers(draw: st.DrawFn, most: int = 12) -> Held:
    """A layer of valid polygons on the store's grid, some of them overlapping, touching, equal."""
    shapes = draw(st.lists(polygons(), max_size=most))
    return Held(shapes_of(shapes))


@st.composite
def polygons(draw: st.DrawFn) -> BaseGeometry:
    """A box or a triangle within 40 m, with corners on whole metres or on tenths of millimetres."""
    step = draw(st.sampled_from([1.0, 1.0, 1e-4]))
    spot = st.integers(0, round(40 / step))
    x, y, dx, dy = (draw(spot) * step for _ in range(4))
    corner = np.add(ORIGIN, (x, y))
    width, height = max(dx, step), max(dy, step)
    ring = [(0, 0), (width, 0), (width, height), (0, height)]
    if draw(st.booleans()):
        ring.remove(draw(st.sampled_from(ring)))
    return shapely.Polygon(np.round(corner + ring, 4))
