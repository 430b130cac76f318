"""The third flow: where the plans fight (差异图斑).

For every `exclusive` rule in force: the two layers of the snapshot are overlaid, what is rounding
is dropped and counted, the rest is measured and judged. A rule whose layer is missing, stale or
holds quarantined rows is never reported as free of conflicts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, Sensitivity
from blueprint.coordinates import approximate_note, approximations
from blueprint.documents import (
    Area,
    Conflict,
    ConflictRule,
    ConflictRun,
    ConflictSide,
    DepartmentRef,
)
from blueprint.filters import decide
from blueprint.judge import band_of, is_numerical, severity_rank
from blueprint.registry import Snapshot, hidden_layers, load_snapshot, now, save_run
from blueprint.rules import ExclusiveRule
from blueprint.service import Service
from blueprint.values import Bilingual
from conflict import (
    Shapes,
    ellipsoidal_area_m2,
    mean_width_m,
    measure,
    overlay,
    shared_geometry,
)
from layers import Geometries, LayerVersion
from layers.table import column, geometries

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FoundConflicts:
    """A run and the shape of each of its conflicts, in the city's CRS, equally long."""

    document: ConflictRun
    shapes: Geometries


@dataclass(frozen=True, slots=True)
class _Side:
    """The features of one layer that a rule is about; `gap` says why they are not all."""

    layer: CatalogueLayer
    shapes: Geometries
    ids: list[str]
    gap: Bilingual | None
    known: bool = True


def find_conflicts(
    service: Service,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Sensitivity = "public",
    progress: Progress = lambda _rule: None,
) -> FoundConflicts:
    """Search a snapshot, the newest unless named, and keep what is found.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`).
    `progress` is told each rule's id when its search begins. Conflicts of layers above `clearance`
    are counted but not listed.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        day = day or snapshot.catalogue.city.today()
        search = _Search(service, connection, snapshot, day, clearance)
        for rule in sorted(
            snapshot.rule_pack.exclusive_rules, key=lambda r: (severity_rank(r), r.id)
        ):
            progress(rule.id)
            search.run(rule)
    found = search.found()
    with service.database.write() as connection:
        save_run(connection, found.document, list(shapely.to_wkb(found.shapes)))
    return found


class _Search:
    """One run over one snapshot; layers are read once however many rules ask for them."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        day: date,
        clearance: Sensitivity,
    ) -> None:
        self.service, self.connection, self.snapshot = service, connection, snapshot
        self.day, self.clearance = day, clearance
        asked = {name for r in snapshot.rule_pack.exclusive_rules for name in (r.left, r.right)}
        self.pins = {name: number for name, number in snapshot.pins.items() if name in asked}
        self.versions = service.layers.pinned(connection, self.pins)
        self.approximate = approximations(self.versions)
        self.quarantined = service.layers.quarantined(connection, self.pins)
        self.lines: list[ConflictRule] = []
        self.conflicts: list[Conflict] = []
        self.shapes: list[Geometries] = []
        self.hidden = hidden_layers(connection, snapshot, clearance)
        self.complete = day >= snapshot.rule_pack.applies_from

    def run(self, rule: ExclusiveRule) -> None:
        """Search for the conflicts of one rule."""
        if not self.snapshot.rule_pack.bases_in_force(rule, self.day):
            self.lines.append(self._line(rule, status="not_in_force"))
            return
        left = self._side(rule.left, rule.left_where)
        right = self._side(rule.right, rule.right_where)
        gaps = [side.gap for side in (left, right) if side.gap is not None]
        gap = _joined(gaps) if gaps else None
        if gap is not None:
            self.complete = False
        if self.hidden & {rule.left, rule.right}:
            # neither how many nor why: both would tell of what may not be seen
            status = "checked" if gap is None else "no_data"
            self.lines.append(self._line(rule, status=status, withheld=True))
        elif left.known and right.known:
            self._overlay(rule, left, right, gap)
        else:
            self.lines.append(self._line(rule, status="no_data", reason=gap))

    def _overlay(
        self, rule: ExclusiveRule, left: _Side, right: _Side, gap: Bilingual | None
    ) -> None:
        city = self.snapshot.catalogue.city
        a, b = Shapes.from_geometries(left.shapes), Shapes.from_geometries(right.shapes)
        met = overlay(a, b)
        secret = hidden_layers(self.connection, self.snapshot, "public") & {rule.left, rule.right}
        keep = None if secret else self.service.keep_case
        shapes, failures = shared_geometry(a, b, met, keep=keep)
        if failures:
            gap = _joined([*([] if gap is None else [gap]), _undrawn(len(failures))])
            self.complete = False
            drawn = np.delete(np.arange(len(met)), [failure.pair for failure in failures])
            met, shapes = met.take(drawn), shapes[drawn]
        measures = measure(shapes, city.crs)
        noise = is_numerical(measures.projected_m2, measures.width_m, forgive=rule.forgive_slivers)
        kept = np.flatnonzero(~noise)
        accuracy = max(left.layer.accuracy_m, right.layer.accuracy_m)
        sides = np.minimum(
            mean_width_m(left.shapes)[met.left], mean_width_m(right.shapes)[met.right]
        )
        bands = [band_of(float(measures.width_m[k]), accuracy, float(sides[k])) for k in kept]
        self.lines.append(
            self._line(
                rule,
                status="no_data" if gap is not None else "checked",
                reason=gap,
                conflicts=bands.count("real"),
                suspected_errors=bands.count("suspected_error"),
                numerical_overlaps=int(noise.sum()),
                union=self._union(shapes[kept]),
            )
        )
        for k, band in zip(kept, bands, strict=True):
            self.conflicts.append(
                Conflict(
                    rule=rule.id,
                    left=_conflict_side(left, int(met.left[k])),
                    right=_conflict_side(right, int(met.right[k])),
                    severity=rule.severity,
                    band=band,
                    area=Area.of(
                        float(measures.projected_m2[k]),
                        float(measures.ellipsoidal_m2[k]),
                        city.deciding_area,
                    ),
                    width_m=round(float(measures.width_m[k]), 4),
                )
            )
        self.shapes.append(shapes[kept])

    def _side(self, layer_id: str, where: str | None) -> _Side:
        """The layer's features that the filter takes; none where the layer has no data."""
        layer = self.snapshot.catalogue.by_id[layer_id]
        version: LayerVersion | None = self.versions.get(layer_id)
        in_effect = version is not None and version.effective <= self.day
        if version is None or not in_effect or self.day > layer.stale_after(version.effective):
            missing = Bilingual(
                zh=f"{layer.name.zh}：缺失、未生效或已过期",
                en=f"{layer.name.en}: missing, not in effect or stale",
            )
            return _Side(layer, np.empty(0, dtype=object), [], missing, known=False)
        table = self.service.layers.scan(self.connection, {layer_id: version.version})
        decisions = decide(where, column(table, "attributes"))
        taken = np.array([decision is True for decision in decisions], dtype=bool)
        undecided = sum(decision is None for decision in decisions)
        ids = [name for name, take in zip(column(table, "feature_id"), taken, strict=True) if take]
        gap = self._gap(layer, undecided)
        return _Side(layer, geometries(table)[taken], ids, gap)

    def _gap(self, layer: CatalogueLayer, undecided: int) -> Bilingual | None:
        """Why the layer's conflicts may not be all of them."""
        aside = len(self.quarantined.get(layer.id, []))
        if aside == 0 and undecided == 0:
            return None
        return Bilingual(
            zh=f"{layer.name.zh}：{aside} 个要素被隔离，{undecided} 个要素缺少所需属性",
            en=f"{layer.name.en}: {aside} features quarantined, {undecided} lack the attribute",
        )

    def _union(self, shapes: Geometries) -> Area:
        """The ground that conflicts cover, counted once."""
        city = self.snapshot.catalogue.city
        union = np.array([shapely.union_all(shapes)], dtype=object)
        ellipsoidal = ellipsoidal_area_m2(union, city.crs)
        return Area.of(float(shapely.area(union)[0]), float(ellipsoidal[0]), city.deciding_area)

    def _line(self, rule: ExclusiveRule, **details: object) -> ConflictRule:
        catalogue = self.snapshot.catalogue
        owners = [catalogue.by_id[name].department for name in (rule.left, rule.right)]
        departments = [
            DepartmentRef(id=name, name=catalogue.department_names[name])
            for name in dict.fromkeys([*owners, rule.department])
        ]
        fields = {
            "rule": rule.id,
            "title": rule.title,
            "left": rule.left,
            "right": rule.right,
            "left_name": _name(catalogue.by_id[rule.left]),
            "right_name": _name(catalogue.by_id[rule.right]),
            "severity": rule.severity,
            "departments": departments,
            "legal_bases": self.snapshot.rule_pack.bases_in_force(rule, self.day),
            "notes": [
                approximate_note(self.approximate[name], _name(catalogue.by_id[name]))
                for name in (rule.left, rule.right)
                if name in self.approximate
            ],
            "approximate": self._approximation(rule),
        }
        return ConflictRule.model_validate(fields | details)

    def _approximation(self, rule: ExclusiveRule) -> str | None:
        maps = [self.approximate[n] for n in (rule.left, rule.right) if n in self.approximate]
        return ", ".join(dict.fromkeys(maps)) or None

    def found(self) -> FoundConflicts:
        """The document of the whole run."""
        document = ConflictRun(
            run_id=f"run_{uuid4().hex}",
            searched_at=now(),
            snapshot=self.snapshot.ref,
            rule_pack=self.snapshot.rule_pack_ref,
            application_date=self.day,
            clearance=self.clearance,
            city_notice=self.snapshot.catalogue.city.notice,
            crs=self.snapshot.catalogue.city.crs,
            complete=self.complete,
            rules=self.lines,
            conflicts=self.conflicts,
        )
        shapes = np.concatenate(self.shapes) if self.shapes else np.empty(0, dtype=object)
        return FoundConflicts(document, shapes)


def _name(layer: CatalogueLayer) -> Bilingual:
    return Bilingual(zh=layer.name.zh, en=layer.name.en)


def _joined(gaps: list[Bilingual]) -> Bilingual:
    return Bilingual(zh="；".join(g.zh for g in gaps), en="; ".join(g.en for g in gaps))


def _undrawn(count: int) -> Bilingual:
    """Pairs that no method could intersect: neither conflicts nor free of them."""
    return Bilingual(
        zh=f"{count} 对要素的重叠无法可靠计算，请修复图形后重新汇交",
        en=f"{count} pairs of features have no credible overlay: repair them and deliver again",
    )


def _conflict_side(side: _Side, at: int) -> ConflictSide:
    return ConflictSide(
        layer=side.layer.id, feature_id=side.ids[at], department=side.layer.department
    )
