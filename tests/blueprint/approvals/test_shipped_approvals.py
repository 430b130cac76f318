"""The approvals pack that comes with the service, on projects of the sample city."""

from pathlib import Path
from typing import Any, get_args

import pytest

from blueprint.approvals.documents import MaterialsList
from blueprint.approvals.filled import fill_form
from blueprint.approvals.fit import misfits
from blueprint.approvals.form import form_of, with_rule_fields
from blueprint.approvals.known import Knowledge
from blueprint.approvals.materials import materials_of
from blueprint.approvals.needed import needed_approvals
from blueprint.approvals.pack_file import SHIPPED_APPROVALS, load_approvals
from blueprint.cases.facts import ProjectType
from blueprint.catalogue import load_catalogue
from blueprint.documents import SiteCheck
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from tests.blueprint.conftest import DAY

from .conftest import check_of, facts, finding, held, line

PACK = load_approvals(SHIPPED_APPROVALS)
RULES = load_rule_pack(SHIPPED_PACK)
TREE = load_catalogue(Path(__file__).parents[3] / "sample_data" / "catalogue.yaml")

NOTHING = dict.fromkeys(
    ("takes_water", "uses_sea", "crosses_waterway", "hazardous_chemicals", "lightning_hazard",
     "major_seismic", "moves_survey_mark", "occupies_road", "moves_trees", "needs_ratification"),
    False,
)  # fmt: skip
HOUSING = {
    "site_area_m2": 30_000,
    "floor_area_m2": 60_000,
    "investment_wan": 30_000,
    "wastewater_m3_d": 200,
    "stated": NOTHING
    | {
        "funding": "enterprise",
        "land_supply": "grant",
        "eia_class": "table",
        "energy_tce": 800,
        "earthwork_m3": 50_000,
        "has_civil_buildings": True,
        "special_fire_works": True,
        "occupies_road": True,
        "moves_trees": True,
        "power_kva": 5000,
        "water_demand_m3_d": 300,
    },
}
"""An enterprise's housing project of 60,000 m²."""


def looked_at(*met: str) -> SiteCheck:
    """A check by all rules on sites, of which these are met."""
    rules: dict[str, list[str]] = {}
    for rule in RULES.check_rules:
        for layer in rule.asked_layers():
            rules.setdefault(layer, []).append(rule.id)
    by_id = {rule.id: rule for rule in RULES.check_rules}
    findings = [finding(rule, layer=next(by_id[rule].asked_layers())) for rule in met]
    lines = tuple(line(layer, "clear", tuple(ids)) for layer, ids in rules.items())
    return check_of(*findings, lines=lines)


def listed(check: SiteCheck | None, entries=(), span="whole", **said: Any) -> MaterialsList:
    known = Knowledge(PACK, facts(**said), check)
    return materials_of(known, needed_approvals(known, span, DAY, TREE), TREE, entries)


def needed(found: MaterialsList) -> set[str]:
    return {one.id for one in found.approvals.needed}


def test_it_fits_the_sample_city_and_its_rules():
    assert list(misfits(PACK, TREE, RULES)) == []
    assert 35 <= len(PACK.approvals) <= 65


def test_a_project_of_which_all_is_known_has_nothing_undecided():
    found = listed(looked_at(), **HOUSING)
    assert found.approvals.undecided == []
    assert found.counts == found.at_most
    assert found.approvals.not_in_force == []


@pytest.mark.parametrize(
    ("rule", "approvals"),
    [
        ("site.forest_land", {"forest_use", "land_conversion"}),
        ("site.farmland", {"land_conversion"}),
        ("site.river_management", {"river_works"}),
        ("site.eco_redline", {"redline_activity"}),
        ("site.permanent_basic_farmland", {"permanent_farmland"}),
        ("site.wetland", {"wetland_use"}),
        ("site.heritage_control_zone", {"heritage_setting"}),
        ("site.heritage_protection", {"heritage_area_works"}),
        ("site.underground_heritage", {"archaeology"}),
        ("site.historic_district_core", {"historic_district"}),
        ("site.military", {"military_opinion"}),
        ("site.geohazard_prone", {"geohazard_assessment"}),
        ("site.mineral_resource", {"covered_minerals"}),
        ("site.airport_clearance", {"airport_airspace"}),
        ("distance.metro_line", {"metro_zone"}),
        ("distance.railway", {"railway_zone"}),
        ("site.expressway", {"road_zone"}),
        ("site.power_line_110kv", {"power_zone"}),
        ("site.oil_gas_pipeline_works", {"pipeline_zone"}),
        ("site.weather_station", {"weather_observation"}),
        ("site.nature_reserve_general", {"nature_reserve_works"}),
        ("site.scenic_area", {"scenic_works"}),
    ],
)
def test_what_the_blueprint_finds_brings_the_approvals_that_go_with_it(rule, approvals):
    clear = needed(listed(looked_at(), **HOUSING))
    assert needed(listed(looked_at(rule), **HOUSING)) - clear == approvals


@pytest.mark.parametrize(
    ("stated", "approvals"),
    [
        ({"takes_water": True}, {"water_intake"}),
        ({"uses_sea": True}, {"sea_use"}),
        ({"crosses_waterway": True}, {"navigation_review"}),
        ({"hazardous_chemicals": True}, {"chemical_safety"}),
        ({"lightning_hazard": True}, {"lightning_design", "lightning_acceptance"}),
        ({"major_seismic": True}, {"seismic_requirements"}),
        ({"energy_tce": 1000}, {"energy_review"}),
        ({"needs_ratification": True}, {"project_ratification"}),
        ({"funding": "government"}, {"government_project", "preliminary_design"}),
    ],
)
def test_what_the_project_is_brings_the_approvals_that_go_with_it(stated, approvals):
    before = needed(listed(looked_at(), **HOUSING))
    changed = HOUSING | {"stated": HOUSING["stated"] | stated}
    assert needed(listed(looked_at(), **changed)) - before == approvals


def test_small_works_need_no_building_permit():
    small = HOUSING | {"investment_wan": 29, "floor_area_m2": 250}
    assert "building_permit" not in needed(listed(looked_at(), **small))


def test_what_a_project_hands_in_falls_from_each_approvals_own_to_each_once_less_what_is_held():
    met = ("site.forest_land", "site.river_management", "distance.metro_line")
    first = listed(looked_at(*met), **HOUSING)
    counts = first.counts
    assert (counts.asked, counts.once, counts.results) == (230, 84, 17)
    licences = [
        held(name, f"hd_{name}", source="licence", issued_on="2026-01-01")
        for name, kind in PACK.documents.items()
        if kind.licence is not None and name not in PACK.givers
    ]
    after = listed(looked_at(*met), licences, **HOUSING).counts
    assert after.held == 9
    assert after.to_hand_in == counts.to_hand_in - after.held
    assert after.to_hand_in * 3 < after.asked


def test_what_earlier_stages_gave_is_held_in_later_ones():
    span = "building"
    before = listed(looked_at(), span=span, **HOUSING)
    entries = [held("planning_permit", "hd_1"), held("land_permit", "hd_2")]
    after = listed(looked_at(), entries, span, **HOUSING)
    assert before.counts.to_hand_in - after.counts.to_hand_in == 2


def test_every_choice_and_answer_of_the_form_can_be_kept():
    known = with_rule_fields(Knowledge(PACK, facts(), looked_at("site.water_source_2")), RULES)
    form = form_of(known, needed_approvals(known, "whole", DAY, TREE), TREE, RULES)
    for name, shape in form.json_schema["properties"].items():
        tried: list[Any] = list(shape.get("enum", ()))
        tried += {"boolean": [True, False], "integer": [3], "number": [0.5]}.get(shape["type"], [])
        for value in tried:
            done = fill_form(form, known, {name: value})
            again = with_rule_fields(Knowledge(PACK, done.facts), RULES)
            assert again.said(name).value == value
    choices = {choice.id for choice in PACK.fields["project_type"].choices}
    assert choices == set(get_args(ProjectType))


def test_a_question_of_the_rules_is_asked_by_the_rule_and_by_the_approvals():
    known = with_rule_fields(Knowledge(PACK, facts(), looked_at("site.water_source_2")), RULES)
    form = form_of(known, needed_approvals(known, "whole", DAY, TREE), TREE, RULES)
    told = form.json_schema["properties"]["discharges_pollutants"]["x-asked-by"]
    assert {one.get("rule") or one["approval"] for one in told} >= {"site.water_source_2"}


def test_limits_are_of_the_law_or_promised_and_the_promise_is_the_shorter():
    for approval in PACK.approvals:
        law, promise = approval.statutory, approval.promised
        if law is not None:
            assert law.bases
        if law is not None and promise is not None:
            assert promise.days <= law.days
