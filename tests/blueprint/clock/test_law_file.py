"""The law of the clock as data: what it says, how it is read, what its audit finds."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from blueprint.cli.rules import rules_app
from blueprint.clock.grounds import ClockLaw
from blueprint.clock.law_file import SHIPPED_CLOCK, audit_part, clock_law, load_clock_law
from blueprint.clock.reports import Clock, clock_report
from blueprint.errors import InvalidClockLaw
from blueprint.rules.audit import audit_rules
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack

from .logs import CLOCK, ZONE, limits, log

LAW = load_clock_law()
DAY = date(2026, 11, 23)


def changed(**changes: object) -> ClockLaw:
    return ClockLaw.model_validate(LAW.model_dump(mode="json") | changes)


def test_the_shipped_law_leaves_out_what_article_45_names_and_nothing_else():
    suspending = {one.id for one in LAW.grounds if one.kind == "suspension"}
    assert suspending == {
        *("hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal"),
        "expert_review",
    }
    assert all(one.in_writing for one in LAW.grounds if one.kind == "suspension")
    assert {one.most_days for one in LAW.grounds if one.kind == "extension"} == {10, 15}
    assert not [one for one in LAW.grounds if one.kind == "correction"]
    days = {one.id: (one.days, one.unit) for one in LAW.terms}
    assert days == {
        "acceptance": (5, "working"),
        "decision": (20, "working"),
        "joint_decision": (45, "working"),
        "delivery": (10, "working"),
    }


def test_no_ground_stands_before_its_law_does():
    hearing = LAW.ground("hearing")
    assert hearing is not None
    assert LAW.bases_in_force(hearing, date(2004, 6, 30)) == []
    (basis,) = LAW.bases_in_force(hearing, date(2004, 7, 1))
    assert (basis.law, basis.article) == ("administrative_licensing_law", "第四十五条")


def test_a_ground_whose_law_has_lapsed_leaves_nothing_out():
    laws = LAW.model_dump(mode="json")["laws"]
    laws["administrative_licensing_law"]["in_force_until"] = "2026-01-31"
    clock = Clock(CLOCK.calendar, changed(laws=laws), ZONE.key, CLOCK.day_of)
    events = log(
        "a 接件 2026-03-02",
        "a 受理 2026-03-03",
        "a 特别始 2026-03-05 ground=hearing notice=2026-03-05 days=10",
        "a 特别终 2026-03-12",
        "a 通过 2026-03-18",
    )
    report = clock_report("cs_1", events, limits(["a"], {}), clock, DAY)
    assert report.measures[0].days == 11
    (flag,) = report.flags
    assert flag.kind == "suspension_without_ground"
    assert "没有有效依据" in flag.text.zh


def test_a_ground_for_corrections_lets_one_after_acceptance_stop_the_clock():
    grounds = LAW.model_dump(mode="json")["grounds"]
    bases = [{"law": "administrative_licensing_law", "article": "第九十九条"}]
    name = {"zh": "专门法规定的补正", "en": "a correction of a special law"}
    grounds.append({"id": "special_correction", "kind": "correction", "name": name, "bases": bases})
    clock = Clock(CLOCK.calendar, changed(grounds=grounds), ZONE.key, CLOCK.day_of)
    events = log(
        "a 接件 2026-03-02",
        "a 受理 2026-03-03",
        "a 补正始 2026-03-05 ground=special_correction notice=2026-03-05",
        "a 补正终 2026-03-12",
        "a 通过 2026-03-18",
    )
    report = clock_report("cs_1", events, limits(["a"], {}), clock, DAY)
    assert [one.days for one in report.measures[:3]] == [6, 6, 6]


def test_a_ground_lets_no_more_be_left_out_than_it_says():
    grounds = LAW.model_dump(mode="json")["grounds"]
    grounds[0] |= {"most_days": 2}
    clock = Clock(CLOCK.calendar, changed(grounds=grounds), ZONE.key, CLOCK.day_of)
    events = log(
        "a 接件 2026-03-02",
        "a 受理 2026-03-03",
        "a 特别始 2026-03-05 ground=hearing notice=2026-03-05",
        "a 特别终 2026-03-12",
        "a 通过 2026-03-18",
    )
    report = clock_report("cs_1", events, limits(["a"], {}), clock, DAY)
    assert report.measures[0].days == 9
    assert "the ground allows" in report.measures[0].still_counted[0].why.en


def test_every_ground_term_and_principle_is_audited():
    part = audit_part(LAW)
    audit = audit_rules(load_rule_pack(SHIPPED_PACK), DAY, [part])
    (told,) = (one for one in audit.parts if one.what == "clock")
    assert told.count == len(LAW.grounds) + len(LAW.terms) + len(LAW.principles)
    assert (told.in_force, told.problems) == (told.count, 0)
    about = [f.about for f in audit.findings if f.law is not None and f.law.law == "civil_code"]
    assert ["principle.first_day"] in about


def test_a_lapsed_basis_of_the_clock_is_a_problem_of_the_audit():
    laws = LAW.model_dump(mode="json")["laws"]
    laws["administrative_licensing_law"]["in_force_until"] = "2026-01-31"
    audit = audit_rules(load_rule_pack(SHIPPED_PACK), DAY, [audit_part(changed(laws=laws))])
    problems = {f.about[0] for f in audit.findings if f.what == "clock" and f.weight == "problem"}
    assert {"ground.hearing", "term.acceptance", "principle.working_days"} <= problems


def test_the_command_audits_the_clock_too():
    done = CliRunner().invoke(rules_app, ["audit", "--json"])
    assert done.exit_code == 0, done.output
    assert '"what": "clock"' in done.output


def test_the_environment_names_another_law(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    document = yaml.safe_load(SHIPPED_CLOCK.read_text("utf-8")) | {"version": "of the city"}
    path = tmp_path / "clock.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    monkeypatch.setenv("BLUEPRINT_CLOCK_LAW", str(path))
    assert clock_law().version == "of the city"
    assert clock_law().sha256 != LAW.sha256


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: acceptance", "id: receipt", "term acceptance is missing"),
        ("  kind: suspension", "  kind: pause", "'pause' is none of"),
        ("law: civil_code", "law: code", "principle first_day: law code is not listed"),
        ("id: tender", "id: hearing", "ground hearing is there twice"),
        ("days: 45", "days: many", "write a whole number"),
    ],
)
def test_a_faulty_law_is_told_with_line_and_remedy(tmp_path: Path, old: str, new: str, said: str):
    path = tmp_path / "clock.yaml"
    path.write_text(SHIPPED_CLOCK.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(InvalidClockLaw, match=said) as refused:
        load_clock_law(path)
    assert str(refused.value).startswith("clock.yaml:")
