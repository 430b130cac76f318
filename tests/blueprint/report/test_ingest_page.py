"""The page on a delivery: everything the report says is there, and nothing in it can act."""

from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.deliveries.report import CoverageLine, IngestReport, IssueLine, IssuePlace, Sketch
from blueprint.deliveries.words import KINDS, REMEDIES
from blueprint.errors import PlanningError
from blueprint.report.ingest_page import ingest_page, refuse_page_path, write_ingest_page
from blueprint.values import Bilingual

EVIL = """<script>alert(1)</script><img src=x onerror='a'>"\u0027&amp;"""


def report(**changes: Any) -> IngestReport:
    fields: dict[str, Any] = {
        "layer": "farmland",
        "file": "农田.zip",
        "source_sha256": "ab" * 32,
        "delivered_at": datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        "effective": date(2026, 11, 23),
    }
    return IngestReport.model_validate(fields | changes)


def full(text: str = "文字", **changes: Any) -> IngestReport:
    """A report that fills every field; `text` stands wherever a text may."""
    both = Bilingual(zh=text, en=text)
    fields = {
        "delivery": 7, "status": "refused", "reasons": [both], "layer_name": both,
        "department": both, "version": None, "file": text, "format": text, "source_layer": text,
        "crs": text, "encoding": text, "preview": [text], "georeference": [text],
        "approximate": text, "read": 1000, "kept": 990, "repaired": 3, "area_moved_m2": 1.5,
        "area_moved_max_m2": 1.25, "quarantined": 10, "flagged": 20,
        "kinds": {**dict.fromkeys(KINDS, 1234), text: 1},
        "coverage": CoverageLine(
            overlaps=4, overlap_m2=5.5, gaps=6, gap_m2=7.75, widest_overlap_m=0.125,
            widest_gap_m=2.0, numerical=8,
        ),
        "size_before": 100.0, "size_after": 90.0, "mapping": [text], "notes": [text],
        "sketch": Sketch(
            bounds=(0, 0, 100, 100), places=(IssuePlace(x=1, y=2, kind=text),)
        ),
        "issue_count": 5000,
        "issues": [
            IssueLine(row=row, kind="overlap", action="flagged", detail=text, feature_id=text)
            for row in range(300)
        ],
    }  # fmt: skip
    return report(**(fields | changes))


class Elements(HTMLParser):
    """Every tag with its attributes, and the text outside of style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "col"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_the_page_says_what_the_report_says() -> None:
    text = Elements(ingest_page(full())).text
    for said in (
        "退回", "refused", "1,000", "990", "ab" * 32, "1.5000 m²", "1.2500 m²", "5.50 m²",
        "7.75 m²", "0.125 m", "100 → 90 m²（-10.00%）", "第 7 号交付", "前 200 条，共 5,000 条",
    ):  # fmt: skip
        assert said in text


def test_a_taken_delivery_names_its_version_and_its_day() -> None:
    text = Elements(ingest_page(report(version=3, read=5, kept=5, size_after=12.5))).text
    assert "入库 第 3 版" in text
    assert "自 2026-11-23 起生效" in text
    assert "12.50 m²（首次入库 first version）" in text
    assert "无需处理" in text


def test_a_file_that_could_not_be_read_has_a_page_too() -> None:
    reason = Bilingual(zh="无法读取", en="cannot be read")
    text = Elements(ingest_page(report(status="refused", reasons=[reason]))).text
    assert "无法读取" in text
    assert "未能识别" in text
    assert "更正后重新交付" in text


def test_the_page_asks_for_nothing_outside_itself() -> None:
    page = ingest_page(full())
    names = {name for _, attributes in Elements(page).tags for name in attributes}
    assert not names & {"src", "href", "srcset", "action", "data"}
    assert "://" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_a_hostile_text_is_text_wherever_it_stands() -> None:
    plain, evil = Elements(ingest_page(full())), Elements(ingest_page(full(EVIL)))
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in plain.tags]
    assert [set(attributes) for _, attributes in evil.tags] == [
        set(attributes) for _, attributes in plain.tags
    ]
    assert EVIL in evil.text


# a text that is the name of a kind is not one more kind
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
        lambda text: text not in KINDS
    )
)
def test_any_text_leaves_the_page_whole(text: str) -> None:
    plain, other = Elements(ingest_page(full())), Elements(ingest_page(full(text)))
    assert other.open == []
    assert len(other.tags) == len(plain.tags)


def test_every_kind_of_issue_has_a_name_and_a_remedy() -> None:
    assert KINDS.keys() == REMEDIES.keys()


def test_a_page_replaces_an_older_page_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    write_ingest_page(full(), path)
    assert path.read_text("utf-8") == ingest_page(full())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["layer.gpkg", "none/report.html", "folder.html"])
def test_a_page_does_not_take_the_place_of_something_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(PlanningError):
        refuse_page_path(tmp_path / name)
