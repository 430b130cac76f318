"""Outlines of a variable font at regular weight: drawn once a character, kept, and put into fonts.

Input: a font file and characters. Output: `Glyph`s, from the cache as far as they were drawn
before, and plain fonts (CFF) of any of them, equal for equal glyphs. A new character costs its own
drawing, below 1 ms, and the opening of the file; a whole font of that weight is never computed.
"""

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont

REGULAR = 400
FAMILY = "Noto Sans CJK SC"
"""What a font that is put together here is called: whose outlines it has."""
_NOTICE = "© 2014-2021 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source'."
_LICENCE = "SIL Open Font License, Version 1.1, http://scripts.sil.org/OFL"
_MISSING = ""
"""Stands for what is drawn where there is no glyph."""
_EPOCH = 3_000_000_000  # seconds since 1904: fonts are equal whenever they are made
_MOST_BATCHES = 16


@dataclass(frozen=True, slots=True)
class Glyph:
    """How wide a character runs, and its outline as a Type 2 charstring; 1000 units to the em."""

    width: int
    program: bytes


def glyphs_of(font: Path, number: int, wanted: Collection[str], folder: Path) -> dict[str, Glyph]:
    """The glyphs of these characters, and the one for what is missing; `number` is of the face.

    What was not drawn yet is, and kept in `folder`. Characters that the face has not are left out.

    Raises:
        OSError: the font cannot be read, or the folder not be written.
    """
    source = f"{font.name}-{font.stat().st_size}-{number}"
    stem = sha256(source.encode()).hexdigest()[:8]
    kept = _read(folder, stem)
    needed = {_MISSING, *wanted}
    new = _drawn(font, number, needed - kept.keys()) if needed - kept.keys() else {}
    if new:
        _keep(folder, stem, kept, new)
    found = kept | new
    return {character: found[character] for character in sorted(needed & found.keys())}


def write_font(glyphs: Mapping[str, Glyph], path: Path) -> None:
    """Write a plain font with these glyphs."""
    names = {character: _name(character) for character in glyphs}
    order = [names[_MISSING], *(name for key, name in names.items() if key != _MISSING)]
    builder = FontBuilder(1000, isTTF=False)
    # a box for all, not one for each: that costs as much as the rest
    builder.font.recalcBBoxes = False
    builder.updateHead(xMin=-1000, yMin=-1050, xMax=3000, yMax=1810)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(key): name for key, name in names.items() if key != _MISSING})
    programs = {names[key]: T2CharString(glyph.program) for key, glyph in glyphs.items()}
    builder.setupCFF(FAMILY.replace(" ", ""), {"FullName": FAMILY}, programs, {})
    builder.setupHorizontalMetrics({names[key]: (glyph.width, 0) for key, glyph in glyphs.items()})
    # the metrics of the font that the outlines are of
    builder.setupHorizontalHeader(ascent=1160, descent=-288)
    builder.setupNameTable(
        {
            "copyright": _NOTICE,
            "familyName": FAMILY,
            "styleName": "Regular",
            "uniqueFontIdentifier": FAMILY,
            "fullName": FAMILY,
            "version": "Version 2.004",
            "psName": FAMILY.replace(" ", ""),
            "licenseDescription": _LICENCE,
        },
        mac=False,
    )
    builder.setupOS2(
        sTypoAscender=880,
        sTypoDescender=-120,
        usWinAscent=1160,
        usWinDescent=288,
        sxHeight=543,
        sCapHeight=733,
        usWeightClass=REGULAR,
        fsSelection=0x40,
    )
    builder.setupPost(underlinePosition=-125, underlineThickness=50, keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = _EPOCH
    builder.font.recalcTimestamp = False
    builder.save(path)


def _name(character: str) -> str:
    return ".notdef" if character == _MISSING else f"u{ord(character):04X}"


def _drawn(font: Path, number: int, characters: Iterable[str]) -> dict[str, Glyph]:
    """Draw characters at regular weight."""
    with font.open("rb") as file, TTFont(file, fontNumber=number, lazy=True) as opened:
        names = opened.getBestCmap() or {}
        shapes = opened.getGlyphSet(location={"wght": REGULAR})
        made = {}
        for character in sorted(characters):
            name = ".notdef" if character == _MISSING else names.get(ord(character))
            if name is None:
                continue
            shape = shapes[name]
            width = round(shape.width)
            pen = T2CharStringPen(width, shapes)
            shape.draw(pen)
            program = pen.getCharString()
            program.compile()
            made[character] = Glyph(width, program.bytecode)
    return made


def _read(folder: Path, stem: str) -> dict[str, Glyph]:
    """What was drawn before; a batch that cannot be read is as if it were not there."""
    found: dict[str, Glyph] = {}
    for path in sorted(folder.glob(f"{stem}-*.glyphs")):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            said = json.loads(path.read_text("utf-8"))
            found |= {key: Glyph(int(w), bytes.fromhex(code)) for key, (w, code) in said.items()}
    return found


def _keep(folder: Path, stem: str, kept: Mapping[str, Glyph], new: Mapping[str, Glyph]) -> None:
    """Add a batch; of many batches one is made."""
    folder.mkdir(parents=True, exist_ok=True)
    before = sorted(folder.glob(f"{stem}-*.glyphs"))
    full = len(before) >= _MOST_BATCHES
    batch = {**kept, **new} if full else new
    text = json.dumps({key: (one.width, one.program.hex()) for key, one in sorted(batch.items())})
    digest = sha256(text.encode()).hexdigest()[:16]
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        path = folder / f"{stem}-{digest}.glyphs"
        os.replace(temporary, path)  # noqa: PTH105 (the other end is a name, not a Path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for old in before if full else ():
        if old != path:
            old.unlink(missing_ok=True)
