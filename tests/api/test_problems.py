"""Every problem has its type, in both languages, and the page of types is the table's."""

from pathlib import Path

import pytest
import shapely
from fastapi.testclient import TestClient

from api.errors import STATUS, status_of
from api.problem_words import SITE_REASONS, WORDS
from api.problems_doc import problems_doc
from blueprint import errors as planning
from blueprint.checks import site
from conflict import errors as overlay
from layers import errors as data
from tests.blueprint.conftest import FAR, placed

DOC = Path(__file__).parents[2] / "docs" / "problems.md"
OURS = {
    *("InvalidRequest", "BadRequest", "NotFound", "MethodNotAllowed", "NotAcceptable", "Fault"),
    *("AmbiguousCaller", "IssuerUnavailable", "TooManyRequests"),
    *("BodyTooLarge", "RequestTooLarge", "UploadTooLarge"),
    *("SiteTooLarge", "UnsupportedMediaType", "Unauthenticated", "Forbidden"),
}


def test_every_type_of_error_has_words_and_a_status():
    modules = (planning, data, overlay)
    kinds = {v for m in modules for v in vars(m).values() if isinstance(v, type)}
    assert {kind.__name__ for kind in kinds} | OURS == set(WORDS)
    assert {kind.__name__ for kind in STATUS} <= set(WORDS)
    assert all(int(status_of(kind("x"))) >= 400 for kind in kinds)


def test_the_page_of_problem_types_is_written_from_the_table():
    assert DOC.read_text("utf-8") == problems_doc(), "write it anew: python -m api.problems_doc"


def test_every_reason_for_which_a_site_is_refused_has_words():
    source = Path(site.__file__).read_text("utf-8")
    assert all(f'"{why}")' in source for why in SITE_REASONS)


def crossing() -> bytes:
    x, y = placed(FAR).centroid.coords[0]
    ring = [(x, y), (x + 50, y + 50), (x + 50, y), (x, y + 50), (x, y)]
    return shapely.to_geojson(shapely.Polygon(ring)).encode()


@pytest.mark.parametrize(
    ("path", "body", "zh", "en"),
    [
        ("/site-checks/chk_x", None, "chk_x：没有这份预检；向 /site-checks", "chk_x: no such"),
        ("/collections/sea", None, "sea：没有这个图层；", "sea: no such collection"),
        ("/conflicts?limit=0", None, "query.limit：请求参数有误；", "query.limit: Input"),
        (
            "/conflicts?limit=0",
            None,
            "query.limit：请求参数有误；应不小于 1；",
            "query.limit: Input",
        ),
        ("/conflicts?limit=x", None, "query.limit：请求参数有误；应为整数；", "query.limit: Input"),
        ("/conflicts?bbox=1,2", None, "query.bbox：请求参数有误；应为四个数", "query.bbox: four"),
        ("/nowhere", None, "/nowhere：没有这个地址；", "/nowhere: Not Found"),
        ("/site-checks?crs=EPSG:4548", crossing, "site：边界自相交或重叠；", "is not sound"),
        ("/site-checks", lambda: b"{", "request body：文件无法读取；", "is not GeoJSON"),
    ],
)
def test_a_problem_is_told_in_the_language_that_is_asked_for(
    town_client: TestClient, path: str, body, zh: str, en: str
):
    def ask(lang: str):
        headers = {"accept-language": lang}
        if body is None:
            return town_client.get(path, headers=headers)
        return town_client.post(path, content=body(), headers=headers)

    chinese, english = ask("zh-CN,zh;q=0.9,en;q=0.5"), ask("en-GB, zh;q=0.2")
    assert chinese.headers["content-language"] == "zh"
    assert english.headers["content-language"] == "en"
    assert "Accept-Language" in chinese.headers["vary"]
    assert chinese.json()["detail"].startswith(zh)
    assert en in english.json()["detail"]
    assert chinese.json()["detail_en"] == english.json()["detail"]
    assert chinese.json()["type"] == english.json()["type"]
    assert chinese.json()["title"] != english.json()["title"]
    assert "detail_en" not in english.json()


def test_without_a_wish_problems_are_in_english(town_client: TestClient):
    answer = town_client.get("/site-checks/chk_x", headers={"accept-language": ""})
    assert answer.headers["content-language"] == "en"


def test_a_fault_is_told_in_the_language_too(town_client: TestClient, monkeypatch):
    monkeypatch.setattr("api.root.is_searched", lambda *_: 1 / 0)
    client = TestClient(town_client.app, raise_server_exceptions=False)
    answer = client.get("/", headers={"accept-language": "zh"})
    assert answer.status_code == 500
    assert answer.json()["title"] == "服务内部错误"
    assert "请告知时间" in answer.json()["detail"]
