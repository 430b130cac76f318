"""Zones whose width depends on an attribute (按属性取值的保护范围).

Input: a `distance` rule; the features near a site with their attributes (JSON texts); the drawn
zones near it, or None where that layer has no data; the site. Output: where the site lies in a
drawn zone, and where in a theoretical one.

Algorithm:
    1. each feature's width comes from the first row of the table that takes it. A row that an
       attribute is missing for may be the one, so the widest that could apply is taken (`assumed`);
       a feature that no row takes has `otherwise_m`, or no zone;
    2. what the law has drawn comes first: only the part of a feature that lies in no drawn zone
       keeps a theoretical one;
    3. both are intersected with the site as they are for other rules.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.rules.filters import decide
from blueprint.rules.kinds.models import DistanceRule
from conflict import overlay_site, union_of
from conflict.buffers import within_distance, zones
from layers import Geometries

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Widths:
    """The width of each feature's zone, 0 for none; `assumed` where an attribute is missing."""

    metres: Numbers
    assumed: Mask


@dataclass(frozen=True, slots=True)
class InZone:
    """Where a site lies in zones: what they share, united, and the rows that they come from.

    Of a theoretical zone `metres` is the widest met, and `assumed` whether one was taken at its
    widest for want of an attribute; of a drawn one they are None and False.
    """

    shape: BaseGeometry
    rows: Rows
    theoretical: bool
    metres: float | None
    assumed: bool


def widths(rule: DistanceRule, attributes: list[str]) -> Widths:
    """How wide each feature's zone is, shape (n,)."""
    n = len(attributes)
    metres, assumed = np.zeros(n), np.zeros(n, dtype=bool)
    taken = decide(rule.where, attributes)
    open_ = np.array([decision is not False for decision in taken], dtype=bool)
    doubted = np.array([decision is None for decision in taken], dtype=bool)
    assumed |= doubted
    for row in rule.widths:
        decisions = decide(row.where, attributes)
        true = open_ & np.array([decision is True for decision in decisions], dtype=bool)
        unknown = open_ & np.array([decision is None for decision in decisions], dtype=bool)
        metres[true | unknown] = np.maximum(metres[true | unknown], row.metres)
        assumed |= unknown
        open_ &= ~true
    metres[open_] = np.maximum(metres[open_], rule.otherwise_m or 0.0)
    return Widths(metres, assumed & (metres > 0))


def in_zones(
    rule: DistanceRule,
    site: BaseGeometry,
    shapes: Geometries,
    attributes: list[str],
    drawn: Geometries | None = None,
    drawn_attributes: list[str] | None = None,
) -> list[InZone]:
    """Where a site lies in drawn zones, then where in theoretical ones; each at most once.

    `rows` index `drawn` in the first, `shapes` in the second.
    """
    announced, at, doubtful = _announced(rule, drawn, drawn_attributes)
    found = []
    met_at, met = overlay_site(site, announced)
    if len(met_at):
        shape = union_of(met)
        found.append(InZone(shape, at[met_at], theoretical=False, metres=None, assumed=doubtful))
    theoretical = _theoretical(rule, site, shapes, attributes, announced)
    return found if theoretical is None else [*found, theoretical]


def all_zones(
    rule: DistanceRule,
    shapes: Geometries,
    attributes: list[str],
    drawn: Geometries | None = None,
    drawn_attributes: list[str] | None = None,
) -> tuple[Geometries, Geometries]:
    """The zones that are drawn, and the theoretical ones of what lies in none of them."""
    announced, _, _ = _announced(rule, drawn, drawn_attributes)
    wide = widths(rule, attributes).metres
    near = np.flatnonzero(wide > 0)
    bare, near = _bare(shapes[near], near, announced)
    return announced, zones(bare, wide[near])


def _announced(
    rule: DistanceRule, drawn: Geometries | None, attributes: list[str] | None
) -> tuple[Geometries, Rows, bool]:
    """The drawn zones that are meant, their rows, and whether a filter was undecided."""
    if drawn is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.intp), False
    decisions = decide(rule.zone_where, attributes or ["{}"] * len(drawn))
    # a zone that the filter cannot decide on counts: it is drawn, and may be the one
    at = np.flatnonzero([decision is not False for decision in decisions])
    return drawn[at], at, any(decision is None for decision in decisions)


def _bare(shapes: Geometries, rows: Rows, announced: Geometries) -> tuple[Geometries, Rows]:
    """What of the shapes lies in no drawn zone, with the rows that it belongs to."""
    if len(announced) == 0 or len(rows) == 0:
        return shapes, rows
    bare = np.asarray(shapely.difference(shapes, union_of(announced)), dtype=object)
    left = np.flatnonzero(~shapely.is_empty(bare))
    return bare[left], rows[left]


def _theoretical(
    rule: DistanceRule,
    site: BaseGeometry,
    shapes: Geometries,
    attributes: list[str],
    announced: Geometries,
) -> InZone | None:
    """Where a site lies in the zones of what no drawn zone takes in."""
    wide = widths(rule, attributes)
    near = np.flatnonzero(wide.metres > 0)
    near = near[within_distance(site, shapes[near], wide.metres[near])]
    bare, near = _bare(shapes[near], near, announced)
    still = within_distance(site, bare, wide.metres[near])
    bare, near = bare[still], near[still]
    at, met = overlay_site(site, zones(bare, wide.metres[near]))
    if len(at) == 0:
        return None
    rows = near[at]
    return InZone(
        shape=union_of(met),
        rows=rows,
        theoretical=True,
        metres=float(wide.metres[rows].max()),
        assumed=bool(wide.assumed[rows].any()),
    )
