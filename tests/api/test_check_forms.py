"""A kept check in each of its forms: the same answer, whatever it is wrapped in."""

import io
import json
import re
import zipfile

import pypdfium2
import pytest
import shapely
from docx import Document
from docx.oxml.ns import qn
from fastapi.testclient import TestClient

from api.forms import FORMS
from tests.blueprint.conftest import DAY, SITE, placed


@pytest.fixture(scope="module")
def check(town_client: TestClient) -> dict:
    body = shapely.to_geojson(placed(SITE))
    params = {"crs": "EPSG:4548", "date": str(DAY), "name": "$ 东<地块>#1 *_", "suggest": "true"}
    return town_client.post("/site-checks", content=body, params=params).json()


def get(client: TestClient, check: dict, how: str = "", accept: str = "*/*", lang: str = "zh"):
    headers = {"accept": accept, "accept-language": lang}
    return client.get(f"/site-checks/{check['check_id']}{how}", headers=headers)


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    texts = []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return texts


def words_in(docx: bytes) -> list[str]:
    """Every paragraph of a Word document, of its tables and of the tables in these."""
    body = Document(io.BytesIO(docx)).element.body
    return ["".join(run.text or "" for run in p.iter(qn("w:t"))) for p in body.iter(qn("w:p"))]


@pytest.mark.parametrize("form", FORMS)
def test_suffix_f_and_accept_lead_to_the_same_form(town_client, check, form: str):
    answers = [
        get(town_client, check, f".{form}", accept="text/plain"),
        get(town_client, check, f"?f={form}", accept="text/plain"),
        get(town_client, check, accept=f"{FORMS[form]}, */*;q=0.1"),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["content-type"].partition(";")[0] for answer in answers} == {FORMS[form]}
    assert all(answer.headers["vary"].startswith("Accept, Accept-Language") for answer in answers)
    first, *others = (answer.content for answer in answers)
    if form != "html":  # a page leads on to itself in the other language
        assert all(other == first for other in others)


def test_a_program_gets_json_a_browser_a_page_and_the_rest_are_told_what_there_is(
    town_client, check
):
    assert get(town_client, check).json() == check
    browser = get(town_client, check, accept="text/html,application/xml;q=0.9,*/*;q=0.8")
    assert browser.headers["content-type"] == "text/html; charset=utf-8"
    refused = get(town_client, check, accept="image/webp, text/csv")
    assert refused.status_code == 406
    assert refused.headers["content-type"] == "application/problem+json"
    assert all(kind in refused.json()["detail"] for kind in FORMS.values())
    assert get(town_client, check, "?f=xml").status_code == 400
    assert get(town_client, check, ".xml").status_code == 400
    assert get(town_client, {"check_id": "chk_none"}, ".pdf").status_code == 404


def test_the_geojson_has_the_site_and_what_it_meets(town_client, check):
    features = get(town_client, check, ".geojson").json()["features"]
    roles = [feature["properties"]["role"] for feature in features]
    assert roles[:2] == ["site", "finding"]
    assert "suggestion" in roles
    shape = shapely.from_geojson(json.dumps(features[1]["geometry"]))
    assert 117 < shape.centroid.x < 119


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("zh", ["选址合规性分析报告", "界址点成果表", "图层farmland", "椭球面积", "第一条", "某法",
                "规划局", "未检测与无法判断的事项", "结论的可靠性", "内容哈希", "第 1 页"]),
        ("en", ["Site compliance report", "Boundary points", "Ellipsoidal", "Article 1", "A law",
                "Planning", "What was not checked", "How sure the verdict is", "Page 1 of"]),
    ],
)  # fmt: skip
def test_the_report_says_all_of_it_in_either_language_in_every_form(
    town_client, check, lang: str, says: list[str]
):
    pdf = get(town_client, check, ".pdf", lang=lang)
    page = get(town_client, check, ".html", lang=lang)
    word = get(town_client, check, ".docx", lang=lang)
    assert {pdf.headers["content-language"], page.headers["content-language"]} == {lang}
    in_word = "\n".join(words_in(word.content))
    in_pdf = "".join("".join(pages(pdf.content)).split())
    for text in [*says[:-1], check["check_id"], check["site"]["geometry_hash"]]:
        assert "".join(text.split()) in in_pdf, text
        assert text in in_word, text
        assert text in page.text, text
    assert "".join(says[-1].split()) in in_pdf
    assert "$ 东<地块>#1 *_" in in_word
    assert "$东<地块>#1*_" in in_pdf
    assert "东&lt;地块&gt;" in page.text
    assert "<地块>" not in page.text


def test_no_page_of_the_report_is_empty(town_client, check):
    texts = pages(get(town_client, check, ".pdf").content)
    assert all(len(text) > 100 for text in texts)


def test_files_are_dated_by_the_check_and_not_by_the_day_they_are_made(town_client, check):
    word = get(town_client, check, ".docx").content
    made = check["checked_at"][:10]
    with zipfile.ZipFile(io.BytesIO(word)) as archive:
        dates = {"{:04}-{:02}-{:02}".format(*info.date_time[:3]) for info in archive.infolist()}
    assert dates == {made}
    document = pypdfium2.PdfDocument(get(town_client, check, ".pdf").content)
    dated = document.get_metadata_value("CreationDate")
    document.close()
    assert dated.startswith(f"D:{made.replace('-', '')}")


def test_a_site_whose_name_no_font_has_gets_no_report_and_is_told_why(town_client):
    params = {"crs": "EPSG:4548", "name": "地块 😀"}
    body = shapely.to_geojson(placed(SITE))
    made = town_client.post("/site-checks", content=body, params=params).json()
    for form in (".pdf", ".docx"):
        refused = get(town_client, made, form)
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("/MissingGlyphs")
        assert "😀" in refused.json()["detail"]
    assert "😀" in get(town_client, made, ".html").text


def test_a_page_loads_nothing_and_runs_nothing(town_client, check):
    page = get(town_client, check, ".html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
    assert all(one.startswith(("http://testserver", "?", "#")) for one in addresses), addresses
    assert get(town_client, check, ".png").content.startswith(b"\x89PNG")
