"""What has been drawn so far: for every layer its geometries and attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from city.shapes import single_parts


@dataclass(slots=True)
class Drawn:
    """The features of one layer, before numbering and projection."""

    shapes: list[BaseGeometry]
    fields: dict[str, list[Any]] = field(default_factory=dict)

    def union(self) -> BaseGeometry:
        """The union of all features."""
        return shapely.union_all(self.shapes)


Drawing = dict[str, Drawn]


def with_class(
    parts: Sequence[tuple[BaseGeometry, Sequence[Any]]], *names: str, least_m2: float = 1.0
) -> Drawn:
    """Single polygons of several geometries, each with the values that its geometry carries."""
    shapes: list[BaseGeometry] = []
    rows: list[Sequence[Any]] = []
    for geometry, values in parts:
        polygons = single_parts(geometry, least_m2)
        shapes += polygons
        rows += [values] * len(polygons)
    return Drawn(shapes, {name: [row[i] for row in rows] for i, name in enumerate(names)})
