"""What looks like the same project, and what is told as evidence."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from blueprint.errors import UnknownProject
from blueprint.lineage import Duplicates, duplicates_of, find_duplicates, sight_of
from blueprint.lineage.duplicates import _shared_sites
from blueprint.lineage.ground import Surveyor
from blueprint.lineage.names import ALIKE, alike_names, likeness, plain_name
from tests.blueprint.conftest import catalogue

from .conftest import Library, facts_of, golden
from .test_lineage import caller

SQUARE = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
HALF = "POLYGON ((50 0, 250 0, 250 100, 50 100, 50 0))"
BESIDE = "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 0))"
THIN = "POLYGON ((99.95 0, 200 0, 200 100, 99.95 100, 99.95 0))"
CODE = "2111-350203-04-01-000001"


def told(library: Library, found: Duplicates) -> list[tuple[str, list[str]]]:
    return [(library.letters([one.project_id])[0], one.reasons) for one in found.duplicates]


@pytest.mark.parametrize("case", golden("names"))
def test_names_are_alike_or_not(case):
    found = alike_names(case["one"], ["完全不同的名称", case["other"]])
    assert (1 in found) == case["alike"]
    assert 0 not in found
    if case["alike"]:
        assert found[1].score == case["score"]
        assert case.get("explained", "") in found[1].explained.en


def test_a_score_is_explained_by_what_only_one_of_them_has():
    found = likeness("示例产业园一期建设项目", "示例工业园二期")
    assert found.compared == "示例产业园一期"
    assert "前者另有“产、一”，后者另有“工、二”" in found.explained.zh
    assert "only the one has '产、一'" in found.explained.en


NAMES = st.text("示例产业园学校医院一二期北区AB（） ", min_size=1, max_size=14).filter(plain_name)


@given(NAMES, NAMES)
def test_likeness_has_no_sides_and_is_whole_only_for_the_same(one: str, other: str):
    there, back = likeness(one, other), likeness(other, one)
    assert there.score == back.score
    assert 0 <= there.score <= 1
    assert (there.score == 1) == (plain_name(one) == plain_name(other))
    assert (0 in alike_names(one, [other])) == (0 in alike_names(other, [one]))
    if there.score >= ALIKE:
        assert 0 in alike_names(one, [other])


def test_a_code_is_the_same_however_it_is_written(library: Library):
    library.add("A", name="甲", code=CODE)
    library.add("B", name="乙", code="２１１１350203 04—01—000001")
    library.add("C", name="丙", code="2111-350203-04-01-000002")
    library.add("D", name="丁")
    found = duplicates_of(library.connection, library.ids["A"])
    assert told(library, found) == [("B", ["code"])]
    assert found.duplicates[0].same_code == CODE.replace("-", "")
    assert found.compared == 3


def test_two_projects_without_a_code_have_not_the_same(library: Library):
    library.add("A", name="甲")
    library.add("B", name="乙")
    found = duplicates_of(library.connection, library.ids["A"])
    assert found.duplicates == []
    assert [note.en for note in found.notes] == [
        "the project has no code: not compared by code",
        "the project has no site: not compared by site",
    ]


def test_a_site_is_told_with_both_areas_and_the_share_of_either(library: Library):
    library.add("A", name="甲", site=SQUARE)
    library.add("B", name="乙", site=HALF)
    library.add("C", name="丙", site=BESIDE)
    library.add("D", name="丁")
    found = duplicates_of(library.connection, library.ids["A"])
    assert told(library, found) == [("B", ["site"])]
    site = found.duplicates[0].site
    assert (round(site.share, 4), round(site.share_of_other, 4)) == (0.5, 0.25)
    assert site.ground.area.projected_m2 == pytest.approx(5000)
    assert site.ground.area.ellipsoidal_m2 != site.ground.area.projected_m2
    assert site.ground.band == "real"
    assert found.notes[-1].en == "1 projects have no site: not compared by site"


def test_a_thin_strip_may_be_an_error(library: Library):
    library.add("A", name="甲", site=SQUARE)
    library.add("B", name="乙", site=THIN)
    (one,) = duplicates_of(library.connection, library.ids["A"]).duplicates
    assert one.site.ground.band == "suspected_error"
    assert "perhaps an error" in one.explained[0].en


def test_the_most_telling_come_first(library: Library):
    library.add("A", name="示例产业园", code=CODE, site=SQUARE)
    library.add("N", name="示例新产业园")
    library.add("S", name="别的", site=HALF)
    library.add("C", name="另外", code=CODE)
    library.add("X", name="示例产业园", code=CODE, site=SQUARE)
    found = duplicates_of(library.connection, library.ids["A"])
    assert told(library, found) == [
        ("X", ["code", "site", "name"]),
        ("C", ["code"]),
        ("S", ["site"]),
        ("N", ["name"]),
    ]


def test_one_of_the_same_family_is_told_as_such(library: Library):
    library.add("P", name="甲", site=SQUARE)
    library.add("A", name="乙", site=HALF)
    library.add("B", name="丙", site=SQUARE)
    library.link("phase P A")
    library.link("phase P B")
    (first, second) = duplicates_of(library.connection, library.ids["A"]).duplicates
    related = {library.letters([x.project_id])[0]: x.related.en for x in (first, second)}
    assert related == {"P": "linked already: phase", "B": "linked already: of the same family"}


def test_a_project_that_is_not_taken_in_yet_is_compared_too(library: Library):
    library.add("A", name="示例产业园", site=SQUARE)
    found = find_duplicates(library.connection, facts_of("示例产业园", site=HALF))
    assert found.project_id is None
    assert told(library, found) == [("A", ["site", "name"])]


def test_projects_that_may_not_be_seen_are_neither_told_nor_counted(library: Library):
    library.add("A", "me", name="示例产业园", code=CODE, site=SQUARE)
    library.add("B", "neighbour", name="示例产业园", code=CODE, site=SQUARE)
    sight = sight_of(library.connection, caller("me"))
    found = duplicates_of(library.connection, library.ids["A"], sight)
    assert (found.scope, found.compared, found.duplicates) == ("visible", 0, [])
    with pytest.raises(UnknownProject, match="no such project"):
        duplicates_of(library.connection, library.ids["B"], sight)


BOXES = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 40)] * 2).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(BOXES, BOXES)
def test_the_share_of_either_is_the_other_ones_seen_from_there(one, other):
    surveyor = Surveyor(catalogue().city)
    mine, theirs = facts_of(site=one.wkt), facts_of(site=other.wkt)
    there = _shared_sites(mine, {"x": theirs}, surveyor).get("x")
    back = _shared_sites(theirs, {"x": mine}, surveyor).get("x")
    assert (there is None) == (back is None) == (one.intersection(other).area == 0)
    if there is not None:
        assert (there.share, there.share_of_other) == (back.share_of_other, back.share)
        assert there.share == pytest.approx(one.intersection(other).area / one.area, abs=1e-4)
