"""Overlaps and gaps of a layer that claims to be a coverage, as lines of the delivery's report.

Input: the polygons of one delivery in the city's CRS and, where the layer claims the whole city,
the polygons that bound it. Output: `CoverageFound`. What is thinner than the layer's
`coverage_min_width_m` is rounding: counted, not listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import CatalogueLayer
from blueprint.deliveries.report import CoverageLine, IssuePlace
from conflict import union_of
from conflict.coverage import check_coverage, everywhere_thinner
from layers import Geometries, Issue


@dataclass(frozen=True, slots=True)
class CoverageFound:
    """What the report says, one issue an overlap or gap, and where each lies."""

    line: CoverageLine
    issues: tuple[Issue, ...]
    places: tuple[IssuePlace, ...]


def find_in_coverage(
    layer: CatalogueLayer,
    shapes: Geometries,
    rows: Sequence[int],
    ids: Sequence[str],
    outline: BaseGeometry | None = None,
) -> CoverageFound:
    """Look for overlaps and gaps within one delivery.

    `shapes`, `rows` (as delivered, counted from 1) and `ids` are equally long; `outline` is the
    city where the layer claims all of it, None where only holes between features count.

    Raises:
        OverlayError: two polygons have no credible intersection.
    """
    found = check_coverage(shapes, outline)
    wide = ~everywhere_thinner(found.overlaps, layer.coverage_min_width_m)
    open_ = ~everywhere_thinner(found.gaps, layer.coverage_min_width_m)
    issues, places = [], []
    spots = shapely.get_coordinates(shapely.point_on_surface(found.overlaps[wide]))
    for i, j, area, width, (x, y) in zip(
        found.left[wide], found.right[wide], found.overlap_m2[wide],
        found.overlap_width_m[wide], spots, strict=True,
    ):  # fmt: skip
        detail = f"overlaps row {rows[j]} ({ids[j]}) by {area:.4f} m², {width:.3f} m wide"
        issues.append(Issue(int(rows[i]), "overlap", "flagged", detail, ids[i]))
        places.append(IssuePlace(x=float(x), y=float(y), kind="overlap"))
    spots = shapely.get_coordinates(shapely.point_on_surface(found.gaps[open_]))
    for area, width, (x, y) in zip(
        found.gap_m2[open_], found.gap_width_m[open_], spots, strict=True
    ):
        detail = f"a gap of {area:.4f} m², {width:.3f} m wide, at {x:.1f}, {y:.1f}"
        issues.append(Issue(0, "gap", "flagged", detail))
        places.append(IssuePlace(x=float(x), y=float(y), kind="gap"))
    line = CoverageLine(
        overlaps=int(wide.sum()),
        # ground that three features claim counts once
        overlap_m2=float(shapely.area(union_of(found.overlaps[wide]))),
        gaps=int(open_.sum()),
        gap_m2=float(found.gap_m2[open_].sum()),
        widest_overlap_m=float(np.max(found.overlap_width_m, initial=0.0)),
        widest_gap_m=float(np.max(found.gap_width_m, initial=0.0)),
        numerical=int((~wide).sum() + (~open_).sum()),
    )
    return CoverageFound(line, tuple(issues), tuple(places))
