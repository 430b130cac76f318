"""Rules on whole layers (监督): control totals, partitions, one layer inside another.

Input: a snapshot and a day. Output: `Supervision`: for every `quota`, `coverage`, `within` and
`contains` rule whether it is kept, and each thing that is not. A rule whose layer is missing, not
in effect, stale or holds quarantined rows is never `kept`.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.around import DrawnFeatures
from blueprint.catalogue import ControlTotal
from blueprint.clearance import PUBLIC, Clearance
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.rules.kinds.containment import Outside, outside
from blueprint.rules.kinds.coverage import Spot, partition
from blueprint.rules.kinds.plan_models import (
    ContainsRule,
    CoverageRule,
    QuotaRule,
    Target,
    WithinRule,
)
from blueprint.rules.kinds.quota import Ground, Total, totals
from blueprint.rules.pack import LegalBasis
from blueprint.service import Service
from blueprint.supervision import (
    TOTALS,
    Breach,
    BreachKind,
    Status,
    SupervisedRule,
    SupervisedTotal,
    Supervision,
)
from blueprint.values import Bilingual
from blueprint.whole_layers import WholeLayers
from conflict import ellipsoidal_area_m2, union_of
from conflict.errors import OverlayError
from layers import Geometries
from layers.attributes import is_missing, parse_attributes

PlanRule = QuotaRule | CoverageRule | WithinRule | ContainsRule
"""A rule on whole layers."""


@dataclass(slots=True)
class _Found:
    """What comes together on one rule."""

    reasons: list[Bilingual] = field(default_factory=list)
    totals: list[SupervisedTotal] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    numerical: int = 0


def supervise(
    service: Service,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Clearance = PUBLIC,
) -> Supervision:
    """Hold the layers of a snapshot, the newest unless named, against the rules on whole layers.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        day = day or snapshot.catalogue.city.today()
        hidden = hidden_layers(connection, snapshot, clearance)
        look = _Look(service, connection, snapshot, day, hidden)
        rules = [look.at(rule) for rule in snapshot.rule_pack.rules if isinstance(rule, PlanRule)]
    in_time = day >= snapshot.rule_pack.applies_from
    return Supervision(
        snapshot=snapshot.ref,
        rule_pack=snapshot.rule_pack_ref,
        day=day,
        clearance=clearance,
        city_notice=snapshot.catalogue.city.notice,
        complete=in_time and not any(rule.reasons for rule in rules),
        rules=rules,
    )


class _Look:
    """One look over one snapshot."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        day: date,
        hidden: frozenset[str],
    ) -> None:
        self.snapshot, self.day, self.hidden = snapshot, day, hidden
        plan = [rule for rule in snapshot.rule_pack.rules if isinstance(rule, PlanRule)]
        asked = {layer for rule in plan for layer in rule.asked_layers()}
        self.layers = WholeLayers(service, connection, snapshot, day, asked)

    def at(self, rule: PlanRule) -> SupervisedRule:
        """Apply one rule; what cannot be computed is a reason, never a rule that is kept."""
        bases = self.snapshot.rule_pack.bases_in_force(rule, self.day)
        if not bases:
            return self._line(rule, "not_in_force", _Found(), bases)
        if self.hidden & set(rule.asked_layers()):
            return self._line(rule, "withheld", _Found(), bases)
        found = _Found()
        try:
            if isinstance(rule, QuotaRule):
                self._quota(rule, found)
            elif isinstance(rule, CoverageRule):
                self._coverage(rule, found)
            else:
                self._containment(rule, found)
        except OverlayError as problem:
            text = str(problem)
            found.reasons.append(Bilingual(zh=f"无法可靠计算：{text}", en=text))
        status: Status = "kept"
        if found.breaches:
            status = "broken"
        elif found.reasons:
            status = "no_data"
        return self._line(rule, status, found, bases)

    def _line(
        self, rule: PlanRule, status: Status, found: _Found, bases: list[LegalBasis]
    ) -> SupervisedRule:
        return SupervisedRule(
            rule=rule.id,
            kind=rule.kind,
            title=rule.title,
            severity=rule.severity,
            department=rule.department,
            layers=list(dict.fromkeys(rule.asked_layers())),
            status=status,
            reasons=found.reasons,
            totals=found.totals,
            breaches=found.breaches,
            numerical=found.numerical,
            legal_bases=bases,
        )

    def _layer(self, name: str, where: str | None, found: _Found) -> DrawnFeatures | None:
        """The features that a filter takes; None: the layer has no data. Gaps become reasons."""
        reason = self.layers.untimely(name)
        if reason is not None:
            found.reasons.append(reason)
            return None
        taken = self.layers.take(name, where)
        if taken.gap is not None:
            found.reasons.append(taken.gap)
        return taken.drawn()

    def _quota(self, rule: QuotaRule, found: _Found) -> None:
        rule = self._with_catalogue(rule)
        layer = self._layer(rule.layer, rule.where, found)
        if layer is None:
            return
        parts = {name: self._layer(name, None, found) for name in rule.sum_of}
        base = None
        if rule.multiple is not None:
            base = self._layer(rule.multiple.of, rule.multiple.where, found)
        ground = Ground(
            layer=layer.shapes,
            parts={name: part.shapes for name, part in parts.items() if part is not None},
            base=None if base is None else base.shapes,
            districts=self._districts(rule, found),
        )
        if rule.catalogue_total and rule.city is None:
            reason = Bilingual(zh="图层目录未载控制总量", en="the catalogue has no control total")
            found.reasons.append(reason)
        for total in totals(rule, ground, self._areas):
            line = SupervisedTotal(
                total=total.kind,
                name=total.name,
                km2=None if total.km2 is None else round(total.km2, 6),
                at_least_km2=total.at_least_km2,
                at_most_km2=total.at_most_km2,
                holds=total.holds,
            )
            found.totals.append(line)
            if total.holds is None:
                found.reasons.append(_said_of(total, "无法核算", "cannot be told"))
            elif not total.holds:
                found.breaches.append(Breach(what="total", text=_missed(total)))

    def _with_catalogue(self, rule: QuotaRule) -> QuotaRule:
        """The rule with the city's total as the catalogue has it, where the rule asks for that."""
        issued = self.snapshot.catalogue.by_id[rule.layer].control_total
        if not rule.catalogue_total or issued is None or issued == ControlTotal():
            return rule
        city = Target(at_least_km2=issued.at_least_km2, at_most_km2=issued.at_most_km2)
        return rule.model_copy(update={"city": city})

    def _districts(self, rule: QuotaRule, found: _Found) -> tuple[list[str], Geometries] | None:
        if rule.districts is None:
            return None
        layer = self._layer(rule.districts.layer, None, found)
        if layer is None:
            return None
        values = [parse_attributes(text).get(rule.districts.field) for text in layer.attributes]
        return ["" if is_missing(value) else str(value) for value in values], layer.shapes

    def _areas(self, shapes: Geometries) -> list[float]:
        city = self.snapshot.catalogue.city
        if city.deciding_area == "projected":
            return [float(area) for area in shapely.area(shapes)]
        return [float(area) for area in ellipsoidal_area_m2(shapes, city.crs)]

    def _coverage(self, rule: CoverageRule, found: _Found) -> None:
        layer = self._layer(rule.layer, rule.where, found)
        outline = None
        if rule.outline is not None:
            around = self._layer(rule.outline, rule.outline_where, found)
            outline = None if around is None else union_of(around.shapes)
        if layer is None:
            return
        looked = rule.model_copy(update={"where": None})  # the filter was applied above
        faults = partition(looked, layer.shapes, layer.ids, layer.attributes, outline)
        found.numerical = faults.numerical
        for spot in faults.overlaps:
            text = Bilingual(zh="两个图斑重叠", en="two polygons overlap")
            found.breaches.append(self._breach("overlap", text, spot.ids, spot))
        for spot in faults.gaps:
            text = Bilingual(zh="空隙", en="a gap")
            found.breaches.append(self._breach("gap", text, (), spot))
        for number, ids in faults.duplicates.items():
            text = Bilingual(zh=f"标识重复：{number}", en=f"one id on several features: {number}")
            found.breaches.append(Breach(what="duplicate", text=text, feature_ids=list(ids)))
        for name, ids in faults.missing.items():
            text = Bilingual(zh=f"缺少 {name}", en=f"{name} is missing")
            found.breaches.append(Breach(what="missing", text=text, feature_ids=list(ids)))

    def _containment(self, rule: WithinRule | ContainsRule, found: _Found) -> None:
        inner, outer = self._layer(*rule.inner, found), self._layer(*rule.outer, found)
        if inner is None or outer is None:
            return
        contained = outside(rule, inner.shapes, inner.ids, outer.shapes)
        found.numerical = contained.numerical
        for one in contained.outside:
            text = (
                Bilingual(zh="整个图斑在范围之外", en="lies outside whole")
                if one.whole
                else Bilingual(zh="图斑部分超出范围", en="reaches outside")
            )
            found.breaches.append(self._breach("outside", text, (one.feature_id,), one))

    def _breach(
        self, what: BreachKind, text: Bilingual, ids: tuple[str, ...], spot: Spot | Outside
    ) -> Breach:
        """A breach of some extent, by both calibres."""
        crs = self.snapshot.catalogue.city.crs
        ellipsoidal = ellipsoidal_area_m2(np.array([spot.shape], dtype=object), crs)
        return Breach(
            what=what,
            text=text,
            feature_ids=list(ids),
            area_m2=round(spot.area_m2, 4),
            ellipsoidal_m2=round(float(ellipsoidal[0]), 4),
            width_m=round(spot.width_m, 4),
        )


def _said_of(total: Total, zh: str, en: str) -> Bilingual:
    kind = TOTALS[total.kind]
    name = "" if total.name is None else f" {total.name}"
    return Bilingual(zh=f"{kind.zh}{name}：{zh}", en=f"{kind.en}{name}: {en}")


def _missed(total: Total) -> Bilingual:
    if total.short_km2 >= total.over_km2:
        short = f"{total.short_km2:,.6f} km²"
        return _said_of(
            total, f"{total.km2:,.6f} km²，不足 {short}", f"{total.km2:,.6f} km², short by {short}"
        )
    over = f"{total.over_km2:,.6f} km²"
    return _said_of(
        total, f"{total.km2:,.6f} km²，超出 {over}", f"{total.km2:,.6f} km², over by {over}"
    )
