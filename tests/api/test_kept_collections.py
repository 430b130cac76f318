"""Conflicts and site checks as collections: paged, filtered and drawn as layers are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pyogrio
import pytest
import shapely
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api import create_app
from api.gate import caller_of
from blueprint.access.caller import Caller
from blueprint.conflicts.ledger import Wish, take_step
from blueprint.conflicts.search import find_conflicts
from blueprint.models import SiteCheckRow
from layers import quad
from tests.api.serving import served
from tests.blueprint.conftest import DAY, SITE, Town, exclusive_rule, placed, site_rule, town_in
from tests.conftest import temporary_database

FIELD = "POLYGON ((0 0, 1000 0, 1000 1000, 0 1000, 0 0))"
ZONES = [
    f"POLYGON ((900 {y}, 2000 {y}, 2000 {y + 200}, 900 {y + 200}, 900 {y}))" for y in (0, 300, 600)
]
SECRET = "POLYGON ((0 0, 10 0, 10 1000, 0 1000, 0 0))"
RULES = [
    exclusive_rule("farmland", "zone"),
    exclusive_rule("farmland", "barracks"),
    exclusive_rule("farmland", "redline"),
    site_rule("zone"),
]
ITEMS = "/collections/conflicts/items"


def fill(town: Town) -> None:
    town.deliver("farmland", FIELD)
    town.deliver("zone", *ZONES)
    town.deliver("barracks", SECRET)
    town.publish(*RULES)


@pytest.fixture(scope="module")
def stores(postgis_server, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The same town in both stores: searched, one conflict assigned, two sites checked."""
    folder = tmp_path_factory.mktemp("kept")
    with temporary_database(postgis_server) as database:
        stores = {"geopackage": str(folder / "store.gpkg"), "postgis": database}
        for kind, store in stores.items():
            (folder / kind).mkdir()
            for town in town_in(store, folder / kind):
                fill(town)
                found = find_conflicts(town.service, day=DAY, clearance="restricted")
                names = sorted(
                    one.id for one in found.document.conflicts if one.right.layer == "zone"
                )
                wish = Wish("assigned", "办公室", department="planning", due=DAY.replace(year=2030))
                take_step(town.service, names[1], wish, day=DAY)
                for wkt in (SITE, FIELD):
                    town.check(wkt)
        yield stores


@pytest.fixture(scope="module")
def clients(stores: dict[str, str]) -> Iterator[dict[str, TestClient]]:
    with (
        TestClient(create_app(stores["geopackage"])) as one,
        TestClient(create_app(stores["postgis"])) as other,
    ):
        yield {"geopackage": one, "postgis": other}


@pytest.fixture(scope="module")
def client(clients: dict[str, TestClient]) -> TestClient:
    return clients["geopackage"]


@pytest.fixture
def as_approver(client: TestClient) -> Iterator[TestClient]:
    """A client of those who answer for all checks."""
    client.app.dependency_overrides[caller_of] = lambda: Caller("approver", "approver")
    yield client
    client.app.dependency_overrides.clear()


def told(client: TestClient, path: str, **parameters: Any) -> Any:
    given = {name.replace("_", "-"): value for name, value in parameters.items()}
    answer = client.get(path, params=given or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def collections_of(client: TestClient) -> dict[str, dict]:
    return {line["id"]: line for line in told(client, "/collections")["collections"]}


def test_conflicts_are_a_collection_of_the_public_without_what_is_withheld(client: TestClient):
    line = collections_of(client)["conflicts"]
    assert line["title"] == "差异图斑"
    assert line["extent"]["temporal"]["interval"][0][0] == f"{DAY}T00:00:00Z"
    # one rule was withheld and one had no data: what is listed is not all
    assert "不等于没有差异" in line["description"]
    listed = {one["id"] for one in told(client, "/conflicts")["conflicts"]}
    items = told(client, ITEMS)
    assert {feature["id"] for feature in items["features"]} == listed
    assert items["numberMatched"] == len(listed) == 3
    assert "barracks" not in str(items)


def test_a_conflict_has_its_rule_its_areas_its_state_and_both_its_features(client: TestClient):
    feature = told(client, ITEMS)["features"][1]
    one = told(client, f"/conflicts/{feature['id']}")
    said = feature["properties"]
    assert said["rule"] == one["conflict"]["rule"] == "exclusive.farmland_zone"
    assert said["projected_m2"] == one["conflict"]["area"]["projected_m2"]
    assert said["ellipsoidal_m2"] == one["conflict"]["area"]["ellipsoidal_m2"]
    assert said["state_id"] == one["standing"]["state"] == "assigned"
    assert said["left_feature"] == one["conflict"]["left"]["feature_id"]
    assert said["right_feature"] == one["conflict"]["right"]["feature_id"]
    assert said["left_department"] == said["in_charge"] == "规划局"
    plane = told(client, f"{ITEMS}/{feature['id']}", crs="EPSG:4548")
    shape = shapely.geometry.shape(plane["geometry"])
    assert shape.area == pytest.approx(said["projected_m2"], abs=1e-3)


def test_both_stores_give_the_same_conflicts_and_tiles(clients: dict[str, TestClient]):
    pages = [told(client, ITEMS)["features"] for client in clients.values()]
    for page in pages:
        for feature in page:
            feature["properties"].pop("snapshot")
    assert pages[0] == pages[1]
    tiles = [tile_of(client, "conflicts", 12) for client in clients.values()]
    for one, other in zip(*(sorted_features(tile) for tile in tiles), strict=True):
        assert one == other


def tile_of(client: TestClient, name: str, zoom: int) -> bytes:
    path = f"/collections/{name}/tiles/WebMercatorQuad"
    west, south, east, north = told(client, f"{path}/tilejson.json")["bounds"]
    middle = ((west + east) / 2, (south + north) / 2)
    tile, _ = quad.tiles_at((*middle, *middle), zoom)
    answer = client.get(f"{path}/{zoom}/{tile.row}/{tile.column}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].startswith("private, max-age=60")
    return answer.content


def sorted_features(tile: bytes) -> list[dict]:
    (layer,) = mapbox_vector_tile.decode(tile).values()
    features = layer["features"]
    for feature in features:
        feature["properties"].pop("snapshot")
    return sorted(features, key=lambda feature: feature["id"])


def test_conflicts_are_filtered_and_paged_as_layers_are(client: TestClient):
    ids = [feature["id"] for feature in told(client, ITEMS)["features"]]
    first = told(client, ITEMS, limit=2)
    assert [feature["id"] for feature in first["features"]] == ids[:2]
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    assert [feature["id"] for feature in told(client, following)["features"]] == ids[2:]
    assigned = told(client, ITEMS, filter="state_id = 'assigned'")["features"]
    assert [feature["id"] for feature in assigned] == [ids[1]]
    assert told(client, ITEMS, bbox="0,0,1,1")["features"] == []
    assert told(client, ITEMS, datetime="2026-11-22")["features"] == []
    names = told(client, "/collections/conflicts/queryables")["properties"]
    assert {"rule", "state_id", "projected_m2", "left_layer", "geometry"} <= set(names)
    only = told(client, ITEMS, properties="rule,state_id")["features"][0]["properties"]
    assert set(only) == {"rule", "state_id"}


def test_tiles_of_conflicts_carry_rule_state_area_and_id(client: TestClient):
    (layer,) = mapbox_vector_tile.decode(tile_of(client, "conflicts", 14)).values()
    items = {f["id"]: f["properties"] for f in told(client, ITEMS)["features"]}
    for feature in layer["features"]:
        said = feature["properties"]
        meant = items[said.pop("feature_id")]
        assert said == {name: value for name, value in meant.items() if value is not None}
    assert layer["features"]


def test_a_step_changes_the_state_and_the_tag_under_the_same_snapshot(
    tmp_path: Path, geopackage_store: str
):
    for town in town_in(geopackage_store, tmp_path):
        fill(town)
        with TestClient(create_app(geopackage_store)) as client:
            assert "conflicts" not in collections_of(client)
            refused = client.get(ITEMS)
            assert refused.status_code == 404
            assert "no such collection" in refused.json()["detail"]
            find_conflicts(town.service, day=DAY)
            pin = {"snapshot": told(client, "/healthz")["snapshot"]}
            path = "/collections/conflicts/tiles/WebMercatorQuad/0/0/0"
            before = client.get(path, params=pin)
            # work goes on under a snapshot: its tiles are not for ever
            assert "immutable" not in before.headers["cache-control"]
            name = told(client, ITEMS)["features"][0]["id"]
            wish = Wish("assigned", "办公室", department="planning", due=DAY.replace(year=2030))
            take_step(town.service, name, wish, day=DAY)
            feature = told(client, f"{ITEMS}/{name}", **pin)
            assert feature["properties"]["state_id"] == "assigned"
            tag = before.headers["etag"]
            again = client.get(path, params=pin, headers={"If-None-Match": tag})
            assert again.status_code == 200
            assert again.headers["etag"] != tag


def test_who_may_see_more_finds_more_conflicts(client: TestClient, as_approver: TestClient):
    features = told(as_approver, ITEMS)["features"]
    assert {f["properties"]["right_layer"] for f in features} == {"zone", "barracks"}
    as_approver.app.dependency_overrides.clear()
    assert {f["properties"]["right_layer"] for f in told(client, ITEMS)["features"]} == {"zone"}


def test_site_checks_are_listed_to_those_who_answer_for_all_of_them_alone(
    client: TestClient, as_approver: TestClient
):
    line = collections_of(as_approver)["site-checks"]
    assert line["extent"]["temporal"]["interval"] == [[None, None]]
    features = told(as_approver, "/collections/site-checks/items")["features"]
    assert len(features) == 2
    shapes = [shapely.from_wkt(wkt).area for wkt in (SITE, FIELD)]
    assert sorted(f["properties"]["projected_m2"] for f in features) == pytest.approx(
        sorted(shapes), rel=1e-4
    )
    for feature in features:
        check = told(as_approver, "/collections/site-checks/items/" + feature["id"])
        assert check["properties"]["application_date"] == str(DAY)
        assert check["properties"]["verdict"] in {"pass", "restricted", "incomplete"}
    assert len(tile_of(as_approver, "site-checks", 12)) > 0
    planner = Caller("planner", "planner")
    officer = Caller("officer", "officer", frozenset({"planning"}))
    for caller in (planner, officer, Caller.anonymous("")):
        client.app.dependency_overrides[caller_of] = lambda caller=caller: caller
        assert "site-checks" not in collections_of(client)
        for path in ("items", "tiles", "queryables", "tiles/WebMercatorQuad/0/0/0"):
            assert client.get(f"/collections/site-checks/{path}").status_code == 404
        assert client.get("/collections/site-checks").status_code == 404


def test_gdal_opens_the_conflicts_and_finds_them_where_they_lie(
    stores: dict[str, str], client: TestClient, tmp_path: Path
):
    with served(stores["geopackage"], tmp_path) as service:
        source = f"OAPIF:{service.address}"
        frame = pyogrio.read_dataframe(source, layer="conflicts")
        where = "state_id = 'assigned'"
        assigned = pyogrio.read_dataframe(source, layer="conflicts", where=where)
    assert len(frame) == 3
    assert len(assigned) == 1
    swapped = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    meant = [placed(FIELD).intersection(placed(zone)) for zone in ZONES]
    union = shapely.union_all(meant)
    found = min(
        (shapely.union_all(shapes) for shapes in (swapped, frame.geometry.to_numpy())),
        key=lambda one: one.distance(union),
    )
    assert found.symmetric_difference(union).area < 0.1


ALTERED = {
    "no JSON": "altered",
    "no object": "[1]",
    "emptied": "{}",
    "without a place": '{"site": {"name": "x", "crs": "EPSG:4548", "geometry": null}}',
    "a ring that is open": '{"site": {"name": "x", "crs": "EPSG:4548", "geometry": '
    '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}}}',
    "nested without end": "[" * 100_000,
}


@pytest.mark.parametrize("text", ALTERED.values(), ids=ALTERED)
def test_a_check_that_was_altered_is_named_and_holds_up_no_other(store: str, tmp_path: Path, text):
    for town in town_in(store, tmp_path):
        fill(town)
        sound, altered = (town.check(wkt).document.check_id for wkt in (SITE, FIELD))
        with town.service.database.write() as connection:
            change = sa.update(SiteCheckRow).where(SiteCheckRow.id == altered)
            connection.execute(change.values(document=text))
    app = create_app(store)
    app.dependency_overrides[caller_of] = lambda: Caller("approver", "approver")
    with TestClient(app) as client:
        (box,) = collections_of(client)["site-checks"]["extent"]["spatial"]["bbox"]
        items = told(client, "/collections/site-checks/items")["features"]
        told_of = {item["id"]: item["properties"] for item in items}
        assert told_of.keys() == {sound, altered}
        assert told_of[altered] == {"name": altered, "altered": True}
        assert "altered" not in told_of[sound]
        near = ",".join(map(str, box))
        (near,) = told(client, "/collections/site-checks/items", bbox=near)["features"]
        assert near["id"] == sound
        assert len(tile_of(client, "site-checks", 12)) > 0
        refused = client.get(f"/site-checks/{altered}")
        assert refused.status_code == 409
        assert refused.json()["detail"].startswith(f"{altered}: was altered in this store")
        assert client.get(f"/site-checks/{sound}").status_code == 200
