"""Features over HTTP: page after page, one by its id, and never those of a hidden layer."""

from itertools import chain
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ITEMS = "/collections/heritage_protection/items"


def link_of(document: dict, rel: str) -> str | None:
    """Where a document's link of this relation leads, if it has one."""
    found = [link["href"] for link in document["links"] if link["rel"] == rel]
    assert len(found) < 2
    return found[0] if found else None


def walk(client, start: str, rel: str) -> list[list[str]]:
    """The ids on each page from one page on, following one relation."""
    pages, href = [], start
    while href is not None:
        page = client.get(href).json()
        assert page["numberReturned"] == len(page["features"])
        pages.append([feature["id"] for feature in page["features"]])
        href = link_of(page, rel)
    return pages


def all_ids(client) -> list[str]:
    return [
        feature["id"] for feature in client.get(ITEMS, params={"limit": 1000}).json()["features"]
    ]


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, 9))
def test_next_links_lead_through_every_feature_once_and_prev_links_back(client, limit: int):
    ids = all_ids(client)
    pages = walk(client, f"{ITEMS}?limit={limit}", "next")
    assert list(chain.from_iterable(pages)) == ids == sorted(set(ids))
    last = pages[-1][0]
    back = walk(client, f"{ITEMS}?limit={limit}&before={quote(last)}", "prev")
    assert list(chain.from_iterable(reversed(back))) == ids[: ids.index(last)]


def test_links_keep_the_box_and_name_the_snapshot_that_the_first_page_was_from(client):
    params = {"limit": 1, "bbox": "118,24,119,25"}
    page = client.get(ITEMS, params=params).json()
    asked = parse_qs(urlsplit(link_of(page, "next")).query)
    assert asked["bbox"] == ["118,24,119,25"]
    assert asked["snapshot"] == [client.get("/healthz").json()["snapshot"]]
    assert asked["after"] == [page["features"][0]["id"]]
    after = client.get(link_of(page, "next")).json()
    assert after["numberMatched"] == page["numberMatched"]


def test_the_feature_that_a_page_starts_after_need_not_lie_in_the_box(client):
    page = client.get(ITEMS, params={"bbox": "0,0,1,1", "after": "x"}).json()
    assert (page["features"], page["numberMatched"]) == ([], 0)
    assert {link["rel"] for link in page["links"]} == {"self", "alternate"}


def test_each_feature_is_found_by_its_id_as_it_is_in_the_list(client):
    for feature in client.get(ITEMS, params={"limit": 3}).json()["features"]:
        alone = client.get(f"{ITEMS}/{quote(feature['id'], safe='')}")
        assert alone.headers["content-type"] == "application/geo+json"
        document = alone.json()
        assert client.get(link_of(document, "self")).json() == document
        assert client.get(link_of(document, "collection")).json()["id"] == "heritage_protection"
        del document["links"]
        assert document == feature


@pytest.mark.parametrize("box", ["118,24,0,119,25,9", "118,24,-5,119,25,-5"])
def test_a_box_with_heights_finds_what_the_plane_box_finds(client, box: str):
    plane = client.get(ITEMS, params={"bbox": "118,24,119,25"}).json()
    assert client.get(ITEMS, params={"bbox": box}).json()["features"] == plane["features"]
    assert plane["features"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        (f"{ITEMS}/no-such-feature", 404, "no-such-feature: no such feature of"),
        (f"{ITEMS}?after=a&before=b", 400, "either after or before"),
        (f"{ITEMS}?bbox=118,24,9,119,25,0", 400, "bbox"),
        ("/collections/no_such_layer", 404, "no such collection"),
        ("/collections/farmland?limit=1", 400, "there are snapshot, as_of"),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_told_by_name(client, path, status, says):
    answer = client.get(path)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("path", ["", "/items", "/items/1", "/items?after=0", "/items?before=z"])
@pytest.mark.parametrize("layer", ["military", "survey_mark"])
def test_no_road_tells_a_hidden_layer_from_one_that_is_not_there(client, layer, path):
    hidden = client.get(f"/collections/{layer}{path}")
    absent = client.get(f"/collections/no_such_layer{path}")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace(layer, "no_such_layer") == absent.text
