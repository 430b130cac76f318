"""What a tile shows of features: all of it where it can be seen, and never a hole in silence."""

import json
from collections.abc import Sequence

import mapbox_vector_tile
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import affinity

from blueprint.around import Features
from blueprint.collections import tile_drawing
from blueprint.collections.tile_drawing import TileSource, draw_tile
from conflict import Shapes
from layers.quad import Tile, unit_m, units_of
from layers.tile_runs import BUFFER
from tests.blueprint.conftest import ORIGIN, placed

WHOLE = 14
corner = st.tuples(st.integers(0, 800), st.integers(0, 800))
few = settings(max_examples=25, deadline=None)


def source_of(shapes: Sequence[shapely.Geometry], said: Sequence[dict] | None = None) -> TileSource:
    ids = pa.array([f"{n:04}" for n in range(len(shapes))], pa.string())
    texts = pa.array([json.dumps(one) for one in said or [{}] * len(shapes)], pa.string())
    flat = Shapes.from_geometries(np.array(shapes, dtype=object))
    return TileSource("layer", "EPSG:4548", Features(flat, ids, texts, ids))


def tile_at(source: TileSource, place: shapely.Point, zoom: int) -> Tile:
    x, y = units_of(source.warp(np.array(place.coords)), Tile(zoom, 0, 0))[0] // 4096
    return Tile(zoom, int(y), int(x))


def decoded(tile: bytes) -> list[dict]:
    if not tile:
        return []
    options = {"y_coord_down": True}
    return mapbox_vector_tile.decode(tile, default_options=options)["layer"]["features"]


def shape_of(feature: dict) -> shapely.Geometry:
    return shapely.from_geojson(json.dumps(feature["geometry"]))


def in_units(source: TileSource, shape: shapely.Geometry, tile: Tile) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: units_of(source.warp(xy), tile))


@st.composite
def polygons(draw) -> shapely.Geometry:
    """A polygon with corners on whole metres, perhaps with a hole or in parts."""
    parts = [
        shapely.convex_hull(shapely.multipoints(draw(st.lists(corner, min_size=3, max_size=9))))
        for _ in range(draw(st.integers(1, 3)))
    ]
    shape = shapely.union_all(parts[:2])
    if len(parts) == 3:
        shape = shapely.difference(shape, parts[2])
    flat = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 1]
    assume(flat)
    return affinity.translate(shapely.union_all(flat), *ORIGIN)


@few
@given(polygons(), st.integers(WHOLE, 18), st.data())
def test_what_is_far_enough_inside_or_outside_stays_so(shape, zoom: int, data):
    source = source_of([shape])
    x, y = data.draw(corner)
    place = shapely.Point(ORIGIN[0] + x, ORIGIN[1] + y)
    tile = tile_at(source, place, zoom)
    drawn = [shape_of(feature) for feature in decoded(draw_tile(source, tile))]
    assert all(one.is_valid for one in drawn)
    if shapely.distance(shape.boundary, place) * source.warp.scale > 1.5 * unit_m(zoom):
        here = in_units(source, place, tile)
        assert any(one.covers(here) for one in drawn) == shape.covers(place)


@few
@given(polygons(), st.integers(8, 18))
def test_a_tile_is_clipped_in_whole_units_with_its_rings_turned_as_the_format_has_them(
    shape, zoom: int
):
    source = source_of([shape])
    tile = tile_at(source, shape.representative_point(), zoom)
    (feature,) = decoded(draw_tile(source, tile))
    drawn = shape_of(feature)
    assert min(drawn.bounds) >= -BUFFER
    assert max(drawn.bounds) <= 4096 + BUFFER
    assert drawn.is_valid
    # the decoder takes a ring for a polygon of its own, or for a hole, by the way it turns
    window = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
    meant = shapely.make_valid(in_units(source, shape, tile)).intersection(window)
    grid = 1 if zoom >= WHOLE else 4
    assert abs(drawn.area - meant.area) <= grid * meant.length + 2 * grid**2


def test_a_star_that_its_rounding_folds_up_is_drawn_all_the_same():
    star = affinity.translate(
        shapely.from_wkt(
            "POLYGON ((0 1, 0.818182 1.818182, 0 10, 0 12, 0.846154 1.846154, 1 2, "
            "0.857143 1.714286, 1 0, 0.833333 1.666667, 0 0, 0 1))"
        ),
        *ORIGIN,
    )
    source = source_of([star])
    for zoom in range(8, 19):
        tile = tile_at(source, star.representative_point(), zoom)
        (feature,) = decoded(draw_tile(source, tile))
        assert shape_of(feature).area > 0


@few
@given(polygons(), st.integers(WHOLE, 17))
def test_neighbouring_tiles_agree_where_they_meet(shape, zoom: int):
    source = source_of([shape])
    left = tile_at(source, shape.representative_point(), zoom)
    right = Tile(zoom, left.row, left.column + 1)
    strip = shapely.box(4096 - BUFFER, 0, 4096 + BUFFER, 4096)
    one, other = (
        shapely.union_all([shape_of(feature) for feature in decoded(draw_tile(source, tile))])
        for tile in (left, right)
    )
    moved = affinity.translate(other, 4096, 0)
    differs = shapely.symmetric_difference(one.intersection(strip), moved.intersection(strip))
    # where either clips, a slanting side may meet the clip's edge one unit off
    assert differs.buffer(-0.75).is_empty


@pytest.mark.parametrize(
    "wkt",
    [
        "POINT (10 10)",
        "MULTIPOINT ((10 10), (20 20))",
        "LINESTRING (0 0, 50 50, 90 10)",
        "MULTILINESTRING ((0 0, 50 50), (60 60, 90 10))",
        "POLYGON ((0 0, 60 0, 60 60, 0 60, 0 0), (20 20, 40 20, 40 40, 20 40, 20 20))",
        "MULTIPOLYGON (((0 0, 30 0, 30 30, 0 0)), ((50 50, 90 50, 90 90, 50 50)))",
    ],
)
@pytest.mark.parametrize("zoom", [16, 18])
def test_every_kind_of_shape_is_drawn_as_it_is(wkt: str, zoom: int):
    shape = placed(wkt)
    source = source_of([shape], [{"n": 1}])
    tiles = tiles_around(source, shape, zoom)
    found = [
        affinity.translate(shape_of(feature), tile.column * 4096, tile.row * 4096)
        for tile in tiles
        for feature in decoded(draw_tile(source, tile))
    ]
    meant = in_units(source, shape, Tile(zoom, 0, 0))
    together = shapely.union_all(found)
    assert together.geom_type.removeprefix("Multi") == shape.geom_type.removeprefix("Multi")
    assert shapely.hausdorff_distance(together, meant) < 1.5
    assert together.area == pytest.approx(meant.area, rel=0.02)


def tiles_around(source: TileSource, shape: shapely.Geometry, zoom: int) -> list[Tile]:
    west, south, east, north = shape.bounds
    first = tile_at(source, shapely.Point(west, north), zoom)
    last = tile_at(source, shapely.Point(east, south), zoom)
    return [
        Tile(zoom, row, column)
        for row in range(first.row, last.row + 1)
        for column in range(first.column, last.column + 1)
    ]


def test_what_is_thinner_than_a_unit_is_drawn_as_one_and_not_left_out():
    thin = placed("POLYGON ((10 10, 10.01 10, 10.01 10.01, 10 10.01, 10 10))")
    dot = placed("LINESTRING (10 10, 10.01 10)")
    for shape in (thin, dot):
        source = source_of([shape])
        tile = tile_at(source, shape.centroid, WHOLE)
        (feature,) = decoded(draw_tile(source, tile))
        assert shape_of(feature).is_valid
        assert shapely.distance(shape_of(feature), in_units(source, shape, tile)) < 1.5


def test_a_shape_that_crosses_itself_on_the_grid_is_drawn_valid():
    # two prongs a centimetre apart close up, and a strip 1 cm wide folds onto itself
    comb = placed(
        "POLYGON ((0 0, 400 0, 400 300, 200.01 300, 200.01 1, 200 1, 200 300, 100 300, "
        "100.004 0.01, 0 0))"
    )
    source = source_of([comb])
    for zoom in (10, 13, 15):
        tile = tile_at(source, comb.centroid, zoom)
        (feature,) = decoded(draw_tile(source, tile))
        assert shape_of(feature).is_valid
        meant = shapely.clip_by_rect(in_units(source, comb, tile), -64, -64, 4160, 4160)
        assert shape_of(feature).area == pytest.approx(meant.area, rel=0.1)


def parcels(side: int) -> TileSource:
    """So many by so many parcels of 20 m, of two kinds, that cover the ground."""
    shapes = [
        shapely.box(
            ORIGIN[0] + 20 * i,
            ORIGIN[1] + 20 * j,
            ORIGIN[0] + 20 * (i + 1),
            ORIGIN[1] + 20 * (j + 1),
        )
        for j in range(side)
        for i in range(side)
    ]
    said = [{"kind": "ab"[n % 2], "code": f"3502{n:012}", "n": n} for n in range(side**2)]
    return source_of(shapes, said)


@pytest.fixture(scope="module")
def town() -> TileSource:
    return parcels(70)


def test_at_low_zoom_the_ground_stays_covered_and_every_feature_is_counted(town: TileSource):
    count = len(town.features.ids)
    for zoom in (5, 9, 11):
        tiles = tiles_around(town, shapely.box(*ORIGIN, ORIGIN[0] + 1400, ORIGIN[1] + 1400), zoom)
        features = [feature for tile in tiles for feature in decoded(draw_tile(town, tile))]
        counted = sum(feature["properties"].get("stands_for", 1) for feature in features)
        assert counted == count
        shared = [feature for feature in features if "stands_for" in feature["properties"]]
        assert shared
        for feature in shared:
            assert set(feature["properties"]) == {"kind", "stands_for"}
        drawn = sum(shape_of(feature).area for feature in features)
        ground = 1400**2 * (town.warp.scale / unit_m(zoom)) ** 2
        # a square leaves a unit of its cell of 16 free on two sides, and is 4 wide at least
        assert drawn == pytest.approx(ground, rel=0.25) or (zoom == 5 and drawn >= ground)


def test_a_tile_that_would_be_too_large_is_drawn_in_coarser_cells(
    town: TileSource, monkeypatch: pytest.MonkeyPatch
):
    tile = tile_at(town, shapely.Point(ORIGIN[0] + 700, ORIGIN[1] + 700), 12)
    whole = draw_tile(town, tile)
    counted = [f["properties"].get("stands_for", 1) for f in decoded(whole)]
    most = len(whole) // 4
    monkeypatch.setattr(tile_drawing, "_MOST_BYTES", most)
    coarse = draw_tile(town, tile)
    assert 0 < len(coarse) <= most
    assert sum(f["properties"].get("stands_for", 1) for f in decoded(coarse)) == sum(counted)


def test_from_zoom_14_on_every_feature_is_there_as_itself(town: TileSource):
    tile = tile_at(town, shapely.Point(ORIGIN[0] + 700, ORIGIN[1] + 700), WHOLE)
    features = decoded(draw_tile(town, tile))
    window = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
    shapes = town.features.shapes.geometries()
    surely, perhaps = (
        {
            name
            for name, shape in zip(town.features.ids.to_pylist(), shapes, strict=True)
            if in_units(town, shape, tile).intersects(window.buffer(by))
        }
        for by in (-1, 1)
    )
    ids = {feature["properties"]["feature_id"] for feature in features}
    assert surely <= ids <= perhaps
    numbers = {feature["id"] for feature in features}
    assert len(numbers) == len(features) == len(ids)
    assert "stands_for" not in {name for f in features for name in f["properties"]}


def test_neighbours_go_on_sharing_their_border_at_low_zoom():
    one = placed("POLYGON ((0 0, 3000 17, 3100 2000, 1490 2511, 0 1991, 0 0))")
    other = placed("POLYGON ((3000 17, 6000 0, 6000 2000, 3100 2000, 3000 17))")
    source = source_of([one, other])
    tile = tile_at(source, one.centroid, 11)
    left, right = (shape_of(feature) for feature in decoded(draw_tile(source, tile)))
    assert left.intersection(right).area == 0
    assert shapely.union(left, right).geom_type == "Polygon"
    assert not shapely.union(left, right).interiors


def test_points_of_one_pixel_are_one_point_that_says_how_many_it_stands_for():
    wkts = ["POINT (10 10)", "POINT (11 11)", "POINT (4000 4000)"]
    source = source_of([placed(wkt) for wkt in wkts], [{"kind": "a"}] * 3)
    tiles = tiles_around(source, shapely.union_all([placed(wkt) for wkt in wkts]), 9)
    features = [feature for tile in tiles for feature in decoded(draw_tile(source, tile))]
    alone, together = sorted(features, key=lambda f: f["properties"].get("stands_for", 0))
    assert alone["properties"] == {"feature_id": "0002", "kind": "a"}
    assert together["properties"] == {"kind": "a", "stands_for": 2}
    assert shape_of(together).geom_type == "Point"


def test_nothing_is_drawn_where_nothing_lies():
    source = source_of([placed("POINT (10 10)")])
    assert draw_tile(source, Tile(10, 0, 0)) == b""
    assert draw_tile(source_of([]), Tile(0, 0, 0)) == b""


def test_a_giant_is_drawn_in_a_deep_tile_as_a_small_shape_would_be():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    reach = 3000 + 40 * np.sin(400 * angle)
    ring = np.column_stack([np.cos(angle) * reach, np.sin(angle) * reach]) + ORIGIN
    giant = shapely.Polygon(np.round(ring, 4))
    source = source_of([giant])
    place = shapely.Point(giant.exterior.coords[1234])
    for zoom in (15, 18):
        tile = tile_at(source, place, zoom)
        (feature,) = decoded(draw_tile(source, tile))
        window = (-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
        meant = shapely.clip_by_rect(in_units(source, giant, tile), *window)
        drawn = shape_of(feature)
        assert drawn.is_valid
        assert drawn.symmetric_difference(meant).area <= meant.length + 2
