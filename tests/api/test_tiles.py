"""Vector tiles over HTTP: the same from both stores, cached as they may be, read by others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient

from api import create_app
from api.root import CONFORMS_TO
from layers import quad
from tests.blueprint.conftest import FAR, SITE, Town, site_rule, town_in
from tests.conftest import temporary_database

GRID = "WebMercatorQuad"
TILES = f"/collections/zone/tiles/{GRID}"
SAID = [{"n": 1, "name": "一", "open": True, "share": 0.5}, {"n": 2, "name": "二"}]
WKTS = {
    "zone": [SITE, FAR],
    "metro": ["LINESTRING (0 0, 3000 3000, 9000 1000)"],
    "station": ["POINT (1000 1000)", "MULTIPOINT ((5000 5000), (6000 6000))"],
    "barracks": [SITE],
}


def fill(town: Town) -> None:
    for layer, wkts in WKTS.items():
        town.deliver(layer, *wkts, attributes=SAID[: len(wkts)])
    town.publish(site_rule("zone"))


@pytest.fixture(scope="module")
def clients(postgis_server, tmp_path_factory) -> Iterator[dict[str, TestClient]]:
    """The same town in both stores, each with its service."""
    folder = tmp_path_factory.mktemp("tiles")
    with temporary_database(postgis_server) as database:
        stores = {"geopackage": str(folder / "store.gpkg"), "postgis": database}
        for kind, store in stores.items():
            (folder / kind).mkdir()
            for town in town_in(store, folder / kind):
                fill(town)
        with (
            TestClient(create_app(stores["geopackage"])) as one,
            TestClient(create_app(stores["postgis"])) as other,
        ):
            yield {"geopackage": one, "postgis": other}


@pytest.fixture(scope="module")
def client(clients: dict[str, TestClient]) -> TestClient:
    return clients["geopackage"]


def told(client: TestClient, path: str, **parameters: str) -> Any:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def first_tile(client: TestClient, layer: str, zoom: int) -> str:
    """The tile with the middle of a layer's box."""
    west, south, east, north = told(client, f"/collections/{layer}/tiles/{GRID}/tilejson.json")[
        "bounds"
    ]
    middle = ((west + east) / 2, (south + north) / 2)
    tile, _ = quad.tiles_at((*middle, *middle), zoom)
    return f"/collections/{layer}/tiles/{GRID}/{zoom}/{tile.row}/{tile.column}"


def test_tiles_of_both_stores_are_the_same_to_the_last_byte(clients: dict[str, TestClient]):
    one, other = clients.values()
    found = 0
    for layer in ("zone", "metro", "station"):
        for zoom in (0, 9, 11, 13):
            path = first_tile(one, layer, zoom)
            answers = [client.get(path) for client in (one, other)]
            assert answers[0].status_code == answers[1].status_code
            assert answers[0].content == answers[1].content
            assert answers[0].headers["etag"] == answers[1].headers["etag"]
            found += len(answers[0].content)
    assert found > 0


def test_a_tile_has_the_features_with_their_ids_and_attributes(client: TestClient):
    answer = client.get(first_tile(client, "zone", 11))
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    features = mapbox_vector_tile.decode(answer.content)["zone"]["features"]
    items = told(client, "/collections/zone/items")["features"]
    meant = {
        feature["id"]: {k: v for k, v in feature["properties"].items() if v is not None}
        for feature in items
    }
    found = {feature["properties"].pop("feature_id"): feature for feature in features}
    assert {name: feature["properties"] for name, feature in found.items()} == meant
    assert len({feature["id"] for feature in features}) == len(items) == 2


def test_gdal_reads_a_tile_where_the_features_lie(client: TestClient, tmp_path: Path):
    path = first_tile(client, "metro", 11)
    file = tmp_path / "tile.mvt"
    file.write_bytes(client.get(path).content)
    row, column = path.split("/")[-2:]
    frame = pyogrio.read_dataframe(f"MVT:{file}", layer="metro", X=column, Y=row, Z="11")
    assert frame.crs == "EPSG:3857"
    assert list(frame["name"]) == ["一"]
    mercator = "http://www.opengis.net/def/crs/EPSG/0/3857"
    (item,) = told(client, "/collections/metro/items", crs=mercator)["features"]
    meant = shapely.geometry.shape(item["geometry"])
    drawn = frame.geometry[0]
    assert drawn.length > 5000
    # the nodes of the tile's grid at this zoom are 19 m apart
    assert shapely.hausdorff_distance(drawn, meant.intersection(drawn.buffer(40))) < 60


def test_a_tile_set_says_where_its_tiles_are_and_how(client: TestClient):
    (line,) = told(client, "/collections/zone/tiles")["tilesets"]
    links = {link["rel"]: link for link in line["links"]}
    whole = told(client, links["self"]["href"])
    assert whole["dataType"] == "vector"
    assert whole["tileMatrixSetURI"] == quad.URI
    assert "stands_for" in whole["description"]
    template = links["item"]["href"]
    assert links["item"]["templated"] is True
    for limits in whole["tileMatrixSetLimits"]:
        zoom = int(limits["tileMatrix"])
        assert 0 <= limits["minTileRow"] <= limits["maxTileRow"] < 2**zoom
        assert 0 <= limits["minTileCol"] <= limits["maxTileCol"] < 2**zoom
    at = whole["tileMatrixSetLimits"][12]
    tiles = [
        client.get(template.format(tileMatrix=12, tileRow=row, tileCol=column)).status_code
        for row in range(at["minTileRow"] - 1, at["maxTileRow"] + 2)
        for column in range(at["minTileCol"] - 1, at["maxTileCol"] + 2)
    ]
    assert set(tiles) == {200, 204}
    properties = whole["layers"][0]["propertiesSchema"]["properties"]
    assert properties["n"] == {"type": "number"}
    assert "feature_id" in properties
    grid = told(client, links[f"{OGC}/tiling-scheme"]["href"])
    assert grid["uri"] == quad.URI
    assert len(grid["tileMatrices"]) == 21
    assert grid["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559082264.028717)
    assert grid["tileMatrices"][3]["cellSize"] == pytest.approx(156543.033928041 / 8)
    (one,) = told(client, "/tileMatrixSets")["tileMatrixSets"]
    assert told(client, one["links"][0]["href"]) == grid


OGC = "http://www.opengis.net/def/rel/ogc/1.0"


def test_tilejson_names_tiles_of_one_snapshot(client: TestClient):
    links = told(client, "/collections/zone")["links"]
    (there,) = [link["href"] for link in links if link["rel"] == f"{OGC}/tilesets-vector"]
    (line,) = told(client, there)["tilesets"]
    (described,) = [link["href"] for link in line["links"] if link["rel"] == "describedby"]
    found = told(client, described)
    assert found["tilejson"] == "3.0.0"
    (layer,) = found["vector_layers"]
    assert layer["fields"]["name"] == "String"
    (template,) = found["tiles"]
    assert template.endswith(f"?snapshot={told(client, '/healthz')['snapshot']}")
    assert client.get(template.format(z=0, y=0, x=0)).status_code == 200


def test_a_tile_of_a_named_snapshot_is_kept_for_ever_and_another_is_asked_for_again(
    client: TestClient,
):
    path = first_tile(client, "zone", 11)
    plain = client.get(path)
    pinned = client.get(path, params={"snapshot": told(client, "/healthz")["snapshot"]})
    assert pinned.content == plain.content
    assert pinned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "public, max-age=60, must-revalidate"
    tag = plain.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": given})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_version_has_another_tag_and_the_old_snapshot_its_old_tile(
    tmp_path: Path, geopackage_store: str
):
    for town in town_in(geopackage_store, tmp_path):
        fill(town)
        with TestClient(create_app(geopackage_store)) as client:
            path, old = first_tile(client, "zone", 11), told(client, "/healthz")["snapshot"]
            before = client.get(path)
            town.deliver("zone", SITE, attributes=SAID[:1])
            town.publish(site_rule("zone"))
            after, then = client.get(path), client.get(path, params={"snapshot": old})
            assert after.headers["etag"] != before.headers["etag"]
            assert len(after.content) < len(before.content)
            assert then.content == before.content
            metro = first_tile(client, "metro", 11)
            tags = [client.get(metro, params=p).headers["etag"] for p in ({}, {"snapshot": old})]
            assert tags[0] == tags[1]


def test_a_restricted_layer_has_no_tile_for_the_public(clients: dict[str, TestClient]):
    for client in clients.values():
        zone = first_tile(client, "zone", 11)
        path = zone.replace("/zone/", "/barracks/")
        for there in (path, f"/collections/barracks/tiles/{GRID}", "/collections/barracks/tiles"):
            answer = client.get(there)
            assert answer.status_code == 404
            assert "no such collection" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        (f"{TILES}/3/8/0", 404, "3/8/0: no such tile of WebMercatorQuad; zooms go from 0 to 20"),
        (f"{TILES}/3/0/8", 404, "no such tile"),
        (f"{TILES}/21/0/0", 404, "no such tile"),
        (f"{TILES}/3/-1/0", 404, "no such tile"),
        (f"{TILES}/{10**30}/0/0", 404, "no such tile"),
        (f"{TILES}/a/0/0", 404, "no such tile"),
        (f"{TILES}/3/0/0?f=mvt", 400, "f: no such parameter"),
        (f"{TILES}/3/0/0?snapshot=none", 404, "none: no such snapshot"),
        ("/collections/zone/tiles/Other", 404, "Other: no such tile matrix set"),
        ("/collections/zone/tiles/Other/0/0/0", 404, "Other: no such tile matrix set"),
        ("/tileMatrixSets/Other", 404, "there is WebMercatorQuad"),
        ("/collections/none/tiles", 404, "none: no such collection"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    client: TestClient, path: str, status: int, says: str
):
    answer = client.get(path)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_layer_without_a_feature_has_a_tile_set_and_no_tile(
    tmp_path: Path, geopackage_store: str
):
    for town in town_in(geopackage_store, tmp_path):
        town.deliver("zone", SITE)
        town.publish(site_rule("zone"))
        with TestClient(create_app(geopackage_store)) as client:
            whole = told(client, f"/collections/boundary/tiles/{GRID}")
            assert whole["boundingBox"]["lowerLeft"][0] == pytest.approx(117.98, abs=0.1)
            assert client.get(f"/collections/boundary/tiles/{GRID}/0/0/0").status_code == 200
            assert client.get(f"/collections/boundary/tiles/{GRID}/10/0/0").status_code == 204


def test_the_classes_of_tiles_are_claimed():
    claimed = {name for name in CONFORMS_TO if "tiles-1" in name}
    assert {name.rsplit("/", 1)[1] for name in claimed} == {
        "core",
        "tileset",
        "tilesets-list",
        "geodata-tilesets",
        "mvt",
    }
