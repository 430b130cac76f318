"""The sample city, loaded once into each kind of store, and clients of its API."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from api import create_app
from blueprint.access.caller import Caller
from blueprint.bootstrap import init_store
from blueprint.catalogue import load_catalogue
from blueprint.conflicts.search import find_conflicts
from blueprint.deliveries.ingest import ingest_all
from blueprint.deliveries.manifest import read_manifest
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from blueprint.service_models import (
    EventRow,
    JobRow,
    KeptAnswerRow,
    UploadChunkRow,
    UploadRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from blueprint.snapshots import load_into_store, publish
from tests.blueprint.conftest import HALF, Town, exclusive_rule, site_rule, town_in
from tests.conftest import temporary_database

from .desk import Desk

pytest.register_assert_rewrite("tests.api.routes")

SERVICE_ROWS = (
    *(WebhookDeliveryRow, EventRow, WebhookRow),
    *(KeptAnswerRow, JobRow, UploadChunkRow, UploadRow),
)
CORNER = "POLYGON ((9000 9000, 9100 9000, 9100 9100, 9000 9100, 9000 9000))"
EFFECTIVE = date(2026, 11, 1)
SAMPLE = Path(__file__).parents[2] / "sample_data"


def load_sample(store: str) -> None:
    """The sample city, published."""
    tree = load_catalogue(SAMPLE / "catalogue.yaml")
    service = init_store(store, tree.city.crs)
    load_into_store(service, tree)
    for _ in ingest_all(service, read_manifest(SAMPLE / "deliveries.yaml"), EFFECTIVE):
        pass
    publish(service, load_rule_pack(SHIPPED_PACK))
    service.close()


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Among the workers of a test run."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a test run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def copied_geopackage(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the sample city in a GeoPackage, which is loaded once in a run."""
    loaded = run_folder / "sample"
    with one_at_a_time(run_folder):
        if not loaded.exists():
            made = tmp_path_factory.mktemp("loaded")
            load_sample(str(made / "blueprint.gpkg"))
            made.rename(loaded)
    copy = tmp_path_factory.mktemp("sample") / "city"
    shutil.copytree(loaded, copy)
    return str(copy / "blueprint.gpkg")


@contextmanager
def copied_postgis(server: sa.URL, run_folder: Path) -> Iterator[str]:
    """A copy of the sample city in PostGIS, made by the server of one that is loaded once."""
    note = run_folder / "sample-postgis"
    with ExitStack() as mine:
        with one_at_a_time(run_folder):
            if not note.exists():
                template = mine.enter_context(temporary_database(server))
                load_sample(template)
                note.write_text(sa.make_url(template).database)
            store = mine.enter_context(temporary_database(server, note.read_text()))
        yield store
        with one_at_a_time(run_folder):
            note.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def sample_geopackage(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sample city in a GeoPackage."""
    return copied_geopackage(run_folder, tmp_path_factory)


@pytest.fixture(scope="session")
def sample_postgis(postgis_server: sa.URL, run_folder: Path) -> Iterator[str]:
    """The sample city in PostGIS."""
    with copied_postgis(postgis_server, run_folder) as store:
        yield store


@pytest.fixture(scope="session", params=["geopackage", "postgis"])
def sample_store(request: pytest.FixtureRequest) -> str:
    """The sample city in either store."""
    name: str = request.getfixturevalue(f"sample_{request.param}")
    return name


@pytest.fixture(scope="session")
def client_of_geopackage(sample_geopackage: str) -> Iterator[TestClient]:
    """A client of the service over a GeoPackage."""
    with TestClient(create_app(sample_geopackage)) as client:
        yield client


@pytest.fixture(scope="session")
def client_of_postgis(sample_postgis: str) -> Iterator[TestClient]:
    """A client of the service over PostGIS."""
    with TestClient(create_app(sample_postgis)) as client:
        yield client


@pytest.fixture(scope="session", params=["geopackage", "postgis"])
def client(request: pytest.FixtureRequest) -> TestClient:
    """A client of the service over either store; each of the two is started once."""
    client: TestClient = request.getfixturevalue(f"client_of_{request.param}")
    return client


@pytest.fixture(scope="session")
def town_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over the tiny town: farmland on a part of the site, one conflict far away."""
    folder = tmp_path_factory.mktemp("town")
    for town in town_in(str(folder / "town.gpkg"), folder):
        hostile = {"name": "<script>alert('甲')</script>", "n": 7}
        town.deliver("farmland", HALF, CORNER, attributes=[hostile, hostile])
        town.deliver("zone", CORNER)
        town.publish(site_rule("farmland"), exclusive_rule("farmland", "zone"))
        find_conflicts(town.service)
        with TestClient(create_app(town.service.database.name)) as client:
            yield client


@pytest.fixture(scope="module", params=["geopackage", "postgis"])
def served_town(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town on either store, whose layers and rules stay as they are."""
    folder = tmp_path_factory.mktemp("jobs")
    with ExitStack() as stack:
        store = str(folder / "store.gpkg")
        if request.param == "postgis":
            server = request.getfixturevalue("postgis_server")
            store = stack.enter_context(temporary_database(server))
        for town in town_in(store, folder):
            town.deliver("farmland", HALF)
            town.deliver("zone", HALF)
            town.publish(site_rule("farmland"), exclusive_rule("farmland", "zone"))
            yield town


@pytest.fixture(scope="module")
def app(served_town: Town) -> Iterator[TestClient]:
    database = served_town.service.database
    address = database.engine.url.render_as_string(hide_password=False)
    with pytest.MonkeyPatch.context() as patch:
        # the tests say when the worker works
        patch.setattr("api.app.Worker.start", lambda _self: None)
        with TestClient(create_app(address if database.is_postgis else database.name)) as client:
            yield client


@pytest.fixture
def desk(served_town: Town, app: TestClient, monkeypatch) -> Desk:
    with served_town.service.database.write() as connection:
        for row in SERVICE_ROWS:
            connection.execute(sa.delete(row))
    desk = Desk(served_town, app)
    # whoever says nothing is whom the test says
    monkeypatch.setattr(Caller, "anonymous", classmethod(lambda _cls, _address: desk.caller))
    return desk
