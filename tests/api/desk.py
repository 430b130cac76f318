"""A town served over HTTP on either store, whose worker works when a test says so."""

import json
from threading import Event
from typing import Any

import shapely
import sqlalchemy as sa
from fastapi.testclient import TestClient
from pyproj import Transformer

from blueprint.access.caller import MAY, SCOPES, Caller
from blueprint.models import ConflictRunRow, SiteCheckRow
from blueprint.work import worker
from tests.blueprint.conftest import DAY, Town, placed

KEEPER = Caller("keeper", "administrator", scopes=frozenset(SCOPES))
OTHER = Caller("other", "administrator", scopes=frozenset(SCOPES))
OFFICER = Caller("officer", "officer", frozenset({"planning"}), MAY["officer"])
PLANNER = Caller("planner", "planner", scopes=frozenset({"read", "check", "change"}))
PUBLIC = Caller.anonymous("127.0.0.1")
TO_LONLAT = Transformer.from_crs("EPSG:4548", "OGC:CRS84", always_xy=True)
ASYNC = {"Prefer": "respond-async"}


def lonlat(wkt: str) -> dict[str, Any]:
    shape = shapely.transform(placed(wkt), TO_LONLAT.transform, interleaved=False)
    return json.loads(shapely.to_geojson(shape))


def feature(wkt: str, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": lonlat(wkt)}


def sites(*features: Any) -> dict[str, Any]:
    return {"sites": {"type": "FeatureCollection", "features": list(features)}, "date": str(DAY)}


class Desk:
    """The API over a town's store, and a worker whose turn it is when the test says so."""

    def __init__(self, town: Town, client: TestClient) -> None:
        self.town, self.client, self.caller = town, client, KEEPER
        self._before = {row: self._count(row) for row in (SiteCheckRow, ConflictRunRow)}

    def ask(self, process: str, inputs: dict[str, Any], status: int = 201, **more: Any) -> Any:
        # httpx would refuse what a stranger may well send
        body = json.dumps({"inputs": inputs, **more}).replace('"HUGE"', "1e400")
        answer = self.client.post(f"/processes/{process}/execution", content=body, headers=ASYNC)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def work(self) -> None:
        worker.work(self.town.service, Event(), drain=True)

    def made(self, row: Any) -> int:
        """How many rows there are that were not there when the test began."""
        return self._count(row) - self._before.get(row, 0)

    def _count(self, row: Any) -> int:
        with self.town.service.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(row))
