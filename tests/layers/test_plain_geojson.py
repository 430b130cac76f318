"""The plainest GeoJSON is read without GDAL, and comes out as GDAL gives it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import UnreadableSource, read_geojson, read_shapes
from layers.plain_geojson import plain_polygons

bounded = settings(max_examples=60, deadline=None)
SQUARE = [[118.09, 24.6], [118.092, 24.6], [118.092, 24.602], [118.09, 24.602], [118.09, 24.6]]
HOLE = [[118.0905, 24.6005], [118.091, 24.6005], [118.091, 24.601], [118.0905, 24.6005]]
PLOT = {"type": "Polygon", "coordinates": [SQUARE]}


def feature(geometry: object = PLOT, **more: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": {}, "geometry": geometry} | more


numbers = st.floats(-1e7, 1e7) | st.integers(-(2**40), 2**40)
corners = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=6)
rings = corners.map(lambda ring: [list(corner) for corner in (*ring, ring[0])])
polygons = st.lists(rings, min_size=1, max_size=2).map(
    lambda drawn: {"type": "Polygon", "coordinates": drawn}
)
several = st.lists(st.lists(rings, min_size=1, max_size=2), min_size=1, max_size=3).map(
    lambda drawn: {"type": "MultiPolygon", "coordinates": drawn}
)
values = st.none() | st.booleans() | numbers | st.text(max_size=6) | st.lists(numbers, max_size=2)
names = st.sampled_from(["name", "名称", "type", "properties", "crs", "link", "id", ""])
features = st.builds(
    lambda geometry, properties, more: feature(geometry, properties=properties) | more,
    polygons | several,
    st.none() | st.dictionaries(names | st.text(max_size=4), values, max_size=3),
    st.dictionaries(st.sampled_from(["id", "bbox", "project", "crs"]), values, max_size=1),
)
collections = st.lists(features, min_size=1, max_size=3).map(
    lambda drawn: {"type": "FeatureCollection", "features": drawn}
)


def agrees_with_gdal(document: bytes) -> bool:
    """Whether it was plain enough to be read here; if it was, GDAL has read the same."""
    if plain_polygons(document) is None:
        return False
    here, there = read_shapes(document, "body"), read_geojson(document, "body")
    assert here.rows.column("geometry").equals(there.rows.column("geometry"))
    said = ("name", "format", "layer", "crs", "encoding", "notes")
    assert [getattr(here, name) for name in said] == [getattr(there, name) for name in said]
    return True


@pytest.mark.parametrize(
    "document",
    [
        PLOT,
        {"type": "Polygon", "coordinates": [SQUARE[::-1], HOLE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [HOLE]]},
        feature(properties={"名称": "甲", "storeys": 4, "height": 12.5, "open": True, "no": None}),
        feature(properties=None, id="a", project={"answers": {"rail": "yes"}}, suggest=True),
        {"type": "FeatureCollection", "features": [feature(), feature()], "suggest": False},
        {"type": "FeatureCollection", "features": [feature(id=2)]},
        PLOT | {"project": {"height_m": 20}},
    ],
)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_site_as_most_draw_it_is_read_here(document, bom):
    assert agrees_with_gdal(bom + json.dumps(document).encode())
    assert agrees_with_gdal(bom + json.dumps(document, ensure_ascii=False, indent=1).encode())


@bounded
@given(document=polygons | several | features | collections, ascii_=st.booleans())
def test_whatever_is_read_here_is_what_gdal_reads(document, ascii_):
    text = json.dumps(document, ensure_ascii=ascii_)
    agrees_with_gdal(text.encode("utf-8", "surrogatepass"))


LINK = {"type": "link", "properties": {"href": "http://127.0.0.1/", "type": "proj4"}}


@pytest.mark.parametrize(
    "document",
    [
        PLOT | {"crs": {"type": "name", "properties": {"name": "EPSG:4490"}}},
        PLOT | {"project": {"crs": LINK}},
        feature(properties={"type": "link", "properties": 1}),
        {"type": "Polygon", "coordinates": [[[*corner, 5.0] for corner in SQUARE]]},
        {"type": "Polygon", "coordinates": [SQUARE[:-1]]},
        {"type": "Polygon", "coordinates": [[*SQUARE[:-1], [118.09, 24.6000001]]]},
        {"type": "Polygon", "coordinates": [[["118.09", 24.6], *SQUARE[1:-1], ["118.09", 24.6]]]},
        {"type": "Polygon", "coordinates": [[[True, 24.6], *SQUARE[1:-1], [True, 24.6]]]},
        {"type": "Polygon", "coordinates": [[[2**60, 24.6], *SQUARE[1:-1], [2**60, 24.6]]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": [[SQUARE], []]},
        {"type": "LineString", "coordinates": SQUARE},
        {"type": "GeometryCollection", "geometries": [PLOT]},
        {"type": "FeatureCollection", "features": []},
        {"type": "FeatureCollection", "features": [PLOT]},
        {"type": "FeatureCollection", "features": [feature()], "xy_coordinate_resolution": 1e-6},
        feature(None),
        feature(PLOT | {"bbox": [0, 0, 1, 1]}),
        feature(id=[1]),
        {"type": "FeatureCollection", "features": [feature(id=0), feature(id=0)]},
        feature(properties={"a": [1]}),
        feature(properties={"a": "\0"}),
        feature(properties={"a": 2**70}),
        [],
        "Polygon",
    ],
    ids=str,
)
def test_anything_else_is_left_to_the_confined_process(document):
    assert plain_polygons(json.dumps(document).encode()) is None


SOUND = json.dumps(PLOT).encode()


@pytest.mark.parametrize(
    "document",
    [
        SOUND[:-1] + b', "type": "Polygon"}',
        SOUND[:-1] + b', "project": ' + b"[" * 20 + b"]" * 20 + b"}",
        SOUND[:-1] + b', "project": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        SOUND.replace(b"118.09,", b"1e400,"),
        SOUND.replace(b"118.09,", b"NaN,"),
        SOUND.replace(b"118.09,", b"\xff,"),
        SOUND.decode().encode("utf-16"),
        SOUND + b" " * (1 << 20),
        b"",
    ],
    ids=lambda document: str(document[-30:]),
)
def test_what_is_no_sound_text_is_left_to_the_confined_process(document):
    assert plain_polygons(document) is None


def test_what_the_confined_process_refuses_is_refused():
    with pytest.raises(UnreadableSource, match=r"^plot: is not GeoJSON \(names its CRS by a link"):
        read_shapes(json.dumps(PLOT | {"crs": LINK}).encode(), "plot")
