"""Clients that others wrote read the running service: OWSLib, GDAL's own program, QGIS."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from owslib.ogcapi.features import Features

from tests import debian

from .serving import Served, served

LAYER = "farmland"
CLEAN = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def service(sample_geopackage: str, tmp_path_factory) -> Iterator[Served]:
    with served(sample_geopackage, tmp_path_factory.mktemp("log")) as service:
        yield service


@pytest.fixture(scope="module")
def items(service: Served) -> dict[str, Any]:
    """All features of the layer, as the service gives them."""
    return service.answer(f"/collections/{LAYER}/items?limit=10000")


def middle(items: dict[str, Any]) -> list[float]:
    """A box around the first feature, longitude first."""
    ring = items["features"][0]["geometry"]["coordinates"][0]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    xs, ys = ([point[axis] for point in ring] for axis in (0, 1))
    return [min(xs), min(ys), max(xs), max(ys)]


def test_owslib_finds_its_way_from_the_landing_page_to_a_page_of_features(service, items):
    client = Features(service.address)
    assert any(
        uri.endswith("ogcapi-features-1/1.0/conf/core")
        for uri in client.conformance()["conformsTo"]
    )
    assert client.api()["openapi"].startswith("3.")
    assert LAYER in client.feature_collections()
    assert client.collection(LAYER)["id"] == LAYER
    assert "MC" in client.collection_queryables(LAYER)["properties"]
    page = client.collection_items(LAYER, limit=7)
    assert [f["id"] for f in page["features"]] == [f["id"] for f in items["features"][:7]]
    assert page["numberMatched"] == items["numberMatched"]
    one = items["features"][3]
    assert client.collection_item(LAYER, one["id"])["geometry"] == one["geometry"]


def test_owslib_s_box_and_filter_find_what_they_should(service, items):
    client = Features(service.address)
    box = middle(items)
    found = client.collection_items(LAYER, bbox=box, limit=10000)
    assert 0 < found["numberReturned"] < len(items["features"])
    assert items["features"][0]["id"] in {feature["id"] for feature in found["features"]}
    name = items["features"][5]["properties"]["MC"]
    named = client.collection_items(LAYER, filter=f"MC = '{name}'", limit=10000)
    meant = [f["id"] for f in items["features"] if f["properties"]["MC"] == name]
    assert [feature["id"] for feature in named["features"]] == meant


def test_the_program_of_another_gdal_counts_what_the_service_has(service, items):
    program = Path("/usr/bin/ogrinfo")
    debian.require(program, "gdal-bin")
    command = [program, "-ro", "-so", f"OAPIF:{service.address}", LAYER]
    ran = subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=True)
    assert f"Feature Count: {items['numberMatched']}" in ran.stdout
    assert "ERROR" not in ran.stderr


@pytest.fixture(scope="module")
def seen_by_qgis(service: Served, tmp_path_factory) -> dict[str, Any]:
    debian.require(Path("/usr/share/doc/python3-qgis"), "python3-qgis")
    home = tmp_path_factory.mktemp("qgis")
    script = Path(__file__).with_name("qgis_reader.py")
    ran = subprocess.run(
        ["/usr/bin/python3", script, service.address, LAYER],
        env=CLEAN | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home),
                     "XDG_RUNTIME_DIR": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_qgis_reads_every_feature_of_a_layer_page_by_page(seen_by_qgis, items):
    features = seen_by_qgis["features"]
    assert features["valid"]
    assert features["ids"] == sorted(feature["id"] for feature in items["features"])
    assert {"MC", "DLMC"} <= set(features["fields"])


def test_qgis_draws_the_vector_tiles_where_it_draws_the_features(seen_by_qgis):
    features, tiles = (seen_by_qgis[name] for name in ("features", "tiles"))
    assert tiles["valid"]
    assert features["coloured"] > 1000
    assert tiles["coloured"] == pytest.approx(features["coloured"], rel=0.05)
