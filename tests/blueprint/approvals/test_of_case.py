"""Documents and form of a case: by its reader's own copy of the findings, and no more."""

import json
from typing import Any

import pytest

from blueprint.approvals.fill_case import Filling, FormFilled, fill_case_form
from blueprint.approvals.held import HeldDocument, Holder, hold_document
from blueprint.approvals.of_case import (
    CaseForm,
    CaseMaterials,
    case_form,
    case_materials,
    case_view,
)
from blueprint.approvals.profiles import find_profile, newest_profile, read_profile, save_profile
from blueprint.cases.files import By, CaseHead
from blueprint.cases.projects import find_project, revise_project
from blueprint.cases.readers import Reader
from blueprint.cases.screen import screen_case
from blueprint.cases.sites import kept_site
from blueprint.errors import InvalidCase, InvalidForm
from tests.blueprint.cases.town import CLEAR, EAST, SECRET
from tests.blueprint.conftest import DAY, Town

from .conftest import CODE
from .town import OWNER, case_of, settled_town, town_of_either, town_pack

__all__ = ["settled_town", "town_of_either"]

APPROVAL, APPLICANT = Reader("approval"), Reader("applicant")
ARMY, FARMING = Reader("department", ("army",)), Reader("department", ("farming",))


def materials(town: Town, case: CaseHead, reader: Reader = APPROVAL, span=None) -> CaseMaterials:
    with town.service.database.read() as connection:
        view = case_view(connection, case, reader, DAY)
        return case_materials(connection, view, span, DAY)


def form(town: Town, case: CaseHead, reader: Reader = APPROVAL, span=None) -> CaseForm:
    with town.service.database.read() as connection:
        return case_form(case_view(connection, case, reader, DAY), span, DAY)


def fill(
    town: Town, case: CaseHead, reader: Reader = APPLICANT, who=OWNER, **values: Any
) -> FormFilled:
    return fill_case_form(town.service, case, reader, Filling(values, None, DAY), who)


def needed(found: CaseMaterials) -> list[str]:
    return [one.id for one in found.approvals.needed]


def undecided(found: CaseMaterials) -> list[str]:
    return [one.id for one in found.approvals.undecided]


def test_a_case_that_is_planned_is_told_of_its_whole_course_and_another_of_its_stage(
    settled_town: Town,
):
    planned = materials(settled_town, case_of(settled_town))
    assert needed(planned) == ["always", "farming", "zone", "military", "later"]
    assert undecided(planned) == ["tall"]
    built = materials(settled_town, case_of(settled_town, "building"))
    assert needed(built) == ["later"]
    whole = materials(settled_town, case_of(settled_town, "building"), span="whole")
    assert needed(whole) == needed(planned)


def test_the_applicant_is_told_of_an_approval_no_more_than_the_findings_tell(settled_town: Town):
    case = case_of(settled_town)
    found = materials(settled_town, case, APPLICANT)
    (military,) = [one for one in found.approvals.needed if one.id == "military"]
    assert [why.kind for why in military.why] == ["finding"]
    assert "m²" not in military.why[0].text.en
    (whole,) = [
        one for one in materials(settled_town, case).approvals.needed if one.id == "military"
    ]
    assert "m²" in whole.why[0].text.en
    assert SECRET not in found.model_dump_json()


def test_a_department_is_told_of_its_own_approvals_alone(settled_town: Town):
    case = case_of(settled_town)
    assert needed(materials(settled_town, case, ARMY)) == ["military"]
    found = materials(settled_town, case, FARMING)
    assert needed(found) == ["farming"]
    assert found.approvals.not_needed == []
    assert {one.id for one in found.documents} == {"form", "report"}
    assert set(form(settled_town, case, FARMING).json_schema["properties"]) == {"taken", "address"}


def test_before_a_screening_all_that_hangs_on_the_site_is_undecided(settled_town: Town):
    found = materials(settled_town, case_of(settled_town, screened=False))
    assert (needed(found), found.findings) == (["always", "later"], "none")
    assert undecided(found) == ["farming", "zone", "military", "tall"]


def test_a_site_that_was_moved_leaves_open_what_hung_on_the_old_one(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    with town.service.database.write() as connection:
        project = find_project(connection, case.project_id)
        moved = kept_site(town.site(EAST), town.catalogue.city)
        later = project.facts.model_copy(update={"site": moved})
        revise_project(connection, project.id, later, OWNER)
    found = materials(town, case)
    assert (needed(found), found.findings) == (["always", "later"], "superseded")
    assert "redrawn" in found.approvals.notes[0].en
    screen_case(town.service, case.id, By("desk", DAY))
    assert needed(materials(town, case)) == ["always", "zone", "military", "later"]


def test_what_is_held_of_the_applicant_and_of_the_project_is_not_asked_again(town_of_either: Town):
    town = town_of_either
    case, other = case_of(town), case_of(town)
    before = materials(town, case).counts
    with town.service.database.write() as connection:
        for kind, holder in (
            ("licence", Holder(applicant=OWNER)),
            ("report", Holder(project_id=case.project_id)),
        ):
            document = HeldDocument(kind=kind, source="desk", issued_on=DAY)
            hold_document(connection, town_pack(), document, holder, "desk")
    after = materials(town, case).counts
    assert (before.held, after.held) == (0, 2)
    assert after.to_hand_in == before.to_hand_in - 2
    assert materials(town, other).counts.held == 1


def test_the_form_is_filled_in_from_blueprint_project_and_file(settled_town: Town):
    with settled_town.service.database.write() as connection:
        save_profile(connection, OWNER, read_profile({"name": "示例", "credit_code": CODE}), OWNER)
    case = case_of(settled_town, figures={"height_m": 12})
    found = form(settled_town, case)
    assert {name: source.kind for name, source in found.sources.items()} == {
        "area": "site", "code": "profile", "taken": "finding", "height": "said",
    }  # fmt: skip
    assert found.values["area"] == pytest.approx(10_000, rel=1e-3)
    assert found.values["taken"] == pytest.approx(3000, rel=1e-3)
    assert set(found.missing) == {"address", "pollutes", "earth"}
    asked = found.json_schema["properties"]["pollutes"]["x-asked-by"]
    assert [one["rule"] for one in asked] == ["site.discharge"]


def test_a_filled_form_says_the_project_anew_and_what_that_changes(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    done = fill(town, case, height=30, address="某路1号", code=CODE)
    assert set(done.changed) == {"height", "address", "code"}
    assert done.form.project_version == 2
    assert "tall" in needed(materials(town, case))
    with town.service.database.read() as connection:
        kept = find_profile(connection, OWNER).profile
        facts = find_project(connection, case.project_id).facts
    assert (kept.address, kept.credit_code) == ("某路1号", CODE)
    assert (facts.figures.height_m, facts.proposer_code) == (30, CODE)


def test_an_answer_turns_the_verdict_that_a_screening_would_come_to(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    assert materials(town, case).findings == "current"
    done = fill(town, case, pollutes=False)
    assert done.form.findings == "superseded"
    assert done.changes
    assert all("site.discharge" in str(change.changed) for change in done.changes)
    assert fill(town, case, pollutes=False).changed == []


def test_what_is_asked_only_because_of_another_value_can_be_given_with_it(settled_town: Town):
    case = case_of(settled_town, wkt=CLEAR)
    with pytest.raises(InvalidForm, match="trees: is not asked by this form"):
        fill(settled_town, case, trees=3)
    done = fill(settled_town, case, trees=3, height=30)
    assert done.form.values["trees"] == 3
    assert set(done.changed) == {"trees", "height"}


def test_the_same_again_changes_nothing(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    values = form(town, case).values
    done = fill(town, case, **values)
    assert (done.changed, done.changes, done.form.project_version) == ([], [], 1)


def test_a_form_that_is_refused_leaves_everything_as_it_was(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    with pytest.raises(InvalidForm, match="height"):
        fill(town, case, address="某路1号", height=-1)
    with town.service.database.read() as connection:
        assert find_project(connection, case.project_id).version == 1
        assert newest_profile(connection, OWNER) is None


def test_a_form_on_an_older_version_of_the_project_is_refused(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    fill(town, case, height=3)
    filling = Filling({"height": 4}, None, DAY, based_on=1)
    with pytest.raises(InvalidCase, match="version 2 was said meanwhile"):
        fill_case_form(town.service, case, APPLICANT, filling, OWNER)


def test_a_file_is_found_by_its_code_for_staff_alone(town_of_either: Town):
    town = town_of_either
    with town.service.database.write() as connection:
        profile = read_profile({"name": "示例", "credit_code": CODE, "address": "某路1号"})
        save_profile(connection, "somebody", profile, "desk")
        document = HeldDocument(kind="licence", source="desk")
        hold_document(connection, town_pack(), document, Holder(applicant="somebody"), "desk")
    case = case_of(town, proposer_code=CODE)
    assert form(town, case).values["address"] == "某路1号"
    assert materials(town, case).counts.held == 1
    assert "address" not in form(town, case, APPLICANT).values
    assert materials(town, case, APPLICANT).counts.held == 0


def test_staff_who_entered_a_project_say_whose_file_it_is_by_the_code(town_of_either: Town):
    town = town_of_either
    case = case_of(town)
    with pytest.raises(InvalidForm, match="say the credit code first"):
        fill(town, case, APPROVAL, OWNER, address="某路1号")
    fill(town, case, APPROVAL, OWNER, code=CODE)
    fill(town, case, APPROVAL, OWNER, address="某路1号")
    with town.service.database.read() as connection:
        assert newest_profile(connection, OWNER) is None
        assert find_profile(connection, CODE).profile.credit_code == CODE
    assert form(town, case).values["address"] == "某路1号"


def test_a_project_without_a_site_has_its_approvals_too(town_of_either: Town):
    town = town_of_either
    case = case_of(town, wkt=CLEAR, screened=False)
    with town.service.database.write() as connection:
        project = find_project(connection, case.project_id)
        bare = project.facts.model_copy(update={"site": None})
        revise_project(connection, project.id, bare, OWNER)
    assert "area" in form(town, case).missing
    assert json.loads(materials(town, case).model_dump_json())["findings"] == "none"
