"""The geometry cases of tests/cases, and one polygon strategy for all laws."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import shapely
import yaml
from shapely.geometry.base import BaseGeometry

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
