"""Who comes from whom, and which links are nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.errors import InvalidLink
from blueprint.lineage.graph import Family
from blueprint.lineage.kinds import KINDS

from .conftest import Edge, family_of, golden


@pytest.mark.parametrize("case", golden("links"))
def test_links_are_taken_or_refused_one_after_the_other(case):
    edges = [Edge.of(link) for link in case["links"]]
    for n, edge in enumerate(edges):
        family, last = Family(edges[:n]), n == len(edges) - 1
        asked = (edge.kind, edge.parent_id, edge.child_id)
        if last and "refused" in case:
            with pytest.raises(InvalidLink) as refusal:
                family.refuse(*asked)
            assert str(refusal.value).startswith(case["refused"])
        else:
            family.refuse(*asked)
    if "generations" in case:
        family = Family(edges)
        assert family.generations(edges[0].child_id) == case["generations"]


def test_a_refusal_of_a_circle_says_which_link_to_undo():
    with pytest.raises(InvalidLink, match="undo a link of that way first"):
        family_of(["phase P A"]).refuse("phase", "A", "P")


def test_parents_come_before_children_in_the_order_of_their_links():
    family = family_of(["phase P B", "phase P A", "phase Q C", "merge A M", "merge C M"])
    assert list(family.generations("M")) == ["P", "Q", "B", "A", "C", "M"]
    assert family.ancestors("M") == {"P", "Q", "A", "C"}
    assert family.descendants("P") == {"A", "B", "M"}


def test_a_project_without_links_is_a_family_of_its_own():
    assert family_of(["phase P A"]).generations("X") == {"X": 0}
    assert family_of([]).members("X") == {"X"}


def test_a_merger_of_one_and_a_split_into_one_are_doubtful():
    (doubt,) = family_of(["merge A M"]).doubts("M")
    assert "merger of one project alone" in doubt.en
    (doubt,) = family_of(["split P A"]).doubts("P")
    assert "split into one project alone" in doubt.en
    assert list(family_of(["merge A M", "merge B M", "phase M C"]).doubts("M")) == []


LINKS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG")),
    max_size=30,
)


def taken(links) -> tuple[list[Edge], Family]:
    """The links that are not refused, entered one by one."""
    edges: list[Edge] = []
    for kind, parent, child in links:
        try:
            Family(edges).refuse(kind, parent, child)
        except InvalidLink:
            continue
        edges.append(Edge(kind, parent, child))
    return edges, Family(edges)


@given(LINKS)
def test_nobody_ever_comes_from_oneself_and_every_child_is_younger(links):
    edges, family = taken(links)
    for project in "ABCDEFG":
        assert project not in family.ancestors(project)
        generations = family.generations(project)
        assert generations.keys() == family.members(project)
        for edge in edges:
            if edge.child_id in generations:
                assert generations[edge.parent_id] < generations[edge.child_id]


@given(LINKS)
def test_a_project_has_one_parent_or_is_a_merger_and_one_heir_at_most(links):
    _, family = taken(links)
    for project in "ABCDEFG":
        above = family.above(project)
        assert len(above) <= 1 or {edge.kind for edge in above} == {"merge"}
        heirs = [edge for edge in family.below(project) if edge.kind in {"change", "replace"}]
        assert len(heirs) <= 1
        heir = family.heir(project)
        assert family.heir(heir) == heir
        assert heir == project or project in family.forebears(heir)


@given(LINKS)
def test_ancestors_and_descendants_are_two_sides_of_one_thing(links):
    _, family = taken(links)
    for one in "ABCDEFG":
        assert family.ancestors(one) == {o for o in "ABCDEFG" if one in family.descendants(o)}
