"""An outcome in each of its forms: whoever asks gets his copy of it, whatever it is wrapped in."""

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn

from api.forms import FORMS
from tests.blueprint.cases.town import SECRET, case_town, later
from tests.blueprint.conftest import DAY

from .case_desk import CaseDesk, case_desk

LOW = {"text": "限高 24 米", "figure": "height_m", "relation": "at_most", "limit": 24}
THERE = ("json", "html", "pdf", "docx")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseDesk]:
    folder: Path = tmp_path_factory.mktemp("outcomes")
    for town in case_town(str(folder / "store.gpkg"), folder):
        with case_desk(town) as desk:
            yield desk


@pytest.fixture(scope="module")
def case(opened: CaseDesk) -> str:
    """A case with an outcome: the army did not answer, water lays down a condition."""
    opened.day = DAY
    case = opened.asked_case(figures={"height_m": 30})
    for who in ("planning", "farming", "survey"):
        opened.answers(case, who)
    opened.answers(case, "water", "agree_with_conditions", conditions=[LOW])
    opened.day = later(8)
    opened.told("approver", f"/cases/{case}/outcome", method="POST")
    return case


@pytest.fixture
def desk(opened: CaseDesk) -> CaseDesk:
    opened.day = later(8)
    return opened


def asked(desk: CaseDesk, who: str, path: str, accept: str = "*/*", **more):
    headers = desk.keys[who] | {"accept": accept, "accept-language": "zh"}
    return desk.client.get(path, headers=headers, **more)


def words(data: bytes) -> str:
    if data.startswith(b"%PDF"):
        document, texts = pypdfium2.PdfDocument(data), []
        for page in document:
            text = page.get_textpage()
            texts.append(text.get_text_range())
            text.close()
            page.close()
        document.close()
        return "".join("".join(texts).split())
    body = Document(io.BytesIO(data)).element.body
    return "".join("".join(t.text or "" for t in body.iter(qn("w:t"))).split())


@pytest.mark.parametrize("form", THERE)
def test_suffix_f_and_accept_lead_to_the_same_form(desk: CaseDesk, case: str, form: str):
    path = f"/cases/{case}/outcome"
    answers = [
        asked(desk, "approver", f"{path}.{form}", "text/plain"),
        asked(desk, "approver", f"{path}?f={form}", "text/plain"),
        asked(desk, "approver", path, f"{FORMS[form]}, */*;q=0.1"),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["content-type"].partition(";")[0] for answer in answers} == {FORMS[form]}
    first, *others = (answer.content for answer in answers)
    if form != "html":  # a page leads on to itself in the other language
        assert all(other == first for other in others)
    assert all(f"<outcome.{one}>" in answers[0].headers["link"] for one in THERE if one != form)


def test_a_program_gets_json_and_what_there_is_not_is_refused(desk: CaseDesk, case: str):
    path = f"/cases/{case}/outcome"
    kept = desk.told("approver", path)
    assert asked(desk, "approver", f"{path}.json").json() == kept
    assert asked(desk, "approver", path, "image/png").status_code == 406
    assert asked(desk, "approver", f"{path}.png").status_code == 400
    assert asked(desk, "approver", "/cases/cs_none/outcome.pdf").status_code == 404
    assert asked(desk, "another", f"{path}.pdf").status_code == 404
    name = kept["outcome"]["outcome_id"]
    pdf = asked(desk, "approver", f"{path}.pdf")
    assert pdf.headers["content-disposition"] == f'inline; filename="{name}.pdf"'


@pytest.mark.parametrize("form", ["html", "pdf", "docx"])
def test_everybody_gets_his_own_copy(desk: CaseDesk, case: str, form: str):
    path = f"/cases/{case}/outcome.{form}"
    told = {}
    for who in ("approver", "applicant", "water", "planner"):
        answer = asked(desk, who, path)
        assert answer.status_code == 200
        assert answer.headers["content-language"] == "zh"
        told[who] = answer.text if form == "html" else words(answer.content)
    for text in told.values():
        for part in ("策划生成意见", "建设条件清单", LOW["text"].replace(" ", ""), "逾期未反馈"):
            assert part in text.replace(" ", "")
    assert "签署人" in told["approver"]
    assert "签署人" not in told["applicant"]
    for who in ("applicant", "water", "planner"):
        assert SECRET not in told[who]
        assert "barracks" not in told[who]


def test_a_draft_is_a_report_for_approval_staff_alone(desk: CaseDesk, case: str):
    path = f"/cases/{case}/outcome.pdf?draft=true"
    assert "草稿，未签发" in words(asked(desk, "approver", path).content)
    assert asked(desk, "applicant", path).status_code == 403


def test_the_page_loads_nothing_and_leads_to_the_files(desk: CaseDesk, case: str):
    page = asked(desk, "approver", f"/cases/{case}/outcome.html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert f"/cases/{case}/outcome.pdf?lang=zh" in page.text
    assert "<img" not in page.text
