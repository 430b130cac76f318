"""Every layer that the rules of a site check asked for, and what became of it."""

from blueprint.availability import INCOMPLETE_HERE, Evidence
from blueprint.checks.answers.rule import availability_for
from blueprint.checks.answers.site import uncomputed_note
from blueprint.checks.desk import Answer, Desk
from blueprint.checks.standing import Standing
from blueprint.documents import LayerLine, LayerStatus
from blueprint.values import Bilingual


def layer_lines(
    desk: Desk, standing: Standing, answers: list[Answer], evidence: Evidence
) -> list[LayerLine]:
    """Every layer that a rule asked for, in the catalogue's order: hit, clear or without data."""
    by_rule = {answer.rule.id: answer for answer in answers}
    told = standing.rules_on.keys() - evidence.sound
    for answer in answers:
        if answer.met or answer.undecided or answer.uncomputed or answer.numerical_overlaps:
            told |= dict.fromkeys(answer.rule.asked_layers()).keys()
    if desk.site.approximate is not None:
        told = set(standing.rules_on)
    return [
        _layer_line(desk, layer, [by_rule[rule] for rule in rules], evidence)
        if layer in told
        else standing.clear_lines[layer]
        for layer, rules in standing.rules_on.items()
    ]


def _layer_line(desk: Desk, layer: str, answers: list[Answer], evidence: Evidence) -> LayerLine:
    version, visible = evidence.versions.get(layer), desk.visible(layer)
    known = [availability_for(desk, answer.rule, layer, evidence) for answer in answers]
    reason = next((one.reason for one in known if one.reason is not None), None)
    status, reason = _status(layer, answers, reason, visible=visible)
    return LayerLine(
        layer=layer,
        name=desk.snapshot.catalogue.titles[layer],
        status=status,
        reason=reason,
        version=version.version if version and visible else None,
        effective=version.effective if version and visible else None,
        approximate=desk.approximation(layer),
        covered_share=round(min(one.covered_share for one in known), 6),
        numerical_overlaps=max(a.numerical_overlaps for a in answers) if visible else 0,
        rules=[answer.rule.id for answer in answers],
    )


def _status(
    layer: str, answers: list[Answer], reason: Bilingual | None, *, visible: bool
) -> tuple[LayerStatus, Bilingual | None]:
    """What became of a layer, and why it cannot be believed."""
    uncomputed = max(answer.uncomputed for answer in answers)
    if uncomputed and visible:
        return "error", reason or uncomputed_note(uncomputed)
    if uncomputed:
        # that its data is at fault here would tell where it lies
        return "no_data", reason or INCOMPLETE_HERE
    if any(layer in answer.met for answer in answers):
        return "hit", reason
    silent = reason is None and not any(answer.undecided for answer in answers)
    return "clear" if silent else "no_data", reason
