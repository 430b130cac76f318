"""The second flow: what the blueprint says about one site (选址预检).

The site, a snapshot and the application date decide everything: rules in force on the date →
the snapshot's features around the site, from their packed form → intersect → measure → judge →
`SiteCheck`. A feature whose overlap no method gives stops nothing: its layer is in error, its rule
undecided, never clear.
Features of one layer are united before a share is stated, so no share exceeds 100 %.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint.around import Features, features_around
from blueprint.availability import (
    INCOMPLETE_HERE,
    Availability,
    Evidence,
    availability,
    covered_share,
    without_details,
)
from blueprint.catalogue import City, Sensitivity
from blueprint.coordinates import approximations
from blueprint.documents import Finding, LayerLine, LayerStatus, Outcome, SiteCheck, SiteRef
from blueprint.encounters import Ask, Encounter, encounters, grown
from blueprint.figures import refuse_unasked
from blueprint.findings import (
    Desk,
    Ruling,
    finding_of_hit,
    finding_of_touch,
    finding_uncomputed,
    finding_undecided,
    finding_without_data,
    rule_on_site,
    uncomputed_note,
)
from blueprint.further import Further, look_further, merged_lines, settled, with_question
from blueprint.judge import (
    NUMERICAL_WIDTH_M,
    gravity,
    reach_of,
    severity_rank,
    verdict_of,
    worst_of,
)
from blueprint.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.registry import hidden_layers, load_snapshot, now, save_check
from blueprint.rules import SiteRule
from blueprint.service import Service
from blueprint.site import Site
from blueprint.values import Bilingual
from layers import Bounds, LayerVersion


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
        # what is withheld from the public is not kept for study either
        public = clearance == "public"
        secret = hidden if public else hidden_layers(connection, snapshot, "public")
        ground = _look_around(service, connection, desk, rules)
        further = look_further(service, connection, desk, project)
    met = _meet(service, desk, rules, ground, secret)
    evidence = _evidence(desk, ground, met)
    desk = replace(desk, approximate=approximations(evidence.versions))
    rulings = [
        rule_on_site(rule, ground.features[rule.layer], met[rule.layer, rule.buffer_m], desk)
        for rule in rules
    ]
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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the store knows of the asked layers around one site."""

    features: Mapping[str, Features]
    versions: Mapping[str, LayerVersion]
    quarantined: Mapping[str, list[Bounds | None]]
    covering: tuple[str, ...]
    """The layers of which it is asked how much of the site they cover."""


def _look_around(
    service: Service, connection: sa.Connection, desk: Desk, rules: list[SiteRule]
) -> _Ground:
    """The features of every asked layer that may matter, and what is known of the layers."""
    catalogue = desk.snapshot.catalogue
    boundary = catalogue.city.boundary_layer
    asked = {boundary, *(rule.layer for rule in rules)}
    pins = {layer: desk.snapshot.pins[layer] for layer in sorted(asked & desk.snapshot.pins.keys())}
    # a box at exactly that distance must not be missed by rounding
    reach = max(map(reach_of, rules), default=0.0) + NUMERICAL_WIDTH_M
    versions = service.layers.pinned(connection, pins)
    features = dict.fromkeys(asked, Features.none())
    features |= features_around(service, connection, versions, grown(desk.site.bounds, reach))
    covering = {layer for layer in asked if catalogue.by_id[layer].coverage == "own"} | {boundary}
    return _Ground(
        features, versions, service.layers.quarantined(connection, pins), tuple(sorted(covering))
    )


def _meet(
    service: Service, desk: Desk, rules: list[SiteRule], ground: _Ground, secret: frozenset[str]
) -> dict[Ask, Encounter]:
    """What the site shares with the asked layers."""
    asked: list[Ask] = [(layer, None) for layer in ground.covering]
    asked += [(rule.layer, rule.buffer_m) for rule in rules]
    return encounters(desk.site.geometry, ground.features, asked, service.keep_case, secret)


def _evidence(desk: Desk, ground: _Ground, met: Mapping[Ask, Encounter]) -> Evidence:
    covers = {layer: met[layer, None] for layer in ground.covering}
    site = desk.site.geometry
    return Evidence(
        site=site,
        day=desk.day,
        versions=ground.versions,
        quarantined=ground.quarantined,
        shares={layer: covered_share(site, cover.sound) for layer, cover in covers.items()},
        uncomputed=frozenset(layer for layer, cover in covers.items() if cover.failed.any()),
    )


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
        if ruling.touching:
            found.append((finding_of_touch(ruling, desk), None))
        if ruling.undecided:
            found.append((finding_undecided(rule, desk), None))
        if ruling.uncomputed:
            found.append((finding_uncomputed(ruling, desk), None))
        reason = available[rule.layer].reason
        if reason is not None:
            found.append((finding_without_data(rule, reason, desk), None))
        if ruling.undecided or ruling.uncomputed or reason is not None:
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
        reach[layer] = max(reach.get(layer, 0.0), reach_of(ruling.rule))
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
    by_layer: dict[str, list[Ruling]] = {}
    for ruling in rulings:
        by_layer.setdefault(ruling.rule.layer, []).append(ruling)
    lines = []
    for layer in desk.snapshot.catalogue.layers():
        of_layer = by_layer.get(layer.id)
        if of_layer is None:
            continue
        version = evidence.versions.get(layer.id)
        visible = desk.visible(layer.id)
        status, reason = _status(of_layer, available[layer.id], visible=visible)
        lines.append(
            LayerLine(
                layer=layer.id,
                name=Bilingual(zh=layer.name.zh, en=layer.name.en),
                status=status,
                reason=reason,
                version=version.version if version and visible else None,
                effective=version.effective if version and visible else None,
                approximate=desk.approximation(layer.id),
                covered_share=round(available[layer.id].covered_share, 6),
                numerical_overlaps=max(r.numerical_overlaps for r in of_layer) if visible else 0,
                rules=[ruling.rule.id for ruling in of_layer],
            )
        )
    return lines


def _status(
    rulings: list[Ruling], available: Availability, *, visible: bool
) -> tuple[LayerStatus, Bilingual | None]:
    """What became of a layer, and why it cannot be believed."""
    uncomputed = max(ruling.uncomputed for ruling in rulings)
    reason = available.reason
    if uncomputed and visible:
        return "error", reason or uncomputed_note(uncomputed)
    if uncomputed:
        # that its data is at fault here would tell where it lies
        return "no_data", reason or INCOMPLETE_HERE
    if any(ruling.hit is not None or ruling.touching for ruling in rulings):
        return "hit", reason
    silent = reason is None and not any(ruling.undecided for ruling in rulings)
    return "clear" if silent else "no_data", reason


def _not_in_force(desk: Desk, rulings: list[Ruling]) -> list[str]:
    applied = {ruling.rule.id for ruling in rulings}
    return sorted(r.id for r in desk.snapshot.rule_pack.site_rules if r.id not in applied)


def _geojson(shape: BaseGeometry) -> dict[str, object]:
    # through JSON text, so that a check reads the same when it is loaded again
    document: dict[str, object] = json.loads(shapely.to_geojson(shape))
    return document
