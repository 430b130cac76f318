"""The one data form (一张表单): every field that approvals and rules ask for, each once.

Input: what is known of the project, the approvals that it needs, the rules of the blueprint.
Output: `DataForm`: a JSON Schema, the values that are known with their sources, and the fields that
still have to be asked. Algorithm: a field is asked by every needed approval that lists it, by every
condition that it could still turn, and by every rule among the findings that depends on it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import Field

from blueprint.approvals.decide import Decider
from blueprint.approvals.documents import ApprovalsNeeded, PackRef, Span
from blueprint.approvals.fields import FIELD_HOMES, FormField, Given
from blueprint.approvals.form_schema import AskedField, form_schema, misfit
from blueprint.approvals.known import Knowledge, Source, as_asked
from blueprint.approvals.needed import decider_for
from blueprint.catalogue import Catalogue
from blueprint.checks.answers.attribute import FIGURES
from blueprint.documents import SiteCheck
from blueprint.rules.kinds.models import AttributeRule, HeightRule, SiteRule
from blueprint.rules.pack import Question, RulePack
from blueprint.values import Bilingual, Value

_GROUND = Bilingual(zh="地面高程（米）", en="ground elevation, m")


class DataForm(Value):
    """A form to be filled in: what it asks, what is known already, what is missing.

    `missing` has the fields without which something stays undecided or incomplete.
    """

    pack: PackRef
    day: date
    span: Span
    check_id: str | None
    json_schema: dict[str, Any] = Field(description="JSON Schema, 2020-12")
    values: dict[str, Given]
    sources: dict[str, Source]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a field: an approval, or a rule; `decides`: whether it applies hangs on it."""

    kind: str
    id: str
    title: Bilingual
    decides: bool = False
    required: bool = False


def form_of(
    known: Knowledge,
    approvals: ApprovalsNeeded,
    catalogue: Catalogue,
    rules: RulePack | None,
) -> DataForm:
    """The form of a project, with what is known filled in; without rules, of approvals alone."""
    known = with_rule_fields(known, rules)
    asked: dict[str, list[Asker]] = {name: [] for name in known.pack.fields}
    for name, asker in _asked(known, approvals, catalogue, rules):
        asked[name].append(asker)
    fields = {
        name: AskedField(
            field=known.pack.fields[name],
            required=any(one.required for one in askers),
            asked_by=_each_once(askers),
        )
        for name, askers in asked.items()
        if askers
    }
    schema = form_schema(known.pack.name, approvals.pack, fields)
    values, sources = {}, {}
    for name, one in fields.items():
        found = known.of(name)
        if found is None:
            continue
        value = as_asked(one.field, found.value)
        # what was said elsewhere and is none that the field may have is asked again
        if misfit(schema["properties"][name], value) is None:
            values[name], sources[name] = value, found.source
    return DataForm(
        pack=approvals.pack,
        day=approvals.day,
        span=approvals.span,
        check_id=approvals.check_id,
        json_schema=schema,
        values=values,
        sources=sources,
        missing=[
            name
            for name, one in fields.items()
            if name not in values and (one.required or any(by["decides"] for by in one.asked_by))
        ],
    )


def _each_once(askers: list[Asker]) -> list[dict[str, Any]]:
    """Who asks for a field, as the schema tells it; it decides if it does in any way."""
    deciding = {(one.kind, one.id) for one in askers if one.decides}
    first = {(one.kind, one.id): one for one in reversed(askers)}
    return [
        {one.kind: one.id, "title": one.title.model_dump(), "decides": key in deciding}
        for key, one in reversed(first.items())
    ]


def with_rule_fields(known: Knowledge, rules: RulePack | None) -> Knowledge:
    """With a field for every question and figure of the rules that the pack gives no field.

    An answer to what these rules do not ask is kept by its field's own id: checks would refuse it.
    """
    pack = known.pack
    questions = {} if rules is None else rules.questions
    fields = {name: _keepable(field, questions) for name, field in pack.fields.items()}
    homes = {field.kept_as for field in fields.values()}
    for question, asked in questions.items():
        if f"answer.{question}" not in homes:
            name = question if question not in fields else f"answer_{question}"
            fields[name] = FormField(title=asked.text, type="yes_no", kept_as=f"answer.{question}")
    for figure, kind in FIELD_HOMES["figure"].items():
        if rules is not None and f"figure.{figure}" not in homes:
            name = figure if figure not in fields else f"figure_{figure}"
            title = FIGURES.get(figure, _GROUND)
            fields[name] = FormField(title=title, type=kind, kept_as=f"figure.{figure}")
    return replace(known, pack=pack.model_copy(update={"fields": fields}))


def _keepable(field: FormField, questions: Mapping[str, Question]) -> FormField:
    home = field.home
    if home is None or home[0] != "answer" or home[1] in questions:
        return field
    return field.model_copy(update={"kept_as": None})


def _asked(
    known: Knowledge, approvals: ApprovalsNeeded, catalogue: Catalogue, rules: RulePack | None
) -> Iterator[tuple[str, Asker]]:
    """Every field with one who asks for it."""
    pack, decider = known.pack, decider_for(known, catalogue)
    needed = {one.id for one in approvals.needed}
    asked = {*needed, *(one.id for one in approvals.undecided), *approvals.not_needed}
    for approval in pack.approvals:
        if approval.id not in asked:
            continue
        by = Asker("approval", approval.id, approval.title)
        needs = [approval.needed_when]
        if approval.id in needed:
            needs += [document.when for document in approval.documents]
            for one in approval.fields:
                yield one.id, replace(by, required=not one.optional)
        for need in needs:
            for name in pack.deciding_fields(need):
                if decider.depends_on(name, need, approval.stage):
                    yield name, replace(by, decides=True)
    if known.check is not None and rules is not None:
        yield from _asked_by_rules(decider, known.check, rules)


def _asked_by_rules(
    decider: Decider, check: SiteCheck, rules: RulePack
) -> Iterator[tuple[str, Asker]]:
    """The questions and figures of the rules that are among the findings."""
    fields = {field.kept_as: name for name, field in decider.known.pack.fields.items()}
    by_id = {rule.id: rule for rule in rules.check_rules}
    for finding in check.findings:
        rule = by_id.get(finding.rule)
        homes: tuple[str, ...] = ()
        if isinstance(rule, SiteRule) and rule.ask is not None:
            homes = (f"answer.{rule.ask}",)
        elif isinstance(rule, AttributeRule):
            homes = (f"figure.{rule.figure}",)
        elif isinstance(rule, HeightRule):
            homes = ("figure.height_m", "figure.ground_m")
        for home in homes:
            if finding.outcome != "clear":
                yield fields[home], Asker("rule", finding.rule, finding.title, decides=True)
