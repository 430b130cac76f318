"""The report on an outcome: all of it told, side by side, and nothing that is not its reader's."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.oxml.ns import qn

from blueprint.cases.files import By, find_case
from blueprint.cases.outcome import KeptOutcome, draft_outcome
from blueprint.cases.outcome_proof import read_outcome, verify_outcome
from blueprint.cases.readers import Reader
from blueprint.cases.shown import case_outcome
from blueprint.clock.desk import note_events
from blueprint.clock.events import StatusEvent
from blueprint.errors import CannotVerify
from blueprint.exports.case_reports import outcome_report_on
from blueprint.exports.check_reports import bound_file
from blueprint.report.document import Bound, Card, Grid, Lang, Points
from tests.blueprint.conftest import DAY

from .conftest import STAFF, Office
from .town import SECRET

LATER = DAY + timedelta(days=30)
LOW = {"text": "建筑高度不超过 24 米", "figure": "height_m", "relation": "at_most", "limit": 24}
HIGH = {"text": "建筑高度不低于 30 米", "figure": "height_m", "relation": "at_least", "limit": 30}


def concluded(office: Office) -> KeptOutcome:
    """Planning agrees, the survey and water exclude each other, farming is silent."""
    office.open(height_m=28.0)
    office.screen()
    office.ask()
    office.answer("planning", "agree", basis=[{"text": "总规允许"}])
    office.answer("water", "agree_with_conditions", conditions=[LOW, {"text": "岸线退让 10 米"}])
    office.answer("survey", "agree_with_conditions", conditions=[HIGH], note="内部备注")
    office.answer("army", "agree")
    return office.conclude(LATER)


def shown(office: Office, audience: str) -> KeptOutcome:
    with office.town.service.database.read() as connection:
        case = find_case(connection, office.case)
        return case_outcome(connection, case, Reader(audience), LATER)


def reported(office: Office, kept: KeptOutcome, lang: Lang = "zh") -> Bound:
    return outcome_report_on(office.town.service, kept, lang)


def texts_in(data: bytes) -> str:
    if data.startswith(b"PK"):
        body = Document(io.BytesIO(data)).element.body
        return "\n".join(t.text or "" for t in body.iter(qn("w:t")))
    document, texts = pypdfium2.PdfDocument(data), []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "\n".join(texts)


def squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def grid(bound: Bound, head: str) -> Grid:
    return next(
        block
        for section in bound.report.sections
        for block in section.blocks
        if isinstance(block, Grid) and block.head[0] == head
    )


@pytest.mark.parametrize("form", ["pdf", "docx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_says_all_of_the_outcome(office_on_either: Office, form: str, lang: Lang):
    kept = concluded(office_on_either)
    outcome, office = kept.outcome, office_on_either
    text = squeezed(texts_in(bound_file(reported(office, kept, lang), form)))
    area = outcome.site.area
    told = [outcome.facts.name, outcome.facts.proposer, outcome.outcome_id, kept.sha256]
    told += [f"{area.ellipsoidal_m2:,.2f}", f"{area.projected_m2:,.2f}", f"{area.hectares:,.4f}"]
    told += [f"{area.mu:,.4f}", f"{outcome.valid_until}", outcome.snapshot.digest]
    told += [line.condition.text for line in outcome.conditions]
    told += [reply.due.isoformat() for reply in outcome.replies]
    names = [reply.department.name for reply in outcome.replies]
    told += [name.zh if lang == "zh" else name.en for name in names]
    told += [getattr(reason, lang) for reason in outcome.reasons]
    told += [getattr(clash.text, lang) for clash in outcome.contradictions]
    told += [f"blueprint case verify {outcome.outcome_id}.json", "总规允许"]
    assert len(outcome.conditions) == 3
    assert len(outcome.contradictions) == 1
    for one in told:
        assert squeezed(one) in text, one


def test_opinions_stand_side_by_side_finding_by_finding(office: Office):
    bound = reported(office, concluded(office))
    beside = [
        block
        for section in bound.report.sections
        for block in section.blocks
        if isinstance(block, Grid) and block.head[0] == "事项" and "规划局" in block.head
    ]
    (table,) = beside
    place = {name: at for at, name in enumerate(table.head)}
    farmland = table.rows[0]
    assert farmland[place["规划局"]] == "同意"
    assert farmland[place["farming局"]] == "未答复"
    assert farmland[place["water局"]] == "未征求"
    cards = {
        block.title: block.word
        for section in bound.report.sections
        for block in section.blocks
        if isinstance(block, Card)
    }
    assert cards["water局"] == "有条件同意"
    assert cards["farming局"] == "未答复"


def test_each_condition_stands_under_its_department_with_what_the_project_has(office: Office):
    bound = reported(office, concluded(office))
    tables = [
        block
        for section in bound.report.sections
        for block in section.blocks
        if isinstance(block, Grid) and block.head[0] == "编号"
    ]
    assert [len(table.rows) for table in tables] == [1, 2]
    low, bank = tables[1].rows
    assert low[0:2] == ["2", LOW["text"]]
    assert low[4:] == ["建筑高度不得大于 24 m", "28 m", "否"]
    assert bank[4:] == ["—", "—", "—"]
    assert grid(bound, "类型").rows[0][0] == "条件不能并存"


def test_silence_is_told_as_open_and_never_as_agreement(office: Office):
    bound = reported(office, concluded(office))
    points = [
        item
        for section in bound.report.sections
        for block in section.blocks
        if isinstance(block, Points)
        for item in block.items
    ]
    assert any(item.startswith("farming局：逾期未反馈") for item in points)
    assert "部门沉默不视为同意。" in list(bound.report.texts())


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_the_applicants_copy_has_no_word_that_is_not_his(office: Office, form: str):
    concluded(office)
    whole, his = shown(office, "approval"), shown(office, "applicant")
    theirs = texts_in(bound_file(reported(office, whole), form))
    text = texts_in(bound_file(reported(office, his), form))
    for word in (STAFF, "officer of water", "内部备注"):
        assert word in theirs
        assert word not in text
    drawn = "".join(drawing.svg for drawing in reported(office, his).drawings.values())
    for word in (SECRET, "barracks", "redline"):
        assert word not in text
        assert word not in drawn
    assert his.sha256 in squeezed(text)
    assert whole.sha256 not in squeezed(text)


def test_equal_outcomes_give_equal_files_dated_by_the_day_of_issue(office: Office):
    kept = concluded(office)
    first = [bound_file(reported(office, kept), form) for form in ("pdf", "docx")]
    again = [bound_file(reported(office, kept), form) for form in ("pdf", "docx")]
    assert first == again
    document = pypdfium2.PdfDocument(first[0])
    dated = document.get_metadata_value("CreationDate")
    document.close()
    assert dated.startswith(f"D:{LATER:%Y%m%d}")


def test_a_draft_says_that_it_is_one_on_every_page(office: Office):
    concluded(office)
    draft = draft_outcome(office.town.service, office.case, By(STAFF, LATER))
    bound = reported(office, draft)
    assert bound.report.notice.startswith("草稿，未签发")
    texts = list(bound.report.texts())
    assert any("不是意见" in text for text in texts)
    assert not any("签发单位" in text or "blueprint case verify" in text for text in texts)


def test_an_outcome_that_holds_no_more_says_so(office: Office):
    kept = concluded(office)
    assert not any("不再有效" in text for text in reported(office, kept).report.texts())
    office.move("POLYGON ((1035 1000, 1100 1000, 1100 1100, 1035 1100, 1035 1000))")
    moved = reported(office, shown(office, "approval"))
    assert any("不再有效" in text for text in moved.report.texts())
    # what is drawn is still the site that the outcome is about
    assert {"points", "vicinity", "overview"} <= set(moved.drawings)


def test_the_clock_is_drawn_where_there_is_one(office: Office):
    kept = concluded(office)
    assert "clock" not in reported(office, kept).drawings
    event = StatusEvent.model_validate(
        {"item": "land_review", "status": 1, "at": datetime(2026, 11, 24, 9, tzinfo=UTC)}
    )
    with office.town.service.database.write() as connection:
        note_events(connection, office.case, [event], STAFF)
    bound = reported(office, kept)
    assert "clock" in bound.drawings
    assert "K8" in texts_in(bound_file(bound, "pdf"))
    assert bound_file(bound, "docx").startswith(b"PK")


def test_an_outcome_is_held_against_the_ledger(office: Office, tmp_path: Path):
    kept = concluded(office)
    path = tmp_path / "outcome.json"
    path.write_text(kept.model_dump_json(), "utf-8")
    document = read_outcome(path)
    with office.town.service.database.read() as connection:
        found = verify_outcome(connection, document, Reader("approval"))
        assert (found.kept, found.content_hash, found.newest) == ("as_issued", kept.sha256, True)
        changed = document | {"verdict": "positive"}
        altered = verify_outcome(connection, changed, Reader("approval"))
        assert altered.kept == "altered"
        assert [one.path for one in altered.alterations] == ["verdict"]
        # of the whole copy an applicant is told as of one that is not there
        assert verify_outcome(connection, document, Reader("applicant")).kept == "not_here"
    again = office.conclude(LATER)
    assert again.outcome.supersedes == kept.outcome.outcome_id
    with office.town.service.database.read() as connection:
        assert verify_outcome(connection, document, Reader("approval")).newest is False


@pytest.mark.parametrize("text", ["", "[]", '{"outcome": {}}', "nonsense"])
def test_what_is_no_outcome_is_refused(text: str, tmp_path: Path):
    path = tmp_path / "outcome.json"
    path.write_text(text)
    with pytest.raises(CannotVerify, match="is no outcome"):
        read_outcome(path)


def test_an_english_report_has_no_chinese_of_its_own(office: Office):
    kept = concluded(office)
    data = kept.outcome.model_dump_json()
    for text in reported(office, kept, "en").report.texts():
        for run in re.findall("[\u4e00-\u9fff]+", text):
            assert run in data, text
