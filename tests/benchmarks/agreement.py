"""Peers are compared only after they were seen to hold the same: counts, areas, a sample."""

import math
from dataclasses import dataclass
from typing import Any

import shapely

_AREA = 1e-6  # of the whole: what the store's grid of 0.1 mm may move
_ROUNDING = 1e-12
_GRID_M = 1e-4


class Disagreement(Exception):
    """Two products differ: nothing about them is worth timing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a product holds; `sample` is id → (WKB, attributes)."""

    count: int
    area: float
    coordinates: int
    sample: dict[str, tuple[bytes, dict[str, Any]]]

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Facts":
        """Take them from a job's answer."""
        sample = {
            name: (bytes.fromhex(wkb), attributes)
            for name, (wkb, attributes) in told["sample"].items()
        }
        return cls(told["count"], told["area"], told["coordinates"], sample)


def compare(name: str, facts: Facts, reference: Facts, *, exact: bool) -> None:
    """See that a product holds what the reference does: to the last bit, or to the store's grid.

    Raises:
        Disagreement: it does not.
    """
    if facts.count != reference.count:
        raise Disagreement(f"{name}: {facts.count} features, not {reference.count}")
    if abs(facts.area - reference.area) > (_ROUNDING if exact else _AREA) * reference.area:
        raise Disagreement(f"{name}: {facts.area} m², not {reference.area}")
    if facts.sample.keys() != reference.sample.keys():
        raise Disagreement(f"{name}: other features")
    for feature, (wkb, attributes) in facts.sample.items():
        wanted, said = reference.sample[feature]
        if not _equal(attributes, said):
            raise Disagreement(f"{name}: {feature}: {attributes}, not {said}")
        if not shapely.equals_exact(_shape(wkb), _shape(wanted), 0 if exact else _GRID_M):
            raise Disagreement(f"{name}: {feature}: another geometry")


def _equal(attributes: dict[str, Any], said: dict[str, Any]) -> bool:
    if attributes.keys() != said.keys():
        return False
    # ogr2ogr writes numbers to COPY with 15 digits, two less than a double has
    return all(
        math.isclose(value, said[name], rel_tol=1e-14)
        if isinstance(value, float)
        else value == said[name]
        for name, value in attributes.items()
    )


def _shape(wkb: bytes) -> shapely.Geometry:
    shape = shapely.from_wkb(wkb)
    if isinstance(shape, shapely.Polygon):
        shape = shapely.MultiPolygon([shape])
    return shapely.normalize(shape)
