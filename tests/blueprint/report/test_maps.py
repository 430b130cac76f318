"""Maps of site checks: the right size, nothing blank, nothing hidden, the same every time."""

import ast
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image
from shapely import LineString, Point, Polygon, box

import blueprint.report
from blueprint.documents import Finding, LayerLine, Outcome, SiteCheck, SiteRef, Verdict
from blueprint.report.maps import ContextLayer, Scene, draw_site_map
from blueprint.shared_documents import Area, RulePackRef, SnapshotRef
from blueprint.values import Bilingual
from blueprint.words import COLOURS, characters
from tests.blueprint.report.conftest import FIELD, SITE, STRIP, X, Y, both, finding

NOTICE = Bilingual(zh="虚构数据，不作规划依据", en="Fictional data, not for planning")
TITLE, BADGE, MAP, PANEL, FOOTER = (
    (30, 15, 1280, 80),
    (1325, 22, 1565, 85),
    (70, 115, 1050, 1068),
    (1080, 115, 1570, 1080),
    (40, 1105, 1565, 1144),
)
"""Boxes in pixels: left, top, right, bottom."""


def scene(
    verdict: Verdict = "pass",
    found: Sequence[tuple[Finding, shapely.Geometry | None]] = (),
    context: Sequence[ContextLayer] = (),
    name: str = "滨海新城 A-07 地块",
    notice: Bilingual | None = NOTICE,
    site: Polygon = SITE,
) -> Scene:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    line = LayerLine(layer="a", name=both("甲"), status="clear", covered_share=1, rules=[])
    check = SiteCheck(
        check_id="chk_0123456789abcdef",
        checked_at=now,
        snapshot=SnapshotRef(id="lucheng-2026-11", published_at=now, digest="0" * 64),
        rule_pack=RulePackRef(id="xiamen", version="2026.11", sha256="0" * 64),
        application_date=date(2026, 11, 20),
        clearance="public",
        city=Bilingual(zh="鹭城（示例）", en="Lucheng (sample)"),
        city_notice=notice,
        site=SiteRef(
            name=name,
            area=Area.of(site.area, site.area, "ellipsoidal"),
            crs="EPSG:4548",
            source_crs="EPSG:4548",
            crs_assumed=False,
            parts=1,
            notes=[],
            geometry_hash="0",
            geometry={},
        ),
        verdict=verdict,
        complete=verdict != "incomplete",
        notes=[],
        findings=[one for one, _ in found],
        layers=[line],
        rules_not_in_force=[],
    )
    overlaps = [(one, shape) for one, shape in found if shape is not None]
    return Scene(check, site, overlaps, context)


def layer(name: str, *shapes: shapely.Geometry, outcome: Outcome | None = None) -> ContextLayer:
    return ContextLayer(both(name), np.array(shapes, dtype=object), outcome)


def busy() -> Scene:
    road = LineString([(X + 100, Y - 50), (X + 120, Y + 200)])
    found: list[tuple[Finding, shapely.Geometry | None]] = [
        (finding("永久基本农田", "prohibited", FIELD & SITE), FIELD & SITE),
        (finding("生态保护红线", "prohibited", STRIP), STRIP),
        (finding("国道", "consult", road & SITE), road & SITE),
        (finding("电力塔", "notice", Point(X + 150, Y + 60)), Point(X + 150, Y + 60)),
        (finding("军事设施", "restricted"), None),
        *((finding(f"第{number}图层", "no_data"), None) for number in range(50)),
    ]
    context = [
        layer("永久基本农田", FIELD, outcome="prohibited"),
        layer("国道", road, outcome="consult"),
        layer("电力塔", Point(X + 150, Y + 60), Point(X - 50, Y + 130)),
        layer("城镇开发边界", box(X - 1000, Y - 1000, X + 1000, Y + 1000)),
        layer("远方", box(X + 9000, Y, X + 9001, Y + 1)),
        layer("空"),
    ]
    return scene("prohibited", found, context)


def pixels(made: Scene, folder: Path) -> np.ndarray:
    draw_site_map(made, folder / "map.png")
    with Image.open(folder / "map.png") as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def part(picture: np.ndarray, where: tuple[int, int, int, int]) -> np.ndarray:
    left, top, right, bottom = where
    return picture[top:bottom, left:right]


def count_like(picture: np.ndarray, colour: str) -> int:
    """How many pixels have nearly the colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(picture - wanted).max(axis=-1) < 12).sum())


SCENES = {
    "pass": scene(),
    "busy": busy(),
    "incomplete": scene("incomplete", [(finding("某", "no_data"), None)], notice=None),
    "long": scene(name="中华人民共和国国家级示范区 (with $dollars$ and 😀) " * 8),
    "tiny": scene(site=box(X, Y, X + 3, Y + 2)),
    "road": scene(site=LineString([(X, Y), (X + 3000, Y + 400)]).buffer(5)),
    "vast": scene(context=[layer("城市", Point(X, Y).buffer(90_000, quad_segs=40_000))]),
}


@pytest.mark.parametrize("made", SCENES.values(), ids=SCENES.keys())
def test_map_has_its_size_and_nothing_blank(made: Scene, tmp_path: Path) -> None:
    picture = pixels(made, tmp_path)
    assert picture.shape == (1200, 1600, 3)
    for where in (TITLE, BADGE, MAP, PANEL):
        assert np.ptp(part(picture, where)) > 150
    assert (tmp_path / "map.png").stat().st_size < 400_000


@pytest.mark.parametrize("made", SCENES.values(), ids=SCENES.keys())
def test_nothing_runs_off_the_page(made: Scene, tmp_path: Path) -> None:
    picture = pixels(made, tmp_path)
    edges = [picture[:6], picture[-6:], picture[:, :20], picture[:, -20:]]
    assert all((edge == 255).all() for edge in edges)
    assert (picture[115:1060, 1060:1078] == 255).all()


@pytest.mark.parametrize("verdict", ["pass", "notice", "consult", "restricted", "incomplete"])
def test_badge_has_the_colour_of_the_verdict(verdict: Verdict, tmp_path: Path) -> None:
    badge = part(pixels(scene(verdict), tmp_path), BADGE)
    assert count_like(badge, COLOURS[verdict]) > 0.6 * badge.shape[0] * badge.shape[1]


def test_strip_of_30_cm_is_seen(tmp_path: Path) -> None:
    one = finding("生态保护红线", "prohibited", STRIP)
    with_strip = pixels(scene("prohibited", [(one, STRIP)]), tmp_path)
    without = pixels(scene("prohibited", [(one, None)]), tmp_path)
    assert count_like(part(with_strip, MAP), COLOURS["prohibited"]) > 2000
    assert count_like(part(without, MAP), COLOURS["prohibited"]) == 0


@pytest.mark.parametrize(
    "shape",
    [FIELD & SITE, LineString([(X + 50, Y + 50), (X + 90, Y + 60)]), Point(X + 60, Y + 60)],
    ids=["area", "line", "point"],
)
def test_overlap_is_drawn_and_numbered_in_its_colour(
    shape: shapely.Geometry, tmp_path: Path
) -> None:
    made = scene("consult", [(finding("某", "consult", shape), shape)])
    assert count_like(part(pixels(made, tmp_path), MAP), COLOURS["consult"]) > 250


def test_part_of_the_site_without_data_is_hatched_and_said(tmp_path: Path) -> None:
    inside = scene("incomplete")
    outside = replace(inside, uncovered=SITE - box(X, Y, X + 120, Y + 300))
    colour = COLOURS["no_data"]
    before = count_like(part(pixels(inside, tmp_path), MAP), colour)
    assert count_like(part(pixels(outside, tmp_path), MAP), colour) > before + 2000


def test_notice_of_the_city_is_shown_only_where_there_is_one(tmp_path: Path) -> None:
    assert np.ptp(part(pixels(scene(), tmp_path), FOOTER)) > 150
    assert (part(pixels(scene(notice=None), tmp_path), FOOTER) == 255).all()


def test_overlap_that_is_empty_leaves_no_mark(tmp_path: Path) -> None:
    made = scene("notice", [(finding("某", "notice"), Polygon())])
    assert count_like(part(pixels(made, tmp_path), MAP), COLOURS["notice"]) < 1500


def test_threads_draw_what_one_alone_draws(tmp_path: Path) -> None:
    made = busy()
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    draw_site_map(made, tmp_path / "alone.png")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: draw_site_map(made, path), paths))
    alone = sha256((tmp_path / "alone.png").read_bytes()).digest()
    assert {sha256(path.read_bytes()).digest() for path in paths} == {alone}


def test_a_layer_keeps_its_colour_whatever_the_order(tmp_path: Path) -> None:
    made = busy()
    turned = Scene(made.check, made.site, made.overlaps, made.context[::-1])
    assert (pixels(made, tmp_path) == pixels(turned, tmp_path)).all()


def test_every_fixed_character_is_asked_of_the_font() -> None:
    asked = set(characters(scene(notice=None).check, []))
    folder = Path(blueprint.report.__file__).parent
    # marks of the first two are patterns, and always there, the third names who made the font; a
    # page is shown in its reader's fonts
    not_written = {"fonts.py", "lettering.py", "glyphs.py"}
    not_written |= {"ingest_page.py", "ingest_sketch.py"}
    # a page of an atlas asks for the characters of its own texts: see test_atlas
    not_written |= {"atlas_page.py"}
    # a report and its drawings are set in a font cut for all of their texts: see test_site_report
    not_written |= {
        "document.py",
        "typeset.py",
        "boundary_points.py",
        "control_lines.py",
        "plot.py",
    }
    for own in ("site_*.py", "outcome_*.py", "draw_*.py", "word*.py"):
        not_written |= {path.name for path in folder.glob(own)} - {"words.py"}
    for source in (path for path in sorted(folder.glob("*.py")) if path.name not in not_written):
        tree = ast.parse(source.read_text("utf-8"))
        documentation = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node not in documentation:
                text = node.value if isinstance(node.value, str) else ""
                written = {c for c in text if ord(c) > 126}
                assert written <= asked, (source.name, written - asked)


def test_drawing_needs_no_network_and_no_folder_but_the_cache(
    tmp_path: Path, shared_cache: Path
) -> None:
    shutil.rmtree(shared_cache / "blueprint-fonts", ignore_errors=True)
    draw_site_map(scene(), tmp_path / "map.png")
    assert [path.name for path in tmp_path.iterdir()] == ["map.png"]
    assert [path.name for path in shared_cache.iterdir()] == ["blueprint-fonts"]
