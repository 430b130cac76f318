"""The service that the suite asks: ours over the sample city, on each store, or one at an address.

BLUEPRINT_CONFORMANCE_URL names another; `python -m tests.conformance URL` sets it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from api import create_app
from blueprint.access.api_keys import add_key
from blueprint.bootstrap import open_service
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from blueprint.snapshots import publish
from blueprint.work.worker import Worker
from tests.api.conftest import EFFECTIVE, copied_geopackage, copied_postgis, run_folder
from tests.conformance.api import Api

__all__ = ["api", "run_folder"]

URL, HEADERS = "BLUEPRINT_CONFORMANCE_URL", "BLUEPRINT_CONFORMANCE_HEADERS"
MOST = int(os.environ.get("BLUEPRINT_CONFORMANCE_COLLECTIONS", "40"))
STORES = ["there"] if URL in os.environ else ["geopackage", "postgis"]
LAYER, HARD_TEXT = "water_source_1", "O'Hara's\treservoir"
NUMBERED = "coastal_setback"
"""A layer with an attribute that is a number."""
DELIVERY = Path(__file__).parents[2] / "sample_data" / "deliveries" / "water_source.geojson"


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The application served over HTTP on a free port of loopback, by its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, name="server", daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def with_hard_texts(store: str, folder: Path) -> None:
    """Publish the city with a name in it that takes escapes to write."""
    document = json.loads(DELIVERY.read_text("utf-8"))
    document["features"][0]["properties"]["MC"] = HARD_TEXT
    file = folder / "hard.geojson"
    file.write_text(json.dumps(document), "utf-8")
    service = open_service(store)
    assert ingest_layer(service, Request(LAYER, file), EFFECTIVE).status == "taken"
    publish(service, load_rule_pack(SHIPPED_PACK))
    service.close()


@contextmanager
def ours(store: str) -> Iterator[Api]:
    """Our service over a store, somebody to do its jobs, and an administrator to ask it."""
    app = create_app(store)
    with listening(app) as address:
        service = app.state.service
        _, key = add_key(service, "conformance", "administrator")
        worker = Worker(service)
        if service.database.is_postgis:
            worker.start()
        try:
            headers = {"X-Api-Key": key}
            with httpx2.Client(base_url=address, headers=headers, timeout=60) as client:
                # what both stores do alike is asked of one at length
                brief = service.database.is_postgis
                yield Api(
                    client,
                    is_ours=True,
                    per_kind=1 if brief else 2,
                    most_collections=MOST // 3 if brief else MOST,
                    also=frozenset({LAYER, NUMBERED}),
                    inputs={"ingest": lambda: delivery(client)},
                    failing=lambda: failing_delivery(client),
                )
        finally:
            worker.stop(20)


def delivery(client: httpx2.Client) -> dict[str, Any]:
    """Inputs that name a file, which has to be brought first."""
    sent = client.post("/uploads?name=water_source.geojson", content=DELIVERY.read_bytes())
    assert sent.status_code == 201, sent.text
    return {"layer": LAYER, "file": sent.json()["id"]}


def failing_delivery(client: httpx2.Client) -> str:
    """A job that fails: no CRS is called that."""
    inputs = delivery(client) | {"crs": "EPSG:99999"}
    answer = client.post("/processes/ingest/execution", json={"inputs": inputs})
    assert answer.status_code == 201, answer.text
    job: str = answer.json()["jobID"]
    return job


@pytest.fixture(scope="session")
def api_there() -> Iterator[Api]:
    """The service at the address that is named."""
    headers: Mapping[str, str] = json.loads(os.environ.get(HEADERS, "{}"))
    with httpx2.Client(base_url=os.environ[URL], headers=headers, timeout=60) as client:
        yield Api(client, most_collections=MOST)


@pytest.fixture(scope="session")
def api_geopackage(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Our service over a GeoPackage."""
    store = copied_geopackage(run_folder, tmp_path_factory)
    with_hard_texts(store, tmp_path_factory.mktemp("hard"))
    with ours(store) as api:
        yield api


@pytest.fixture(scope="session")
def api_postgis(
    postgis_server: sa.URL, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    """Our service over PostGIS."""
    with copied_postgis(postgis_server, run_folder) as store:
        with_hard_texts(store, tmp_path_factory.mktemp("hard"))
        with ours(store) as api:
            yield api


@pytest.fixture(scope="session", params=STORES)
def api(request: pytest.FixtureRequest) -> Api:
    """The service that is asked; each worker of a run has one of its own on each store."""
    api: Api = request.getfixturevalue(f"api_{request.param}")
    return api
