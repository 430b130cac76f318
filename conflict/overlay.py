"""The two overlays: a layer with a layer, and one site with many features."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from conflict.intersect import intersect_pairs
from conflict.pairs import Geometries, Indices, candidate_pairs


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Index arrays into left and right and the geometry each pair shares; all of shape (k,)."""

    left: Indices
    right: Indices
    geometry: Geometries


def overlay(left: Geometries, right: Geometries) -> Overlaps:
    """Every pair of polygons that shares area, shapes (n,), (m,); touching is no overlap.

    Raises:
        OverlayError: a pair has no credible intersection.
    """
    i, j = candidate_pairs(left, right)
    met = intersect_pairs(left[i], right[j], 2)
    real = ~shapely.is_empty(met)
    return Overlaps(i[real], j[real], met[real])


def overlay_site(site: BaseGeometry, features: Geometries) -> tuple[Indices, Geometries]:
    """The features that a polygon meets and what they share with it, in each one's dimension.

    Shape (n,) → indices (k,), geometries (k,). A feature that only touches the boundary, or a line
    that only ends on it, shares nothing and is not among them; a point on it counts as inside.

    Raises:
        OverlayError: a feature has no credible intersection with the site.
    """
    shapely.prepare(site)
    near = np.flatnonzero(shapely.intersects(site, features))
    dimensions = shapely.get_dimensions(features[near])
    met = np.empty(len(near), dtype=object)
    for dimension in (0, 1, 2):
        rows = np.flatnonzero(dimensions == dimension)
        sites = np.full(len(rows), site, dtype=object)
        met[rows] = intersect_pairs(features[near[rows]], sites, dimension)
    real = ~shapely.is_empty(met)
    return near[real], met[real]
