"""Lineage in a store: entered, undone, told to those who may see it."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier

import pytest
import sqlalchemy as sa

from blueprint.access.caller import MAY, Caller, Role
from blueprint.cases.files import By
from blueprint.cases.models import ProjectLinkRow
from blueprint.errors import InvalidLink, UnknownLink, UnknownProject
from blueprint.lineage import (
    LinkNote,
    LinkWish,
    add_link,
    find_link,
    lineage_of,
    sight_of,
    undo_link,
)
from tests.blueprint.conftest import DAY, Town

from .conftest import BY, Library

SQUARE = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
OUT = "POLYGON ((60 0, 110 0, 110 100, 60 100, 60 0))"


@pytest.fixture
def family(library: Library) -> Library:
    """P has phases A and B, and A was split into C and D."""
    library.add("P", area=1000, invest=500, site=SQUARE, code="2111-350203-04-01-000001")
    library.add("A", area=400, invest=200)
    library.add("B", area=700, invest=None, site=OUT)
    library.add("C", "neighbour", area=100)
    library.add("D", area=200)
    for link in ("phase P A", "phase P B", "split A C", "split A D"):
        library.link(link)
    return library


def caller(name: str, role: Role = "applicant") -> Caller:
    return Caller(name, role, scopes=MAY[role])


def test_a_family_is_told_parents_first_whoever_of_it_is_asked_for(family: Library):
    for letter in "PABCD":
        found = lineage_of(family.connection, family.ids[letter])
        assert family.letters([one.id for one in found.projects]) == list("PABCD")
        assert [one.generation for one in found.projects] == [0, 1, 1, 2, 2]
        assert [link.kind for link in found.links] == ["phase", "phase", "split", "split"]
        assert found.scope == "all"
    found = lineage_of(family.connection, family.ids["A"])
    assert family.letters(found.ancestors) == ["P"]
    assert family.letters(found.descendants) == ["C", "D"]


def test_it_says_who_linked_them_when_and_why(library: Library):
    library.add("P")
    library.add("A")
    link = library.link("phase P A", scope="一期土建", reason="发改备案变更")
    assert (link.who, link.day, link.note.scope) == (BY.who, DAY, "一期土建")
    (told,) = lineage_of(library.connection, library.ids["A"]).links
    assert told == link == find_link(library.connection, link.id)
    assert told.note.reason == "发改备案变更"


def test_what_does_not_add_up_is_told_with_it(family: Library):
    found = lineage_of(family.connection, family.ids["P"]).conservation
    told = {(family.letters([c.project_id])[0], c.id): c.outcome for c in found.checks}
    assert told["P", "site_area"] == told["P", "inside"] == "broken"
    assert told["P", "investment"] == told["A", "investment"] == "undecided"
    assert told["A", "site_area"] == "held"
    assert found.outcome == "broken"


def test_an_undone_link_holds_no_more_and_stays_to_be_read(family: Library):
    link = lineage_of(family.connection, family.ids["P"]).links[0]
    undone = undo_link(family.connection, link.id, By("another", DAY), LinkNote(reason="登记错误"))
    assert undone.undone is not None
    assert (undone.undone.who, undone.undone.reason) == ("another", "登记错误")
    found = lineage_of(family.connection, family.ids["P"])
    assert family.letters([one.id for one in found.projects]) == ["P", "B"]
    assert [one.id for one in found.undone] == [link.id]
    rows = family.connection.execute(sa.select(sa.func.count(ProjectLinkRow.id))).scalar()
    assert rows == 5


def test_a_link_is_undone_once_and_may_be_entered_again(family: Library):
    link = lineage_of(family.connection, family.ids["A"]).links[0]
    undo_link(family.connection, link.id, BY)
    with pytest.raises(InvalidLink, match=f"link {link.id}: was undone on {DAY}"):
        undo_link(family.connection, link.id, BY)
    family.link("replace P A")
    found = lineage_of(family.connection, family.ids["A"])
    assert [one.kind for one in found.links] == ["phase", "split", "split", "replace"]
    assert family.letters(found.ancestors) == ["P"]


@pytest.mark.parametrize("number", [0, -1, 999, 2**63, 2**70])
def test_a_link_that_is_not_there_is_not_undone(library: Library, number: int):
    with pytest.raises(UnknownLink, match=f"link {number}: no such link"):
        undo_link(library.connection, number, BY)


def test_the_entry_that_undoes_is_no_link_to_be_undone(family: Library):
    link = lineage_of(family.connection, family.ids["P"]).links[0]
    undo_link(family.connection, link.id, BY)
    last = family.connection.scalar(sa.select(sa.func.max(ProjectLinkRow.id)))
    with pytest.raises(UnknownLink, match="no such link"):
        undo_link(family.connection, last, BY)


def test_a_circle_is_refused_and_nothing_is_entered(family: Library):
    before = family.connection.scalar(sa.select(sa.func.count(ProjectLinkRow.id)))
    with pytest.raises(InvalidLink, match="which comes from it"):
        family.link("replace D P")
    assert family.connection.scalar(sa.select(sa.func.count(ProjectLinkRow.id))) == before


def test_projects_that_are_not_there_are_not_linked(library: Library):
    library.add("P")
    wish = LinkWish(kind="phase", parent_id=library.ids["P"], child_id="pj_none")
    with pytest.raises(UnknownProject, match="pj_none: no such project"):
        add_link(library.connection, wish, BY)
    with pytest.raises(UnknownProject, match="pj_none: no such project"):
        lineage_of(library.connection, "pj_none")
    with pytest.raises(UnknownProject):
        lineage_of(library.connection, "pj\x00")


def test_a_link_is_never_changed_or_deleted(family: Library):
    for verb in (sa.update(ProjectLinkRow).values(who="x"), sa.delete(ProjectLinkRow)):
        with (
            pytest.raises(sa.exc.DatabaseError, match="only added to"),
            family.connection.begin_nested(),
        ):
            family.connection.execute(verb)


def test_staff_see_the_whole_family_and_an_owner_what_is_his(family: Library):
    for role in ("planner", "approver", "administrator"):
        sight = sight_of(family.connection, caller("staff", role))
        found = lineage_of(family.connection, family.ids["C"], sight)
        assert (found.scope, len(found.projects)) == ("all", 5)
    sight = sight_of(family.connection, caller("owner"))
    found = lineage_of(family.connection, family.ids["P"], sight)
    assert found.scope == "visible"
    assert family.letters([one.id for one in found.projects]) == list("PABD")
    assert family.ids["C"] not in found.model_dump_json()
    told = {(family.letters([c.project_id])[0], c.id): c for c in found.conservation.checks}
    assert told["A", "site_area"].sum.stated == 200


def test_a_child_whose_parent_is_not_ones_own_stands_alone(family: Library):
    sight = sight_of(family.connection, caller("neighbour"))
    found = lineage_of(family.connection, family.ids["C"], sight)
    assert family.letters([one.id for one in found.projects]) == ["C"]
    assert found.links == found.undone == found.ancestors == []
    assert found.conservation.checks == []
    told = found.model_dump_json()
    assert not [letter for letter in "PABD" if family.ids[letter] in told]
    with pytest.raises(UnknownProject) as his:
        lineage_of(family.connection, family.ids["P"], sight)
    assert str(his.value) == f"{family.ids['P']}: no such project; `blueprint project list` has all"


def test_what_is_linked_through_a_hidden_project_alone_is_left_out(library: Library):
    library.add("P", "me")
    library.add("A", "neighbour")
    library.add("B", "me")
    library.link("phase P A")
    library.link("phase A B")
    sight = sight_of(library.connection, caller("me"))
    found = lineage_of(library.connection, library.ids["P"], sight)
    assert library.letters([one.id for one in found.projects]) == ["P"]


def test_an_undone_link_to_a_hidden_project_is_not_told(library: Library):
    library.add("P", "me")
    library.add("A", "neighbour")
    link = library.link("phase P A")
    undo_link(library.connection, link.id, BY)
    sight = sight_of(library.connection, caller("me"))
    assert lineage_of(library.connection, library.ids["P"], sight).undone == []
    assert len(lineage_of(library.connection, library.ids["P"]).undone) == 1


def test_two_links_at_once_do_not_close_a_circle_between_them(town_on_either: Town):
    service = town_on_either.service
    with service.database.write() as connection:
        library = Library(connection, {})
        library.add("A")
        library.add("B")
    wishes = [
        LinkWish(kind="phase", parent_id=library.ids[parent], child_id=library.ids[child])
        for parent, child in ("AB", "BA")
    ]
    together = Barrier(2)

    def enter(wish: LinkWish) -> bool:
        together.wait()
        try:
            with service.database.write() as connection:
                add_link(connection, wish, BY)
        except InvalidLink:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(enter, wishes)) == [False, True]


def test_a_long_chain_is_told_whole(library: Library):
    letters = [f"n{number}" for number in range(60)]
    for letter in letters:
        library.add(letter)
    for parent, child in pairwise(letters):
        library.link(f"change {parent} {child}")
    found = lineage_of(library.connection, library.ids["n30"])
    assert library.letters([one.id for one in found.projects]) == letters
    assert (len(found.ancestors), len(found.descendants)) == (30, 29)
