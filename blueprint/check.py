"""The second flow: what the blueprint says about one site (选址预检).

The site, a snapshot and the application date decide everything: rules in force on the date →
the snapshot's features around the site, from their packed form (`around`) → intersect
(`encounters`) → measure and judge, by the kind of the rule (`answers`) → `SiteCheck`. A feature
whose overlap no method gives stops nothing: its layer is in error, its rule undecided, never clear.
Features of one layer are united before a share is stated, so no share exceeds 100 %.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint import remedies
from blueprint.answers.rule import answers_of
from blueprint.around import Ground, look_around
from blueprint.availability import (
    Evidence,
    covered_share,
)
from blueprint.catalogue import City
from blueprint.clearance import PUBLIC, Clearance
from blueprint.coordinates import approximations
from blueprint.desk import Answer, Desk
from blueprint.documents import Finding, Outcome, SiteCheck, SiteRef
from blueprint.encounters import Ask, Encounter, encounters
from blueprint.engine import this_engine
from blueprint.figures import refuse_unasked
from blueprint.judge import gravity, reach_of, severity_rank, verdict_of
from blueprint.kept_checks import save_check
from blueprint.kinds.figures import NOTHING_SAID, ProjectFigures
from blueprint.layer_lines import layer_lines
from blueprint.questions import settled
from blueprint.registry import hidden_layers, load_snapshot, now
from blueprint.robustness import with_robustness
from blueprint.rules import SiteCheckRule, SiteRule
from blueprint.service import Service
from blueprint.site import Site
from blueprint.values import Bilingual
from blueprint.variation import Examined, accuracy_of
from blueprint.what_would_change import with_changes
from conflict.casefile import Case
from layers import Bounds


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
    clearance: Clearance = PUBLIC,
    project: ProjectFigures = NOTHING_SAID,
    suggest: bool = False,
) -> CheckedSite:
    """Check a site against a snapshot, the newest unless named, and keep the answer.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`). `day` is the
    application date, today unless given. Features of layers above `clearance` count,
    but their place and size are withheld. `project` has the applicant's answers and figures. With
    `suggest` the document says what would take prohibitions and restrictions away.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        InvalidFigures: a question is answered that the rules do not ask.
    """
    checked = ask_site(
        service,
        site,
        day=day,
        snapshot_id=snapshot_id,
        as_of=as_of,
        clearance=clearance,
        project=project,
        suggest=suggest,
    )
    with service.database.write() as connection:
        save_check(connection, checked.document)
    return checked


def ask_site(
    service: Service,
    site: Site,
    *,
    day: date | None,
    snapshot_id: str | None,
    as_of: date | None,
    clearance: Clearance,
    project: ProjectFigures,
    suggest: bool,
) -> CheckedSite:
    """As `check_site`; keeping the answer is the caller's."""
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        refuse_unasked(snapshot.rule_pack, project)
        hidden = hidden_layers(connection, snapshot, clearance)
        today = snapshot.catalogue.city.today()
        desk = Desk(snapshot, site, day or today, clearance, hidden, project)
        return answer_site(service, connection, desk, service.keep_case, suggest=suggest)


def answer_site(
    service: Service,
    connection: sa.Connection,
    desk: Desk,
    keep_case: Callable[[Case], None] = lambda _: None,
    *,
    suggest: bool = False,
) -> CheckedSite:
    """Judge the site of a desk, say how sure the verdict is, and why: the whole document."""
    examined = examine(service, connection, desk, keep_case)
    checked = _put_together(examined)
    document = with_robustness(checked.document, examined)
    hidden = examined.hidden_by(examined.answers)
    document = with_changes(document, desk.snapshot.rule_pack, hidden)
    checked = replace(checked, document=document)
    return with_suggestions(service, connection, desk, checked) if suggest else checked


def judge_site(service: Service, connection: sa.Connection, desk: Desk) -> CheckedSite:
    """Judge the site of a desk; how sure the verdict is is not asked. Nothing is kept."""
    return _put_together(examine(service, connection, desk))


def examine(
    service: Service,
    connection: sa.Connection,
    desk: Desk,
    keep_case: Callable[[Case], None] = lambda _: None,
) -> Examined:
    """What every rule comes to on the site of a desk, with all that it rests on.

    Nothing is kept but what `keep_case` keeps of failed overlaps.
    """
    # what is withheld from the public is not kept for study either
    public = desk.clearance == PUBLIC
    secret = desk.hidden if public else hidden_layers(connection, desk.snapshot, PUBLIC)
    rules = _rules(desk)
    reach = _reaches(desk, rules)
    ground = look_around(service, connection, desk.snapshot, desk.site.bounds, reach)
    covering = _covering(desk, reach)
    met = encounters(
        desk.site.geometry,
        ground.features,
        [*((layer, None) for layer in covering), *_asked_of_sites(rules)],
        keep_case,
        secret,
    )
    desk = replace(desk, approximate=approximations(ground.versions))
    evidence = _evidence(desk, ground, {layer: met[layer, None] for layer in covering})
    answers = answers_of(rules, ground, met, evidence, desk)
    hidden, notes = _beyond_the_pack(desk, answers)
    return Examined(desk, ground, met, evidence, answers, hidden, notes)


def with_suggestions(
    service: Service, connection: sa.Connection, desk: Desk, checked: CheckedSite
) -> CheckedSite:
    """The same check with what would take its prohibitions and restrictions away."""
    rules = _rules(desk)
    reach = _reaches(desk, rules)

    def look(around: Bounds) -> Ground:
        return look_around(service, connection, desk.snapshot, around, reach)

    def judge(site: Site) -> SiteCheck:
        return judge_site(service, connection, replace(desk, site=site)).document

    found = remedies.suggest(desk, rules, reach, checked.document, judge, look)
    return replace(checked, document=checked.document.model_copy(update={"suggestions": found}))


def city_of(service: Service, snapshot_id: str | None = None, as_of: date | None = None) -> City:
    """The city of a snapshot: what a site is read for.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        return load_snapshot(connection, snapshot_id, as_of).catalogue.city


def _rules(desk: Desk) -> list[SiteCheckRule]:
    """The rules in force on the day, as the applicant's answers leave them."""
    pack = desk.snapshot.rule_pack
    gravest_first = sorted(pack.site_rules, key=lambda rule: (severity_rank(rule), rule.id))
    others = [rule for rule in pack.check_rules if not isinstance(rule, SiteRule)]
    rules = [*(settled(rule, desk.project) for rule in gravest_first), *others]
    return [rule for rule in rules if pack.bases_in_force(rule, desk.day)]


def _reaches(desk: Desk, rules: list[SiteCheckRule]) -> dict[str, float]:
    """How far from the site each asked layer concerns a rule, m."""
    reach = {desk.snapshot.catalogue.city.boundary_layer: 0.0}
    for rule in rules:
        further = accuracy_of(rule, desk) or 0.0
        for layer in rule.asked_layers():
            reach[layer] = max(reach.get(layer, 0.0), reach_of(rule) + further)
    return reach


def _covering(desk: Desk, asked: Mapping[str, float]) -> list[str]:
    """The layers of which it is asked how much of the site they cover."""
    catalogue = desk.snapshot.catalogue
    own = {layer for layer in asked if catalogue.by_id[layer].coverage == "own"}
    return sorted(own | {catalogue.city.boundary_layer})


def _asked_of_sites(rules: list[SiteCheckRule]) -> list[Ask]:
    return [(rule.layer, rule.buffer_m) for rule in rules if isinstance(rule, SiteRule)]


def _evidence(desk: Desk, ground: Ground, covers: Mapping[str, Encounter]) -> Evidence:
    site = desk.site.geometry
    return Evidence(
        site=site,
        day=desk.day,
        versions=ground.versions,
        quarantined=ground.quarantined,
        shares={layer: covered_share(site, cover.sound) for layer, cover in covers.items()},
        uncomputed=frozenset(layer for layer, cover in covers.items() if cover.failed.any()),
    )


def _put_together(examined: Examined) -> CheckedSite:
    """Findings, layers and verdict in one document."""
    desk, answers, evidence = examined.desk, examined.answers, examined.evidence
    hidden, notes = examined.hidden_by(answers), examined.notes
    found = [pair for answer in answers for pair in answer.found]
    found.sort(key=lambda pair: gravity(pair[0]))
    findings = [finding for finding, _ in found]
    snapshot = desk.snapshot
    document = SiteCheck(
        check_id=f"chk_{uuid4().hex}",
        checked_at=now(),
        snapshot=snapshot.ref,
        rule_pack=snapshot.rule_pack_ref,
        engine=this_engine(),
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
        project=desk.project,
        verdict=verdict_of(findings, hidden),
        complete=not hidden,
        notes=[*notes, *desk.approximate_notes(*_unspoken(desk, answers, findings))],
        findings=findings,
        layers=layer_lines(desk, answers, evidence),
        rules_not_in_force=_not_in_force(desk, answers),
    )
    return CheckedSite(document, tuple(shape for _, shape in found))


def _unspoken(desk: Desk, answers: list[Answer], findings: list[Finding]) -> list[str]:
    """The layers that the answer rests on without a finding of theirs: only the check can tell."""
    spoken = {finding.layer for finding in findings}
    asked = [desk.snapshot.catalogue.city.boundary_layer, *(a.rule.layer for a in answers)]
    return [layer for layer in dict.fromkeys(asked) if layer not in spoken]


def _beyond_the_pack(desk: Desk, answers: list[Answer]) -> tuple[list[Outcome], list[Bilingual]]:
    """What may be hidden because the rule pack does not speak for the application date."""
    pack = desk.snapshot.rule_pack
    notes = []
    hidden: list[Outcome] = []
    silent = len(pack.check_rules) - len(answers)
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
    if not answers:
        hidden.append("prohibited")
        notes.append(Bilingual(zh="没有适用的规则", en="no rule was applied"))
    return hidden, notes


def _not_in_force(desk: Desk, answers: list[Answer]) -> list[str]:
    applied = {answer.rule.id for answer in answers}
    return sorted(r.id for r in desk.snapshot.rule_pack.check_rules if r.id not in applied)


def _geojson(shape: BaseGeometry) -> dict[str, object]:
    # through JSON text, so that a check reads the same when it is loaded again
    document: dict[str, object] = json.loads(shapely.to_geojson(shape))
    return document
