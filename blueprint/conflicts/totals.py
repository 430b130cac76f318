"""What the conflicts of a search add up to: by rule, by pair of departments, by district.

Input: a kept search as its reader may see it. Output: `ConflictTotals`. Ground that several
conflicts share is counted once in every area, so that the lines of a table may add up to more than
the whole; districts and what lies outside them add up to it. A conflict in two districts counts in
both. Without a whole layer of districts there are no totals by district, and why is said.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa
from pydantic import Field
from shapely.errors import GEOSException

from blueprint.availability import INCOMPLETE_HERE
from blueprint.catalogue import City
from blueprint.clearance import ClearanceText
from blueprint.conflicts.documents import Conflict
from blueprint.conflicts.kept_runs import KeptRun
from blueprint.registry import hidden_layers
from blueprint.service import Service
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.values import Bilingual, Value
from blueprint.whole_layers import WholeLayers
from conflict import ellipsoidal_area_m2
from layers import Geometries
from layers.attributes import is_missing, parse_attributes

_GRID_M = 1e-4
_LEAST_M2 = 1e-4
"""Less of a conflict in a district is the rounding of its boundary."""


class Total(Value):
    """So many conflicts, and the ground that they cover, counted once."""

    conflicts: int
    area: Area


class RuleTotal(Value):
    """One rule; `total` null: withheld, or not searched. `searched_whole`: none can be missing."""

    rule: str
    title: Bilingual
    severity: str
    searched_whole: bool
    suspected_errors: int | None
    total: Total | None


class PairTotal(Value):
    """Two departments, or one whose own layers fight."""

    departments: list[DepartmentRef]
    total: Total


class DistrictTotal(Value):
    """One district; `district` null: what lies outside all of them."""

    district: str | None
    total: Total


class ConflictTotals(Value):
    """What one search adds up to."""

    run_id: str
    snapshot: str
    application_date: date
    clearance: ClearanceText
    complete: bool = Field(description="false while any rule could not be searched whole")
    whole: Total
    rules: list[RuleTotal]
    departments: list[PairTotal]
    districts: list[DistrictTotal] | None = Field(description="null: `no_districts` says why")
    no_districts: Bilingual | None


@dataclass(frozen=True, slots=True)
class DistrictMap:
    """The districts' names and shapes in the city's CRS, equally long."""

    names: tuple[str, ...]
    shapes: Geometries

    def of(self, shapes: Geometries) -> list[tuple[str, ...]]:
        """The districts of each shape, that of its largest part first."""
        pieces: list[list[tuple[float, str]]] = [[] for _ in range(len(shapes))]
        for row, district, piece in self.pieces(shapes):
            pieces[row].append((-float(shapely.area(piece)), self.names[district]))
        return [tuple(name for _, name in sorted(some)) for some in pieces]

    def pieces(self, shapes: Geometries) -> Iterator[tuple[int, int, shapely.Geometry]]:
        """Row, district and what of the shape lies in the district."""
        rows, found = shapely.STRtree(self.shapes).query(shapes, predicate="intersects")
        cut = _intersection(shapes[rows], self.shapes[found])
        large = shapely.area(cut) >= _LEAST_M2
        yield from zip(rows[large].tolist(), found[large].tolist(), cut[large], strict=True)


def district_map(
    service: Service, connection: sa.Connection, run: KeptRun
) -> DistrictMap | Bilingual:
    """The districts of the snapshot on the day of the search, or why there are none."""
    wanted = run.snapshot.catalogue.city.districts
    if wanted is None:
        return Bilingual(zh="图层目录没有指定区划图层", en="the catalogue names no districts")
    if wanted.layer in hidden_layers(connection, run.snapshot, run.head.clearance):
        return INCOMPLETE_HERE
    day = run.head.application_date
    layers = WholeLayers(service, connection, run.snapshot, day, [wanted.layer])
    reason = layers.untimely(wanted.layer)
    if reason is not None:
        return reason
    taken = layers.take(wanted.layer, None)
    if taken.gap is not None:
        return taken.gap
    drawn = taken.drawn()
    values = [parse_attributes(text).get(wanted.field) for text in drawn.attributes]
    if any(is_missing(value) for value in values):
        return Bilingual(
            zh=f"区划图层有要素缺少 {wanted.field}", en=f"a district lacks its {wanted.field}"
        )
    return DistrictMap(tuple(map(str, values)), drawn.shapes)


def totals_of(
    run: KeptRun, shapes: Geometries, districts: DistrictMap | Bilingual
) -> ConflictTotals:
    """Add up a search's conflicts, whose shapes are given in their order."""
    head, city = run.head, run.snapshot.catalogue.city
    return ConflictTotals(
        run_id=head.run_id,
        snapshot=head.snapshot.id,
        application_date=head.application_date,
        clearance=head.clearance,
        complete=head.complete,
        whole=_total(len(shapes), shapes, city),
        rules=list(_by_rule(run)),
        departments=list(_by_departments(run, shapes)),
        districts=None
        if isinstance(districts, Bilingual)
        else _by_district(shapes, districts, city),
        no_districts=districts if isinstance(districts, Bilingual) else None,
    )


def _by_rule(run: KeptRun) -> Iterator[RuleTotal]:
    for line in run.head.rules:
        total = None
        if line.conflicts is not None and line.union is not None:
            count = line.conflicts + (line.suspected_errors or 0)
            total = Total(conflicts=count, area=line.union)
        yield RuleTotal(
            rule=line.rule,
            title=line.title,
            severity=line.severity,
            searched_whole=line.status == "checked" and not line.withheld,
            suspected_errors=line.suspected_errors,
            total=total,
        )


def _by_departments(run: KeptRun, shapes: Geometries) -> Iterator[PairTotal]:
    names = run.snapshot.catalogue.department_names
    rows: dict[tuple[str, ...], list[int]] = {}
    for row, one in enumerate(run.conflicts):
        rows.setdefault(_departments(one), []).append(row)
    city = run.snapshot.catalogue.city
    for pair, some in sorted(rows.items(), key=lambda item: (-len(item[1]), item[0])):
        yield PairTotal(
            departments=[DepartmentRef(id=name, name=names[name]) for name in pair],
            total=_total(len(some), shapes[some], city),
        )


def _departments(one: Conflict) -> tuple[str, ...]:
    return tuple(sorted({one.left.department, one.right.department}))


def _by_district(shapes: Geometries, districts: DistrictMap, city: City) -> list[DistrictTotal]:
    parts: dict[str, list[tuple[int, shapely.Geometry]]] = {}
    for row, district, piece in districts.pieces(shapes):
        parts.setdefault(districts.names[district], []).append((row, piece))
    found = []
    for name in sorted(set(districts.names)):
        some = parts.get(name, [])
        total = _total(len({row for row, _ in some}), [piece for _, piece in some], city)
        found.append(DistrictTotal(district=name, total=total))
    beyond = _difference(shapes, _union(districts.shapes))
    out = beyond[shapely.area(beyond) >= _LEAST_M2]
    if len(out):
        found.append(DistrictTotal(district=None, total=_total(len(out), out, city)))
    return found


def _total(count: int, shapes: Iterable[shapely.Geometry], city: City) -> Total:
    ground = _union(shapes)
    globe = float(ellipsoidal_area_m2(np.array([ground], dtype=object), city.crs)[0])
    return Total(
        conflicts=count, area=Area.of(float(shapely.area(ground)), globe, city.deciding_area)
    )


def _union(shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    """The ground that the areas among shapes cover; what does not join as drawn, on the grid."""
    array = _areas(list(shapes))
    try:
        return shapely.union_all(array)
    except GEOSException:
        return shapely.union_all(array, grid_size=_GRID_M)


def _areas(shapes: Sequence[shapely.Geometry]) -> Geometries:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    parts = shapely.get_parts(shapely.get_parts(array))
    return np.asarray(parts[shapely.get_dimensions(parts) == 2], dtype=object)


def _intersection(left: Geometries, right: Geometries) -> Geometries:
    try:
        return np.asarray(shapely.intersection(left, right), dtype=object)
    except GEOSException:
        return np.asarray(shapely.intersection(left, right, grid_size=_GRID_M), dtype=object)


def _difference(shapes: Geometries, ground: shapely.Geometry) -> Geometries:
    try:
        return np.asarray(shapely.difference(shapes, ground), dtype=object)
    except GEOSException:
        return np.asarray(shapely.difference(shapes, ground, grid_size=_GRID_M), dtype=object)
