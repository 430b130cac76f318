"""What is known and held of applicants, kept in either store: added to, never changed."""

import pytest
import sqlalchemy as sa

from blueprint.approvals.held import (
    HeldDocument,
    Holder,
    held_of,
    hold_document,
    withdraw_document,
)
from blueprint.approvals.kept import current_approvals, load_into_store
from blueprint.approvals.pack_file import SHIPPED_APPROVALS, load_approvals
from blueprint.approvals.profiles import (
    ApplicantProfile,
    find_profile,
    profile_by_code,
    profile_versions,
    save_profile,
)
from blueprint.cases.files import open_case
from blueprint.cases.models import HeldDocumentRow, ProfileRow
from blueprint.cases.projects import add_project
from blueprint.errors import (
    InvalidApprovals,
    InvalidDocument,
    UnknownApplicant,
    UnknownCase,
    UnknownDocument,
    UnknownProject,
)
from blueprint.service import Service
from layers import StoreUnavailable
from tests.blueprint.conftest import Town, site_rule

from .conftest import CODE, approval, facts, pack_of

PACK = pack_of(approval("a", documents=["form"]))
OURS, THEIRS = Holder(applicant="示例置业"), Holder(applicant="other")


def profile(**said: str) -> ApplicantProfile:
    return ApplicantProfile.model_validate({"name": "示例置业有限公司"} | said)


def hold(service: Service, kind: str, holder: Holder = OURS, source: str = "desk", **said: str):
    document = HeldDocument.model_validate({"kind": kind, "source": source} | said)
    with service.database.write() as connection:
        return hold_document(connection, PACK, document, holder, "desk")


def held(service: Service, holder: Holder = OURS) -> list[str]:
    with service.database.read() as connection:
        return sorted(entry.document.kind for entry in held_of(connection, holder))


def project_of(service: Service) -> str:
    with service.database.write() as connection:
        return add_project(connection, facts(), "示例置业").id


def test_a_profile_is_kept_version_by_version_and_the_same_again_makes_none(
    town_on_either: Town,
):
    database = town_on_either.service.database
    for said in (profile(), profile(), profile(credit_code=CODE)):
        with database.write() as connection:
            save_profile(connection, "示例置业", said, "desk")
    with database.read() as connection:
        versions = profile_versions(connection, "示例置业")
        assert [one.version for one in versions] == [1, 2]
        assert find_profile(connection, "示例置业").profile.credit_code == CODE
        assert profile_by_code(connection, CODE).applicant == "示例置业"


def test_nobody_is_found_by_a_code_that_two_applicants_claim(town_on_either: Town):
    database = town_on_either.service.database
    with database.write() as connection:
        for name in ("one", "two"):
            save_profile(connection, name, profile(credit_code=CODE), "desk")
    with database.read() as connection:
        assert profile_by_code(connection, CODE) is None


@pytest.mark.parametrize("name", ["nobody", "a\x00b", "\n"])
def test_an_applicant_that_is_not_known_is_refused_with_the_remedy(town_on_either: Town, name):
    with (
        town_on_either.service.database.read() as connection,
        pytest.raises(UnknownApplicant, match="no file is kept of it; PUT the profile"),
    ):
        find_profile(connection, name)


@pytest.mark.parametrize(
    "said",
    [
        {"credit_code": "91350100M000100Y44"},
        {"contact_phone": "call me"},
        {"contact_email": "nobody"},
        {"legal_representative": "某某"},
        {"name": " "},
    ],
)
def test_a_profile_holds_sound_codes_and_ways_to_reach_an_office_and_no_person(said):
    with pytest.raises(ValueError, match="validation error"):
        profile(**said)


def test_documents_of_an_applicant_and_of_a_project_are_kept_apart(town_on_either: Town):
    service = town_on_either.service
    project = project_of(service)
    hold(service, "licence", source="licence", number="LIC-1")
    hold(service, "licence", THEIRS)
    hold(service, "report", Holder(project_id=project), issued_on="2026-01-01")
    assert held(service) == ["licence"]
    assert held(service, Holder(project_id=project)) == ["report"]
    assert held(service, Holder("示例置业", project)) == ["licence", "report"]
    assert held(service, Holder()) == []


def test_what_was_entered_wrongly_is_withdrawn_by_another_entry(town_on_either: Town):
    service = town_on_either.service
    entry = hold(service, "licence")
    kept = hold(service, "licence")
    with service.database.write() as connection:
        withdraw_document(connection, entry.id, "desk", "他人的执照")
    with service.database.read() as connection:
        assert [one.id for one in held_of(connection, OURS)] == [kept.id]
        rows = connection.scalar(sa.select(sa.func.count()).select_from(HeldDocumentRow))
    assert rows == 3
    with (
        pytest.raises(UnknownDocument, match=entry.id),
        service.database.write() as connection,
    ):
        withdraw_document(connection, entry.id, "desk", "again")


@pytest.mark.parametrize(
    ("said", "error", "says"),
    [
        ({"kind": "nothing"}, InvalidDocument, "no such kind of document"),
        ({"kind": "plan"}, InvalidDocument, "is held of a project; name that alone"),
        ({"kind": "licence", "case_id": "cs_none"}, UnknownCase, "cs_none"),
    ],
)
def test_what_cannot_be_held_is_refused_in_one_line(town_on_either: Town, said, error, says):
    with pytest.raises(error, match=says):
        hold(town_on_either.service, **said)


def test_what_is_no_electronic_licence_is_not_held_as_one(town_on_either: Town):
    service = town_on_either.service
    project = Holder(project_id=project_of(service))
    with pytest.raises(InvalidDocument, match="is no electronic licence"):
        hold(service, "plan", project, "licence")
    with pytest.raises(UnknownProject):
        hold(service, "plan", Holder(project_id="pj_none"))


def test_a_document_of_a_case_is_of_that_cases_project(town_on_either: Town):
    service = town_on_either.service
    one, other = project_of(service), project_of(service)
    with service.database.write() as connection:
        case = open_case(connection, one, "land", "desk", None).id
    hold(service, "plan", Holder(project_id=one), "case", case_id=case)
    with pytest.raises(InvalidDocument, match="is a case of another project"):
        hold(service, "plan", Holder(project_id=other), "case", case_id=case)


@pytest.mark.parametrize("row", [HeldDocumentRow, ProfileRow])
def test_what_was_entered_cannot_be_changed_or_taken_away(town_on_either: Town, row):
    service = town_on_either.service
    hold(service, "licence")
    with service.database.write() as connection:
        save_profile(connection, "示例置业", profile(), "desk")
    for change in (sa.update(row).values(who="nobody"), sa.delete(row)):
        with pytest.raises(StoreUnavailable, match="only added to"), \
             service.database.write() as connection:  # fmt: skip
            connection.execute(change)


def test_the_pack_that_counts_is_the_one_loaded_last_and_else_the_services_own(
    town_on_either: Town,
):
    service = town_on_either.service
    with service.database.read() as connection:
        assert current_approvals(connection) == load_approvals(SHIPPED_APPROVALS)
    for pack in (PACK, pack_of(approval("b", {"layer": "zone"}))):
        load_into_store(service, pack, "desk")
        with service.database.read() as connection:
            kept = current_approvals(connection)
        assert kept == pack
        assert kept.ref == pack.ref


def test_a_pack_that_does_not_fit_the_city_is_not_loaded(town_on_either: Town):
    town_on_either.publish(site_rule("zone"))
    pack = pack_of(
        approval("a", {"rule": "site.metro"}, department="nobody"),
        approval("b", {"any": [{"layer": "moon"}, {"layer": "metro"}, {"theme": "99"}]}),
    )
    with pytest.raises(InvalidApprovals) as refused:
        load_into_store(town_on_either.service, pack, "desk")
    told = refused.value.lines
    for says in (
        "approval a: department nobody is not in the catalogue",
        "approval a: rule site.metro checks no site",
        "approval b: layer moon is not in the catalogue",
        "approval b: layer metro is asked for by no rule on sites",
        "approval b: theme 99 has no layers",
        "field pollutes: the rules do not ask pollutes",
    ):
        assert len([one for one in told if says in one and ";" in one]) == 1, (says, told)
