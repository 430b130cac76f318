"""Fonts for pictures: glyphs that are really there, wherever the font comes from."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import manimgx_fonts_cjk
import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from matplotlib import font_manager

from blueprint.errors import MissingGlyphs
from blueprint.report.fonts import NO_GLYPH, chinese_font, drawable

TEXT = "鹭城永久基本农田占用 12.3 m²"
COLLECTION = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"


def install(monkeypatch: pytest.MonkeyPatch, *entries: font_manager.FontEntry) -> None:
    monkeypatch.setattr(font_manager.fontManager, "ttflist", list(entries))


def characters(path: Path) -> set[str]:
    with TTFont(path) as font:
        return set(map(chr, font.getBestCmap()))


def test_font_has_every_character_of_the_text(cache: Path) -> None:
    path = chinese_font(TEXT)
    assert path.is_relative_to(cache)
    assert set(TEXT) <= characters(path)
    assert not list(cache.rglob("*.part"))


def test_font_is_of_regular_weight_and_not_variable() -> None:
    with TTFont(chinese_font(TEXT)) as font:
        assert "fvar" not in font
        assert font["OS/2"].usWeightClass == 400


def test_font_that_covers_the_text_is_used_again() -> None:
    first = chinese_font(TEXT)
    written = first.stat().st_mtime_ns
    assert chinese_font(TEXT[:4]) == first
    assert first.stat().st_mtime_ns == written


def test_new_characters_grow_the_font_and_lose_none() -> None:
    before = characters(chinese_font(TEXT))
    after = characters(chinese_font("龙凤"))
    assert before | {"龙", "凤"} == after


def test_damaged_font_in_the_cache_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(tmp_path))
    path = chinese_font("坏")
    path.write_bytes(path.read_bytes()[:100])
    assert chinese_font("坏") == path
    assert "坏" in characters(path)


def test_font_is_cut_elsewhere_where_the_cache_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("no folder")
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(occupied))
    path = chinese_font("临时")
    assert {"临", "时"} <= characters(path)
    assert not path.is_relative_to(tmp_path)


def test_installed_font_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "simhei.otf"
    installed.write_bytes(chinese_font(TEXT).read_bytes())
    install(monkeypatch, font_manager.FontEntry(fname=str(installed), name="SimHei", weight=400))
    assert chinese_font(TEXT) == installed


def test_installed_font_without_a_needed_glyph_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "simhei.otf"
    installed.write_bytes(chinese_font(TEXT).read_bytes())
    install(monkeypatch, font_manager.FontEntry(fname=str(installed), name="SimHei"))
    path = chinese_font(TEXT + "鼙")
    assert path != installed
    assert "鼙" in characters(path)


@pytest.mark.parametrize("content", [b"", b"not a font at all", None], ids=["empty", "bad", "gone"])
def test_damaged_installed_font_is_passed_over(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "simhei.ttf"
    if content is not None:
        installed.write_bytes(content)
    install(monkeypatch, font_manager.FontEntry(fname=str(installed), name="SimHei"))
    assert set(TEXT) <= characters(chinese_font(TEXT))


def test_regular_weight_of_an_installed_family_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fonts = {}
    for weight in (100, 400, 900):
        fonts[weight] = tmp_path / f"{weight}.otf"
        fonts[weight].write_bytes(chinese_font(TEXT).read_bytes())
    family = "Noto Sans CJK SC"
    install(
        monkeypatch,
        *(font_manager.FontEntry(fname=str(f), name=family, weight=w) for w, f in fonts.items()),
    )
    assert chinese_font(TEXT) == fonts[400]


def test_installed_collection_is_cut_to_a_plain_font(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = font_manager.FontEntry(fname=str(COLLECTION), index=2, name="Noto Sans CJK SC")
    install(monkeypatch, entry)
    path = chinese_font(TEXT)
    assert path.is_relative_to(cache)
    assert set(TEXT) <= characters(path)


def test_cutting_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    chinese_font("鸦雀无声")
    assert not [record for record in caplog.records if record.name.startswith("fontTools")]


def test_threads_get_fonts_that_suffice() -> None:
    texts = ["春眠不觉晓", "处处闻啼鸟", "夜来风雨声", "花落知多少"]
    with ThreadPoolExecutor(4) as pool:
        for text, path in zip(texts, pool.map(chinese_font, texts), strict=True):
            assert set(text) <= characters(path)


def test_character_without_a_glyph_is_refused_by_name() -> None:
    with pytest.raises(MissingGlyphs, match="😀"):
        chinese_font("笑😀")


def test_what_cannot_be_drawn_is_marked() -> None:
    assert drawable("甲\n乙\t😀\x00丙") == f"甲 乙 {NO_GLYPH} 丙"
