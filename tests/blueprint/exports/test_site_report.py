"""The report on a site check: every line told and drawn, every number the document's own."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import shapely
from docx import Document
from docx.oxml.ns import qn

from blueprint.catalogue import Districts
from blueprint.checks.examination import CheckedSite
from blueprint.clearance import PUBLIC
from blueprint.documents import SiteCheck
from blueprint.errors import MissingGlyphs
from blueprint.exports.check_reports import bound_file, report_on
from blueprint.report.document import Bound, Card, Gallery, Grid, Lang, Picture
from blueprint.report.names import OVERVIEW, POINTS, THREE, hit_name, line_name
from blueprint.snapshots import load_into_store
from blueprint.values import Bilingual
from tests.blueprint.conftest import HALF, LAW, ORIGIN, SITE, Town, catalogue, site_rule

CODES = {
    "farmland": {"code": "YJJBNTBHTB"},
    "redline": {"code": "STBHHX"},
    "zone": {"code": "CZKFBJ"},
    "plan": {"code": "ZXCQCSLVX", "coverage": "city"},
}
NEAR = "POLYGON ((1150 1000, 1300 1000, 1300 1100, 1150 1100, 1150 1000))"
AFAR = "POLYGON ((8000 8000, 8100 8000, 8100 8100, 8000 8100, 8000 8000))"
ROUND = "POLYGON ((900 900, 1400 900, 1400 1400, 900 1400, 900 900))"


def lined(town: Town) -> Town:
    """The town with control lines in it."""
    town.catalogue = catalogue(**CODES)
    load_into_store(town.service, town.catalogue)
    return town


def met(town: Town) -> CheckedSite:
    """Farmland and a metro line met, the red line near, the green line far."""
    lined(town)
    town.deliver("farmland", HALF)
    town.deliver("redline", NEAR)
    town.deliver("plan", AFAR)
    town.deliver("metro", "LINESTRING (1020 0, 1020 2000)")
    town.deliver("zone", ROUND)
    town.publish(
        site_rule("farmland", "prohibited"),
        site_rule("redline", "prohibited"),
        site_rule("plan", "restricted", id="site.plan"),
        site_rule("metro", "consult"),
    )
    return town.check(SITE)


def reported(town: Town, checked: CheckedSite, lang: Lang = "zh", clearance=PUBLIC) -> Bound:
    return report_on(town.service, checked.document.check_id, clearance, lang)


def blocks(bound: Bound, kind: type) -> Iterator:
    for section in bound.report.sections:
        for block in section.blocks:
            yield from (one for one in (block, *getattr(block, "blocks", ())) if type(one) is kind)


def drawn_in(bound: Bound) -> list[str]:
    """The names of pictures in the order in which they come."""
    names = []
    for section in bound.report.sections:
        for block in section.blocks:
            if isinstance(block, Picture):
                names.append(block.name)
            elif isinstance(block, Gallery):
                names += [picture.name for picture in block.pictures]
            elif isinstance(block, Card) and block.picture is not None:
                names.append(block.picture.name)
    return names


def pdf_text(data: bytes) -> str:
    document, texts = pypdfium2.PdfDocument(data), []
    for page in document:
        text = page.get_textpage()
        texts.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return "\n".join(texts)


def word_text(data: bytes) -> str:
    body = Document(io.BytesIO(data)).element.body
    lines = ("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))
    return "\n".join(lines)


def squeezed(text: str) -> str:
    return "".join(text.replace("\u200b", "").split())


def test_each_control_line_is_told_with_what_became_of_it(town: Town):
    bound = reported(town, met(town))
    summary = next(blocks(bound, Grid))
    rows = {row[1]: row[:3] for row in summary.rows}
    assert rows["图层farmland"] == ["三条控制线", "图层farmland", "禁止"]
    assert rows["图层redline"] == ["三条控制线", "图层redline", "未涉及"]
    assert rows["图层zone"] == ["三条控制线", "图层zone", "未检测"]
    assert rows["图层plan"] == ["城市四线", "图层plan", "未涉及"]
    assert rows["图层metro"][0] == "专项与其他"


def test_a_control_line_without_data_is_undecided_and_never_told_to_be_far(town: Town):
    lined(town)
    town.publish(site_rule("farmland", "prohibited"))
    bound = reported(town, town.check(SITE))
    assert next(blocks(bound, Grid)).rows[0][:3] == ["三条控制线", "图层farmland", "无法判断"]
    assert "故不绘图" not in "".join(bound.report.texts())


def test_each_hit_each_near_line_and_the_site_have_drawings_of_their_own(town: Town):
    checked = met(town)
    bound = reported(town, checked)
    rules = [finding.rule for finding in checked.document.findings]
    hits = {hit_name(rules.index(rule)) for rule in ("site.farmland", "site.metro")}
    names = drawn_in(bound)
    assert hits < set(names)
    assert {THREE, OVERVIEW, POINTS, "city", "vicinity"} < set(names)
    assert {line_name(name) for name in ("farmland", "redline", "zone")} < set(names)
    assert line_name("plan") not in names
    assert "图层plan" in "".join(bound.report.texts())
    assert sorted(names) == sorted(bound.drawings)
    numbers = re.findall(r"图 (\d+) ", "".join(bound.report.texts()))
    assert numbers == [f"{n}" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_every_number_is_the_documents(town_on_either: Town, form: str):
    checked = met(town_on_either)
    bound = reported(town_on_either, checked)
    text = (pdf_text if form == "pdf" else word_text)(bound_file(bound, form))
    areas = [checked.document.site.area]
    areas += [one.area for one in checked.document.findings if one.area is not None]
    assert len(areas) == 2
    for area in areas:
        for told in (
            f"{area.ellipsoidal_m2:,.2f}",
            f"{area.projected_m2:,.2f}",
            f"{area.hectares:,.4f}",
            f"{area.mu:,.4f}",
        ):
            assert told in text
    assert "100.0m" in squeezed(text)  # of the metro line on the site


def test_pdf_and_word_say_the_same_and_all_of_it(town: Town):
    bound = reported(town, met(town), "en")
    in_pdf, in_word = (
        squeezed(pdf_text(bound_file(bound, "pdf"))),
        squeezed(word_text(bound_file(bound, "docx"))),
    )
    drawn = {block.alt for block in blocks(bound, Picture)}
    quiet = {"text", "points", "facts", "grid", "card", "banner", "heading", "commands"}
    quiet |= {"picture", "gallery", "plain", "note", "strong", *bound.drawings, *drawn}
    texts = [text for text in bound.report.texts() if text not in quiet and text.isprintable()]
    missing = [
        text
        for text in texts
        if not re.fullmatch(r"#[0-9A-F]{6}", text) and squeezed(text) not in in_pdf
    ]
    # a text that a page's end cuts in two is not one run of the PDF
    assert [text for text in missing if len(text) < 40] == []
    words = [bound.report.words.page, bound.report.words.of, bound.report.footer]
    words.append(bound.report.notice or "")
    assert [
        text
        for text in texts
        if not re.fullmatch(r"#[0-9A-F]{6}", text)
        and text not in words
        and squeezed(text) not in in_word
    ] == []


def test_equal_checks_give_equal_files_whatever_was_written_before(town: Town):
    checked = met(town)
    first = {form: bound_file(reported(town, checked), form) for form in ("pdf", "docx")}
    reported(town, checked, "en")
    again = {form: bound_file(reported(town, checked), form) for form in ("pdf", "docx")}
    assert again == first


def test_what_is_hidden_is_in_no_word_and_on_no_drawing(town: Town):
    lined(town)
    town.catalogue = catalogue(**CODES, station={"code": "ZXCQCSZX", "sensitivity": "restricted"})
    load_into_store(town.service, town.catalogue)
    town.deliver("farmland", HALF)
    town.deliver("station", "POINT (1010 1010)")
    town.publish(site_rule("farmland", "prohibited"))
    public = reported(town, town.check(SITE))
    whole = reported(town, town.check(SITE, clearance="restricted"), clearance="restricted")
    assert line_name("station") in whole.drawings
    assert "图层station" in whole.text() + "".join(whole.report.texts())
    assert line_name("station") not in public.drawings
    for form, text in (("pdf", pdf_text), ("docx", word_text)):
        assert "station" not in text(bound_file(public, form))
    assert all("station" not in drawing.svg for drawing in public.drawings.values())


def test_a_withheld_finding_is_told_without_place_and_is_not_drawn(town: Town):
    town.deliver("barracks", HALF)
    town.publish(site_rule("barracks", "consult"))
    bound = reported(town, town.check(SITE))
    text = "".join(bound.report.texts())
    assert "位置和面积不予公开" in text
    assert not any(name.startswith(("hit", "line")) for name in bound.drawings)


def test_an_english_report_has_english_drawings(town: Town):
    bound = reported(town, met(town), "en")
    for name, drawing in bound.drawings.items():
        assert not re.search("[\u4e00-\u9fff]", drawing.text), name
    assert all(caption.startswith("Figure ") for caption in captions(bound))


def captions(bound: Bound) -> list[str]:
    return [text for text in bound.report.texts() if re.match(r"(图|Figure) \d+", text)]


def test_the_points_have_their_zone_before_the_easting(town: Town):
    bound = reported(town, met(town))
    points = next(grid for grid in blocks(bound, Grid) if grid.head[0] == "点号")
    x, y = ORIGIN
    assert points.rows[0] == ["J1", "1", f"{y + 1100:.3f}", f"39{x + 1000:.3f}", "100.00"]
    assert points.rows[-1] == ["J1", "1", f"{y + 1100:.3f}", f"39{x + 1000:.3f}", ""]
    assert "带号 39" in "".join(bound.report.texts())


def test_many_points_stand_in_two_columns_and_none_is_lost(town: Town):
    town.publish(site_rule("farmland"))
    corners = shapely.get_coordinates(shapely.Point(1000, 1000).buffer(80, quad_segs=30))
    round_site = "POLYGON ((" + ", ".join(f"{x:.2f} {y:.2f}" for x, y in corners) + "))"
    bound = reported(town, town.check(round_site))
    tables = [grid for grid in blocks(bound, Grid) if grid.head[0] == "点号"]
    assert len(tables) == 2
    numbers = [row[at] for grid in tables for at in (0, 5) for row in grid.rows if row[at]]
    assert numbers == [*(f"J{n}" for n in range(1, 121)), "J1"]


def test_a_law_is_told_with_the_one_before_and_the_one_after(town: Town):
    laws = {
        "old": LAW | {"title": {"zh": "旧法", "en": "Old law"}, "in_force_until": "2019-12-31",
                      "superseded_by": "a_law"},
        "a_law": LAW | {"in_force_from": "2020-01-01", "in_force_until": "2026-12-31",
                        "superseded_by": "new"},
        "new": LAW | {"title": {"zh": "新法", "en": "New law"}, "in_force_from": "2027-01-01"},
    }  # fmt: skip
    bases = [{"law": "a_law", "article": "第一条"}, {"law": "old", "article": "第九条"}]
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", bases=bases), laws=laws)
    bound = reported(town, town.check(SITE))
    law = next(grid for grid in blocks(bound, Grid) if grid.head[0] == "法规名称与文号")
    assert len(law.rows) == 1
    assert law.rows[0][3:5] == [
        "2020-01-01 起至 2026-12-31",
        "前身：《旧法》第九条（至 2019-12-31）；后续：《新法》（2027-01-01 起）",
    ]


def test_what_is_suggested_is_drawn(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland", "prohibited"))
    checked = town.check(SITE, suggest=True)
    shapes = [at for at, one in enumerate(checked.document.suggestions) if one.geometry]
    assert shapes
    assert {f"change-{at}" for at in shapes} < set(drawn_in(reported(town, checked)))


def test_the_report_gives_the_hash_and_the_command_that_prints_it(town: Town, tmp_path: Path):
    from blueprint.checks.verify import read_check, verify_check

    checked = met(town)
    bound = reported(town, checked)
    document = read_check(checked.document.model_dump_json(), "check")
    digest = verify_check(town.service, document).content_hash
    texts = list(bound.report.texts())
    assert digest in texts
    assert f"blueprint verify {checked.document.check_id}.json" in texts


@pytest.mark.parametrize("form", ["pdf", "docx"])
@pytest.mark.parametrize("where", ["in the report", "on a drawing"])
def test_a_sign_that_the_font_has_not_is_refused_and_named(town: Town, form: str, where: str):
    if where == "in the report":
        message = {"zh": "请勿\U0001f33e", "en": "do not"}
        town.deliver("farmland", HALF)
        town.publish(site_rule("farmland", message=message))
    else:
        city = town.catalogue.city.model_copy(
            update={"districts": Districts(layer="zone", field="MC")}
        )
        load_into_store(town.service, town.catalogue.model_copy(update={"city": city}))
        town.deliver("zone", ROUND, attributes=[{"MC": "\U0001f33e区"}])
        town.publish(site_rule("farmland"))
    checked = town.check(SITE)
    with pytest.raises(MissingGlyphs, match="\U0001f33e"):
        bound_file(reported(town, checked), form)


def test_a_check_whose_snapshot_is_not_here_is_reported_without_drawings(town: Town):
    checked = met(town)
    document = checked.document
    gone = document.model_copy(update={"findings": document.findings[:1]})
    assert isinstance(gone, SiteCheck)
    from blueprint.report.site_report import site_report

    undrawn = Bilingual(zh="不绘图", en="not drawn")
    report = site_report(gone, "0" * 64, "zh", undrawn=undrawn)
    assert "不绘图" in list(report.texts())
    assert Bound(report).drawings == {}
    assert bound_file(Bound(report), "pdf").startswith(b"%PDF")
    assert bound_file(Bound(report), "docx").startswith(b"PK")
