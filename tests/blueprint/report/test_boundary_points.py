import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from blueprint.report.boundary_points import boundary_points
from blueprint.report.document import Tongue
from blueprint.report.site_figures import article_words, paired

RING = "POLYGON ((0 0, 40 0, 40 30, 0 30, 0 0), (10 10, 20 10, 20 20, 10 20, 10 10))"


def test_points_run_clockwise_from_the_north_west_and_end_where_they_began():
    points = boundary_points(shapely.from_wkt("POLYGON ((0 0, 40 0, 40 30, 0 30, 0 0))"))
    assert [(p.number, p.x_north, p.y_east, p.side_m) for p in points] == [
        ("J1", 30, 0, 40),
        ("J2", 30, 40, 30),
        ("J3", 0, 40, 40),
        ("J4", 0, 0, 30),
        ("J1", 30, 0, None),
    ]


def test_holes_and_parts_are_rings_of_their_own_and_numbers_go_on():
    site = shapely.union_all(
        [shapely.from_wkt(RING), shapely.from_wkt("POLYGON ((50 0, 60 0, 60 9, 50 0))")]
    )
    points = boundary_points(site)
    assert [p.ring for p in points] == [1] * 4 + [2] * 5 + [3] * 5
    assert [p.number for p in points if p.side_m is None] == ["J1", "J4", "J8"]


@given(st.integers(3, 40), st.floats(1, 1e4))
def test_the_sides_are_the_length_of_the_boundary(corners: int, radius: float):
    site = shapely.Point(600_000, 2_700_000).buffer(radius, quad_segs=corners)
    sides = [p.side_m for p in boundary_points(site) if p.side_m is not None]
    assert sum(sides) == pytest.approx(site.length)


@pytest.mark.parametrize(
    ("article", "english"),
    [
        ("第三十五条", "Article 35"),
        ("第十条第二款", "Article 10 paragraph 2"),
        ("第一百零四条", "Article 104"),
        ("附录A", "附录A"),
        (None, ""),
    ],
)
def test_articles_are_figures_in_english_and_as_they_are_in_chinese(article, english):
    assert article_words(article, Tongue("en")) == english
    assert article_words(article, Tongue("zh")) == (article or "")


def test_a_folded_table_keeps_every_row():
    rows = [[str(n), "x"] for n in range(5)]
    grid = paired(("a", "b"), rows)
    cells = [row[at] for at in (0, 2) for row in grid.rows]
    assert [cell for cell in cells if cell] == ["0", "1", "2", "3", "4"]
