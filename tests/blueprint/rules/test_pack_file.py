"""Every mistake in a rule pack is told with file, line and remedy."""

from pathlib import Path

import pytest

from blueprint.errors import InvalidRulePack
from blueprint.rules.pack_file import load_rule_pack
from tests.blueprint.conftest import catalogue

CASES = sorted((Path(__file__).parents[2] / "cases" / "packs").glob("*.yaml"))

LAWS = """\
laws:
  a_law: {title: {zh: 某法, en: A law}, level: law, in_force_from: 2000-01-01}
"""
HEAD = 'id: p\nversion: "1"\nname: {zh: 包, en: Pack}\n'
RULE = """\
  severity: notice
  department: planning
  title: {zh: 规则, en: Rule}
  message: {zh: 说明, en: Message}
  bases: [{law: a_law}]
"""


def refusal(tmp_path: Path, text: str) -> tuple[str, ...]:
    path = tmp_path / "pack.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRulePack) as refused:
        load_rule_pack(path)
    return refused.value.lines


def expected(text: str) -> list[tuple[int, str]]:
    return [
        (number, said.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if "#!" in line
        for said in line.split("#!")[1].split("|")
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_each_mistake_is_one_line_that_names_file_line_and_remedy(tmp_path: Path, case: Path):
    text = case.read_text("utf-8")
    told = list(refusal(tmp_path, text))
    for line, said in expected(text):
        (found,) = [one for one in told if one.startswith(f"pack.yaml:{line}: ") and said in one]
        told.remove(found)
        assert "\n" not in found
        assert ";" in found
    assert told == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: a\nrules: [\n", "pack.yaml:2: is not YAML"),
        ("id: a\nname: \x00", "pack.yaml:2: is not YAML"),
        ("id: *nothing", "pack.yaml:1: is not YAML"),
        ("id: a\nwhen: 2026-02-30", "pack.yaml:2: is not YAML (2026-02-30 is no day"),
        ("id: a\n\tb: c", "pack.yaml:2: is not YAML"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path, text, says):
    (line,) = refusal(tmp_path, text)
    assert line.startswith(says)
    assert line.endswith("; mend that line")


@pytest.mark.parametrize("text", ["", "- a list", "just words", "1"])
def test_what_is_no_mapping_is_told_as_such(tmp_path: Path, text):
    (line,) = refusal(tmp_path, text)
    assert line == (
        "pack.yaml:1: the pack is no mapping of fields; write it as docs/rules.md describes"
    )


def test_a_pack_in_another_encoding_is_told_with_the_line(tmp_path: Path):
    path = tmp_path / "pack.yaml"
    path.write_bytes("id: a\nname: 包".encode("gb18030"))
    with pytest.raises(InvalidRulePack, match=r"pack\.yaml:2: is not UTF-8"):
        load_rule_pack(path)


def test_a_faulty_law_is_told_once_and_not_again_by_every_rule_that_cites_it(tmp_path: Path):
    laws = LAWS.replace("level: law", "level: none")
    text = f"{HEAD}{laws}rules:\n- id: site.a\n  kind: site\n  layer: zone\n{RULE}"
    (line,) = refusal(tmp_path, text)
    assert line.startswith("pack.yaml:5: law a_law, level")


def test_faulty_heads_do_not_keep_the_mistakes_of_rules_from_being_told(tmp_path: Path):
    text = f"id: p\n{LAWS}rules:\n- id: sight.a\n  kind: site\n  layer: zone\n{RULE}"
    told = refusal(tmp_path, text)
    assert [line.split(": ", 1)[1].split(":")[0] for line in sorted(told)] == [
        "name",
        "version",
        "rule sight.a",
    ]
    assert sorted(told)[2].startswith("pack.yaml:5: ")


def test_answers_may_be_written_as_bare_yes_and_no(tmp_path: Path):
    questions = "questions:\n  pollutes: {text: {zh: 问, en: Does it?}}\n"
    asks = "  ask: pollutes\n  answers: {no: notice}\n"
    rule = f"- id: site.a\n  kind: site\n  layer: zone\n{asks}{RULE}"
    path = tmp_path / "pack.yaml"
    path.write_text(f"{HEAD}{LAWS}{questions}rules:\n{rule}", "utf-8")
    assert load_rule_pack(path).site_rules[0].answers == {"no": "notice"}


def test_what_does_not_fit_the_catalogue_is_told_with_the_line_of_its_rule(tmp_path: Path):
    rules = f"- id: site.a\n  kind: site\n  layer: nowhere\n{RULE}"
    rules += f"- id: exclusive.a\n  kind: exclusive\n  left: zone\n  right: metro\n{RULE}"
    path = tmp_path / "pack.yaml"
    path.write_text(f"{HEAD}{LAWS}rules:\n{rules}".replace("planning", "nobody", 1), "utf-8")
    with pytest.raises(InvalidRulePack) as refused:
        load_rule_pack(path).check_against(catalogue())
    assert refused.value.lines == (
        "pack.yaml:7: rule site.a: layer nowhere is not in the catalogue; add it there",
        "pack.yaml:7: rule site.a: department nobody is not in the catalogue; add it",
        "pack.yaml:15: rule exclusive.a: layer metro holds no polygons; name one that does",
    )


def test_the_second_of_two_laws_of_one_name_is_told(tmp_path: Path):
    law = LAWS.splitlines()[1]
    rule = f"- id: site.a\n  kind: site\n  layer: zone\n{RULE}"
    (line,) = refusal(tmp_path, f"{HEAD}{LAWS}{law}\nrules:\n{rule}")
    assert line.startswith("pack.yaml:6: a_law is there twice")


def test_an_alias_that_holds_itself_does_not_hang_the_reader(tmp_path: Path):
    assert refusal(tmp_path, "id: &a [*a]\nrules: *a\n")
