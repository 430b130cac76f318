"""The applicant's desk in a real browser: a site in, an answer out, and what can go wrong."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import ezdxf
import numpy as np
import pytest
import shapely
from playwright.sync_api import Page, expect

from layers.crs import to_crs, to_lonlat
from tests.api.serving import Served

from .browser import PHONE, draw, settled
from .city import SAMPLE
from .conftest import Visitor

SITES = SAMPLE / "sites"
CRS = "EPSG:4548"


def verdict(page: Page) -> str:
    """The verdict, once it is there."""
    shown = page.locator("[data-verdict]")
    shown.wait_for()
    return shown.get_attribute("data-verdict") or ""


def site() -> shapely.Geometry:
    """The sample site that meets a metro's zone, in the plane of the city."""
    given = json.loads((SITES / "consult.geojson").read_text())
    feature = given["features"][0] if "features" in given else given
    shape = shapely.from_geojson(json.dumps(feature.get("geometry", feature)))
    return to_crs(np.array([shape], dtype=object), "EPSG:4490", CRS)[0]


def corners(shape: shapely.Geometry) -> list[tuple[float, float]]:
    part = shapely.get_parts(shape)[0]
    return [(x, y) for x, y in shapely.get_coordinates(part.exterior)]


def as_txt(folder: Path) -> Path:
    return SITES / "clear.txt"


def as_geojson(folder: Path) -> Path:
    return SITES / "consult.geojson"


def as_gpkg(folder: Path) -> Path:
    return SITES / "prohibited.gpkg"


def as_zip(folder: Path) -> Path:
    path = folder / "sliver.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in SITES.glob("farmland_sliver.*"):
            archive.write(part, part.name)
    return path


def as_dxf(folder: Path) -> Path:
    path = folder / "site.dxf"
    drawing = ezdxf.new()
    drawing.modelspace().add_lwpolyline(corners(site())[:-1], close=True)
    drawing.saveas(path)
    return path


def as_kml(folder: Path) -> Path:
    path = folder / "site.kml"
    (shape,) = to_lonlat(np.array([site()], dtype=object), CRS)
    ring = " ".join(f"{x},{y},0" for x, y in corners(shape))
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Placemark><name>site</name><Polygon><outerBoundaryIs><LinearRing><coordinates>"
        f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
    )
    return path


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (as_txt, "pass"),
        (as_geojson, "consult"),
        (as_gpkg, "prohibited"),
        (as_zip, "prohibited"),
        (as_dxf, "consult"),
        (as_kml, "consult"),
    ],
    ids=["txt", "geojson", "gpkg", "zip", "dxf", "kml"],
)
def test_a_file_of_every_format_is_answered_by_a_verdict(
    visitor: Visitor, made: Callable[[Path], Path], expected: str, tmp_path: Path
):
    page = visitor.go("apply")
    page.set_input_files("input[type=file]", made(tmp_path))
    assert verdict(page) == expected


def test_a_polygon_that_is_drawn_is_checked_as_soon_as_it_is_closed(visitor: Visitor):
    page = visitor.go("apply")
    settled(page)
    page.get_by_role("button", name="在图上画").click()
    draw(page, [(0.45, 0.45), (0.55, 0.45), (0.55, 0.55), (0.45, 0.55)])
    assert verdict(page)
    assert [url for url in visitor.asked if url.split("?")[0].endswith("/site-checks")]
    expect(page.get_by_role("heading", name="没有查到的")).to_be_visible()


@pytest.mark.parametrize("plane", [False, True], ids=["degrees", "metres"])
def test_coordinates_are_pasted_by_keyboard_alone(visitor: Visitor, *, plane: bool):
    page = visitor.go("apply")
    shape = site() if plane else to_lonlat(np.array([site()], dtype=object), CRS)[0]
    # a surveyor writes the northing first
    lines = [f"{y:.4f} {x:.4f}" if plane else f"{x:.9f},{y:.9f}" for x, y in corners(shape)]
    page.get_by_role("button", name="粘贴坐标").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("\n".join(lines))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert verdict(page) == "consult"
    expect(page.locator(".finding")).to_have_count(1)


def test_what_cannot_be_read_as_coordinates_is_told_by_its_line(visitor: Visitor):
    page = visitor.go("apply")
    page.get_by_role("button", name="粘贴坐标").click()
    page.get_by_label("坐标，每行一个点").fill("118.1,24.6\n不是坐标\n118.1\n")
    page.locator(".paste button").click()
    expect(page.get_by_role("alert")).to_contain_text("第 3 行")


def test_each_finding_has_its_place_its_law_and_whom_to_ask(visitor: Visitor):
    page = visitor.go("apply")
    settled(page)
    page.set_input_files("input[type=file]", SITES / "consult.geojson")
    assert verdict(page) == "consult"
    finding = page.locator(".finding").first
    expect(finding).to_contain_text("轨道交通集团")
    expect(finding.locator(".laws")).to_contain_text("轨道交通条例")
    expect(page.locator(".verdict")).to_contain_text("要先征求有关部门的意见")
    settled(page)
    before = page.locator(".map-canvas").get_attribute("data-view")
    finding.get_by_role("button", name="在图上看").click()
    expect(page.locator(".map-canvas")).not_to_have_attribute("data-view", before or "")


def test_an_answer_updates_the_verdict(visitor: Visitor, service: Served):
    found = service.answer("/collections/water_source_2/items?limit=1")["features"][0]
    inner = shapely.from_geojson(json.dumps(found["geometry"])).representative_point()
    page = visitor.go("apply")
    page.get_by_role("button", name="粘贴坐标").click()
    square = inner.buffer(0.0002, cap_style="square")
    lines = [f"{x:.8f},{y:.8f}" for x, y in shapely.get_coordinates(square)]
    page.get_by_label("坐标，每行一个点").fill("\n".join(lines))
    page.locator(".paste button").click()
    verdict(page)
    question = page.locator(".question").first
    title = page.locator(".finding").filter(has_text="二级保护区").first
    expect(title).to_contain_text("禁止")
    question.get_by_label("否", exact=True).click()
    expect(title).not_to_contain_text("禁止建设")
    sent = [url for url in visitor.asked if "/site-checks?" in url]
    assert len(sent) >= 2, "the answer asked the service again"


def test_a_suggested_outline_is_applied_by_a_click(
    visitor: Visitor, administrator: str, tmp_path: Path
):
    page = visitor.go("apply")
    # to the public no outline is told beside layers that it may not see
    visitor.sign_in(administrator)
    page.set_input_files("input[type=file]", as_zip(tmp_path))
    assert verdict(page) == "prohibited"
    page.locator(".suggestion button").first.click()
    expect(page.locator("[data-verdict]")).not_to_have_attribute("data-verdict", "prohibited")


def test_the_report_is_taken_as_pdf_and_as_word(visitor: Visitor):
    page = visitor.go("apply")
    page.set_input_files("input[type=file]", SITES / "clear.txt")
    verdict(page)
    for name, magic in (("PDF 报告", b"%PDF"), ("Word 报告", b"PK")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=name).click()
        assert saved.value.path().read_bytes().startswith(magic)


def test_a_check_has_an_address_of_its_own(visitor: Visitor):
    page = visitor.go("apply")
    page.set_input_files("input[type=file]", SITES / "consult.geojson")
    verdict(page)
    page.wait_for_url("**/apply/chk_*")
    page.reload()
    assert verdict(page) == "consult"


def test_a_file_that_is_none_is_refused_in_plain_words(visitor: Visitor, tmp_path: Path):
    bad = tmp_path / "红线.dxf"
    bad.write_text("this is no drawing")
    page = visitor.go("apply")
    page.set_input_files("input[type=file]", bad)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("文件")
    expect(page.locator("[data-verdict]")).to_have_count(0)
    # and the next one is taken
    page.set_input_files("input[type=file]", SITES / "clear.txt")
    assert verdict(page) == "pass"


def test_a_service_that_is_gone_is_told_and_asked_again(visitor: Visitor):
    page = visitor.go("apply")
    settled(page)
    page.context.set_offline(True)
    page.set_input_files("input[type=file]", SITES / "clear.txt")
    expect(page.get_by_role("alert")).to_contain_text("服务没有应答")
    page.context.set_offline(False)
    page.set_input_files("input[type=file]", SITES / "clear.txt")
    assert verdict(page) == "pass"


def test_on_a_phone_everything_is_read_without_scrolling_sideways(arrive):
    visitor = arrive(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = visitor.go("apply")
    page.set_input_files("input[type=file]", SITES / "prohibited.gpkg")
    assert verdict(page) == "prohibited"
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    inner = page.locator("main").evaluate("pane => pane.scrollWidth - pane.clientWidth")
    assert (wide, inner) == (0, 0)
