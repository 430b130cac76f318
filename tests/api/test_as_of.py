"""The API about a past day: `as_of` beside `snapshot`, and problem documents for what cannot be."""

import pytest
from fastapi.testclient import TestClient

SITE = {
    "type": "Polygon",
    "coordinates": [
        [[118.09, 24.60], [118.092, 24.60], [118.092, 24.602], [118.09, 24.602], [118.09, 24.60]]
    ],
}


def ask(client: TestClient, path: str, **parameters: str):
    if path == "/site-checks":
        return client.post(path, params=parameters, json=SITE)
    return client.get(path, params=parameters)


@pytest.fixture
def newest(client: TestClient) -> str:
    """The id of the sample city's one snapshot."""
    name: str = client.get("/").json()["snapshot"]["id"]
    return name


@pytest.fixture
def paths(client: TestClient) -> tuple[str, ...]:
    """Every path on which a snapshot can be named."""
    first = client.get("/collections").json()["collections"][0]["id"]
    return ("/collections", f"/collections/{first}/items", "/site-checks")


def test_a_snapshot_may_be_named_by_its_id_or_by_a_day(client: TestClient, newest: str, paths):
    for path in paths:
        answers = [
            ask(client, path, **parameters).json()
            for parameters in ({}, {"snapshot": newest}, {"as_of": "2999-12-31"})
        ]
        for answer in answers:
            for own in ("check_id", "checked_at", "collections"):
                answer.pop(own, None)
        assert answers[0] == answers[1] == answers[2]


def test_links_stay_in_the_snapshot_that_was_asked_for(client: TestClient, newest: str):
    asked = client.get("/collections", params={"as_of": "2999-12-31"}).json()
    href = asked["collections"][0]["links"][0]["href"]
    assert href.endswith(f"/items?snapshot={newest}")
    assert client.get(href).status_code == 200
    plain = client.get("/collections").json()["collections"][0]["links"][0]["href"]
    assert plain.endswith("/items")


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"as_of": "2020-01-01"}, 404, "nothing was published yet; the first snapshot is"),
        ({"as_of": "yesterday"}, 400, "give a day as YYYY-MM-DD"),
        ({"as_of": "2026-02-30"}, 400, "as_of"),
        ({"as_of": "20261101"}, 400, "give a day as YYYY-MM-DD"),
        ({"as_of": "2026-11-01T00:00:00"}, 400, "give a day as YYYY-MM-DD"),
        ({"as_of": "2999-12-31", "snapshot": "2020-01-01.1"}, 400, "give one of the two"),
        ({"snapshot": "2020-01-01.1"}, 404, "leave it out to ask the newest"),
    ],
)
def test_a_day_that_cannot_be_answered_is_a_problem_document(
    client: TestClient, paths, parameters: dict[str, str], status: int, said: str
):
    for path in paths:
        answer = ask(client, path, **parameters)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert said in answer.json()["detail"]
