"""Overlaps and gaps of a delivery that claims to be a coverage, as the report has them."""

from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box

from blueprint.catalogue import CatalogueLayer
from blueprint.deliveries.coverage import CoverageFound, find_in_coverage

EAST, NORTH = 610_000.0, 2_708_000.0
LAYER = {
    "id": "land_use",
    "name": {"zh": "用地", "en": "Land use"},
    "department": "nrp",
    "geometry": "polygon",
    "is_coverage": True,
}


def cell(x: float, y: float, x2: float, y2: float) -> Polygon:
    return box(EAST + x, NORTH + y, EAST + x2, NORTH + y2)


def found(*cells: Polygon, outline: Polygon | None = None, **changes: Any) -> CoverageFound:
    shapes = np.empty(len(cells), dtype=object)
    shapes[:] = cells
    rows = [10 + at for at in range(len(cells))]
    ids = [f"F{at}" for at in range(len(cells))]
    layer = CatalogueLayer.model_validate(LAYER | changes)
    return find_in_coverage(layer, shapes, rows, ids, outline)


def test_a_sound_coverage_has_nothing_to_report() -> None:
    sound = found(cell(0, 0, 5, 10), cell(5, 0, 10, 10), outline=cell(0, 0, 10, 10))
    assert (sound.line.overlaps, sound.line.gaps, sound.line.numerical) == (0, 0, 0)
    assert (sound.issues, sound.places) == ((), ())


def test_an_overlap_and_a_gap_are_issues_that_say_where_and_how_large() -> None:
    spoilt = found(cell(0, 0, 6, 10), cell(5, 0, 8, 10), outline=cell(0, 0, 10, 10))
    overlap, gap = spoilt.issues
    assert (overlap.row, overlap.feature_id, overlap.action) == (10, "F0", "flagged")
    assert overlap.detail == "overlaps row 11 (F1) by 10.0000 m², 0.909 m wide"
    assert (gap.row, gap.kind) == (0, "gap")
    assert gap.detail.startswith("a gap of 20.0000 m²")
    assert [place.kind for place in spoilt.places] == ["overlap", "gap"]
    assert cell(5, 0, 6, 10).contains(Point(spoilt.places[0].x, spoilt.places[0].y))
    line = spoilt.line
    assert (line.overlaps, line.gaps) == (1, 1)
    assert (line.overlap_m2, line.gap_m2) == (pytest.approx(10), pytest.approx(20))


def test_ground_that_three_claim_counts_once() -> None:
    assert found(*[cell(0, 0, 2, 2)] * 3).line.overlap_m2 == pytest.approx(4)


def test_what_is_thinner_than_the_layer_reports_is_counted_apart() -> None:
    cells = (cell(0, 0, 5.0005, 10), cell(5, 0, 9.9995, 10))
    thin = found(*cells, outline=cell(0, 0, 10, 10))
    assert (thin.line.overlaps, thin.line.gaps, thin.line.numerical) == (0, 0, 2)
    assert thin.issues == ()
    exact = found(*cells, outline=cell(0, 0, 10, 10), coverage_min_width_m=0.0001)
    assert (exact.line.overlaps, exact.line.gaps, exact.line.numerical) == (1, 1, 0)


def test_holes_are_gaps_where_the_layer_does_not_claim_the_city() -> None:
    ring = cell(0, 0, 9, 9).difference(cell(3, 3, 6, 6))
    assert found(ring).line.gap_m2 == pytest.approx(9)
