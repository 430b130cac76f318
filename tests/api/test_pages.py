"""What a person sees of the service: pages that load nothing, escape all, lead everywhere."""

import re
from html.parser import HTMLParser

import pytest
import shapely
from fastapi.testclient import TestClient

from tests.blueprint.conftest import SITE, placed

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PATHS = ["/conformance", "/collections", "/collections/farmland",
         "/collections/farmland/items", "/conflicts"]  # fmt: skip
VOID = {"meta", "link", "input", "img", "br"}


class Page(HTMLParser):
    """A page's links, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.alternates: list[str] = []
        self.unlabelled = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")
        if tag == "link":
            self.alternates.append(said["href"] or "")
        if tag == "input" and said.get("type") != "hidden" and "label" not in self.open:
            self.unlabelled += 1
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(client: TestClient, path: str, lang: str = "zh") -> str:
    answer = client.get(path, headers=BROWSER | {"accept-language": lang})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


@pytest.mark.parametrize("path", PATHS)
def test_browsers_get_a_page_and_programs_json(town_client: TestClient, path: str):
    text = page(town_client, path)
    assert '<html lang="zh-CN">' in text
    assert '<html lang="en">' in page(town_client, path, "en")
    for accept in ("*/*", "application/json", "application/geo+json, application/json;q=0.5"):
        answer = town_client.get(path, headers={"accept": accept})
        assert answer.headers["content-type"] in {"application/json", "application/geo+json"}
        assert answer.headers["vary"].startswith("Accept, Accept-Language")
    asked = town_client.get(path, params={"f": "html", "lang": "en"})
    assert asked.headers["content-language"] == "en"
    refused = town_client.get(path, headers={"accept": "image/png"})
    assert refused.status_code == 406
    assert "?f=html" in refused.json()["detail"]


def test_every_link_of_every_page_opens_and_none_leads_elsewhere(town_client: TestClient):
    seen: set[str] = set()
    ahead = ["http://testserver/?f=html&lang=en"]
    while ahead and len(seen) < 60:
        at = ahead.pop()
        answer = town_client.get(at)
        # the map page alone may have to be built first, and says how
        assert answer.status_code == 200 or at.endswith("/app/"), (at, answer.text)
        seen.add(at)
        if "text/html" not in answer.headers["content-type"] or "/docs" in at or "/app/" in at:
            continue
        found = Page(answer.text)
        assert found.open == []
        assert found.unlabelled == 0
        for link in [*found.links, *found.alternates]:
            there = str(answer.url.join(link))
            assert there.startswith("http://testserver/")
            bare = there.partition("#")[0]
            if bare not in seen and bare not in ahead and "/tiles" not in bare:
                ahead.append(bare)
    assert {"items", "conformance"} <= {re.split(r"[/?]", at)[-2] for at in seen}
    assert any(re.search(r"/conflicts/\w+", at) for at in seen)


def test_what_a_department_delivered_is_shown_as_text(town_client: TestClient):
    text = page(town_client, "/collections/farmland/items")
    assert "&lt;script&gt;alert(&#39;甲&#39;)&lt;/script&gt;" in text
    assert "<script" not in text
    feature = town_client.get("/collections/farmland/items").json()["features"][0]["id"]
    assert "<script" not in page(town_client, f"/collections/farmland/items/{feature}")


def test_a_page_allows_no_script_and_no_other_address(town_client: TestClient):
    answer = town_client.get("/?f=html", headers=BROWSER)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_pages_of_features_are_turned_by_links(town_client: TestClient):
    first = town_client.get("/collections/farmland/items", params={"limit": 1, "f": "html"})
    onward = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert onward is not None
    second = town_client.get(onward[1].replace("&amp;", "&"))
    assert "text/html" in second.headers["content-type"]
    assert 'rel="prev"' in second.text
    assert 'rel="next"' not in second.text


def test_a_site_sent_from_the_form_of_a_browser_leads_to_its_page(town_client: TestClient):
    data = shapely.to_geojson(shapely.Point(0, 0)).encode()
    bad = town_client.post("/site-checks", files={"file": ("a.geojson", data)}, headers=BROWSER)
    assert bad.status_code == 422
    body = shapely.to_geojson(placed(SITE)).encode()
    sent = {"file": ("a.geojson", body)}
    answer = town_client.post(
        "/site-checks?crs=EPSG:4548", files=sent, headers=BROWSER, follow_redirects=False
    )
    assert answer.status_code == 303
    assert "选址合规性分析报告" in page(town_client, answer.headers["location"])
