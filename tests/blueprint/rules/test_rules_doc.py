"""docs/rules.md tells of every kind and field of a rule, with examples that are valid."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import TypeAdapter

from blueprint.rules.audited import AuditFinding
from blueprint.rules.kinds.base import BaseRule
from blueprint.rules.kinds.models import Figure
from blueprint.rules.legal import Law
from blueprint.rules.pack import Rule, RulePack

DOC = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
MODELS = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(Rule)[0])
}
COMMON = {
    "department": "nrp",
    "title": {"zh": "规则", "en": "Rule"},
    "message": {"zh": "说明", "en": "Message"},
    "bases": [{"law": "a_law"}],
}


def section(title: str) -> str:
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#{{2,3}} |\Z)", DOC, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def rows(text: str) -> set[str]:
    """The fields named in the first column of the tables."""
    firsts = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    return {name for first in firsts for name in re.findall(r"`(\w+)`", first)}


def title_of(kind: str) -> str:
    return "within and contains" if kind in ("within", "contains") else kind


@pytest.mark.parametrize("kind", MODELS)
def test_every_field_of_a_kind_has_a_row_in_its_section(kind: str):
    told = rows(section(title_of(kind)).split("####")[0])
    common = {*BaseRule.model_fields, "kind", "forgive_slivers"}
    fields = set(MODELS[kind].model_fields) - common
    if title_of(kind) == kind:
        assert told == fields
    else:
        assert fields <= told


def test_the_fields_of_every_kind_of_the_pack_and_of_a_law_have_rows():
    assert rows(section("A rule")) == {*BaseRule.model_fields, "kind", "forgive_slivers"}
    assert rows(section("The pack")) == set(RulePack.model_fields)
    assert rows(section("A law")) == set(Law.model_fields)


def test_every_kind_of_audit_finding_and_every_figure_is_told():
    kinds = get_args(AuditFinding.model_fields["kind"].annotation)
    audit = section("The audit")
    assert all(f"`{kind}`" in audit for kind in kinds)
    assert all(f"`{figure}`" in section("attribute") for figure in get_args(Figure))


def examples() -> list[Any]:
    found = []
    for text in re.findall(r"```yaml\n(.*?)```", section("The kinds") + DOC, re.DOTALL):
        content = yaml.safe_load(text)
        listed = content.get("rules", []) if isinstance(content, dict) else content
        found += [rule for rule in listed if isinstance(rule, dict) and "kind" in rule]
    return found


@pytest.mark.parametrize("rule", examples(), ids=lambda rule: rule["id"])
def test_every_example_of_a_rule_is_valid(rule: dict[str, Any]):
    TypeAdapter(Rule).validate_python(COMMON | rule)


def test_every_kind_has_an_example():
    assert {rule["kind"] for rule in examples()} == set(MODELS)
