"""What a layer can be relied on for: silence of a layer means "clear" only where it really speaks.

A layer is without data for a site when it was never delivered, is stale on the application date,
does not cover the whole site, or holds a quarantined row that may lie there. Coverage is the
city's boundary (`coverage: city`) or the layer's own features (`coverage: own`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import CatalogueLayer
from blueprint.values import Bilingual
from conflict import mean_width_m
from layers import Bounds, Geometries, LayerVersion

NUMERICAL_WIDTH_M = 0.001
"""Ten steps of the store's grid: what is thinner comes from rounding coordinates, metres."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a layer speaks about a site; `reason` says why not."""

    covered_share: float
    reason: Bilingual | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the pinned layers around one site."""

    site: BaseGeometry
    day: date
    versions: Mapping[str, LayerVersion]
    quarantined: Mapping[str, list[Bounds | None]]
    shares: Mapping[str, float]


def availability(
    layer: CatalogueLayer, boundary_layer: str, evidence: Evidence, reach_m: float
) -> Availability:
    """Whether `layer` can be believed when it says nothing within `reach_m` of the site."""
    version = evidence.versions.get(layer.id)
    if version is None:
        return Availability(0.0, _text("本快照中没有该图层", "not delivered in this snapshot"))
    last_day = layer.stale_after(version.effective)
    if evidence.day > last_day:
        return Availability(
            0.0,
            _text(
                f"数据已过期：{version.effective} 版的有效期至 {last_day}",
                f"stale: the version effective {version.effective} is good until {last_day}",
            ),
        )
    share = evidence.shares[layer.id if layer.coverage == "own" else boundary_layer]
    if share < 1:
        return Availability(
            share,
            _text(
                f"图层只覆盖地块的 {share:.2%}", f"the layer covers only {share:.2%} of the site"
            ),
        )
    boxes = evidence.quarantined.get(layer.id, [])
    if any(box is None or shapely.box(*box).distance(evidence.site) <= reach_m for box in boxes):
        return Availability(
            share,
            _text(
                "该图层有被隔离的要素可能位于此处",
                "a quarantined feature of the layer may lie here",
            ),
        )
    return Availability(share, None)


def without_details(known: Availability) -> Availability:
    """The same for a reader who may not learn where the layer's features lie."""
    if known.reason is None:
        return known
    return Availability(0.0, _text("该图层资料不全", "the layer's data is incomplete here"))


def covered_share(site: BaseGeometry, covering: Geometries | None) -> float:
    """The share of the site that polygons cover, 0 to 1; 1 when only rounding is left over."""
    if covering is None or len(covering) == 0:
        return 0.0
    beyond = shapely.difference(site, shapely.union_all(covering))
    if mean_width_m(np.array([beyond], dtype=object))[0] < NUMERICAL_WIDTH_M:
        return 1.0
    return max(0.0, 1 - shapely.area(beyond) / shapely.area(site))


def _text(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)
