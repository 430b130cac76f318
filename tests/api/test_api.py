import json
import os
from pathlib import Path

import jsonschema
import pytest
import shapely
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api import create_app
from api.errors import STATUS, status_of
from blueprint.bootstrap import init_store
from blueprint.checks.schema import site_check_schema
from tests import shell

from .conftest import SAMPLE

VERDICTS = {
    "clear.txt": "pass",
    "consult.geojson": "consult",
    "farmland_sliver.shp": "prohibited",
    "prohibited.gpkg": "prohibited",
    "outside_coverage.geojson": "incomplete",
}


def command(store: str, *words: str) -> shell.Ran:
    """Run `blueprint` as its user would."""
    return shell.run(words, os.environ | {"BLUEPRINT_STORE": store, "COLUMNS": "140"})


def test_the_landing_page_names_the_city_and_every_door_opens(client: TestClient):
    page = client.get("/").json()
    assert page["title"].startswith("鹭城（示例）")
    assert page["notice"]["en"].startswith("Fictional")
    for link in page["links"]:
        if link["rel"] != "site-checks":
            assert client.get(link["href"]).status_code == 200, link


def test_health_names_the_snapshot(client: TestClient):
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["snapshot"].endswith(".1")


def test_collections_are_the_public_layers_and_their_links_open(client: TestClient):
    collections = client.get("/collections").json()["collections"]
    ids = {collection["id"] for collection in collections}
    assert "eco_control_line" in ids
    assert not ids & {"military", "survey_mark", "microwave_link", "planned_project"}
    items = client.get(collections[0]["links"][0]["href"]).json()
    assert items["type"] == "FeatureCollection"


@pytest.mark.parametrize("layer", ["military", "survey_mark", "no_such_layer"])
def test_a_layer_that_is_not_public_is_as_absent_as_one_that_does_not_exist(client, layer):
    answer = client.get(f"/collections/{layer}/items")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == f"{layer}: no such collection; /collections lists them"


def test_items_come_longitude_first_and_a_box_of_longitudes_and_latitudes_finds_them(client):
    whole = client.get("/collections/heritage_protection/items", params={"limit": 1000}).json()
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in whole["features"]])
    assert whole["numberMatched"] == len(shapes) > 3
    minx, miny, maxx, maxy = shapely.total_bounds(shapes)
    assert 117 < minx < maxx < 119
    assert 24 < miny < maxy < 25
    middle = (minx + maxx) / 2
    for box in ((minx, miny, middle, maxy), (middle, miny, maxx, maxy)):
        params = {"bbox": ",".join(map(str, box)), "limit": 1000}
        found = client.get("/collections/heritage_protection/items", params=params).json()
        expected = shapely.intersects(shapes, shapely.box(*box)).sum()
        assert found["numberMatched"] == expected > 0


def test_the_limit_cuts_what_is_returned_and_says_how_many_there_are(client: TestClient):
    page = client.get("/collections/farmland/items", params={"limit": 3}).json()
    assert page["numberReturned"] == len(page["features"]) == 3
    assert page["numberMatched"] > 3


@pytest.mark.parametrize(
    "bbox", ["1,2,3", "a,b,c,d", "118,25,119,24", "1,2,3,4,5", "24,117,25,nan"]
)
def test_a_malformed_box_is_refused_naming_the_parameter(client: TestClient, bbox: str):
    answer = client.get("/collections/farmland/items", params={"bbox": bbox})
    assert answer.status_code == 400
    assert "bbox" in answer.json()["detail"]


def comparable(document: dict) -> dict:
    """A site check without what may differ between two askings of the same question."""
    document = json.loads(json.dumps(document))
    del document["check_id"], document["checked_at"]
    for field in ("id", "published_at"):
        del document["snapshot"][field]
    del document["site"]["name"]
    for line in document["layers"]:
        del line["effective"]
    return document


def ground(document: dict) -> dict:
    """A site check without what it tells of the file that the site came in."""
    document = comparable(document)
    for field in ("source_crs", "crs_assumed", "notes"):
        document["site"].pop(field)
    return document


@pytest.fixture(scope="module", params=VERDICTS)
def asked(request, sample_geopackage, sample_postgis) -> dict[str, dict]:
    """One sample site, checked by the command line on both stores."""
    site = str(SAMPLE / "sites" / request.param)
    answers = {"site": request.param}
    for name, store in (("geopackage", sample_geopackage), ("postgis", sample_postgis)):
        ran = command(store, "check", site, "--json", "--date", "2026-11-23")
        assert ran.returncode == 0, ran.stderr
        answers[name] = json.loads(ran.stdout)
    return answers


def test_the_sample_site_gets_its_verdict(asked):
    assert asked["geopackage"]["verdict"] == VERDICTS[asked["site"]]


def test_both_stores_give_the_same_document_apart_from_ids_and_times(asked):
    assert comparable(asked["geopackage"]) == comparable(asked["postgis"])


def test_a_document_is_valid_under_the_published_schema(asked):
    jsonschema.validate(asked["postgis"], site_check_schema())


def test_posting_the_same_ground_gives_the_document_that_the_command_line_gives(
    asked, client: TestClient
):
    told = asked["geopackage"]
    body = {**told["site"]["geometry"]}
    params = {"crs": told["site"]["crs"], "date": "2026-11-23"}
    answer = client.post("/site-checks", json=body, params=params)
    assert answer.status_code == 201
    assert ground(answer.json()) == ground(told)
    again = client.get(answer.headers["location"])
    assert again.json() == answer.json()


def test_a_restricted_layer_is_withheld_in_a_posted_check(client: TestClient, sample_geopackage):
    with init_store(sample_geopackage).database.read() as connection:
        blob = connection.scalar(
            sa.text("SELECT geometry FROM feature WHERE layer_id = 'military' LIMIT 1")
        )
    inside = shapely.point_on_surface(shapely.from_wkb(blob[40:]))
    site = shapely.box(*shapely.buffer(inside, 5).bounds)
    params = {"crs": "EPSG:4548", "date": "2026-11-23"}
    answer = client.post("/site-checks", content=shapely.to_geojson(site), params=params).json()
    finding = next(f for f in answer["findings"] if f["layer"] == "military")
    assert finding["withheld"]
    assert finding["area"] is finding["share"] is None
    assert finding["feature_ids"] == []


def ring(corners: str) -> bytes:
    """A polygon's GeoJSON from `x,y x,y ...`."""
    pairs = [[float(number) for number in corner.split(",")] for corner in corners.split()]
    return json.dumps({"type": "Polygon", "coordinates": [pairs]}).encode()


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 422, "is not GeoJSON"),
        (b"not json", 422, "is not GeoJSON"),
        (b'{"type": "Topology"}', 422, "not GeoJSON"),
        (b'{"type": "FeatureCollection", "features": []}', 422, "no feature"),
        (b'{"type": "FeatureCollection", "features": [1, null]}', 422, "request body"),
        (b'{"type": "Polygon", "coordinates": [[[118, "x"]]]}', 422, "request body"),
        (b'{"type": "Point", "coordinates": [118.1, 24.5]}', 422, "no polygon"),
        (ring("118.1,24.5 118.2,24.6 118.2,24.5 118.1,24.6 118.1,24.5"), 422, "not sound"),
        (
            ring("24.5,118.1 24.6,118.1 24.6,118.2 24.5,118.1"),
            422,
            "longitude first, then latitude",
        ),
        (b"[" * 100_000, 422, "is not GeoJSON"),
    ],
)
def test_a_bad_body_is_a_problem_document_with_the_remedy(client, body, status, says):
    answer = client.post("/site-checks", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_a_body_too_large_is_refused(client: TestClient):
    answer = client.post("/site-checks", content=b" " * (11 << 20))
    assert answer.status_code == 413


SQUARE = ring("118.1,24.6 118.101,24.6 118.101,24.601 118.1,24.601 118.1,24.6")


@pytest.mark.parametrize(
    ("params", "status"),
    [({"snapshot": "2020-01-01.1"}, 404), ({"date": "tomorrow"}, 400), ({"crs": "EPSG:4214"}, 422),
     ({"crs": "nonsense"}, 422)],
)  # fmt: skip
def test_a_bad_parameter_is_a_problem_document(client: TestClient, params, status):
    answer = client.post("/site-checks", content=SQUARE, params=params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_check_is_not_found(client: TestClient):
    assert client.get("/site-checks/chk_none").status_code == 404


def test_nothing_published_is_said_as_unavailable_and_health_still_answers(tmp_path: Path):
    store = str(tmp_path / "empty.gpkg")
    init_store(store).close()
    with TestClient(create_app(store)) as client:
        assert client.get("/healthz").json() == {"status": "ok", "snapshot": None}
        assert client.get("/collections").status_code == 503
        assert "blueprint publish" in client.post("/site-checks", content=SQUARE).json()["detail"]


def test_every_domain_error_has_a_status():
    from blueprint import errors as planning
    from layers import errors as data

    kinds = [v for m in (planning, data) for v in vars(m).values() if isinstance(v, type)]
    assert len(kinds) > 12
    for kind in kinds:
        assert status_of(kind("x")) in set(STATUS.values())


def test_the_openapi_document_refers_to_nothing_outside_itself(client: TestClient):
    document = client.get("/openapi.json").json()
    references = [text for text in json.dumps(document).split('"') if text.startswith("#/")]
    assert references
    assert '"$ref": "http' not in json.dumps(document)


def test_the_geojson_of_a_check_has_the_site_and_one_feature_for_each_shown_finding(
    sample_geopackage, tmp_path
):
    site = SAMPLE / "sites" / "farmland_sliver.shp"
    ran = command(sample_geopackage, "check", str(site), "--out", str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    written = json.loads((tmp_path / "farmland_sliver.geojson").read_text("utf-8"))
    roles = [feature["properties"]["role"] for feature in written["features"]]
    assert roles == ["site", "finding"]
    assert written["features"][1]["properties"]["rule"] == "site.permanent_basic_farmland"
    x, y = written["features"][0]["geometry"]["coordinates"][0][0][0]
    assert 117 < x < 119
    assert 24 < y < 25


def test_answers_and_figures_come_in_a_member_of_the_body_and_are_kept(client: TestClient):
    project = {"answers": {"discharges_pollutants": "no"}, "height_m": 45}
    body = json.loads(SQUARE) | {"project": project}
    answer = client.post("/site-checks", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["project"]["answers"] == {"discharges_pollutants": "no"}
    kept = client.get(answer.headers["Location"]).json()
    assert kept["project"]["height_m"] == 45


def test_suggestions_come_when_a_member_of_the_body_asks_for_them(client: TestClient):
    body = json.loads(SQUARE)
    assert "suggestions" not in client.post("/site-checks", json=body | {"suggest": False}).json()
    answer = client.post("/site-checks", json=body | {"suggest": True})
    assert answer.status_code == 201, answer.text
    assert isinstance(answer.json()["suggestions"], list)
    kept = client.get(answer.headers["Location"]).json()
    assert kept["suggestions"] == answer.json()["suggestions"]
    refused = client.post("/site-checks", json=body | {"suggest": "maybe"})
    assert refused.status_code == 422
    assert "suggest" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("project", "says"),
    [
        ({"height_m": -1}, "height_m"),
        ({"storeys": 3}, "storeys"),
        ({"answers": {"never_asked": "no"}}, "never_asked"),
        ([1], "project"),
    ],
)
def test_figures_that_cannot_be_are_a_problem_that_names_them(client: TestClient, project, says):
    answer = client.post("/site-checks", json=json.loads(SQUARE) | {"project": project})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_a_check_is_verified_over_http_as_it_was_answered(client: TestClient):
    made = client.post("/site-checks", content=SQUARE).json()
    answer = client.get(f"/site-checks/{made['check_id']}/verification")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["status"], found["kept"], found["differences"]) == (
        "identical",
        "as_answered",
        [],
    )
    assert found["site_hash"] == made["site"]["geometry_hash"]
    assert found["engine"] == made["engine"]
    assert client.get("/site-checks/chk_none/verification").status_code == 404


@pytest.mark.parametrize("name", VERDICTS)
def test_every_sample_site_is_verified_from_its_file_whatever_the_clearance(
    sample_store: str, tmp_path: Path, name: str
):
    clearance = ["--clearance", "internal"] if name == "consult.geojson" else []
    made = command(sample_store, "check", str(SAMPLE / "sites" / name), "--json", *clearance)
    file = tmp_path / "check.json"
    file.write_text(made.stdout, "utf-8")
    answer = command(sample_store, "verify", str(file), "--json", *clearance)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert json.loads(answer.stdout)["kept"] == "as_answered"
