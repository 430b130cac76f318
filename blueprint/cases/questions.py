"""Whom to ask about what (征求意见清单): derived from findings, by the rules that made them.

Input: the whole check, and for each department the check as it may see it. Output: for each
department once, what it is asked, with the articles in force on the application date. Algorithm: a
finding that prohibits, restricts or asks for consultation is put to the departments of its rule,
one without data to these and to the department that owes the layer. What is only to be known is
asked of nobody.
"""

from collections.abc import Container, Iterable, Mapping
from itertools import chain, count
from typing import Any

from blueprint.cases.documents import DepartmentQuestions, Question
from blueprint.documents import Finding, SiteCheck
from blueprint.registry import Snapshot
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual, text_hash
from layers.table import canonical_json

ASKING = frozenset({"consult", "restricted", "prohibited", "no_data"})
"""The outcomes that a department is asked about."""

_CONTENT = {
    *("rule", "layer", "outcome", "relation", "feature_ids", "length_m", "count", "buffer_m"),
    *("zone", "asked", "headroom", "compared", "withheld"),
}
_BASIS = {"law", "article"}


def keyed(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Findings by key: `rule@layer`, with what tells those of one rule and layer apart."""
    found: dict[str, Finding] = {}
    for finding in findings:
        base = f"{finding.rule}@{finding.layer}"
        base += ":no_data" if finding.outcome == "no_data" else ""
        numbered = (f"{base}#{number}" for number in count(2))
        found[next(name for name in chain([base], numbered) if name not in found)] = finding
    return found


def content_of(finding: Finding) -> str:
    """The hash of what a finding says, whatever the site is like elsewhere.

    Areas count to 0.01 m²: another outline far away may change the last digits. The share is left
    out, which would change with the rest of the site.
    """
    said: dict[str, Any] = finding.model_dump(mode="json", include=_CONTENT)
    said["bases"] = [basis.model_dump(mode="json", include=_BASIS) for basis in finding.legal_bases]
    said["area"] = None if finding.area is None else round(finding.area.projected_m2, 2)
    said["projects"] = [[one.code, one.name, one.state] for one in finding.projects]
    return text_hash(canonical_json(said))


def asked_departments(check: SiteCheck, snapshot: Snapshot) -> dict[str, list[str]]:
    """The keys of the findings that each department is asked about, gravest first."""
    rules = {rule.id: rule for rule in snapshot.rule_pack.check_rules}
    layers = snapshot.catalogue.by_id
    asked: dict[str, list[str]] = {}
    for key, finding in keyed(check.findings).items():
        if finding.outcome not in ASKING:
            continue
        departments = list(rules[finding.rule].departments)
        if finding.outcome == "no_data":
            departments.append(layers[finding.layer].department)
        for department in dict.fromkeys(departments):
            asked.setdefault(department, []).append(key)
    return asked


def questions_for(
    department: str,
    asked: Mapping[str, Finding],
    seen: SiteCheck,
    snapshot: Snapshot,
    secret: Container[str] = (),
) -> DepartmentQuestions:
    """What one department is asked about findings by key, as its own copy of the check has them.

    One that its copy does not have is put to it all the same, without a word of what was met. Keys
    in `secret` are of findings that the applicant sees withheld.
    """
    own = keyed(seen.findings)
    questions = []
    for key, finding in asked.items():
        question = _question(key, own.get(key) or _bare(finding), snapshot, department)
        if key in secret:
            # whoever saw a department left alone would know that a hidden layer is met as before
            content = text_hash(f"{question.content} {seen.site.geometry_hash}")
            question = question.model_copy(update={"content": content})
        questions.append(question)
    name = snapshot.catalogue.department_names[department]
    return DepartmentQuestions(
        department=DepartmentRef(id=department, name=name),
        content=content_of_all(questions),
        questions=questions,
    )


def content_of_all(questions: Iterable[Question]) -> str:
    """The hash of all that a department is asked."""
    return text_hash("\n".join(sorted(f"{q.finding} {q.content}" for q in questions)))


def compared(questions: Iterable[Question], before: Mapping[str, str]) -> list[Question]:
    """The questions, each told whether it has changed; `before` has contents by key."""
    return [
        one.model_copy(update={"changed": before.get(one.finding) != one.content})
        for one in questions
    ]


def _bare(finding: Finding) -> Finding:
    kept = {"rule", "layer", "title", "outcome", "message", "department", "legal_bases"}
    said = {name: getattr(finding, name) for name in kept}
    return Finding.model_validate({**said, "withheld": True})


def _question(key: str, finding: Finding, snapshot: Snapshot, department: str) -> Question:
    layer = snapshot.catalogue.by_id[finding.layer]
    missing = finding.outcome == "no_data"
    name = Bilingual(zh=layer.name.zh, en=layer.name.en) if missing else None
    return Question(
        finding=key,
        rule=finding.rule,
        layer=finding.layer,
        title=finding.title,
        outcome=finding.outcome,
        text=_text(finding, name, owes=missing and layer.department == department),
        legal_bases=finding.legal_bases,
        missing_layer=name,
        content=content_of(finding),
    )


def _text(finding: Finding, missing: Bilingual | None, *, owes: bool) -> Bilingual:
    title = finding.title
    if missing is None:
        return Bilingual(
            zh=f"{title.zh}：是否同意选址？请注明依据和条件。",
            en=f"{title.en}: do you agree to the site, on what basis, under which conditions?",
        )
    if owes:
        return Bilingual(
            zh=f"「{missing.zh}」缺失、过期或不覆盖该地块，无法核对「{title.zh}」。请提供数据，并就该地块出具意见。",
            en=f"{missing.en} is missing, stale or does not reach the site, so that {title.en} "
            "could not be looked at: deliver it, and say what holds for the site",
        )
    return Bilingual(
        zh=f"「{missing.zh}」无数据，「{title.zh}」未能核对。请就该地块出具意见。",
        en=f"{title.en} could not be looked at, {missing.en} has no data: say what holds",
    )
