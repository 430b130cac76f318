"""A site examined: what every rule comes to, what that rests on, and the document that tells it.

Input: a desk, which has snapshot, site, day and reader, and `Reader`, by which layers are read.
Algorithm: rules in force on the day → the snapshot's features around the site, from their packed
form (`around`) → intersect (`encounters`) → measure and judge, by the kind of the rule (`answers`)
→ how sure the verdict is (`robustness`), and why it is what it is. A feature whose overlap no
method gives stops nothing: its layer is in error, its rule undecided, never clear. Features of one
layer are united before a share is stated, so no share exceeds 100 %.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.around import Connect, Ground, look_around
from blueprint.availability import Evidence, covered_share
from blueprint.checks import remedies
from blueprint.checks.answers.rule import answers_of
from blueprint.checks.desk import Answer, Desk
from blueprint.checks.encounters import Ask, Encounter, encounters
from blueprint.checks.layer_lines import layer_lines
from blueprint.checks.questions import settled
from blueprint.checks.robustness import with_robustness
from blueprint.checks.site import Site
from blueprint.checks.standing import Standing, standing_of
from blueprint.checks.variation import Examined
from blueprint.checks.what_would_change import with_changes
from blueprint.documents import Finding, LayerLine, Outcome, SiteCheck, SiteRef
from blueprint.engine import this_engine
from blueprint.judge import gravity, verdict_of
from blueprint.registry import now
from blueprint.rules.pack import SiteCheckRule, SiteRule
from blueprint.service import Service
from blueprint.values import Bilingual
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


@dataclass(frozen=True, slots=True)
class Reader:
    """By what layers are read around a site."""

    service: Service
    connect: Connect

    def standing(self, desk: Desk) -> Standing:
        """What is so for every site at such a desk."""
        return standing_of(self.service, self.connect, desk)

    def look(self, standing: Standing, around: Bounds) -> Ground:
        """The snapshot's layers around a place."""
        reach = standing.reach_m
        return look_around(self.service, self.connect, standing.pinned, around, reach)


def answer(
    reader: Reader, desk: Desk, secret: frozenset[str] | None, *, suggest: bool
) -> CheckedSite:
    """The whole document; `secret` as `examine` has it."""
    examined = examine(reader, desk, secret)
    checked = put_together(examined)
    document = with_robustness(checked.document, examined)
    hidden = examined.hidden_by(examined.answers)
    document = with_changes(document, desk.snapshot.rule_pack, hidden)
    checked = replace(checked, document=document)
    return _with_suggestions(reader, desk, checked) if suggest else checked


def examine(reader: Reader, desk: Desk, secret: frozenset[str] | None) -> Examined:
    """What every rule comes to on the site of a desk, with all that it rests on.

    Nothing is kept but failed overlaps with layers that are not `secret`; None: not these either.
    """
    standing = reader.standing(desk)
    rules = _rules(standing, desk)
    ground = reader.look(standing, desk.site.bounds)
    met = encounters(
        desk.site.geometry,
        ground.features,
        [*((layer, None) for layer in standing.covering), *_asked_of_sites(rules)],
        None if secret is None else reader.service.keep_case,
        secret or (),
    )
    desk = replace(desk, approximate=standing.approximate)
    covers = {layer: met[layer, None] for layer in standing.covering}
    evidence = _evidence(desk, standing, ground, covers)
    answers = answers_of(rules, ground, met, evidence, desk)
    hidden, notes = _beyond_the_pack(desk, answers)
    return Examined(desk, standing, ground, met, evidence, answers, hidden, notes)


def _with_suggestions(reader: Reader, desk: Desk, checked: CheckedSite) -> CheckedSite:
    """The same check with what would take its prohibitions and restrictions away."""
    standing = reader.standing(desk)
    rules = _rules(standing, desk)

    def look(around: Bounds) -> Ground:
        return reader.look(standing, around)

    def judge(site: Site) -> SiteCheck:
        return put_together(examine(reader, replace(desk, site=site), None)).document

    found = remedies.suggest(desk, rules, standing.reach_m, checked.document, judge, look)
    return replace(checked, document=checked.document.model_copy(update={"suggestions": found}))


def _rules(standing: Standing, desk: Desk) -> list[SiteCheckRule]:
    """The rules in force on the day, as the applicant's answers leave them."""
    return [
        settled(rule, desk.project) if isinstance(rule, SiteRule) else rule
        for rule in standing.rules
    ]


def _asked_of_sites(rules: list[SiteCheckRule]) -> list[Ask]:
    return [(rule.layer, rule.buffer_m) for rule in rules if isinstance(rule, SiteRule)]


def _evidence(
    desk: Desk, standing: Standing, ground: Ground, covers: Mapping[str, Encounter]
) -> Evidence:
    site, boundary = desk.site.geometry, desk.snapshot.catalogue.city.boundary_layer
    shares = {layer: covered_share(site, cover.sound) for layer, cover in covers.items()}
    bounded = boundary in standing.sound and shares[boundary] == 1
    return Evidence(
        site=site,
        day=desk.day,
        versions=ground.versions,
        quarantined=ground.quarantined,
        shares=shares,
        uncomputed=frozenset(layer for layer, cover in covers.items() if cover.failed.any()),
        sound=standing.sound if bounded else frozenset(),
        later_layers=desk.later_layers,
    )


def put_together(examined: Examined) -> CheckedSite:
    """Findings, layers and verdict in one document."""
    desk, answers, evidence = examined.desk, examined.answers, examined.evidence
    hidden, notes = examined.hidden_by(answers), examined.notes
    found = [pair for answer in answers for pair in answer.found]
    found.sort(key=lambda pair: gravity(pair[0]))
    findings = [finding for finding, _ in found]
    snapshot, lines = desk.snapshot, layer_lines(desk, examined.standing, answers, evidence)
    notes = [*notes, *_later(desk, lines)]
    document = SiteCheck(
        check_id=f"chk_{uuid4().hex}",
        checked_at=now(),
        snapshot=snapshot.ref,
        rule_pack=snapshot.rule_pack_ref,
        engine=this_engine(),
        application_date=desk.day,
        later_layers=desk.later_layers,
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
        layers=lines,
        rules_not_in_force=_not_in_force(desk, answers),
    )
    return CheckedSite(document, tuple(shape for _, shape in found))


def _later(desk: Desk, lines: list[LayerLine]) -> list[Bilingual]:
    """How many of the layers that the reader may see count though they are later than the day."""
    count = sum(line.effective is not None and line.effective > desk.day for line in lines)
    if not desk.later_layers or not count:
        return []
    zh = f"{count} 个图层的数据在申请日期之后生效，仍按本快照计入；法律依据以申请日期为准"
    en = (
        "layers that came into effect after the application date, and count as the snapshot has "
        f"them: {count}; the law is that of the application date"
    )
    return [Bilingual(zh=zh, en=en)]


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
