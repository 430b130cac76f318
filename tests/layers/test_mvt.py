"""Tiles as bytes: what is put in is what a decoder of others takes out."""

import json

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.mvt import Drawn, Tags, Values, encode_tile
from layers.tile_attributes import STANDS_FOR, TileAttributes, number_of

PLACES = st.tuples(st.integers(-64, 4160), st.integers(-64, 4160))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SAID = st.one_of(
    TEXTS,
    st.booleans(),
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


def drawn_of(dimension: int, features: list[list[list[tuple[int, int]]]]) -> Drawn:
    """Features of parts of one ring each; points of one part."""
    rings = [ring for parts in features for ring in parts]
    return Drawn(
        dimension,
        np.array([place for ring in rings for place in ring], dtype=np.int64).reshape(-1, 2),
        np.cumsum([0, *map(len, rings)]),
        np.arange(len(rings) + 1),
        np.cumsum([0, *map(len, features)]),
    )


def decoded(tile: bytes) -> list[dict]:
    options = {"y_coord_down": True}
    return mapbox_vector_tile.decode(tile, default_options=options)["layer"]["features"]


def tile_of(drawn: Drawn, texts: list[str] | None = None) -> bytes:
    texts = texts or ["{}"] * len(drawn)
    said = TileAttributes.of([f"feature {n}" for n in range(len(drawn))], texts)
    tags = said.tags(np.arange(len(drawn)))
    return encode_tile("layer", said.keys, [said.values], [(drawn, tags)])


@given(st.lists(st.lists(PLACES, min_size=1, max_size=5), min_size=1, max_size=5))
def test_points_come_out_where_they_were_put(features):
    shapes = [
        feature["geometry"] for feature in decoded(tile_of(drawn_of(0, [[f] for f in features])))
    ]
    found = [[s["coordinates"]] if s["type"] == "Point" else s["coordinates"] for s in shapes]
    assert [[tuple(place) for place in places] for places in found] == features


@given(
    st.lists(
        st.lists(st.lists(PLACES, min_size=2, max_size=5), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_lines_come_out_where_they_were_put(features):
    shapes = [feature["geometry"] for feature in decoded(tile_of(drawn_of(1, features)))]
    found = [[s["coordinates"]] if s["type"] == "LineString" else s["coordinates"] for s in shapes]
    assert [[[tuple(p) for p in line] for line in lines] for lines in found] == features


@given(st.lists(st.dictionaries(TEXTS.filter(bool), SAID, max_size=5), min_size=1, max_size=5))
def test_attributes_come_out_with_their_values_and_types(said):
    texts = [json.dumps(one) for one in said]
    features = decoded(tile_of(drawn_of(0, [[[(1, 2)]]] * len(said)), texts))
    for n, (feature, one) in enumerate(zip(features, said, strict=True)):
        given = {k: v for k, v in one.items() if v is not None and k != "feature_id"}
        found = dict(feature["properties"])
        assert found.pop("feature_id") == f"feature {n}"
        assert found == given
        assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in given.items()}
        assert feature["id"] == number_of(f"feature {n}")


def test_one_true_and_one_point_nought_stay_apart():
    texts = ['{"v": 1}', '{"v": true}', '{"v": 1.0}', '{"v": "1"}', '{"v": [1, "一"]}']
    features = decoded(tile_of(drawn_of(0, [[[(1, 2)]]] * 5), texts))
    values = [feature["properties"]["v"] for feature in features]
    assert [repr(value) for value in values] == ["1", "True", "1.0", "'1'", "'[1, \"一\"]'"]


def test_a_polygon_keeps_its_holes_and_parts():
    outer = [(0, 0), (100, 0), (100, 100), (0, 100)]
    hole = [(10, 10), (10, 20), (20, 20), (20, 10)]
    second = [(200, 0), (300, 0), (300, 100), (200, 100)]
    drawn = Drawn(
        2,
        np.array(outer + hole + second),
        np.array([0, 4, 8, 12]),
        np.array([0, 2, 3]),
        np.array([0, 2]),
    )
    (feature,) = decoded(tile_of(drawn))
    shape = shapely.from_geojson(json.dumps(feature["geometry"]))
    assert shape.equals(shapely.MultiPolygon([(outer, [hole]), (second, [])]))


@pytest.mark.parametrize("number", [0, 127, 128, 2**31, 2**53 - 1, 2**64 - 1])
def test_a_number_of_any_size_identifies_a_feature(number: int):
    none = np.zeros(1, dtype=np.int64)
    tags = Tags(np.array([number], dtype=np.uint64), np.array([0, 0]), none[:0], none[:0])
    values = Values(np.empty(0, dtype=np.uint8), none)
    (feature,) = decoded(encode_tile("layer", [], [values], [(drawn_of(0, [[[(1, 2)]]]), tags)]))
    assert feature["id"] == number


def test_classes_are_features_that_agree_in_what_has_few_values():
    texts = [f'{{"kind": "{n % 3}", "own": {n}}}' for n in range(90)]
    said = TileAttributes.of([str(n) for n in range(90)], texts)
    number, example = said.classes(np.arange(90))
    assert len(example) == 3
    assert all(number[n] == number[n % 3] for n in range(90))
    tags, counts = said.class_tags(example, np.array([7, 8, 9]))
    tile = encode_tile(
        "layer",
        (*said.keys, STANDS_FOR),
        [said.values, counts],
        [(drawn_of(0, [[[(1, 2)]]] * 3), tags)],
    )
    assert [f["properties"] for f in decoded(tile)] == [
        {"kind": str(n), "stands_for": 7 + n} for n in range(3)
    ]


def test_what_a_tile_says_itself_goes_before_attributes_of_the_same_name():
    texts = ['{"feature_id": "other", "stands_for": 5, "n": 1}']
    (feature,) = decoded(tile_of(drawn_of(0, [[[(1, 2)]]]), texts))
    assert feature["properties"] == {"feature_id": "feature 0", "n": 1}


def test_a_tile_without_a_feature_is_empty():
    assert tile_of(drawn_of(2, [])) == b""
