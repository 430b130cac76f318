"""Who asks, what he asks, and how one that is not his is refused."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from fastapi.testclient import TestClient
from httpx2 import Response

from layers.crs import to_lonlat
from tests.api.callers import LAYERS, PLACES, SEEN
from tests.blueprint.conftest import Town, placed

CALLERS = list(SEEN)


@dataclass
class Desk:
    """The town's service, and everybody who may ask it."""

    town: Town
    client: TestClient
    headers: dict[str, dict[str, str]]
    checks: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def ask(self, who: str, path: str, method: str = "GET", **more: Any) -> Response:
        headers = self.headers[who] | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def told(self, who: str, path: str, **more: Any) -> Any:
        answer = self.ask(who, path, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


def site(place: str = "zone") -> dict[str, Any]:
    """All of a feature, as GeoJSON."""
    drawn = to_lonlat(np.array([placed(PLACES[place])], dtype=object), "EPSG:4548")[0]
    return json.loads(shapely.to_geojson(drawn))


def project(who: str) -> dict[str, Any]:
    """A project on the zone, by whoever proposes it."""
    return {"facts": {"name": f"project of the {who}", "proposer": who}, "site": site()}


def hidden_from(who: str) -> set[str]:
    return set(LAYERS) - SEEN[who]


def said(answer: Response, name: str) -> dict[str, Any]:
    """A problem without what was asked for and without the request's own id."""
    document = json.loads(answer.text.replace(name, "X"))
    document.pop("instance", None)
    return document


def is_unknown(desk: Desk, who: str, path: str, name: str, nobodys: str, **more: Any) -> None:
    """A thing that is not the caller's is refused in the very words of one that is not there."""
    his, none = (desk.ask(who, path.format(one), **more) for one in (name, nobodys))
    assert (his.status_code, none.status_code) == (404, 404), (who, name, his.text)
    assert said(his, name) == said(none, nobodys)
    assert set(his.headers) == set(none.headers)
    assert his.headers["content-type"] == none.headers["content-type"] == "application/problem+json"
