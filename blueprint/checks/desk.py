"""The desk that findings are written at: which snapshot, site and day, and who will read them.

Output: `Finding`s, as `Desk.finding` writes them for rules of every kind, and `Answer`, what one
rule came to. What the reader may not see leaves the desk without place and size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from shapely.geometry.base import BaseGeometry

from blueprint.checks.site import Site
from blueprint.clearance import Clearance
from blueprint.coordinates import approximate_note
from blueprint.documents import Band, Finding, Outcome
from blueprint.judge import band_of, worst_of
from blueprint.registry import Snapshot
from blueprint.rules.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.rules.pack import SiteCheckRule
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.values import Bilingual
from conflict import Measures, mean_width_m, measure
from conflict.measure import Numbers
from conflict.pairs import Geometries

UNTOLD = Bilingual(
    zh="要素缺少规则所需的属性，或其值不是单一数值，无法判断",
    en="a feature lacks the attribute that the rule asks for, or it is no single number",
)
_WITHHELD = Bilingual(zh="位置和面积不予公开", en="place and size are not disclosed")


@dataclass(frozen=True)
class Desk:
    """What findings are written with: the snapshot, the site, the day and who will read them.

    `project` is what the applicant says; `approximate` has the layers that were delivered in a web
    map's coordinates, and in which. `later_layers`: layers that came into effect after the day
    count too, whose law is the day's all the same.
    """

    snapshot: Snapshot
    site: Site
    day: date
    clearance: Clearance
    hidden: frozenset[str]
    project: ProjectFigures = NOTHING_SAID
    approximate: Mapping[str, str] = field(default_factory=dict)
    later_layers: bool = False

    @cached_property
    def site_area(self) -> Area:
        """The site's own area."""
        return self.area(self.measure_one(self.site.geometry))

    @cached_property
    def site_width_m(self) -> float:
        """The mean width of the site's widest part."""
        return float(mean_width_m(np.array([self.site.geometry], dtype=object))[0])

    def measure(self, shapes: Geometries) -> Measures:
        """Measure shapes in the city's CRS; arrays of shape (k,)."""
        return measure(shapes, self.snapshot.catalogue.city.crs)

    def measure_one(self, shape: BaseGeometry) -> Measures:
        """Measure one shape; arrays of length 1."""
        return self.measure(np.array([shape], dtype=object))

    def area(self, measures: Measures, at: int = 0) -> Area:
        """One area among `measures`, the first unless another is named, by both calibres."""
        projected, ellipsoidal = measures.projected_m2[at], measures.ellipsoidal_m2[at]
        decided_by = self.snapshot.catalogue.city.deciding_area
        return Area.of(float(projected), float(ellipsoidal), decided_by)

    def visible(self, layer: str) -> bool:
        """Whether the reader may see the layer's features, then and now."""
        return layer not in self.hidden

    def sees(self, rule: SiteCheckRule) -> bool:
        """Whether the reader may see all that the rule asks for: each layer shapes its findings."""
        return self.hidden.isdisjoint(rule.asked_layers())

    def approximation(self, layer: str) -> str | None:
        """The web maps whose coordinates an answer about the layer rests on, as may be known."""
        if not self.approximate and self.site.approximate is None:
            return None
        delivered = self.approximate.get(layer) if self.visible(layer) else None
        maps = (delivered, self.site.approximate)
        return ", ".join(dict.fromkeys(name for name in maps if name)) or None

    def approximate_notes(self, *layers: str) -> list[Bilingual]:
        """What an answer that rests on the layers says of that, for them and for the site."""
        notes = []
        for layer in layers:
            if layer in self.approximate and self.visible(layer):
                title = self.snapshot.catalogue.titles[layer]
                notes.append(approximate_note(self.approximate[layer], title))
        if self.site.approximate is not None:
            notes.append(approximate_note(self.site.approximate))
        return notes

    def band(self, layer: str, shape: BaseGeometry, sides_m: Numbers) -> Band:
        """The band of what the site shares with polygons of a layer, `sides_m` wide, shape (n,)."""
        width = mean_width_m(np.array([shape], dtype=object))
        return self.band_of(layer, float(width[0]), sides_m)

    def band_of(self, layer: str, width_m: float, sides_m: Numbers) -> Band:
        """The same of what is so wide."""
        narrowest = min(self.site_width_m, float(sides_m.min()))
        return band_of(width_m, self.snapshot.catalogue.by_id[layer].accuracy_m, narrowest)

    def share(self, area: Area) -> float:
        """How much of the site an area is, 0 to 1."""
        # both shapes passed through floating-point overlays: the last digits may exceed the whole
        return round(min(1.0, area.deciding_m2 / self.site_area.deciding_m2), 6)

    def _department(self, name: str) -> DepartmentRef:
        if name not in self._departments:
            titles = self.snapshot.catalogue.department_names
            self._departments[name] = DepartmentRef(id=name, name=titles[name])
        return self._departments[name]

    @cached_property
    def _departments(self) -> dict[str, DepartmentRef]:
        return {}

    def finding(
        self,
        rule: SiteCheckRule,
        layer: str,
        outcome: Outcome,
        *,
        notes: Sequence[Bilingual] = (),
        open_notes: Sequence[Bilingual] = (),
        **details: object,
    ) -> Finding:
        """A finding of a rule on a layer.

        Where a layer that the rule asks for is above the clearance `notes` and `details` are left
        out, unless all that is said is that it has no data; `open_notes` stay.
        """
        shown = self.sees(rule) or outcome == "no_data"
        said = [*open_notes, *(notes if shown else [_WITHHELD])]
        fields = {
            "rule": rule.id,
            "layer": layer,
            "title": rule.title,
            "outcome": outcome,
            "message": rule.message,
            "department": self._department(rule.department),
            "legal_bases": self.snapshot.rule_pack.bases_in_force(rule, self.day),
            "buffer_m": getattr(rule, "buffer_m", None),
            "approximate": self.approximation(layer),
            "notes": [*said, *self.approximate_notes(layer)],
            "withheld": not shown,
        }
        return Finding.model_validate(fields | (details if shown else {}))


@dataclass(slots=True)
class Answer:
    """What one rule came to: findings with the shape behind each, and what could not be known.

    `met` has the layers of what was met, `hidden` the worst that each thing not known could be.
    `uncomputed` is the number of features whose overlap no method gave.
    """

    rule: SiteCheckRule
    found: list[tuple[Finding, BaseGeometry | None]] = field(default_factory=list)
    hidden: list[Outcome] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    undecided: bool = False
    uncomputed: int = 0
    numerical_overlaps: int = 0

    def add(self, finding: Finding, shape: BaseGeometry | None = None) -> None:
        """One more finding; what is withheld has no shape."""
        self.found.append((finding, None if finding.withheld else shape))

    def doubt(self, desk: Desk, layer: str, note: Bilingual) -> None:
        """Something that is not known: told, and as grave as it could be."""
        self.hidden.append(worst_of(self.rule))
        self.add(desk.finding(self.rule, layer, "no_data", notes=[note]))
