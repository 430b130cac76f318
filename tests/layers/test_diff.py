"""What differs between two versions, on both stores: exact, mirrored, and read alone."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.diff import Diff, changed, diff_versions, match
from layers.errors import UnknownVersion
from layers.models import DeliveryRow, FeatureRow, LayerVersionRow
from layers.table import column, content_hashes, feature_table, geometries

from .shelf import CRS, SQUARE, Shelf, features, open_shelf, square


@pytest.fixture
def shelf(store: str) -> Iterator[Shelf]:
    opened = open_shelf(store)
    yield opened
    opened.service.close()


def diff(shelf: Shelf, first: int, second: int, layer: str = "farmland") -> Diff:
    with shelf.service.database.read() as connection:
        return diff_versions(shelf.service.layers, connection, layer, first, second)


def ids(table: pa.Table) -> list[str]:
    return column(table, "feature_id")


def made(*rows: tuple[str, str]) -> pa.Table:
    """Features without ids of their own: of (WKT, attributes)."""
    shapes = geometries(features({str(n): wkt for n, (wkt, _) in enumerate(rows)}))
    texts = [text for _, text in rows]
    hashes = content_hashes(shapes, texts)
    table = feature_table([each[:16] for each in hashes], shapes, hashes, texts, CRS)
    return table.sort_by("feature_id")


def test_every_kind_of_change_is_told_apart(shelf: Shelf):
    rice, wheat = {"地类": "水田"}, {"地类": "旱地"}
    shelf.append(
        "farmland",
        {
            "same": SQUARE,
            "gone": square(0, 0),
            "moved": (square(50, 0), rice),
            "turned": (square(90, 0), rice),
        },
    )
    shelf.append(
        "farmland",
        {
            "same": SQUARE,
            "new": square(0, 50),
            "moved": (square(51, 0), rice),
            "turned": (square(90, 0), wheat),
        },
    )
    found = diff(shelf, 1, 2)
    assert ids(found.removed) == ["gone"]
    assert ids(found.added) == ["new"]
    assert ids(found.before) == ids(found.after) == ["moved", "turned"]
    apart = shapely.symmetric_difference(geometries(found.before), geometries(found.after))
    assert shapely.area(apart).tolist() == [20.0, 0.0]
    assert column(found.after, "attributes")[1] == '{"地类": "旱地"}'


def test_a_version_does_not_differ_from_itself_and_must_be_there(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE})
    found = diff(shelf, 1, 1)
    for table in (found.removed, found.added, found.before, found.after):
        assert table.num_rows == 0
    with pytest.raises(UnknownVersion, match="farmland: has no version 2"):
        diff(shelf, 1, 2)
    with pytest.raises(UnknownVersion, match="road: has no version 1"):
        diff(shelf, 1, 1, "road")


def test_what_was_taken_out_and_brought_back_unchanged_does_not_differ(shelf: Shelf):
    shelf.append("farmland", {"a": SQUARE, "b": square(0, 0)})
    shelf.append("farmland", {"b": square(0, 0)})
    shelf.append("farmland", {"a": SQUARE, "b": square(5, 5)})
    found = diff(shelf, 1, 3)
    assert (ids(found.removed), ids(found.added), ids(found.before)) == ([], [], ["b"])


def test_only_the_rows_that_differ_leave_the_database(shelf: Shelf):
    rows: dict[str, str] = {f"f{at:04d}": square(at * 20, 0) for at in range(2_000)}
    shelf.append("farmland", rows)
    shelf.append("farmland", rows | {"f0007": square(7, 7), "f2000": square(9, 9)})
    with shelf.service.database.read() as connection:
        old, new = changed(shelf.service.layers, connection, "farmland", 1, 2)
        assert (ids(old), ids(new)) == (["f0007"], ["f0007", "f2000"])
        if not shelf.service.database.is_postgis:
            plan = connection.execute(
                sa.text(
                    "EXPLAIN QUERY PLAN SELECT geometry FROM feature WHERE layer_id = 'farmland' "
                    "AND version_from <= 1 AND version_until > 1 AND version_until <= 2"
                )
            ).all()
            assert "USING INDEX feature_by_layer" in plan[0][3]


def test_a_feature_without_an_id_keeps_its_place_when_its_attributes_change():
    old = made((SQUARE, '{"地类":"水田"}'), (square(0, 0), "{}"))
    new = made((SQUARE, '{"地类":"旱地"}'), (square(0, 0), "{}"))
    pairs = [(ids(old)[i], ids(new)[j]) for i, j in match(old, new)]
    assert (ids(made((square(0, 0), "{}")))[0],) * 2 in pairs
    assert len(pairs) == 2


def test_a_feature_without_an_id_is_known_by_its_attributes_where_it_still_overlaps():
    old = made((square(0, 0), '{"n":1}'), (square(100, 0), '{"n":2}'))
    new = made((square(1, 0), '{"n":1}'), (square(200, 0), '{"n":2}'))
    ((i, j),) = match(old, new)
    assert column(old, "attributes")[i] == column(new, "attributes")[j] == '{"n":1}'


AMBIGUOUS = {
    "two-in-the-same-place": (
        [(SQUARE, '{"n":1}'), (SQUARE, '{"n":2}')],
        [(SQUARE, '{"n":3}')],
    ),
    "one-cut-in-two": (
        [(square(0, 0, 10), "{}")],
        [(square(0, 0, 5), "{}"), (square(5, 5, 5), "{}")],
    ),
    "neighbours-that-only-touch": ([(square(0, 0), "{}")], [(square(10, 0), "{}")]),
    "both-changed": ([(square(0, 0), '{"n":1}')], [(square(1, 0), '{"n":2}')]),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_what_has_more_than_one_answer_stays_removed_and_added(case: str):
    old, new = (made(*rows) for rows in AMBIGUOUS[case])
    assert match(old, new) == []


def test_another_id_of_the_departments_own_is_another_feature():
    assert match(features({"a": SQUARE}), features({"b": SQUARE})) == []


LAYER = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.integers(0, 3), st.integers(0, 2)),
    max_size=6,
)


def table_of(content: dict[str, tuple[int, int]], *, own_ids: bool) -> pa.Table:
    named = {name: (square(20 * x, 0), {"n": n}) for name, (x, n) in content.items()}
    table = features(dict(sorted(named.items())))
    if own_ids:
        return table
    rows = {(square(20 * x, 0), f'{{"n":{n}}}') for x, n in content.values()}
    return made(*sorted(rows)) if rows else table


def rows(table: pa.Table) -> set[tuple[object, ...]]:
    return {tuple(row.values()) for row in table.to_pylist()}


def mirrored(found: Diff) -> list[set[tuple[object, ...]]]:
    pairs = zip(found.after.to_pylist(), found.before.to_pylist(), strict=True)
    both = {(*new.values(), *old.values()) for new, old in pairs}
    return [rows(found.added), rows(found.removed), both]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(LAYER, min_size=2, max_size=4), own_ids=st.booleans())
def test_a_diff_leads_from_one_version_to_the_other_and_back_in_both_stores(
    postgis_store: str, tmp_path_factory: pytest.TempPathFactory, contents, own_ids
):
    tables = [table_of(content, own_ids=own_ids) for content in contents]
    folder = tmp_path_factory.mktemp("diff")
    answers = []
    for store in (str(folder / "store.gpkg"), postgis_store):
        shelf = open_shelf(store)
        with shelf.service.database.write() as connection:
            for emptied in (FeatureRow, DeliveryRow, LayerVersionRow):
                connection.execute(sa.delete(emptied))
        for table in tables:
            shelf.append("farmland", table)
        found = {
            (i, j): diff(shelf, i, j)
            for i in range(1, len(tables) + 1)
            for j in range(1, len(tables) + 1)
        }
        for (i, j), each in found.items():
            first, second = (rows(tables[at - 1]) for at in (i, j))
            start = first - rows(each.removed) - rows(each.before)
            assert start | rows(each.added) | rows(each.after) == second
            assert rows(each.removed) | rows(each.before) == first - second
            assert rows(each.added) | rows(each.after) == second - first
            assert mirrored(each) == mirror(found[j, i])
        answers.append({key: mirrored(each) for key, each in found.items()})
        shelf.service.close()
    assert answers[0] == answers[1]


def mirror(found: Diff) -> list[set[tuple[object, ...]]]:
    pairs = zip(found.before.to_pylist(), found.after.to_pylist(), strict=True)
    both = {(*old.values(), *new.values()) for old, new in pairs}
    return [rows(found.removed), rows(found.added), both]
