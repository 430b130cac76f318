"""The files of the web page: how they are kept, what they may do, and the service without them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import create_app
from api.page import BUILT

BROWSER = {
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Upgrade-Insecure-Requests": "1",
}
Service = Callable[[Path], TestClient]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>一张蓝图</title>")
    (folder / "assets" / "index-1a2b3c.js").write_text("export {}")
    return folder


@pytest.fixture
def service(town_client: TestClient) -> Iterator[Service]:
    """The town's service with a page of some folder."""
    store = town_client.app.state.service.database.name

    def served(folder: Path) -> TestClient:
        client = TestClient(create_app(store, web=folder), follow_redirects=False)
        client.__enter__()
        opened.append(client)
        return client

    opened: list[TestClient] = []
    yield served
    for client in opened:
        client.__exit__(None, None, None)


def test_a_browser_is_sent_to_the_page_and_a_program_is_not(service: Service, built: Path):
    client = service(built)
    sent = client.get("/", headers=BROWSER)
    assert (sent.status_code, sent.headers["location"]) == (307, "app/")
    assert "Accept" in sent.headers["vary"]
    assert client.get("/").json()["title"]
    links = {link["rel"]: link["href"] for link in client.get("/").json()["links"]}
    assert links["service"].endswith("/app/")
    plain = client.get("/?f=html", headers=BROWSER)
    assert plain.status_code == 200
    assert "<script" not in plain.text


def test_the_page_may_run_and_reach_nothing_but_the_service(service: Service, built: Path):
    answer = service(built).get("/app/", headers=BROWSER)
    policy = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    for what in ("script-src", "worker-src", "style-src", "connect-src"):
        assert policy[what] == "'self'"
    assert "unsafe" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_assets_are_kept_for_ever_and_the_page_is_asked_for_each_time(
    service: Service, built: Path
):
    client = service(built)
    asset = client.get("/app/assets/index-1a2b3c.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    page = client.get("/app/")
    assert page.headers["cache-control"] == "no-cache"
    again = client.get("/app/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/app/assets/none.js").status_code == 404
    assert client.get("/app/../secret").status_code == 404


@pytest.mark.parametrize(("lang", "says"), [("zh", "页面尚未构建"), ("en", "is not built")])
def test_a_service_without_the_page_answers_and_says_how_to_build_it(
    service: Service, tmp_path: Path, lang: str, says: str
):
    client = service(tmp_path / "nothing")
    answer = client.get("/app/", headers=BROWSER | {"accept-language": lang})
    assert answer.status_code == 404
    assert says in answer.text
    assert "make web" in answer.text
    landing = client.get("/", headers=BROWSER)
    assert landing.status_code == 200
    assert "text/html" in landing.headers["content-type"]
    assert client.get("/collections").status_code == 200
    # the way out of the page that is not there
    assert 'href="http://testserver/?f=html"' in answer.text


def test_the_built_page_names_no_address_outside():
    texts = [path.read_text("utf-8") for path in BUILT.glob("*.html")]
    assert texts
    for text in texts:
        assert "://" not in text
        assert "<style" not in text
        assert 'script type="module" crossorigin src="./assets/' in text
