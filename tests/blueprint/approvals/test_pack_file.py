"""Every mistake in an approvals pack is told with file, line and remedy."""

from pathlib import Path

import pytest
import yaml

from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.pack_file import load_approvals
from blueprint.errors import InvalidApprovals
from blueprint.values import document_text
from tests.blueprint.rules.test_pack_file import expected

CASES = sorted((Path(__file__).parents[2] / "cases" / "approvals").glob("*.yaml"))
RULES = """\
id: p
version: "1"
name: {zh: 包, en: Pack}
laws:
  old: {title: {zh: 旧法, en: Old}, level: law, in_force_from: 2000-01-01,
        in_force_until: 2010-12-31, superseded_by: new}
  new: {title: {zh: 新法, en: New}, level: law, in_force_from: 2011-01-01}
  other: {title: {zh: 他法, en: Other}, level: law, in_force_from: 2011-01-01}
rules:
- id: site.a
  kind: site
  layer: zone
  severity: notice
  department: planning
  title: {zh: 规则, en: Rule}
  message: {zh: 说明, en: Message}
  bases: [{law: old}]
"""
PACK = """\
id: p
version: "1"
name: {zh: 清单, en: Pack}
laws_from: rules.yaml
documents:
  form: {title: {zh: 申请表, en: Form}, made_by: applicant}
approvals:
- id: a
  title: {zh: 事项, en: One}
  stage: land
  department: planning
  needed_when: always
  bases: [{law: old}]
  documents: [form]
"""


def load(folder: Path, text: str) -> ApprovalsPack:
    path = folder / "approvals.yaml"
    path.write_text(text, "utf-8")
    return load_approvals(path)


def refusal(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidApprovals) as refused:
        load(folder, text)
    return refused.value.lines


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_mistake_is_one_line_that_names_file_line_and_remedy(tmp_path: Path, case: Path):
    text = case.read_text("utf-8")
    told = list(refusal(tmp_path, text))
    for number, said in expected(text):
        start = f"approvals.yaml:{number}: "
        (found,) = [one for one in told if one.startswith(start) and said in one]
        told.remove(found)
        assert "\n" not in found
        assert ";" in found
    assert told == []


def test_laws_of_the_rule_pack_that_are_cited_come_with_those_that_follow_them(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    pack = load(tmp_path, PACK)
    assert list(pack.laws) == ["old", "new"]
    assert pack.laws["old"].superseded_by == "new"


def test_a_law_that_both_have_is_refused_where_it_stands(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    law = "  old: {title: {zh: 某法, en: A law}, level: law, in_force_from: 2000-01-01}"
    text = PACK.replace("documents:\n", f"laws:\n{law}\ndocuments:\n")
    assert refusal(tmp_path, text) == (
        "approvals.yaml:6: law old: is one of laws_from too; take it out here",
    )


@pytest.mark.parametrize("there", [None, "id: ["])
def test_a_rule_pack_that_cannot_be_read_is_told_where_it_is_named(tmp_path: Path, there):
    if there is not None:
        (tmp_path / "rules.yaml").write_text(there, "utf-8")
    (line,) = refusal(tmp_path, PACK)
    assert line.startswith("approvals.yaml:4: laws_from: ")
    assert "rules.yaml" in line


def test_what_is_asked_by_many_is_written_once_and_laid_out(tmp_path: Path):
    text = PACK.replace("laws_from: rules.yaml\n", "").replace("  bases: [{law: old}]\n", "")
    text = text.replace("documents: [form]", "documents: [&all [form], plan]")
    text = text.replace(
        "approvals:\n", "  plan: {title: {zh: 图, en: Plan}, made_by: applicant}\napprovals:\n"
    )
    text += (
        text[text.index("- id: a") :]
        .replace("id: a", "id: b")
        .replace("[&all [form], plan]", "[*all]")
    )
    pack = load(tmp_path, text)
    asked = [[document.id for document in one.documents] for one in pack.approvals]
    assert asked == [["form", "plan"], ["form"]]


def test_a_pack_that_is_kept_is_the_same_when_it_is_read_again(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(RULES, "utf-8")
    pack = load(tmp_path, PACK)
    again = ApprovalsPack.model_validate_json(document_text(pack))
    assert again.ref == pack.ref
    dumped = yaml.safe_load(yaml.safe_dump(pack.model_dump(mode="json")))
    assert ApprovalsPack.model_validate(dumped) == again
