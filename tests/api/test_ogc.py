"""The service as an OGC API server: CRSs, boxes, filters, days; read by clients of others."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api import create_app
from api.crs import CRS84
from api.root import CONFORMS_TO
from tests.blueprint.conftest import FAR, SITE, site_rule, town_in

LAYER = "heritage_protection"
ITEMS = f"/collections/{LAYER}/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
LATITUDE_FIRST, PLANE, MERCATOR = f"{EPSG}4490", f"{EPSG}4548", f"{EPSG}3857"
few = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def asked(client: TestClient, path: str = ITEMS, **params) -> dict:
    """The document of a successful answer."""
    given = {name.replace("_", "-"): value for name, value in params.items()}
    answer = client.get(path, params={"limit": 1000, **given} if path == ITEMS else given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def shapes_of(document: dict) -> dict[str, shapely.Geometry]:
    """The features' shapes by id, with coordinates in the order in which they came."""
    return {
        feature["id"]: shapely.from_geojson(json.dumps(feature["geometry"]))
        for feature in document["features"]
    }


def in_crs(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    """A shape in longitude and latitude, in a CRS and in the order of its axes."""
    code = crs.replace(EPSG, "EPSG:")
    move = pyproj.Transformer.from_crs("OGC:CRS84", code).transform
    return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


@pytest.mark.parametrize(
    ("crs", "within"), [(LATITUDE_FIRST, 1e-8), (PLANE, 1e-3), (MERCATOR, 1e-2)]
)
def test_coordinates_come_in_the_order_of_the_axes_of_their_crs(client, crs: str, within: float):
    answer = client.get(ITEMS, params={"crs": crs, "limit": 5})
    assert answer.headers["content-crs"] == f"<{crs}>"
    plain = shapes_of(asked(client, limit=5))
    for name, shape in shapes_of(answer.json()).items():
        told, meant = (
            shapely.get_coordinates(shape),
            shapely.get_coordinates(in_crs(plain[name], crs)),
        )
        assert np.abs(told - meant).max() < within


def test_latitude_comes_first_in_4490_and_last_in_crs84(client):
    latitude, longitude = shapely.get_coordinates(
        next(iter(shapes_of(asked(client, crs=LATITUDE_FIRST, limit=1)).values()))
    )[0]
    assert 24 < latitude < 25
    assert 117 < longitude < 119
    first = shapely.get_coordinates(next(iter(shapes_of(asked(client, limit=1)).values())))[0]
    assert first.tolist() == [longitude, latitude]


@few
@given(data=st.data())
@pytest.mark.parametrize("crs", [CRS84, LATITUDE_FIRST, PLANE, MERCATOR])
def test_a_box_finds_what_meets_it_in_its_own_crs_and_nothing_else(client, crs: str, data):
    everything = shapes_of(asked(client, **({} if crs == CRS84 else {"crs": crs})))
    corners = shapely.get_coordinates(list(everything.values()))
    low, high = corners.min(0), corners.max(0)
    shares = st.tuples(*[st.floats(-0.05, 1.05)] * 4)
    a, b, c, d = data.draw(shares)
    box = low + (high - low) * np.array([[min(a, b), min(c, d)], [max(a, b), max(c, d)]])
    text = ",".join(f"{number:.9f}" for number in box.ravel())
    found = asked(client, bbox=text, bbox_crs=crs)
    area = shapely.box(*[float(part) for part in text.split(",")])
    # shapes of two roundings may disagree about what lies on the very side
    surely = {n for n, s in everything.items() if shapely.intersects(s, area.buffer(-1e-6))}
    perhaps = {n for n, s in everything.items() if shapely.intersects(s, area.buffer(1e-3))}
    ids = {feature["id"] for feature in found["features"]}
    assert surely <= ids <= perhaps
    assert found["numberMatched"] == len(ids)


@pytest.mark.parametrize("crs", [PLANE, MERCATOR])
@pytest.mark.parametrize("most", ["4e7", "20037509", "1e30", "1e308"])
def test_a_box_that_reaches_beyond_the_world_has_all_of_it(client, crs: str, most: str):
    everything = asked(client)["features"]
    for box in (f"-{most},-{most},{most},{most}", f"0,0,{most},{most}"):
        assert asked(client, bbox=box, bbox_crs=crs)["features"] == everything != []


@pytest.mark.parametrize("crs", [PLANE, MERCATOR])
def test_a_box_wholly_beyond_the_world_has_nothing(client, crs: str):
    assert asked(client, bbox="1e20,1e20,1e21,1e21", bbox_crs=crs)["features"] == []


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"crs": f"{EPSG}4326"}, "there are http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ({"bbox": "118,24,119,25", "bbox-crs": LATITUDE_FIRST}, "min lat, min lon, max lat"),
        ({"bbox": "9,9,1,1", "bbox-crs": PLANE}, "min northing, min easting"),
        ({"bbox": "inf,0,inf,1", "bbox-crs": MERCATOR}, "four numbers"),
        ({"bbox": "-inf,-inf,inf,inf", "bbox-crs": MERCATOR}, "four numbers"),
        ({"bbox": "-inf,0,inf,1", "bbox-crs": PLANE}, "four numbers"),
        ({"bbox": "1_18,24,119,25"}, "four numbers"),
        ({"filter": "MC"}, "neither true nor false"),
        ({"filter": "NOT " * 300 + "MC = 'x'"}, "nests deeper"),
        ({"datetime": "yesterday"}, "2026-11-01T00:00:00Z"),
        ({"datetime": "2026-11-02/2026-11-01"}, "with / between"),
        ({"datetime": "../.."}, "with / between"),
        ({"properties": "MC,NONE"}, "NONE: no such attribute; there are BSM"),
        ({"filter": "NONE = 1"}, "NONE: no such attribute; there are BSM"),
        ({"filter": "MC ="}, "is not CQL2"),
        ({"filter": "secret(MC) = 1"}, "secret is not known here"),
        ({"filter": "(" * 101 + "MC = 'x'" + ")" * 101}, "at most"),
        ({"filter": "{}", "filter-lang": "cql2-json"}, "is not CQL2"),
        ({"filter": "MC = 'x'", "filter-crs": "EPSG:4326"}, "filter-crs"),
        ({"filter": "MC = 'x'", "filter-lang": "sql"}, "filter-lang"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(client, params: dict, says: str):
    answer = client.get(ITEMS, params=params)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    "when",
    ["2026-11-01", "2026-11-01T08:00:00+08:00", "2026-11-01/..", "../2026-11-01", "/2030-01-01"],
)
def test_a_time_in_which_the_version_is_in_effect_has_all_its_features(client, when: str):
    assert asked(client, datetime=when)["numberMatched"] == asked(client)["numberMatched"] > 0


@pytest.mark.parametrize("when", ["2026-10-31", "../2026-10-31", "2026-11-01T07:59:59+08:00"])
def test_before_the_version_is_in_effect_it_has_no_feature(client, when: str):
    assert asked(client, datetime=when)["features"] == []


def test_only_the_attributes_that_are_asked_for_are_given(client):
    for feature in asked(client, properties="MC,BSM")["features"]:
        assert list(feature["properties"]) == ["MC", "BSM"]


def test_a_filter_takes_the_features_that_fit_it_page_by_page(client):
    features = asked(client)["features"]
    districts = {feature["properties"]["XZQDM"] for feature in features}
    for district in districts:
        found = asked(client, filter=f"XZQDM = '{district}'", limit=2)
        fit = [f["id"] for f in features if f["properties"]["XZQDM"] == district]
        assert found["numberMatched"] == len(fit)
        assert [feature["id"] for feature in found["features"]] == fit[:2]
    assert len(districts) > 1


def test_text_and_json_of_a_filter_say_the_same(client):
    text = "S_INTERSECTS(geometry, BBOX(118, 24.5, 118.1, 24.7)) AND NOT MC LIKE '%9'"
    box = {"bbox": [118, 24.5, 118.1, 24.7]}
    spatial = {"op": "s_intersects", "args": [{"property": "geometry"}, box]}
    like = {"op": "like", "args": [{"property": "MC"}, "%9"]}
    document = {"op": "and", "args": [spatial, {"op": "not", "args": [like]}]}
    by_text = asked(client, filter=text)
    by_json = asked(client, filter=json.dumps(document), filter_lang="cql2-json")
    assert by_text["features"] == by_json["features"]
    inside = asked(client, bbox="118,24.5,118.1,24.7")["features"]
    meant = [f["id"] for f in inside if not f["properties"]["MC"].endswith("9")]
    assert [feature["id"] for feature in by_text["features"]] == meant != []


def test_a_feature_that_lacks_an_attribute_is_neither_taken_nor_taken_for_its_contrary(client):
    names = asked(client, f"/collections/{LAYER}/queryables")["properties"]
    assert {"MC", "XZQDM", "geometry"} <= set(names)
    count = asked(client)["numberMatched"]
    fits = asked(client, filter="WBDJ = '国家级'")["numberMatched"]
    fails = asked(client, filter="NOT WBDJ = '国家级'")["numberMatched"]
    lacks = asked(client, filter="WBDJ IS NULL")["numberMatched"]
    assert fits + fails + lacks == count


def test_a_name_with_a_dot_is_given_but_no_filter_can_ask_for_it(store: str, tmp_path: Path):
    for town in town_in(store, tmp_path):
        town.deliver("zone", SITE, FAR, attributes=[{"n": 1, "d.e": 1}, {"n": 2, "d.e": 2}])
        town.publish(site_rule("zone"))
        with TestClient(create_app(store)) as client:
            items = "/collections/zone/items"
            names = asked(client, "/collections/zone/queryables")["properties"]
            assert set(names) == {"n", "geometry"}
            given = asked(client, items, properties="d.e")["features"]
            assert sorted(feature["properties"]["d.e"] for feature in given) == [1, 2]
            assert asked(client, items, filter="n = 1")["numberMatched"] == 1
            by_json = '{"op": "=", "args": [{"property": "d.e"}, 1]}'
            for text, language in (('"d.e" = 1', "cql2-text"), (by_json, "cql2-json")):
                answer = client.get(items, params={"filter": text, "filter-lang": language})
                assert answer.status_code == 400
                assert "d.e: a filter cannot ask for" in answer.json()["detail"]


def test_a_collection_says_where_and_when_and_in_which_crs_its_features_are(client):
    line = asked(client, f"/collections/{LAYER}")
    box = shapely.box(*line["extent"]["spatial"]["bbox"][0])
    everything = list(shapes_of(asked(client)).values())
    assert shapely.covers(box.buffer(1e-9), shapely.box(*shapely.total_bounds(everything)))
    assert line["extent"]["temporal"]["interval"] == [["2026-11-01T00:00:00Z", None]]
    assert line["itemType"] == "feature"
    assert line["storageCrs"] == PLANE
    assert line["crs"] == [CRS84, LATITUDE_FIRST, MERCATOR, PLANE]


def test_what_the_service_claims_to_keep_to_is_what_this_suite_looks_at(client):
    assert asked(client, "/conformance")["conformsTo"] == CONFORMS_TO
    links = {link["rel"]: link["href"] for link in asked(client, "/")["links"]}
    assert asked(client, links["conformance"])["conformsTo"] == CONFORMS_TO
    assert {"self", "service-desc", "service-doc", "data"} <= set(links)


@pytest.fixture(scope="module")
def beside(sample_geopackage: str) -> Iterator[TestClient]:
    """A client of ours over the store that the server has."""
    with TestClient(create_app(sample_geopackage)) as client:
        yield client


@pytest.fixture(scope="module")
def server(sample_geopackage: str, tmp_path_factory) -> Iterator[str]:
    """The service as it is really run, on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("wb")
    code = (
        "import uvicorn; from api import create_app; "
        f"uvicorn.run(create_app({sample_geopackage!r}), host='127.0.0.1', port={port})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
    try:
        while True:
            assert process.poll() is None
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"OAPIF:http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        log.close()


def test_gdal_opens_every_open_layer_and_reads_one_in_the_plane_of_the_city(server, beside):
    there = {line["id"] for line in asked(beside, "/collections")["collections"]}
    assert set(pyogrio.list_layers(server)[:, 0]) == there
    frame = pyogrio.read_dataframe(server, layer=LAYER)
    assert frame.crs == "EPSG:4548"
    meant = shapes_of(asked(beside, crs=PLANE))
    assert list(frame["id"]) == list(meant)
    for name, shape in zip(frame["id"], frame.geometry, strict=True):
        northing_first = shapely.transform(shape, lambda xy: xy[:, ::-1])
        assert shapely.equals_exact(northing_first, meant[name], tolerance=1e-6)


def test_gdal_s_box_and_filter_find_what_they_should(server):
    frame = pyogrio.read_dataframe(server, layer=LAYER)
    west, south, east, north = frame.total_bounds
    half = (west, south, (west + east) / 2, north)
    found = pyogrio.read_dataframe(server, layer=LAYER, bbox=half)
    meets = frame[frame.intersects(shapely.box(*half))]
    assert sorted(found["id"]) == sorted(meets["id"])
    assert 0 < len(found) < len(frame)
    name = frame["MC"].iloc[3]
    picked = pyogrio.read_dataframe(server, layer=LAYER, where=f"MC = '{name}'")
    assert list(picked["id"]) == list(frame[frame["MC"] == name]["id"])
