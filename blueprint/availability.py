"""What a layer can be relied on for: silence of a layer means "clear" only where it really speaks.

A layer is without data for a site when it was never delivered, is not yet in effect or stale on the
application date, does not cover the whole site, or holds a quarantined row that may lie there.
Coverage is the city's boundary (`coverage: city`) or the layer's own features (`coverage: own`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import CatalogueLayer
from blueprint.numerical import NUMERICAL_WIDTH_M
from blueprint.rules.pack import SiteCheckRule
from blueprint.values import Bilingual
from conflict import mean_width_m, union_of
from layers import Bounds, Geometries, LayerVersion

INCOMPLETE_HERE = Bilingual(zh="该图层资料不全", en="the layer's data is incomplete here")
"""All that is said of a gap in a layer which the reader may not see."""


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
    """Of the site, covered by what each covering layer holds."""
    uncomputed: frozenset[str] = frozenset()
    """Covering layers with a feature whose overlap with the site no method gave."""
    sound: frozenset[str] = frozenset()
    """Layers that nothing speaks against, whatever is asked of them."""
    later_layers: bool = False
    """Whether a layer that came into effect after the day speaks for it too."""
    known: dict[tuple[str, float], "Availability"] = field(default_factory=dict, compare=False)
    """What was found of layers and distances; a layer is asked for its rules and for its line."""


def availability(
    layer: CatalogueLayer, boundary: CatalogueLayer, evidence: Evidence, reach_m: float
) -> Availability:
    """Whether `layer` can be believed when it says nothing within `reach_m` of the site.

    A layer that covers the city is believed only as far as the layer that bounds the city is.
    """
    key = layer.id, reach_m
    if key not in evidence.known:
        evidence.known[key] = _availability(layer, boundary, evidence, reach_m)
    return evidence.known[key]


def _availability(
    layer: CatalogueLayer, boundary: CatalogueLayer, evidence: Evidence, reach_m: float
) -> Availability:
    covering = layer if layer.coverage == "own" else boundary
    share = evidence.shares[covering.id]
    reason = _doubt(layer, evidence, reach_m)
    if reason is None and covering is not layer:
        doubt = _doubt(covering, evidence, 0.0)
        if doubt is not None:
            reason = named(covering, doubt)
    if reason is None and share < 1 and covering.id in evidence.uncomputed:
        text = _text("与地块的重叠无法可靠计算", "its overlap with the site cannot be computed")
        reason = named(covering, text)
    if reason is None and share < 1:
        # never "100 %" of what is not covered wholly
        percent = f"{min(share, 0.9999):.2%}"
        zh, en = f"图层只覆盖地块的 {percent}", f"the layer covers only {percent} of the site"
        reason = _text(zh, en)
    known = layer.id in evidence.versions
    return Availability(share if known else 0.0, reason)


def believed(rule: SiteCheckRule, pinned: Collection[str]) -> list[str]:
    """The layers whose silence counts: drawn zones that were never delivered are not drawn."""
    asked = dict.fromkeys(rule.asked_layers())
    return [layer for layer in asked if layer in pinned or layer == rule.layer]


def untimely(
    layer: CatalogueLayer, version: LayerVersion | None, day: date, *, later_counts: bool = False
) -> Bilingual | None:
    """Why a layer, of which this version is pinned, says nothing on a day; None: it does."""
    if version is None:
        return _text("本快照中没有该图层", "not delivered in this snapshot")
    if day < version.effective and not later_counts:
        return _text(
            f"该版数据自 {version.effective} 起生效，请用较早的快照",
            f"in effect only from {version.effective}: ask an earlier snapshot",
        )
    last_day = layer.stale_after(version.effective)
    if day > last_day:
        return _text(
            f"数据已过期：{version.effective} 版的有效期至 {last_day}",
            f"stale: the version effective {version.effective} is good until {last_day}",
        )
    return None


def named(layer: CatalogueLayer, reason: Bilingual) -> Bilingual:
    """A reason with the layer that it is about."""
    return _text(f"{layer.name.zh}：{reason.zh}", f"{layer.name.en}: {reason.en}")


def _doubt(layer: CatalogueLayer, evidence: Evidence, reach_m: float) -> Bilingual | None:
    """Why a layer says nothing for this day or this place; None: nothing speaks against it."""
    version = evidence.versions.get(layer.id)
    reason = untimely(layer, version, evidence.day, later_counts=evidence.later_layers)
    if reason is not None:
        return reason
    boxes = evidence.quarantined.get(layer.id, [])
    if any(box is None or shapely.box(*box).distance(evidence.site) <= reach_m for box in boxes):
        return _text(
            "该图层有被隔离的要素可能位于此处", "a quarantined feature of the layer may lie here"
        )
    return None


def without_details(known: Availability) -> Availability:
    """The same for a reader who may not learn where the layer's features lie."""
    if known.reason is None:
        return known
    return Availability(0.0, INCOMPLETE_HERE)


def covered_share(site: BaseGeometry, covering: Geometries) -> float:
    """The share of the site that polygons cover, 0 to 1; 1 when only rounding is left over."""
    if len(covering) == 0:
        return 0.0
    beyond = shapely.difference(site, union_of(covering))
    if mean_width_m(np.array([beyond], dtype=object))[0] < NUMERICAL_WIDTH_M:
        return 1.0
    return max(0.0, 1 - shapely.area(beyond) / shapely.area(site))


def _text(zh: str, en: str) -> Bilingual:
    return Bilingual(zh=zh, en=en)
