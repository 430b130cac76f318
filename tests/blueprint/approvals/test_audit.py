"""Approvals, limits and documents are audited as rules are, and so is whatever else cites laws."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from blueprint.approvals.audit import parts_of
from blueprint.catalogue import load_catalogue
from blueprint.cli.rules import rules_app
from blueprint.rules.audit import RuleAudit, audit_rules
from blueprint.rules.audited import AuditPart
from blueprint.rules.legal import Citation, Law
from tests.blueprint.conftest import LAW, catalogue, rule_pack, site_rule

from .conftest import approval, day, pack_of

SAMPLE = Path(__file__).parents[3] / "sample_data" / "catalogue.yaml"
DAY = day("2026-11-23")
VERIFIED = LAW | {"verified": True}
LAPSED = VERIFIED | {"in_force_until": "2026-08-14", "superseded_by": "new"}
NEW = VERIFIED | {"in_force_from": "2026-08-15"}
TRIAL = VERIFIED | {"level": "pilot"}
LAWS = {"a_law": VERIFIED, "old": LAPSED, "new": NEW, "trial": TRIAL}
LIMIT = {"days": 20, "unit": "working", "bases": [{"law": "a_law", "verified": True}]}
RULES = rule_pack(site_rule("zone", bases=[{"law": "a_law", "verified": True}]), laws=LAWS)


def audited(*approvals: Mapping[str, Any], **more: Any) -> RuleAudit:
    pack = pack_of(*approvals, laws=LAWS, **more)
    return audit_rules(RULES, DAY, parts_of(pack, RULES, catalogue()))


def said(audit: RuleAudit, *about: str) -> list[str]:
    return sorted(
        f"{one.kind} {one.weight} {one.what} {','.join(one.about)}"
        for one in audit.findings
        if set(one.about) & set(about)
    )


SOUND = {"bases": [{"law": "a_law", "verified": True}], "statutory": LIMIT}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, []),
        ({"bases": []}, ["no_basis problem approval a"]),
        ({"bases": [{"law": "trial"}]}, ["pilot_only problem approval a"]),
        ({"bases": [{"law": "old"}]},
         ["lapsed problem approval a", "not_in_force problem approval a"]),
        ({"bases": [{"law": "old"}, {"law": "new"}]}, ["lapsed remark approval a"]),
        ({"bases": [{"law": "old"}, {"law": "a_law"}]}, ["lapsed problem approval a"]),
        ({"department": "nobody"}, ["misfit problem approval a"]),
        ({"needed_when": {"rule": "site.metro"}}, ["misfit problem approval a"]),
        ({"needed_when": {"layer": "moon"}}, ["misfit problem approval a"]),
        ({"statutory": None}, ["no_limit remark approval a"]),
        ({"statutory": LIMIT | {"bases": [{"law": "old"}]}}, []),
    ],
)  # fmt: skip
def test_the_audit_says_of_each_approval_what_is_wrong_with_it(fields, says):
    audit = audited(approval("a", **(SOUND | fields)))
    assert said(audit, "a") == says


def test_a_limit_is_audited_beside_its_approval():
    lapsed = LIMIT | {"bases": [{"law": "old"}]}
    audit = audited(approval("a", **(SOUND | {"statutory": lapsed})))
    assert said(audit, "a.statutory") == [
        "lapsed problem limit a.statutory",
        "not_in_force problem limit a.statutory",
    ]


def test_documents_and_fields_that_nobody_asks_for_are_told():
    audit = audited(approval("a", documents=["form"], fields=["area"], **SOUND))
    assert said(audit, "plan") == ["unused remark document licence,report,plan,agreement"]
    assert "permit" not in " ".join(said(audit, "plan"))
    (unused,) = said(audit, "earth")
    assert unused.startswith("unused remark field height")
    assert said(audit, "form") == ["no_basis remark document form"]


def test_a_document_that_cites_a_law_is_audited_on_it():
    documents = {"form": {"title": {"zh": "表", "en": "Form"}, "made_by": "applicant",
                          "bases": [{"law": "trial"}]}}  # fmt: skip
    audit = audited(approval("a", documents=["form"], gives=[], **SOUND), documents=documents)
    assert said(audit, "form") == ["pilot_only problem document form"]


def test_parts_are_counted_each_by_itself_the_rules_first():
    audit = audited(approval("a", **SOUND), approval("b", bases=[{"law": "old"}]))
    told = {part.what: (part.count, part.in_force, part.problems) for part in audit.parts}
    assert list(told) == ["rule", "approval", "limit", "document", "field"]
    assert told["rule"] == (1, 1, 0)
    assert told["approval"] == (2, 1, 2)
    assert told["limit"] == (1, 1, 0)
    assert audit.problems == sum(part.problems for part in audit.parts)
    # that the rules do not ask `pollutes`, which a field is kept as, and that none measures a zone
    assert told["field"][2] == 1


def test_a_law_that_rules_and_approvals_cite_is_told_of_once():
    laws = {"a_law": LAW}
    rules = rule_pack(site_rule("zone"), laws=laws)
    audit = audit_rules(rules, DAY, parts_of(pack_of(approval("a"), laws=laws)))
    (unverified,) = [one for one in audit.findings if one.kind == "unverified_law"]
    assert (unverified.what, unverified.about) == (None, ["site.zone", "a"])


@dataclass(frozen=True)
class Ground:
    """Something else that cites laws."""

    id: str
    bases: tuple[Citation, ...]


def test_whatever_cites_laws_can_be_audited_beside_the_rules():
    laws = {name: Law.model_validate(law) for name, law in LAWS.items()}
    ground = Ground("hearing", (Citation(law="trial"),))
    audit = audit_rules(RULES, DAY, [AuditPart("clock", "clock", "1", laws, [ground])])
    assert said(audit, "hearing") == ["pilot_only problem clock hearing"]
    assert audit.parts[1].what == "clock"


def run(*words: str) -> Any:
    return CliRunner().invoke(rules_app, ["audit", *words])


def test_the_shipped_approvals_stand_on_good_law_and_fit_the_sample_city():
    shown = run("--on", "2026-11-23", "--catalogue", str(SAMPLE), "--json")
    audit = json.loads(shown.stdout)
    assert (shown.exit_code, audit["problems"]) == (0, 0)
    counts = {part["what"]: (part["count"], part["in_force"]) for part in audit["parts"]}
    assert counts["approval"][0] == counts["approval"][1] > 50
    assert not [one for one in audit["findings"] if one["kind"] in ("unused", "misfit")]
    (lapsed,) = {
        (one["law"]["law"], one["other"]["law"])
        for one in audit["findings"]
        if one["kind"] == "lapsed" and "environmental_assessment" in one["about"]
    }
    assert lapsed == ("eia_law", "environmental_code")


def test_approvals_of_a_file_are_audited_with_the_rules_of_a_file(tmp_path: Path):
    files = {}
    for name, pack in {"rules": RULES, "approvals": pack_of(approval("a", bases=[]))}.items():
        files[name] = tmp_path / f"{name}.yaml"
        text = yaml.safe_dump(pack.model_dump(mode="json"), allow_unicode=True)
        files[name].write_text(text, "utf-8")
    alone = json.loads(run("--rules", str(files["rules"]), "--json").stdout)
    assert [part["what"] for part in alone["parts"]] == ["rule"]
    both = run("--rules", str(files["rules"]), "--approvals", str(files["approvals"]))
    assert both.exit_code == 1
    assert "未载明依据 · no basis" in both.stdout
    assert "事项 · approval 1" in both.stdout


def test_the_sample_city_has_every_department_of_the_shipped_approvals():
    tree = load_catalogue(SAMPLE)
    strange = pack_of(approval("a", department="nobody"))
    parts = parts_of(strange, None, tree)
    assert [one.kind for one in parts[0].own] == ["misfit", "no_limit"]
