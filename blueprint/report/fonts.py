"""A font for pictures that has every character of a text, wherever it comes from.

Input: a text. Output: the path of a font file, or the text with a mark for what cannot be drawn.
A font installed on the machine comes first, then the Noto Sans CJK that is installed with the
service. Collections and variable fonts are not drawn from directly: fonts of the needed characters
are made of them, at regular weight (the shipped font's default, 100, is hairline), and kept in
matplotlib's cache. A font that no longer suffices is grown, never started anew.
"""

import atexit
import logging
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from threading import RLock

import manimgx_fonts_cjk
import matplotlib as mpl
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, TTLibError
from matplotlib import font_manager

from blueprint.errors import MissingGlyphs
from blueprint.report.glyphs import FAMILY, REGULAR, Glyph, glyphs_of, write_font

FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)
"""Installed families that are taken, the best first."""

NO_GLYPH = "〓"
"""The printer's mark for a character that is not in the type case."""

_ALWAYS = frozenset(map(chr, range(0x20, 0x7F))) | {NO_GLYPH, "…"}
_MADE = 2
"""Raised where fonts are made otherwise than before, so that no older one is taken."""
_MOST_CHARACTERS = 3000
_MOST_FILES = 8
_DAMAGED = (OSError, TTLibError, ValueError, KeyError, IndexError, AssertionError, struct.error)
_LOCK = RLock()


@dataclass(frozen=True, slots=True)
class _Face:
    """One face of a font file; `number` counts within a collection."""

    path: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a face has, and whether pictures may be drawn from the file as it is."""

    characters: frozenset[str]
    ready: bool
    variable: bool = False


def chinese_font(text: str) -> Path:
    """A font file whose first face has a glyph for every character of `text`, and for all ASCII.

    Raises:
        MissingGlyphs: no font at hand has them all; `drawable` replaces those.
    """
    wanted = frozenset(text) | _ALWAYS
    for face in _installed():
        facts = _facts(face)
        if wanted <= facts.characters:
            return face.path if facts.ready else _cut(face, wanted)
    _refuse_missing(wanted)
    return _cut(_shipped(), wanted)


def shipped_font(text: str) -> Path:
    """The same, of the font that is installed with the service alone: equal on every machine.

    Raises:
        MissingGlyphs: that font has not all of them.
    """
    wanted = _characters(text)
    _refuse_missing(wanted)
    return _cut(_shipped(), wanted)


def refuse_missing(text: str) -> None:
    """See that the font that is installed with the service has every character of a text.

    Raises:
        MissingGlyphs: it has not; the message says which.
    """
    _refuse_missing(_characters(text))


def write_exact_font(text: str, path: Path) -> str:
    """Write a font that has the characters of `text` and no other; the name of its family.

    It has the outlines of the font that is installed with the service, and is the same for the same
    text whatever was written before.

    Raises:
        MissingGlyphs: that font has not all of them.
    """
    wanted = _characters(text)
    _refuse_missing(wanted)
    with _LOCK, _quiet():
        write_font(_glyphs(_shipped(), wanted), path)
    return FAMILY


def _characters(text: str) -> frozenset[str]:
    """What a text is written with; the end of a line is a blank."""
    return frozenset(re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text)) | _ALWAYS


def _refuse_missing(wanted: frozenset[str]) -> None:
    missing = wanted - _facts(_shipped()).characters
    if missing:
        raise MissingGlyphs(f"{''.join(sorted(missing))!r}: no font has these; replace them")


def drawable(text: str) -> str:
    """The text on one line, with 〓 for what the shipped font cannot draw."""
    known = _facts(_shipped()).characters
    return "".join(c if c in known else NO_GLYPH for c in re.sub(r"[\s\x00-\x1f\x7f]+", " ", text))


def _shipped() -> _Face:
    folder = Path(manimgx_fonts_cjk.__file__).parent
    return _Face(folder / "NotoSansCJK-VF.otf.ttc", 2)


def _installed() -> Iterator[_Face]:
    """Upright faces of the known families, by family and then by nearness to regular weight."""
    entries = [
        (FAMILIES.index(entry.name), abs(_weight(entry.weight) - REGULAR), entry)
        for entry in font_manager.fontManager.ttflist
        if entry.name in FAMILIES and entry.style == "normal"
    ]
    for _, _, entry in sorted(entries, key=lambda ranked: (ranked[0], ranked[1], ranked[2].fname)):
        yield _Face(Path(entry.fname), entry.index)


def _weight(weight: str | int) -> int:
    return weight if isinstance(weight, int) else font_manager.weight_dict.get(weight, REGULAR)


def _facts(face: _Face) -> _Facts:
    """What the face has; nothing, where the file is damaged or gone."""
    try:
        return _read_facts(face, face.path.stat().st_mtime_ns)
    except OSError:
        return _Facts(frozenset(), ready=False)


@lru_cache(maxsize=64)
def _read_facts(face: _Face, changed: int) -> _Facts:  # noqa: ARG001 (a changed file is read anew)
    try:
        with _quiet(), _open(face) as font:
            characters = frozenset(map(chr, font.getBestCmap() or {}))
            variable = "fvar" in font
            return _Facts(characters, ready=face.number == 0 and not variable, variable=variable)
    except _DAMAGED:
        return _Facts(frozenset(), ready=False)


def _cut(face: _Face, wanted: frozenset[str]) -> Path:
    """A font of regular weight with the wanted characters of `face`, from the cache or new."""
    with _LOCK:
        try:
            return _cut_into(_cache(), face, wanted)
        except OSError:
            return _cut_into(_own_folder(), face, wanted)


def _cache() -> Path:
    return Path(mpl.get_cachedir()) / "blueprint-fonts"


@cache
def _own_folder() -> Path:
    """A folder of this process, for where the cache cannot be written."""
    folder = Path(tempfile.mkdtemp(prefix="blueprint-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _cut_into(folder: Path, face: _Face, wanted: frozenset[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    source = f"{face.path.name}-{face.path.stat().st_size}-{face.number}-{_MADE}"
    stem = sha256(source.encode()).hexdigest()[:8]
    newest_first = sorted(folder.glob(f"{stem}-*.otf"), key=_changed, reverse=True)
    kept = [(path, _facts(_Face(path)).characters) for path in newest_first]
    for path, characters in kept:
        if wanted <= characters:
            return path
    grown = max((characters for _, characters in kept), key=len, default=wanted) | wanted
    if len(grown) <= _MOST_CHARACTERS:
        wanted = grown
    digest = sha256("".join(sorted(wanted)).encode()).hexdigest()[:16]
    path = folder / f"{stem}-{digest}.otf"
    _write(path, face, wanted)
    for old in newest_first[_MOST_FILES - 1 :]:
        old.unlink(missing_ok=True)
    return path


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # another process tidied up
        return 0


def _glyphs(face: _Face, wanted: frozenset[str]) -> dict[str, Glyph]:
    """Glyphs of a variable face, from the cache as far as they were drawn before."""
    try:
        return glyphs_of(face.path, face.number, wanted, _cache())
    except OSError:
        return glyphs_of(face.path, face.number, wanted, _own_folder())


def _write(path: Path, face: _Face, wanted: frozenset[str]) -> None:
    """Write a font and put it in place at once, so that no reader sees a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    os.close(handle)
    try:
        with _quiet():
            if _facts(face).variable:
                write_font(glyphs_of(face.path, face.number, wanted, path.parent), Path(temporary))
            else:
                _cut_out(face, wanted, temporary)
        os.replace(temporary, path)  # noqa: PTH105 (the other end is a name, not a Path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _cut_out(face: _Face, wanted: frozenset[str], to: str) -> None:
    """Some characters of a plain face in a collection."""
    options = Options(layout_features=[], notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "BASE", "VORG", "vhea", "vmtx"]
    with _open(face) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=map(ord, wanted))
        subsetter.subset(font)
        font.save(to)


@contextmanager
def _open(face: _Face) -> Iterator[TTFont]:
    # opened here: fontTools leaves a damaged file open
    with face.path.open("rb") as file, TTFont(file, fontNumber=face.number, lazy=True) as font:
        yield font


@contextmanager
def _quiet() -> Iterator[None]:
    """Without fontTools' running commentary."""
    logger = logging.getLogger("fontTools")
    with _LOCK:
        before = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(before)
