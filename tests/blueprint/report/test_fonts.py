"""Fonts for pictures: glyphs that are really there, wherever the font comes from."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import manimgx_fonts_cjk
import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from blueprint.report.fonts import (
    NO_GLYPH,
    Lettering,
    MissingGlyphs,
    chinese_font,
    drawable,
)

TEXT = "鹭城永久基本农田占用 12.3 m²"
COLLECTION = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the tests' own, on a machine without a Chinese font."""
    monkeypatch.setattr(mpl, "get_cachedir", lambda: str(shared_cache))
    install(monkeypatch)
    return shared_cache


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


TEXTS = st.text(alphabet="永久基本农田，。（）AB c1.5-", max_size=60)


@given(text=TEXTS, width=st.floats(12, 200))
def test_wrapped_lines_fit_and_say_all(text: str, width: float) -> None:
    letters = Lettering(TEXT + "，。（）")
    lines = letters.wrap(text, 10, width)
    assert all(letters.width(line, 10) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(text=TEXTS, most=st.integers(1, 3))
def test_text_that_goes_on_ends_in_an_ellipsis(text: str, most: int) -> None:
    letters = Lettering(TEXT + "，。（）")
    whole = letters.wrap(text, 10, 60)
    lines = letters.wrap(text, 10, 60, most)
    assert len(lines) <= most
    assert lines == whole if len(whole) <= most else lines[-1].endswith("…")
    assert all(letters.width(line, 10) <= 60 for line in lines)


def test_numbers_stay_with_their_unit_and_lines_do_not_start_with_a_full_stop() -> None:
    letters = Lettering(TEXT + "，。")
    assert letters.wrap("占用 12.3 m²", 10, 45) == ["占用", "12.3 m²"]
    assert letters.wrap("农田农田。", 10, 42) == ["农田农", "田。"]


def test_width_counts_a_chinese_character_as_one_em() -> None:
    assert Lettering("农田").width("农田", 12) == pytest.approx(24, abs=0.1)


def test_text_takes_the_first_size_that_fits() -> None:
    letters = Lettering(TEXT)
    choices = [(20.0, 1), (10.0, 2)]
    assert letters.fit("农田", 45, choices) == (20.0, ["农田"])
    assert letters.fit("农田农田农田", 45, choices) == (10.0, ["农田农田", "农田"])
    size, lines = letters.fit("农田" * 20, 45, choices)
    assert (size, len(lines)) == (10.0, 2)
    assert lines[-1].endswith("…")
