"""Whether the sites of a family lie as they must, by the overlay engine.

Input: sites by project id, polygons in the city's CRS. A divided project's parts lie inside its
site and share no ground; a merger's site is that of the merged together. Output: each strip that
lies otherwise, with both areas, its width and band; what is thinner than rounding is nothing.

A strip narrower than twice the accuracy of boundary points may be an error of surveying: it leaves
the check undecided, a wider one breaks it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import City
from blueprint.judge import band_of
from blueprint.lineage.documents import (
    CheckId,
    ConservationCheck,
    GroundLine,
    Kept,
    Relation,
)
from blueprint.numerical import without_numerical
from blueprint.shared_documents import Area
from blueprint.values import Bilingual
from conflict import (
    OverlayError,
    Shapes,
    mean_width_m,
    measure,
    overlay,
    shared_geometry,
    union_of,
    without,
)

ACCURACY_M = 0.05
"""Of a surveyed boundary point, m; not verified."""

_TOLD = 5
"""So many strips a sentence tells, the largest; the check lists all."""

Ground = Mapping[str, BaseGeometry | None]
_UNCOMPUTED = Bilingual(
    zh="叠加无法得出可信结果，无法判断", en="no credible overlay could be made: undecided"
)


@dataclass(frozen=True, slots=True)
class Surveyor:
    """Measures ground in a city's CRS."""

    city: City

    def line(
        self, shape: BaseGeometry, sides: Sequence[BaseGeometry], project: str, other: str | None
    ) -> GroundLine | None:
        """What a shape comes to; None: it is only rounding. `sides` are what it was cut from."""
        real, _ = without_numerical(shape, forgive=False)
        if real.is_empty:
            return None
        measures = measure(np.array([real], dtype=object), self.city.crs)
        width = float(measures.width_m[0])
        narrowest = float(mean_width_m(np.array(sides, dtype=object)).min())
        return GroundLine(
            project_id=project,
            other_id=other,
            area=Area.of(
                float(measures.projected_m2[0]),
                float(measures.ellipsoidal_m2[0]),
                self.city.deciding_area,
            ),
            width_m=round(width, 4),
            band=band_of(width, ACCURACY_M, narrowest),
        )


def check_inside(
    surveyor: Surveyor, parent: str, site: BaseGeometry | None, parts: Ground
) -> ConservationCheck:
    """Whether the parts of a project lie inside its site."""
    if site is None:
        return _unknown("inside", "division", parent, [parent])
    try:
        lines = [
            surveyor.line(_rest(part, [site]), [part, site], name, None)
            for name, part in _drawn(parts).items()
        ]
    except (OverlayError, GEOSException):
        return _uncomputed("inside", "division", parent)
    return _judged("inside", "division", parent, lines, _without_site(parts))


def check_apart(surveyor: Surveyor, parent: str, parts: Ground) -> ConservationCheck:
    """Whether the parts of a project share no ground."""
    drawn = _drawn(parts)
    names = list(drawn)
    sites = np.empty(len(names), dtype=object)
    sites[:] = list(drawn.values())
    try:
        shapes = Shapes.from_geometries(sites)
        met = overlay(shapes, shapes)
        met = met.take(met.left < met.right)
        shared, failures = shared_geometry(shapes, shapes, met)
    except (OverlayError, GEOSException):
        return _uncomputed("apart", "division", parent)
    if failures:
        return _uncomputed("apart", "division", parent)
    lines = [
        surveyor.line(shape, [sites[i], sites[j]], names[i], names[j])
        for i, j, shape in zip(met.left.tolist(), met.right.tolist(), shared, strict=True)
    ]
    return _judged("apart", "division", parent, lines, _without_site(parts))


def check_merged(
    surveyor: Surveyor, child: str, site: BaseGeometry | None, parts: Ground
) -> ConservationCheck:
    """Whether a merger's site is that of the merged together, neither more nor less."""
    lacking = [*([child] if site is None else []), *_without_site(parts)]
    drawn = _drawn(parts)
    if site is None or not drawn:
        return _unknown("merged_ground", "merger", child, lacking)
    try:
        lines = [
            surveyor.line(_rest(part, [site]), [part, site], name, None)
            for name, part in drawn.items()
        ]
        if not lacking:
            together = union_of(list(drawn.values()))
            lines.append(surveyor.line(_rest(site, [together]), [site, together], child, None))
    except (OverlayError, GEOSException):
        return _uncomputed("merged_ground", "merger", child)
    return _judged("merged_ground", "merger", child, lines, lacking)


def _rest(whole: BaseGeometry, others: Sequence[BaseGeometry]) -> BaseGeometry:
    rest = without(whole, others)
    if rest is None:
        raise OverlayError("what one site leaves of another cannot be computed")
    return rest


def _drawn(parts: Ground) -> dict[str, BaseGeometry]:
    return {name: part for name, part in parts.items() if part is not None}


def _without_site(parts: Ground) -> list[str]:
    return [name for name, part in parts.items() if part is None]


def _judged(
    check: CheckId,
    relation: Relation,
    project: str,
    found: Sequence[GroundLine | None],
    lacking: Sequence[str],
) -> ConservationCheck:
    lines = [line for line in found if line is not None]
    real = [line for line in lines if line.band == "real"]
    if not lines and lacking:
        return _unknown(check, relation, project, lacking)
    outcome: Kept = "broken" if real else "undecided" if lines or lacking else "held"
    return ConservationCheck(
        id=check,
        relation=relation,
        project_id=project,
        outcome=outcome,
        message=_message(check, real or lines, is_real=bool(real)),
        ground=lines,
    )


_THIN = Bilingual(
    zh="窄于界址点精度所能分辨，疑似误差，请核对界址",
    en="narrower than boundary points are accurate: perhaps an error, check the boundary",
)
_WRONG: dict[CheckId, Bilingual] = {
    "inside": Bilingual(zh="位于上级项目用地之外", en="lies outside the parent's site"),
    "apart": Bilingual(zh="与同级项目用地重叠", en="is shared with a sibling"),
    "merged_ground": Bilingual(zh="合并前后用地不一致", en="is not on both sides of the merger"),
}
_RIGHT: dict[CheckId, Bilingual] = {
    "inside": Bilingual(
        zh="分期、拆分项目用地均在上级项目用地之内",
        en="the sites of the phases and splits lie inside the parent's",
    ),
    "apart": Bilingual(
        zh="分期、拆分项目用地互不重叠", en="the sites of the phases and splits share no ground"
    ),
    "merged_ground": Bilingual(
        zh="合并后的用地与被合并项目用地一致",
        en="the merger's site is that of the merged projects together",
    ),
}


def _message(check: CheckId, lines: Sequence[GroundLine], *, is_real: bool) -> Bilingual:
    if not lines:
        return _RIGHT[check]
    largest = sorted(lines, key=lambda line: -line.area.deciding_m2)[:_TOLD]
    wrong, told = _WRONG[check], [_line_words(line) for line in largest]
    more = len(lines) - len(told)
    if more:
        told.append(Bilingual(zh=f"另有 {more} 处", en=f"and {more} more"))
    zh = f"{wrong.zh}：{'；'.join(one.zh for one in told)}"
    en = f"ground {wrong.en}: {'; '.join(one.en for one in told)}"
    if is_real:
        return Bilingual(zh=zh, en=en)
    return Bilingual(zh=f"{zh}；{_THIN.zh}", en=f"{en}; {_THIN.en}")


def _line_words(line: GroundLine) -> Bilingual:
    who = line.project_id if line.other_id is None else f"{line.project_id} × {line.other_id}"
    ellipsoidal, projected = line.area.ellipsoidal_m2, line.area.projected_m2
    return Bilingual(
        zh=f"{who} 椭球 {ellipsoidal:,.2f} m²、投影 {projected:,.2f} m²，宽 {line.width_m:.3f} m",
        en=f"{who} {ellipsoidal:,.2f} m² on the ellipsoid, {projected:,.2f} in the plane, "
        f"{line.width_m:.3f} m wide",
    )


def _unknown(
    check: CheckId, relation: Relation, project: str, lacking: Sequence[str]
) -> ConservationCheck:
    return ConservationCheck(
        id=check,
        relation=relation,
        project_id=project,
        outcome="undecided",
        message=Bilingual(
            zh=f"{'、'.join(lacking)} 没有用地范围，无法判断",
            en=f"{', '.join(lacking)} has no site drawn: undecided",
        ),
    )


def _uncomputed(check: CheckId, relation: Relation, project: str) -> ConservationCheck:
    return ConservationCheck(
        id=check, relation=relation, project_id=project, outcome="undecided", message=_UNCOMPUTED
    )
