import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from blueprint.cli.rules import rules_app
from blueprint.rules.audit import audit_rules
from blueprint.rules.audited import AuditFinding
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from tests.blueprint.conftest import rule_pack, site_rule

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "audit.yaml").read_text("utf-8"))
DAY = date(2026, 11, 23)


def law(text: str, name: str, conflicts: dict[str, list[str]]) -> dict[str, Any]:
    level, start, until, heir = text.split()
    return {
        "title": {"zh": name, "en": name},
        "level": level,
        "in_force_from": start,
        "in_force_until": None if until == "-" else until,
        "superseded_by": None if heir == "-" else heir,
        "conflicts_with": conflicts.get(name, []),
        "verified": not name.endswith("?"),
    }


def citation(text: str) -> dict[str, Any]:
    cited, _, above = text.partition(" > ")
    plain = {"law": cited.rstrip("?")}
    return plain if not above else plain | {"departs_from": {"law": above, "article": "第九条"}}


def said(finding: AuditFinding) -> str:
    words = [finding.kind, finding.weight, finding.law.law if finding.law else "-"]
    return " ".join([*words, *([finding.other.law] if finding.other else [])])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_audit_says_of_each_pack_what_the_case_tells(case: dict[str, Any]):
    conflicts = case.get("conflicts", {})
    laws = {n.rstrip("?"): law(text, n, conflicts) for n, text in case["laws"].items()}
    rule = site_rule("zone", bases=[citation(text) for text in case["bases"]])
    audit = audit_rules(rule_pack(rule, laws=laws), case["day"])
    assert sorted(map(said, audit.findings)) == sorted(case["says"])
    assert audit.problems == sum("problem" in line for line in case["says"])
    for finding in audit.findings:
        assert (finding.what, finding.about) == ("rule", ["site.zone"])
        assert finding.message.zh != finding.message.en


def test_a_departure_tells_both_articles():
    laws = {
        "low": law("city 2016-05-01 - -", "low", {}),
        "high": law("law 2000-01-01 - -", "high", {}),
    }
    rule = site_rule("zone", bases=[citation("low > high") | {"article": "第三条"}])
    (finding,) = audit_rules(rule_pack(rule, laws=laws), DAY).findings
    assert "《low》第三条" in finding.message.zh
    assert "《high》第九条" in finding.message.zh


def test_the_shipped_pack_stands_on_good_law_today_and_says_what_is_not_verified():
    audit = audit_rules(load_rule_pack(SHIPPED_PACK), DAY)
    assert [finding for finding in audit.findings if finding.weight == "problem"] == []
    assert audit.in_force == audit.rules
    lapsed = {f.law.law: f.other.law for f in audit.findings if f.kind == "lapsed"}
    assert lapsed["water_pollution_law"] == "environmental_code"
    assert any(finding.kind == "unverified_law" for finding in audit.findings)
    assert "site.green_line" in audit.unread
    assert "site.oil_gas_pipeline" not in audit.unread


def run(*words: str) -> Any:
    return CliRunner().invoke(rules_app, words)


def write(folder: Path, *rules: dict[str, Any], **laws: str) -> str:
    pack = rule_pack(*rules, laws={n: law(text, n, {}) for n, text in laws.items()})
    path = folder / "pack.yaml"
    path.write_text(yaml.safe_dump(pack.model_dump(mode="json"), allow_unicode=True), "utf-8")
    return str(path)


def test_an_audit_with_a_problem_exits_with_1_and_with_remarks_alone_with_0(tmp_path: Path):
    path = write(
        tmp_path, site_rule("zone", bases=[{"law": "trial"}]), trial="pilot 2024-01-01 - -"
    )
    sick = run("audit", "--rules", path, "--on", "2026-01-01", "--json")
    assert sick.exit_code == 1
    assert json.loads(sick.stdout)["problems"] == 1
    sound = run("audit", "--on", "2026-11-23", "--json")
    assert sound.exit_code == 0
    assert json.loads(sound.stdout)["problems"] == 0


def test_an_audit_for_people_speaks_both_languages(tmp_path: Path):
    path = write(
        tmp_path, site_rule("zone", bases=[{"law": "trial"}]), trial="pilot 2024-01-01 - -"
    )
    shown = run("audit", "--rules", path).stdout
    assert "仅有试点依据 · pilot alone" in shown
    assert "add a basis" in shown


def test_rules_are_listed_by_kind_and_layer_with_whether_they_are_in_force():
    listed = json.loads(
        run("list", "--layer", "water_source_1", "--on", "2026-01-01", "--json").stdout
    )
    assert {line["id"] for line in listed} == {
        "site.water_source_1",
        "exclusive.water_source_production",
    }
    assert all(line["in_force"] for line in listed)
    sites = json.loads(run("list", "--kind", "site", "--layer", "water_source_1", "--json").stdout)
    assert [line["id"] for line in sites] == ["site.water_source_1"]
    early = json.loads(
        run("list", "--layer", "farmland_reserve", "--on", "2025-09-30", "--json").stdout
    )
    assert [line["in_force"] for line in early] == [False]


def test_a_list_for_people_has_a_line_for_every_rule():
    shown = run("list").stdout
    assert "exclusive" in shown
    assert "互斥" in shown
    assert "没有规则" in run("list", "--layer", "nothing").stdout


def test_a_rule_is_shown_with_all_its_bases_and_which_of_them_stand_on_the_day():
    shown = json.loads(run("show", "site.water_source_1", "--on", "2026-11-23", "--json").stdout)
    assert [(b["law"], b["in_force"]) for b in shown["bases"]] == [
        ("water_pollution_law", False),
        ("environmental_code", True),
    ]
    assert shown["rule"]["layer"] == "water_source_1"
    assert "法律依据 · legal bases" in run("show", "site.water_source_1").stdout


def test_a_rule_that_asks_is_shown_with_its_question():
    shown = json.loads(run("show", "site.water_source_2", "--json").stdout)
    assert shown["rule"]["question"]["en"] == "Does the project discharge pollutants?"
    assert "项目是否排放污染物？" in run("show", "site.water_source_2").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "site.none"), "site.none: no such rule in xiamen"),
        (("list", "--rules", "p.yaml", "--snapshot", "s"), "both name rules"),
        (("audit", "--rules", "none.yaml"), "cannot be read"),
    ],
)
def test_what_is_not_there_is_refused_with_the_remedy(words, says):
    assert says in str(run(*words).exception)
