"""The legend: the gravest overlaps are never those that are left out."""

import shapely

from blueprint.report.legend import overlaps_shown
from blueprint.report.signs import OverlapSign
from tests.blueprint.report.conftest import FIELD, finding


def overlaps(count: int) -> list[OverlapSign]:
    shape = shapely.GeometryCollection([FIELD])
    return [
        OverlapSign(number, finding(f"f{number}", "consult", FIELD), shape)
        for number in range(1, count + 1)
    ]


def shown(count: int, room: float) -> list[int]:
    return [sign.number for sign in overlaps_shown(overlaps(count), room)]


def test_the_mildest_overlaps_are_left_out() -> None:
    assert shown(12, 0) == [1, 2, 3, 4, 5, 6]


def test_one_more_is_shown_rather_than_counted() -> None:
    assert shown(7, 0) == [1, 2, 3, 4, 5, 6, 7]


def test_room_is_used() -> None:
    assert shown(12, 113) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert shown(12, 1000) == list(range(1, 13))
