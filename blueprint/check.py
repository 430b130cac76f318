"""The second flow: what the blueprint says about one site (选址预检).

The site, a snapshot and the application date decide everything: rules in force on the date →
the snapshot's features around the site, in one scan → intersect → measure → judge → `SiteCheck`.
Features of one layer are united before a share is stated, so no share exceeds 100 %.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

import pyarrow.compute as pc
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint.availability import (
    Availability,
    Evidence,
    availability,
    covered_share,
    without_details,
)
from blueprint.catalogue import City, Sensitivity
from blueprint.coordinates import approximations
from blueprint.documents import Finding, LayerLine, LayerStatus, Outcome, SiteCheck, SiteRef
from blueprint.figures import refuse_unasked
from blueprint.findings import (
    Desk,
    Features,
    Ruling,
    finding_of_hit,
    finding_undecided,
    finding_without_data,
    rule_on_site,
)
from blueprint.further import Further, look_further, merged_lines, settled, with_question
from blueprint.judge import gravity, severity_rank, verdict_of, worst_of
from blueprint.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.registry import hidden_layers, load_snapshot, now, save_check
from blueprint.rules import SiteRule
from blueprint.service import Service
from blueprint.site import Site
from blueprint.values import Bilingual
from layers.table import column, geometries


@dataclass(frozen=True, slots=True)
class CheckedSite:
    """A site check and the shape behind each finding (None: there is none, or it is withheld)."""

    document: SiteCheck
    shapes: tuple[BaseGeometry | None, ...]

    @property
    def site(self) -> BaseGeometry:
        """The site, in the city's CRS."""
        return shapely.from_geojson(json.dumps(self.document.site.geometry))

    @property
    def overlaps(self) -> list[tuple[Finding, BaseGeometry]]:
        """The findings that have a shape to show, with it."""
        pairs = zip(self.document.findings, self.shapes, strict=True)
        return [(finding, shape) for finding, shape in pairs if shape is not None]


def check_site(
    service: Service,
    site: Site,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Sensitivity = "public",
    project: ProjectFigures = NOTHING_SAID,
) -> CheckedSite:
    """Check a site against a snapshot, the newest unless named, and keep the answer.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`). `day` is the
    application date, today unless given. Features of layers above `clearance` count,
    but their place and size are withheld. `project` has the applicant's answers and figures.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        InvalidFigures: a question is answered that the rules do not ask.
        OverlayError: a feature has no credible intersection with the site.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        hidden = hidden_layers(connection, snapshot, clearance)
        today = snapshot.catalogue.city.today()
        desk = Desk(snapshot, site, day or today, clearance, hidden)
        refuse_unasked(snapshot.rule_pack, project)
        rules = [
            settled(rule, project)
            for rule in sorted(snapshot.rule_pack.site_rules, key=_gravest_first)
            if snapshot.rule_pack.bases_in_force(rule, desk.day)
        ]
        features, evidence = _look_around(service, connection, desk, rules)
        further = look_further(service, connection, desk, project)
    desk = replace(desk, approximate=approximations(evidence.versions))
    rulings = [rule_on_site(rule, features[rule.layer], desk) for rule in rules]
    checked = _answer(desk, rulings, evidence, further, project)
    with service.database.write() as connection:
        save_check(connection, checked.document)
    return checked


def city_of(service: Service, snapshot_id: str | None = None, as_of: date | None = None) -> City:
    """The city of a snapshot: what a site is read for.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        return load_snapshot(connection, snapshot_id, as_of).catalogue.city


def _gravest_first(rule: SiteRule) -> tuple[int, str]:
    return severity_rank(rule), rule.id


def _look_around(
    service: Service, connection: sa.Connection, desk: Desk, rules: list[SiteRule]
) -> tuple[dict[str, Features], Evidence]:
    """The features of every asked layer that may matter, and what is known of the layers."""
    catalogue = desk.snapshot.catalogue
    asked = {catalogue.city.boundary_layer, *(rule.layer for rule in rules)}
    pins = {layer: number for layer, number in desk.snapshot.pins.items() if layer in asked}
    reach = max((rule.buffer_m or 0.0 for rule in rules), default=0.0)
    minx, miny, maxx, maxy = desk.site.bounds
    bounds = (minx - reach, miny - reach, maxx + reach, maxy + reach)
    table = service.layers.scan(connection, pins, bounds)
    features = {}
    for layer in sorted(asked):
        rows = table.filter(pc.equal(table.column("layer_id"), layer))
        features[layer] = Features(
            geometries(rows), column(rows, "feature_id"), column(rows, "attributes")
        )
    covering = {n for n in asked if catalogue.by_id[n].coverage == "own"}
    covering.add(catalogue.city.boundary_layer)
    evidence = Evidence(
        site=desk.site.geometry,
        day=desk.day,
        versions=service.layers.pinned(connection, pins),
        quarantined=service.layers.quarantined(connection, pins),
        shares={n: covered_share(desk.site.geometry, features[n].shapes) for n in sorted(covering)},
    )
    return features, evidence


def _answer(
    desk: Desk,
    rulings: list[Ruling],
    evidence: Evidence,
    further: Further,
    project: ProjectFigures,
) -> CheckedSite:
    """Put findings, layers and verdict together."""
    available = _availabilities(desk, rulings, evidence)
    found: list[tuple[Finding, BaseGeometry | None]] = []
    hidden, notes = _beyond_the_pack(desk, rulings, further)
    for ruling in rulings:
        rule = ruling.rule
        if ruling.hit is not None:
            shape = ruling.hit.shape if desk.visible(rule.layer) else None
            found.append((finding_of_hit(ruling, desk), shape))
        if ruling.undecided:
            found.append((finding_undecided(rule, desk), None))
        reason = available[rule.layer].reason
        if reason is not None:
            found.append((finding_without_data(rule, reason, desk), None))
        if ruling.undecided or reason is not None:
            hidden.append(worst_of(rule))
    hidden += further.hidden
    pack = desk.snapshot.rule_pack
    found = [(with_question(finding, pack, project), shape) for finding, shape in found]
    found = sorted([*found, *further.found], key=lambda pair: gravity(pair[0]))
    findings = [finding for finding, _ in found]
    snapshot = desk.snapshot
    document = SiteCheck(
        check_id=f"chk_{uuid4().hex}",
        checked_at=now(),
        snapshot=snapshot.ref,
        rule_pack=snapshot.rule_pack_ref,
        application_date=desk.day,
        clearance=desk.clearance,
        city=snapshot.catalogue.city.name,
        city_notice=snapshot.catalogue.city.notice,
        site=SiteRef(
            name=desk.site.name,
            area=desk.site_area,
            crs=desk.site.crs,
            source_crs=desk.site.source_crs,
            crs_assumed=desk.site.crs_assumed,
            parts=int(shapely.get_num_geometries(desk.site.geometry)),
            notes=list(desk.site.notes),
            geometry_hash=desk.site.geometry_hash,
            approximate=desk.site.approximate,
            geometry=_geojson(desk.site.geometry),
        ),
        project=project,
        verdict=verdict_of(findings, hidden),
        complete=not hidden,
        notes=[*notes, *desk.approximate_notes(*_unspoken(desk, rulings, findings))],
        findings=findings,
        layers=merged_lines(desk, _layer_lines(desk, rulings, evidence, available), further.lines),
        rules_not_in_force=sorted([*_not_in_force(desk, rulings), *further.not_in_force]),
    )
    return CheckedSite(document, tuple(shape for _, shape in found))


def _unspoken(desk: Desk, rulings: list[Ruling], findings: list[Finding]) -> list[str]:
    """The layers that the answer rests on without a finding of theirs: only the check can tell."""
    spoken = {finding.layer for finding in findings}
    asked = [desk.snapshot.catalogue.city.boundary_layer, *(r.rule.layer for r in rulings)]
    return [layer for layer in dict.fromkeys(asked) if layer not in spoken]


def _beyond_the_pack(
    desk: Desk, rulings: list[Ruling], further: Further
) -> tuple[list[Outcome], list[Bilingual]]:
    """What may be hidden because the rule pack does not speak for the application date."""
    pack = desk.snapshot.rule_pack
    notes = []
    hidden: list[Outcome] = []
    silent = len(pack.site_rules) - len(rulings) + len(further.not_in_force)
    if silent:
        notes.append(
            Bilingual(
                zh=f"{silent} 条规则在申请日期没有有效依据，未适用",
                en=f"{silent} rules have no basis in force on the application date: not applied",
            )
        )
    if desk.day < pack.applies_from:
        hidden.append("prohibited")
        notes.append(
            Bilingual(
                zh=f"规则包只适用于 {pack.applies_from} 及以后的申请，不能认定为通过",
                en=f"the rule pack is for applications from {pack.applies_from} on: no pass",
            )
        )
    if not rulings and not further.applied:
        hidden.append("prohibited")
        notes.append(Bilingual(zh="没有适用的规则", en="no rule was applied"))
    return hidden, notes


def _availabilities(
    desk: Desk, rulings: list[Ruling], evidence: Evidence
) -> dict[str, Availability]:
    catalogue = desk.snapshot.catalogue
    boundary = catalogue.by_id[catalogue.city.boundary_layer]
    reach: dict[str, float] = {}
    for ruling in rulings:
        layer = ruling.rule.layer
        reach[layer] = max(reach.get(layer, 0.0), ruling.rule.buffer_m or 0.0)
    found = {
        layer: availability(catalogue.by_id[layer], boundary, evidence, reach_m)
        for layer, reach_m in reach.items()
    }
    return {
        layer: known if desk.visible(layer) else without_details(known)
        for layer, known in found.items()
    }


def _layer_lines(
    desk: Desk,
    rulings: list[Ruling],
    evidence: Evidence,
    available: dict[str, Availability],
) -> list[LayerLine]:
    """Every layer that a rule asked for, in the catalogue's order: hit, clear or without data."""
    lines = []
    for layer in desk.snapshot.catalogue.layers():
        of_layer = [ruling for ruling in rulings if ruling.rule.layer == layer.id]
        if not of_layer:
            continue
        version = evidence.versions.get(layer.id)
        visible = desk.visible(layer.id)
        lines.append(
            LayerLine(
                layer=layer.id,
                name=Bilingual(zh=layer.name.zh, en=layer.name.en),
                status=_status(of_layer, available[layer.id]),
                reason=available[layer.id].reason,
                version=version.version if version and visible else None,
                effective=version.effective if version and visible else None,
                approximate=desk.approximation(layer.id),
                covered_share=round(available[layer.id].covered_share, 6),
                numerical_overlaps=max(r.numerical_overlaps for r in of_layer) if visible else 0,
                rules=[ruling.rule.id for ruling in of_layer],
            )
        )
    return lines


def _status(rulings: Iterable[Ruling], available: Availability) -> LayerStatus:
    if any(ruling.hit is not None for ruling in rulings):
        return "hit"
    silent = available.reason is None and not any(ruling.undecided for ruling in rulings)
    return "clear" if silent else "no_data"


def _not_in_force(desk: Desk, rulings: list[Ruling]) -> list[str]:
    applied = {ruling.rule.id for ruling in rulings}
    return sorted(r.id for r in desk.snapshot.rule_pack.site_rules if r.id not in applied)


def _geojson(shape: BaseGeometry) -> dict[str, object]:
    # through JSON text, so that a check reads the same when it is loaded again
    document: dict[str, object] = json.loads(shapely.to_geojson(shape))
    return document
