"""Projects and cases on the served city, made over HTTP as any program would make them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import httpx2

from blueprint.access.api_keys import add_key
from blueprint.bootstrap import open_service

CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Desk:
    """The service, asked by an administrator."""

    address: str
    key: str

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        answer = httpx2.request(
            method or ("GET" if body is None else "POST"),
            f"{self.address}{path}",
            headers={"X-Api-Key": self.key},
            json=body,
            timeout=120,
        )
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        return answer.json()

    def project(self, name: str, site: Any, crs: str | None = None, **facts: Any) -> str:
        said = {"name": name, "proposer": "示例置业有限公司", **facts}
        made: str = self.ask("/projects", {"facts": said, "site": site, "crs": crs})["id"]
        return made

    def case(self, project: str, stage: str, *, ask: bool = False) -> str:
        made: str = self.ask(f"/projects/{project}/cases", {"stage": stage})["id"]
        self.ask(f"/cases/{made}/screening", {"ask": ask})
        return made


def _at(day: date) -> str:
    return datetime.combine(day, time(10), CHINA).isoformat()


def officers(store: str, departments: Iterable[str]) -> dict[str, str]:
    """A key for an officer of each department."""
    with open_service(store) as service:
        return {
            name: add_key(service, f"officer {name}", "officer", departments=(name,))[1]
            for name in departments
        }


def settle_cases(address: str, key: str, store: str) -> dict[str, str]:
    """Three cases: one that is asked about and answered, one under way, one overdue."""
    desk = Desk(address, key)
    today = date.fromisoformat(desk.ask("/catalogue")["city"]["day"])
    ground = square(118.25, 24.62, 0.006)
    park = desk.project("示例产业园", ground, site_area_m2=400000, investment_wan=52000)
    asked = desk.case(park, "generation", ask=True)
    waiting = desk.ask(f"/cases/{asked}/consultations")["consultations"]
    asked_of = [one["department"]["id"] for one in waiting]
    keys = officers(store, asked_of)
    for name, answer in zip(asked_of, _answers(), strict=False):
        Desk(address, keys[name]).ask(f"/cases/{asked}/opinions", {"department": name, **answer})
    first = desk.project("示例产业园一期", square(118.2532, 24.6205), site_area_m2=44800)
    under_way = desk.case(first, "construction")
    second = desk.project("示例产业园二期", square(118.2532, 24.6230), site_area_m2=44800)
    late = desk.case(second, "construction")
    for child, scope in ((first, "一期厂房"), (second, "二期厂房")):
        link = {"kind": "phase", "parent_id": park, "scope": scope}
        desk.ask(f"/projects/{child}/lineage", link)
    item = "planning_permit"
    _note(desk, under_way, item, [(1, today - timedelta(days=12)), (3, today - timedelta(days=9))])
    special = {"ground": "expert_review", "notice": {"day": str(today - timedelta(days=6)),
               "number": "示例告〔2026〕12号"}, "days": 5}  # fmt: skip
    _note(desk, under_way, item, [(9, today - timedelta(days=6))], **special)
    _note(desk, late, item, [(1, today - timedelta(days=60)), (3, today - timedelta(days=57))])
    return {"asked": asked, "under_way": under_way, "late": late, "project": park}


def _answers() -> list[dict[str, Any]]:
    height = {"text": "建筑高度不超过 24 米", "figure": "height_m", "relation": "at_most",
              "limit": 24}  # fmt: skip
    return [
        {"answer": "agree_with_conditions", "prefilled": True, "conditions": [height]},
        {"answer": "agree", "prefilled": True},
        {"answer": "disagree", "prefilled": True, "note": "占用的部分须先调整"},
    ]


def _note(desk: Desk, case: str, item: str, events: list[tuple[int, date]], **more: object) -> None:
    noted = [{"item": item, "status": status, "at": _at(day), **more} for status, day in events]
    desk.ask(f"/cases/{case}/events", {"events": noted})


def square(x: float, y: float, side: float = 0.002) -> dict[str, Any]:
    """A square of degrees, by its south-western corner."""
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}
