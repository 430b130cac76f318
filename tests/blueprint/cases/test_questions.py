"""Whom to ask about what, and when a finding's content is another one."""

import pytest

from blueprint.cases.questions import content_of, keyed
from blueprint.errors import InvalidRulePack
from blueprint.values import document_text
from tests.blueprint.conftest import rule_pack, site_rule

from .conftest import Office
from .town import EAST, PLACES, SITE, rules


def departments(screening) -> dict[str, list[str]]:
    return {
        one.department.id: [question.finding for question in one.questions]
        for one in screening.departments
    }


def test_each_department_is_asked_once_about_all_that_its_rules_found(office: Office):
    more = site_rule("farmland", department="water", id="site.drainage")
    office.town.publish(*rules(more))
    office.open()
    assert departments(office.screen()) == {
        "planning": ["site.farmland@farmland"],
        "farming": ["site.farmland@farmland"],
        "water": ["site.drainage@farmland", "site.zone@zone"],
        "survey": ["site.redline@redline"],
        "army": ["site.barracks@barracks"],
    }


def test_a_further_department_has_to_be_in_the_catalogue(office: Office):
    with pytest.raises(InvalidRulePack, match="department nobody is not in the catalogue"):
        office.town.publish(site_rule("farmland", ask_also=["nobody"]))
    plain, further = site_rule("farmland"), site_rule("farmland", ask_also=["farming"])
    # a pack that names none keeps the hash that it had before there was the field
    assert "ask_also" not in document_text(rule_pack(plain))
    assert "ask_also" in document_text(rule_pack(further))


def test_what_is_only_to_be_known_is_asked_of_nobody(office: Office):
    office.town.publish(site_rule("farmland", "notice"), site_rule("zone", department="water"))
    office.open()
    assert departments(office.screen()) == {"water": ["site.zone@zone"]}


def test_a_missing_layer_is_asked_of_its_owner_and_of_the_rules_department(office: Office):
    more = site_rule("plan", department="water")
    office.town.publish(site_rule("farmland"), more)
    office.open()
    asked = departments(office.screen())
    assert asked["water"] == ["site.plan@plan:no_data"]
    assert asked["planning"] == ["site.farmland@farmland", "site.plan@plan:no_data"]


def test_articles_are_those_in_force_on_the_application_date(office: Office):
    laws = {
        "old_law": {"title": {"zh": "旧法", "en": "Old"}, "level": "law",
                    "in_force_from": "2000-01-01", "in_force_until": "2026-01-01",
                    "superseded_by": "a_law"},
    }  # fmt: skip
    bases = [{"law": "old_law", "article": "第九条"}, {"law": "a_law", "article": "第一条"}]
    office.town.publish(site_rule("farmland", bases=bases), laws=laws)
    office.open()
    (question,) = office.screen().departments[0].questions
    assert [(b.law, b.article) for b in question.legal_bases] == [("a_law", "第一条")]


def test_the_content_of_a_finding_does_not_change_with_the_rest_of_the_site(office: Office):
    office.town.publish(*rules())
    contents = []
    for wkt in (SITE, EAST):
        findings = keyed(office.town.check(wkt, clearance="restricted").document.findings)
        contents.append({key: content_of(one) for key, one in findings.items()})
    before, after = contents
    assert before["site.farmland@farmland"]
    assert "site.farmland@farmland" not in after
    assert before["site.zone@zone"] == after["site.zone@zone"]
    assert before["site.barracks@barracks"] == after["site.barracks@barracks"]


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON ((1000 1000, 1100 1000, 1100 1050, 1000 1050, 1000 1000))",
        "POLYGON ((1000 1000, 1045 1000, 1045 1100, 1000 1100, 1000 1000))",
    ],
)
def test_the_content_changes_with_what_is_met(office: Office, wkt: str):
    key = "site.zone@zone"
    before, after = (
        keyed(office.town.check(one, clearance="restricted").document.findings)[key]
        for one in (SITE, wkt)
    )
    assert content_of(before) != content_of(after)


def test_findings_of_one_rule_and_layer_have_keys_of_their_own(office: Office):
    findings = office.town.check(SITE, clearance="restricted").document.findings
    (one,) = [finding for finding in findings if finding.layer == "zone"]
    lost = one.model_copy(update={"outcome": "no_data"})
    assert list(keyed([one, lost, one, lost])) == [
        "site.zone@zone",
        "site.zone@zone:no_data",
        "site.zone@zone#2",
        "site.zone@zone:no_data#2",
    ]
    assert set(PLACES) >= {finding.layer for finding in findings}
