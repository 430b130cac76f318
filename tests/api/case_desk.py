"""The town of cases served over HTTP, on a day that a test names, and everybody who may ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api import create_app
from blueprint.access.api_keys import add_key
from blueprint.catalogue import City
from tests.blueprint.cases.town import SITE
from tests.blueprint.conftest import DAY, Town

from .desk import lonlat

WHO: dict[str, tuple[Any, tuple[str, ...]]] = {
    "applicant": ("applicant", ()),
    "another": ("applicant", ()),
    "approver": ("approver", ()),
    "planner": ("planner", ()),
    "administrator": ("administrator", ()),
    "planning": ("officer", ("planning",)),
    "farming": ("officer", ("farming",)),
    "water": ("officer", ("water",)),
    "army": ("officer", ("army",)),
    "survey": ("officer", ("survey",)),
}


@dataclass
class CaseDesk:
    """Who asks what; `said` has every answer that anybody was given, by who asked."""

    town: Town
    client: TestClient
    keys: dict[str, dict[str, str]]
    said: dict[str, list[str]] = field(default_factory=dict)
    day: date = DAY

    def ask(self, who: str, path: str, body: Any = None, method: str = "", **more: Any) -> Response:
        method = method or ("GET" if body is None else "POST")
        answer = self.client.request(method, path, json=body, headers=self.keys[who], **more)
        self.said.setdefault(who, []).append(answer.text)
        return answer

    def told(self, who: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.ask(who, path, body, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(self, who: str, path: str, status: int, body: Any = None, **more: Any) -> str:
        answer = self.ask(who, path, body, **more)
        assert answer.status_code == status, answer.text
        detail: str = answer.json()["detail"]
        assert "\n" not in detail
        return detail

    def project(self, who: str = "applicant", wkt: str = SITE, **facts: Any) -> str:
        said = {"name": "示例厂房", "proposer": "示例置业有限公司"} | facts
        made: str = self.told(who, "/projects", {"facts": said, "site": lonlat(wkt)})["id"]
        return made

    def moved(self, project: str, wkt: str, who: str = "applicant", **facts: Any) -> None:
        said = {"name": "示例厂房", "proposer": "示例置业有限公司"} | facts
        path = f"/projects/{project}/versions"
        self.told(who, path, {"facts": said, "site": lonlat(wkt)})

    def case(self, project: str, who: str = "applicant", day: date = DAY) -> str:
        wanted = {"application_date": str(day)}
        made: str = self.told(who, f"/projects/{project}/cases", wanted)["id"]
        return made

    def asked_case(self, **facts: Any) -> str:
        """A case of which every department is asked."""
        case = self.case(self.project(**facts))
        self.told("approver", f"/cases/{case}/screening", {"ask": True})
        return case

    def replies(self, case: str, who: str = "approver", day: date | None = None) -> dict[str, str]:
        asked = {} if day is None else {"params": {"date": str(day)}}
        found = self.told(who, f"/cases/{case}/consultations", **asked)["consultations"]
        return {one["department"]["id"]: one["status"] for one in found}

    def answers(self, case: str, who: str, answer: str = "agree", **more: Any) -> Any:
        said = {"answer": answer, "prefilled": True} | more
        return self.told(who, f"/cases/{case}/opinions", said)

    def heard(self, who: str) -> str:
        """All that somebody was ever told."""
        return json.dumps(self.said.get(who, []), ensure_ascii=False)


@contextmanager
def case_desk(town: Town) -> Iterator[CaseDesk]:
    """The desk of a town, whose day is the desk's."""
    database = town.service.database
    address = database.engine.url.render_as_string(hide_password=False)
    keys = {}
    for name, (role, departments) in WHO.items():
        _, text = add_key(town.service, name, role, departments=departments)
        keys[name] = {"X-Api-Key": text}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.app.Worker.start", lambda _self: None)
        with TestClient(create_app(address if database.is_postgis else database.name)) as client:
            desk = CaseDesk(town, client, keys)
            patch.setattr(City, "today", lambda _self: desk.day)
            yield desk
