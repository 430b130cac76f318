"""Projects by place: those that overlap, with the area of each."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint.cases.neighbours import overlapping_projects, project_sites
from blueprint.cases.projects import find_project

from .conftest import Office


def rectangle(x: float, y: float, width: float, height: float) -> str:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return f"POLYGON (({', '.join(f'{a} {b}' for a, b in corners)}))"


def overlaps(office: Office, project: str) -> dict[str, float]:
    with office.town.service.database.read() as connection:
        found = find_project(connection, project)
    return {
        one.project_id: one.area.projected_m2
        for one in overlapping_projects(office.town.service, found)
    }


def test_a_project_overlaps_those_on_its_ground_and_not_those_that_touch_it(
    office_on_either: Office,
):
    office = office_on_either
    first, half, inside, beside, far = (
        (office.open(wkt), office.project)[1]
        for wkt in (
            rectangle(2000, 2000, 100, 100),
            rectangle(2050, 2000, 100, 100),
            rectangle(2010, 2010, 10, 10),
            rectangle(2100, 2100, 100, 100),
            rectangle(4000, 4000, 100, 100),
        )
    )
    assert overlaps(office, first) == {
        half: pytest.approx(5_000, abs=0.1),
        inside: pytest.approx(100, abs=0.1),
    }
    assert overlaps(office, beside) == overlaps(office, far) == {}
    assert list(overlaps(office, first)) == [half, inside], "the largest first"
    office.project = half
    office.move(rectangle(4050, 4000, 100, 100))
    assert set(overlaps(office, first)) == {inside}
    assert overlaps(office, far) == {half: pytest.approx(5_000, abs=0.1)}


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 4), st.integers(1, 4)),
        min_size=2,
        max_size=5,
    )
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overlaps_are_mutual_and_as_large_as_the_rectangles_share(office: Office, drawn):
    ids = []
    for x, y, width, height in drawn:
        office.open(rectangle(5000 + 10 * x, 5000 + 10 * y, 10 * width, 10 * height))
        ids.append(office.project)
    for name, (x, y, width, height) in zip(ids, drawn, strict=True):
        found = overlaps(office, name)
        for other, (u, v, w, h) in zip(ids, drawn, strict=True):
            if other == name:
                continue
            shared = max(0, min(x + width, u + w) - max(x, u)) * max(
                0, min(y + height, v + h) - max(y, v)
            )
            assert found.get(other, 0.0) == pytest.approx(100 * shared, abs=0.1)
    for name in ids:
        office.project = name
        office.move(rectangle(9000, 9000, 1.5, 1.5))


def test_sites_are_read_again_only_where_a_newer_version_was_said(office: Office):
    office.open()
    kept = project_sites(office.town.service)
    shape = kept.shapes[office.project]
    assert project_sites(office.town.service) is kept
    assert kept.shapes[office.project] is shape
    office.move(rectangle(2000, 2000, 50, 50))
    assert project_sites(office.town.service).shapes[office.project] is not shape
