"""Conflicts over HTTP: those of a kept search, filtered, page by page, for the public."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import create_app
from blueprint.conflicts.ledger import Wish, take_step
from blueprint.conflicts.search import find_conflicts
from tests.blueprint.conftest import DAY, Town, exclusive_rule, town_in

FIELD = "POLYGON ((0 0, 100 0, 100 100, 0 100, 0 0))"
BESIDE = "POLYGON ((90 0, 200 0, 200 100, 90 100, 90 0))"
ZONES = [f"POLYGON ((90 {y}, 200 {y}, 200 {y + 20}, 90 {y + 20}, 90 {y}))" for y in (0, 30, 60)]
RULE = exclusive_rule("farmland", "zone")


@pytest.fixture
def town(store: str, tmp_path: Path) -> Iterator[Town]:
    yield from town_in(store, tmp_path)


@pytest.fixture
def client(town: Town) -> Iterator[TestClient]:
    with TestClient(create_app(town.service.database.engine.url.render_as_string(False)
                    if town.service.database.is_postgis
                    else town.service.database.name)) as client:  # fmt: skip
        yield client


def search(town: Town, **options) -> None:
    find_conflicts(town.service, day=DAY, **options)


def answer(client: TestClient, path: str, **parameters: str | int) -> Any:
    got = client.get(path, params=parameters or None)
    assert got.status_code == 200, got.text
    return got.json()


def refused(client: TestClient, path: str, status: int, **parameters: str | int) -> str:
    got = client.get(path, params=parameters or None)
    assert got.status_code == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    return got.json()["detail"]


def test_conflicts_come_page_by_page_by_state_and_since_a_snapshot(town: Town, client: TestClient):
    town.deliver("farmland", FIELD)
    town.deliver("zone", *ZONES)
    first = town.publish(RULE)
    assert "no search for conflicts" in refused(client, "/conflicts", 404)
    assert "conflicts" not in {link["rel"] for link in answer(client, "/")["links"]}
    search(town)
    assert "conflicts" in {link["rel"] for link in answer(client, "/")["links"]}
    page = answer(client, "/conflicts", limit=2)
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    rest = answer(client, following.removeprefix("http://testserver"))
    assert page["matched"] == rest["matched"] == 3
    ids = [one["id"] for one in (*page["conflicts"], *rest["conflicts"])]
    assert ids == sorted(set(ids))
    assert len(ids) == 3
    assert {link["rel"] for link in rest["links"]} == {"self", "alternate"}
    wish = Wish("assigned", "办公室", department="planning", due=DAY.replace(year=2030))
    take_step(town.service, ids[1], wish, day=DAY)
    named = answer(client, "/conflicts", state="assigned", date="2026-11-30")
    assert [one["id"] for one in named["conflicts"]] == [ids[1]]
    assert answer(client, f"/conflicts/{ids[1]}")["history"][0]["who"] == "办公室"
    town.deliver("zone", *ZONES[:2])
    town.publish(RULE)
    search(town)
    gone = answer(client, "/conflicts", against=first, change="resolved")
    assert [(one["area"], one["change"]) for one in gone["conflicts"]] == [(None, "resolved")]
    assert answer(client, "/conflicts", against=first)["matched"] == 3
    assert answer(client, "/conflicts", rule="exclusive.none")["conflicts"] == []


def test_the_gravest_and_largest_come_first_on_every_page(town: Town, client: TestClient):
    town.deliver("farmland", FIELD)
    town.deliver("zone", *ZONES[:2], "POLYGON ((80 60, 200 60, 200 90, 80 90, 80 60))")
    town.deliver("barracks", BESIDE)
    town.publish(RULE, exclusive_rule("farmland", "barracks"))
    (secret,) = [
        one
        for one in find_conflicts(town.service, day=DAY, clearance="restricted").document.conflicts
        if one.right.layer == "barracks"
    ]
    whole = answer(client, "/conflicts", sortby="gravity")["conflicts"]
    areas = [one["area"]["projected_m2"] for one in whole]
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) > 1
    paged, page = [], answer(client, "/conflicts", sortby="gravity", limit=1)
    while True:
        paged += page["conflicts"]
        onward = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not onward:
            break
        page = answer(client, onward[0].removeprefix("http://testserver"))
    assert paged == whole
    # an id is the start of a page though the filter has lost it, and a hidden one is none
    last = whole[-1]["id"]
    assert answer(client, "/conflicts", sortby="gravity", after=last, state="exempted")
    hidden = refused(client, f"/conflicts?sortby=gravity&after={secret.id}", 404)
    none = refused(client, "/conflicts?sortby=gravity&after=cf_none", 404)
    assert hidden.replace(secret.id, "cf_none") == none


def test_what_is_hidden_is_in_no_list_and_no_count_and_not_found(town: Town, client: TestClient):
    town.deliver("farmland", FIELD)
    town.deliver("barracks", BESIDE)
    town.publish(RULE, exclusive_rule("farmland", "barracks"))
    found = find_conflicts(town.service, day=DAY, clearance="restricted")
    (secret,) = found.document.conflicts
    page = answer(client, "/conflicts")
    assert (page["matched"], page["conflicts"]) == (0, [])
    assert not page["complete"]
    unsearched = {rule["rule"]: rule["status"] for rule in page["not_searched_whole"]}
    assert unsearched == {
        "exclusive.farmland_zone": "no_data",
        "exclusive.farmland_barracks": "withheld",
    }
    told = [refused(client, f"/conflicts/{name}", 404) for name in (secret.id, "cf_none")]
    assert told[0].replace(secret.id, "ID") == told[1].replace("cf_none", "ID")
    assert "GET /conflicts" in told[0]


def test_what_cannot_be_asked_is_refused_with_the_parameter(town: Town, client: TestClient):
    town.deliver("farmland", FIELD)
    town.publish(RULE)
    search(town)
    assert "against" in refused(client, "/conflicts", 400, change="new")
    assert "state" in refused(client, "/conflicts", 400, state="lost")
    assert "limit" in refused(client, "/conflicts", 400, limit=0)
    assert "no such snapshot" in refused(client, "/conflicts", 404, against="2020-01-01.1")
