"""The one form: every field once, filled in with what is known, and turned back into facts."""

import json
import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.approvals.filled import Filled, fill_form
from blueprint.approvals.form import DataForm, form_of, with_rule_fields
from blueprint.approvals.known import Knowledge
from blueprint.approvals.needed import needed_approvals
from blueprint.errors import InvalidForm
from blueprint.rules.pack import RulePack
from tests.blueprint.conftest import DAY, catalogue, rule_pack, site_rule

from .conftest import CODE, approval, area, check_of, facts, filed, finding, line, pack_of

TOWN = catalogue()
RULES = RulePack.model_validate(
    rule_pack(
        site_rule("zone", ask=None),
        site_rule("farmland"),
    ).model_dump(mode="json")
    | {
        "questions": {
            "pollutes": {"text": {"zh": "排污？", "en": "Does it pollute?"}},
            "noise": {"text": {"zh": "有噪声？", "en": "Is it loud?"}},
        },
        "rules": [
            site_rule("zone", ask="noise", answers={"no": "notice"}),
            site_rule("farmland"),
            {**site_rule("plan"), "id": "attribute.plan", "kind": "attribute",
             "figure": "green_ratio", "relation": "at_least", "field": "LDL"},
        ],
    }
)  # fmt: skip
PACK = pack_of(
    approval("first", fields=["area", "code", {"id": "trees", "optional": True}]),
    approval("second", {"field": "earth", "at_least": 5}, fields=["height"]),
    approval("third", {"all": [{"rule": "site.zone"}, {"field": "funding", "equals": "own"}]}),
    approval("fourth", documents=[{"id": "plan", "when": {"field": "pollutes", "equals": True}}]),
    approval("fifth", fields=["taken", "met", "area"]),
)
HIT = check_of(finding("site.zone"))
CLEAR = check_of(lines=(line("zone"),))


def asked(
    check=None, profile=None, pack=PACK, span="whole", **said: Any
) -> tuple[Knowledge, DataForm]:
    known = with_rule_fields(Knowledge(pack, facts(**said), check, profile), RULES)
    needed = needed_approvals(known, span, DAY, TOWN)
    return known, form_of(known, needed, TOWN, RULES)


def askers(form: DataForm, field: str) -> list[tuple[str, bool]]:
    told = form.json_schema["properties"][field]["x-asked-by"]
    return [(one.get("approval") or one["rule"], one["decides"]) for one in told]


def test_a_field_that_several_ask_for_is_there_once_with_all_of_them():
    _, form = asked()
    assert askers(form, "area") == [("first", False), ("fifth", False)]
    jsonschema.Draft202012Validator.check_schema(form.json_schema)
    assert form.json_schema["$schema"].endswith("2020-12/schema")


def test_fields_that_decide_are_asked_before_it_is_known_whether_they_matter():
    _, form = asked()
    assert askers(form, "earth") == [("second", True)]
    assert askers(form, "pollutes") == [("fourth", True)]
    assert "earth" in form.missing
    assert "height" not in form.json_schema["properties"]


def test_what_decided_once_can_be_corrected_later():
    _, form = asked(stated={"earth": 1})
    assert askers(form, "earth") == [("second", True)]
    assert form.values["earth"] == 1
    _, form = asked(stated={"earth": 7})
    assert askers(form, "earth") == [("second", True)]
    assert askers(form, "height") == [("second", False)]


def test_a_field_that_can_no_longer_decide_anything_is_not_asked():
    _, form = asked(CLEAR)
    assert "funding" not in form.json_schema["properties"]
    _, form = asked(HIT)
    assert askers(form, "funding") == [("third", True)]


def test_rules_among_the_findings_ask_for_their_questions_and_figures():
    plan = finding("attribute.plan", layer="plan", area=None, band=None)
    _, form = asked(check_of(finding("site.zone"), plan))
    assert askers(form, "noise") == [("site.zone", True)]
    assert askers(form, "green_ratio") == [("attribute.plan", True)]
    assert form.json_schema["properties"]["noise"]["x-title"]["zh"] == "有噪声？"
    _, form = asked(CLEAR)
    assert "noise" not in form.json_schema["properties"]


def test_required_is_what_a_needed_approval_asks_and_does_not_leave_open():
    _, form = asked()
    assert set(form.json_schema["required"]) == {"area", "code", "taken", "met"}
    assert "trees" not in form.missing


def test_values_are_filled_in_with_where_they_come_from():
    _, form = asked(HIT, filed(credit_code=CODE), figures={"height_m": 9}, stated={"earth": 6})
    assert form.values == {
        "area": 10_000, "code": CODE, "earth": 6, "height": 9, "taken": 100, "met": True,
    }  # fmt: skip
    assert {name: source.kind for name, source in form.sources.items()} == {
        "area": "site", "code": "profile", "earth": "said", "height": "said",
        "taken": "finding", "met": "finding",
    }  # fmt: skip
    assert form.sources["taken"].rule == "site.zone"
    assert form.sources["code"].profile_version == 3


def test_what_was_looked_at_and_not_met_is_known_to_be_none():
    _, form = asked(CLEAR)
    assert (form.values["taken"], form.values["met"]) == (0, False)


@pytest.mark.parametrize(
    "check",
    [
        None,
        check_of(finding("site.zone", "no_data", area=None, band=None)),
        check_of(finding("site.zone", withheld=True, area=None, band=None)),
        check_of(finding("site.zone"), finding("site.zone", "no_data", area=None, band=None)),
        check_of(finding("site.farmland")),
    ],
)
def test_what_is_not_known_or_withheld_is_not_filled_in(check):
    _, form = asked(check)
    assert "taken" not in form.values
    assert "taken" in form.missing


def test_areas_of_one_rule_are_summed_up_and_never_more_than_the_site():
    parts = [finding("site.zone", area=area(size)) for size in (9000.0, 100.0)]
    _, form = asked(check_of(*parts))
    assert form.values["taken"] == 9100
    _, form = asked(check_of(*parts, parts[0]))
    assert form.values["taken"] == 10_000


def test_what_was_said_elsewhere_and_cannot_be_is_asked_again():
    _, form = asked(proposer_code="no code", stated={"trees": 1.5, "earth": "much"})
    assert not {"code", "trees", "earth"} & set(form.values)
    assert {"code", "earth"} <= set(form.missing)


def test_what_is_filled_in_is_turned_back_into_facts_answers_and_figures():
    known, form = asked(HIT)
    done = fill_form(form, known, {"area": 9000, "earth": 12.5, "noise": True, "pollutes": False,
                                   "funding": "own", "code": CODE.lower().upper()})  # fmt: skip
    said = done.facts
    assert (said.site_area_m2, said.proposer_code) == (9000, CODE)
    assert said.stated == {"earth": 12.5, "funding": "own"}
    assert said.figures.answers == {"noise": "yes", "pollutes": "no"}
    assert done.profile is None


def test_a_form_that_was_filled_in_asks_on_by_what_it_says():
    known, form = asked(HIT)
    done = fill_form(form, known, {"earth": 6})
    again = with_rule_fields(Knowledge(PACK, done.facts, HIT), RULES)
    needed = needed_approvals(again, "whole", DAY, TOWN)
    assert "second" in [one.id for one in needed.needed]
    assert "height" in form_of(again, needed, TOWN, RULES).missing


def test_what_the_blueprint_or_the_file_gives_stays_theirs():
    known, form = asked(HIT, filed(credit_code=CODE))
    done = fill_form(form, known, form.values)
    assert done.facts == known.facts
    assert done.profile is None


def test_null_takes_a_value_back():
    known, form = asked(HIT, site_area_m2=5, stated={"earth": 7, "trees": 2},
                        figures={"answers": {"noise": "no"}})  # fmt: skip
    done = fill_form(form, known, {"area": None, "earth": None, "noise": None})
    assert done.facts.site_area_m2 is None
    assert done.facts.stated == {"trees": 2}
    assert done.facts.figures.answers == {}


def test_what_is_said_of_the_applicant_goes_into_its_file():
    pack = pack_of(approval("first", fields=["address"]))
    known, form = asked(pack=pack)
    done = fill_form(form, known, {"address": "某路1号"})
    assert done.profile.name == known.facts.proposer
    assert done.profile.address == "某路1号"
    known, form = asked(pack=pack, profile=filed(credit_code=CODE, address="旧址"))
    assert form.values["address"] == "旧址"
    done = fill_form(form, known, {"address": "某路1号"})
    assert (done.profile.credit_code, done.profile.address) == (CODE, "某路1号")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"nothing": 1}, "nothing: is not asked by this form"),
        ({"height": 3}, "height: is not asked"),
        ({"earth": "much"}, "earth: 'much': is no number"),
        ({"earth": True}, "earth: True: is no number"),
        ({"earth": -1}, "earth: -1: is beyond its minimum 0"),
        ({"earth": 2e6}, "earth: 2000000.0: is beyond its maximum 1e"),
        ({"earth": math.nan}, "earth"),
        ({"trees": 1.5}, "trees: 1.5: is no integer"),
        ({"funding": "none"}, "funding: 'none': is none of state, own"),
        ({"pollutes": "yes"}, "pollutes: 'yes': is no boolean"),
        ({"code": CODE[:-1] + "8"}, "its last character does not fit"),
        ({"code": "x" * 99}, "code: "),
        ({"area": -5}, "area: '-5'"),
        ({"code": ""}, "code: ''"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_that_names_the_field(values, says):
    known, form = asked(HIT)
    with pytest.raises(InvalidForm) as refused:
        fill_form(form, known, values)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_project_cannot_be_without_its_name():
    pack = pack_of(
        approval("first", fields=["called"]),
        fields={"called": {"title": {"zh": "名称", "en": "Name"}, "type": "text",
                           "kept_as": "fact.name"}},
    )  # fmt: skip
    known, form = asked(pack=pack)
    with pytest.raises(InvalidForm, match="called: cannot be taken back"):
        fill_form(form, known, {"called": None})


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "area": st.floats(0, 1e6),
        "earth": st.floats(0, 1e6),
        "trees": st.integers(0, 99),
        "funding": st.sampled_from(["state", "own"]),
        "pollutes": st.booleans(),
        "noise": st.booleans(),
        "taken": st.floats(0, 1e6),
        "met": st.booleans(),
        "code": st.just(CODE),
    },
)


@given(VALUES, st.sampled_from([HIT, check_of(finding("site.zone", withheld=True, area=None))]))
def test_what_was_filled_in_is_what_the_next_form_has(values, check):
    known, form = asked(check)
    done: Filled = fill_form(form, known, values)
    said = json.loads(done.facts.model_dump_json(exclude={"site"}))
    _, again = asked(
        check, **{key: value for key, value in said.items() if key not in ("name", "proposer")}
    )
    assert values == {name: again.values[name] for name in values}
    schema = {**again.json_schema, "required": []}
    jsonschema.Draft202012Validator(schema).validate(again.values)
    assert not set(again.missing) & set(again.values)
