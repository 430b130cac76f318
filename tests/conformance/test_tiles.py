"""OGC API - Tiles, Part 1, and the grids and tile sets of the Tile Matrix Set standard."""

import json
import math
from typing import Any

import mapbox_vector_tile
import pytest
import shapely

from tests.conformance.api import REL, Api, kind_of, links_of
from tests.conformance.classes import SPEC, TILES, TMS
from tests.conformance.registry import stands_for
from tests.conformance.shapes import (
    CONFORMANCE,
    TILE_MATRIX_SET,
    TILE_SET,
    is_shaped,
)
from tests.conformance.tiling import (
    MVT,
    Grid,
    TileSet,
    a_place_in,
    middle_zoom,
    tile_sets,
    tiled,
    tiles_path,
)

_PIXEL_M = 0.00028
"""The size of a pixel that scales are told by (OGC 17-083r4, 6.2)."""


@stands_for(TILES, "/conf/core/conformance-success")
def test_the_declaration_names_the_core_of_tiles(api: Api):
    document = api.json("/conformance")
    is_shaped(document, CONFORMANCE)
    assert f"{SPEC}/{TILES}/conf/core" in document["conformsTo"]


@stands_for(TILES, "/conf/core/tc-op")
def test_tiles_lie_where_the_template_says_once_it_is_filled_in(api: Api):
    for tiles in tile_sets(api):
        zoom = middle_zoom(tiles)
        _, _, row, column = a_place_in(api, tiles, zoom)
        assert api.get(tiles.tile(zoom, row, column)).content
        matrix = tiles.grid.zooms[zoom]
        assert 0 <= row < matrix["matrixHeight"]
        assert 0 <= column < matrix["matrixWidth"]


def path_parameter(api: Api, name: str) -> dict[str, Any]:
    """What the description says of a parameter in the path of a tile."""
    for (method, template), operation in api.operations.items():
        if method == "GET" and "tileMatrix}" in template and "tileRow}" in template:
            return next(one for one in operation["parameters"] if one["name"] == name)
    raise AssertionError("no path of a tile is described")


@stands_for(TILES, "/conf/core/tc-tilematrix-definition")
def test_the_zoom_is_described_as_a_text_that_must_be(api: Api):
    described = path_parameter(api, "tileMatrix")
    assert described["required"]
    assert described["schema"]["type"] == "string"


@stands_for(TILES, "/conf/core/tc-tilerow-definition")
def test_the_row_is_described_as_a_whole_number_that_must_be(api: Api):
    described = path_parameter(api, "tileRow")
    assert described["required"]
    assert described["schema"]["type"] == "integer"


@stands_for(TILES, "/conf/core/tc-tilecol-definition")
def test_the_column_is_described_as_a_whole_number_that_must_be(api: Api):
    described = path_parameter(api, "tileCol")
    assert described["required"]
    assert described["schema"]["type"] == "integer"


def layer_of(content: bytes) -> tuple[str, dict[str, Any]]:
    """The one layer of a vector tile, with y upward as the library turns it."""
    layers = mapbox_vector_tile.decode(content)
    assert len(layers) == 1
    return next(iter(layers.items()))


@stands_for(TILES, "/conf/core/tc-success")
def test_a_tile_has_the_features_that_lie_there(api: Api):
    for tiles in tile_sets(api):
        zoom = middle_zoom(tiles)
        _, _, row, column = a_place_in(api, tiles, zoom)
        answer = api.get(tiles.tile(zoom, row, column), accept=MVT)
        assert kind_of(answer) == MVT
        box = shapely.box(*tiles.grid.bounds(zoom, row, column))
        there = {name: tiles.grid.from_lonlat(shape)
                 for name, shape in api.features(tiles.collection).shapes.items()}  # fmt: skip
        inside = [n for n, s in there.items() if shapely.intersects(s, box)]
        near = [n for n, s in there.items() if shapely.dwithin(s, box, box.length / 40)]
        _, layer = layer_of(answer.content)
        assert 0 < len(layer["features"]) <= len(near)
        assert len(inside) <= len(layer["features"]) or zoom != "20"


@stands_for(TILES, "/conf/core/tc-error")
def test_a_tile_that_cannot_be_is_not_there_and_one_without_features_is_empty(api: Api):
    for tiles in tile_sets(api):
        zoom = middle_zoom(tiles)
        matrix = tiles.grid.zooms[zoom]
        beyond = [(zoom, int(matrix["matrixHeight"]), 0), (zoom, 0, int(matrix["matrixWidth"])),
                  ("no-such-zoom", 0, 0), ("999", 0, 0)]  # fmt: skip
        for place in beyond:
            assert api.ask(tiles.tile(*place)).status_code in (400, 404), place
        limits = tiles.limits.get(zoom)
        if limits:
            rows, columns = ((limits[f"min{x}"], limits[f"max{x}"]) for x in ("TileRow", "TileCol"))
            for row, column in ((rows[0], columns[0]), (rows[1], columns[1])):
                assert api.ask(tiles.tile(zoom, row, column)).status_code in (200, 204)


@stands_for(TILES, "/conf/tileset/description")
def test_a_tile_set_says_which_grid_it_has_and_where_its_tiles_are(api: Api):
    for tiles in tile_sets(api):
        document = api.json(tiles.address)
        is_shaped(document, TILE_SET)
        if tiles.grid.document.get("uri", "").startswith("http://www.opengis.net/def/"):
            assert document["tileMatrixSetURI"] == tiles.grid.document["uri"]
        templates = links_of(document, "item")
        assert templates
        for one in templates:
            assert one["templated"] is True
            assert one["type"]
            for name in ("{tileMatrix}", "{tileRow}", "{tileCol}"):
                assert name in one["href"]
        is_shaped(tiles.grid.document, TILE_MATRIX_SET)


@stands_for(TILES, "/conf/tilesets-list/tileset-links")
def test_the_tile_sets_of_a_collection_are_listed_with_their_kind_their_crs_and_their_grid(
    api: Api,
):
    for one in tiled(api):
        for line in api.json(tiles_path(one["id"]))["tilesets"]:
            is_shaped(line, TILE_SET)
            (own,) = links_of(line, "self")
            (scheme,) = links_of(line, f"{REL}/tiling-scheme")
            grid = api.json(api.at(scheme["href"], "/"))
            if grid.get("uri"):
                assert line["tileMatrixSetURI"] == grid["uri"]
            path = api.at(own["href"], "/").partition("?")[0]
            assert path == f"{api.base}{tiles_path(one['id'])}/{grid['id']}"
            whole = api.json(own["href"])
            assert {name: whole[name] for name in ("dataType", "crs")} == {
                name: line[name] for name in ("dataType", "crs")
            }


@stands_for(TILES, "/conf/geodata-tilesets/desc-links", "/conf/geodata-tilesets/operation")
def test_a_collection_leads_to_its_tile_sets_at_tiles_below_it(api: Api):
    for one in tiled(api):
        for link in links_of(one, f"{REL}/tilesets-vector", f"{REL}/tilesets-map"):
            there = api.at(link["href"], "/collections").partition("?")[0]
            assert there == f"{api.base}{tiles_path(one['id'])}"
            assert api.json(there)["tilesets"]


@stands_for(TILES, "/conf/mvt/content")
def test_a_vector_tile_is_laid_over_its_box_with_the_north_west_at_nought(api: Api):
    for tiles in tile_sets(api):
        zoom = middle_zoom(tiles)
        _, _, row, column = a_place_in(api, tiles, zoom)
        _, layer = layer_of(api.get(tiles.tile(zoom, row, column), accept=MVT).content)
        assert layer["extent"] > 0
        assert len(layer["features"]) > 0
        for feature in layer["features"]:
            assert feature["geometry"]["type"].removeprefix("Multi") in (
                "Point", "LineString", "Polygon")  # fmt: skip
        drawn = in_place(tiles, (zoom, row, column), layer)
        box = shapely.box(*tiles.grid.bounds(zoom, row, column))
        meant = shapely.unary_union(
            [shapely.intersection(shapely.make_valid(tiles.grid.from_lonlat(shape)), box)
             for shape in api.features(tiles.collection).shapes.values()]
        )  # fmt: skip
        cut = shapely.intersection(shapely.unary_union(drawn), box)
        node = (box.bounds[2] - box.bounds[0]) / layer["extent"]
        assert not cut.is_empty
        assert shapely.hausdorff_distance(cut, meant) < 6 * node * math.sqrt(2)


def in_place(
    tiles: TileSet, at: tuple[str, int, int], layer: dict[str, Any]
) -> list[shapely.Geometry]:
    """The shapes of a layer in the CRS of the grid; the library has turned y upward."""
    west, south, east, north = tiles.grid.bounds(*at)
    steps = (east - west) / layer["extent"], (north - south) / layer["extent"]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in layer["features"]]
    return [
        shapely.make_valid(shapely.transform(shape, lambda xy: xy * steps + (west, south)))
        for shape in shapes
    ]


def grids(api: Api) -> list[tuple[str, Grid]]:
    """The address and the document of every grid that tiles are cut by."""
    found = {}
    for tiles in tile_sets(api):
        (scheme,) = links_of(tiles.document, f"{REL}/tiling-scheme")
        found[api.at(scheme["href"], "/")] = tiles.grid
    return list(found.items())


@stands_for(TMS, "/conf/tilematrixset/model", "/conf/json-tilematrixset/model")
def test_a_grid_s_sizes_scales_and_corners_agree_with_each_other(api: Api):
    for _, grid in grids(api):
        assert grid.zooms
        assert len(grid.zooms) == len(grid.document["tileMatrices"])
        scales = [matrix["scaleDenominator"] for matrix in grid.document["tileMatrices"]]
        assert scales == sorted(scales, reverse=True)
        metres = 1.0 if "/3857" in grid.crs or "/3395" in grid.crs else None
        for matrix in grid.zooms.values():
            if metres is not None:
                scale = matrix["cellSize"] * metres / _PIXEL_M
                assert matrix["scaleDenominator"] == pytest.approx(scale, rel=1e-6)
            for side in ("tileWidth", "tileHeight", "matrixWidth", "matrixHeight"):
                assert matrix[side] == int(matrix[side]) > 0


@stands_for(TMS, "/conf/json-tilematrixset/ietf")
def test_a_grid_is_json_in_utf_8(api: Api):
    for address, _ in grids(api):
        is_plain_json(api.get(address, accept="application/json").content)


def is_plain_json(content: bytes) -> None:
    """JSON by its own standard: UTF-8 without a mark, no name twice, no number that is none."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refused(text: str) -> None:
        raise AssertionError(f"{text}: is no number of JSON")

    assert not content.startswith(b"\xef\xbb\xbf")
    json.loads(content.decode("utf-8"), object_pairs_hook=once, parse_constant=refused)


@stands_for(TMS, "/conf/json-tilematrixset/schema")
def test_a_grid_is_what_its_schema_says(api: Api):
    for address, _ in grids(api):
        is_shaped(api.json(address), TILE_MATRIX_SET)


@stands_for(TMS, "/conf/json-tilematrixset/media-type")
def test_a_grid_is_given_as_application_json(api: Api):
    for address, _ in grids(api):
        assert kind_of(api.get(address, accept="application/json")) == "application/json"


@stands_for(TMS, "/conf/tilematrixsetmetadata/identifier")
def test_a_tile_set_leads_to_its_grid_or_has_it_in_itself(api: Api):
    for tiles in tile_sets(api):
        scheme = links_of(tiles.document, f"{REL}/tiling-scheme")
        assert scheme or "tileMatrixSet" in tiles.document
        if scheme:
            is_shaped(api.json(api.at(scheme[0]["href"], "/")), TILE_MATRIX_SET)


@stands_for(TMS, "/conf/tilematrixsetmetadata/model", "/conf/json-tilesetmetadata/model")
def test_a_tile_set_s_limits_lie_in_its_grid_and_its_layers_say_what_they_hold(api: Api):
    for tiles in tile_sets(api):
        assert tiles.document["dataType"] in ("map", "vector", "coverage")
        assert tiles.document["crs"] == tiles.grid.document["crs"]
        for zoom, limits in tiles.limits.items():
            matrix = tiles.grid.zooms[zoom]
            for name, side in (("TileRow", "matrixHeight"), ("TileCol", "matrixWidth")):
                assert 0 <= limits[f"min{name}"] <= limits[f"max{name}"] < matrix[side]
        ids = [layer["id"] for layer in tiles.document.get("layers", [])]
        assert len(ids) == len(set(ids))


@stands_for(TMS, "/conf/json-tilematrixsetlimits/ietf")
def test_a_tile_set_is_json_in_utf_8(api: Api):
    for tiles in tile_sets(api):
        is_plain_json(api.get(tiles.address, accept="application/json").content)


@stands_for(TMS, "/conf/json-tilematrixsetlimits/schema")
def test_a_tile_set_is_what_its_schema_says(api: Api):
    for tiles in tile_sets(api):
        is_shaped(tiles.document, TILE_SET)


@stands_for(TMS, "/conf/json-tilesetmetadata/media-type")
def test_a_tile_set_is_given_as_application_json(api: Api):
    for tiles in tile_sets(api):
        assert kind_of(api.get(tiles.address, accept="application/json")) == "application/json"
