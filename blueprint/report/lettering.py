"""Lines of text: how wide they run, where they break, and at which size they fit.

Input: a text and a width, points. Output: lines that are no wider. Widths are the advances of the
font that the page is drawn with, so what fits here fits there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.ft2font import FT2Font

from blueprint.report.fonts import NO_GLYPH, chinese_font, drawable, shipped_font

_WORD = r"[^\s\u2e80-\uffef]+(?: m²?(?![a-z]))?"  # a number keeps its unit
_PIECE = re.compile(rf"[（《“‘「【]*(?:{_WORD}|\S)[，。、；：？！）》”’」】…]*\s*|\s+")


@dataclass(frozen=True, slots=True)
class Script:
    """How a line is written; size in points."""

    size: float
    colour: str
    bold: bool = False
    halo: bool = False


class Lettering:
    """One font with its measures; sizes and widths are in points. Not for sharing by threads."""

    def __init__(self, text: str, *, shipped: bool = False) -> None:
        """Take a font that has all characters of `text`; only those may be measured and drawn.

        `shipped`: the one that is installed with the service, whatever else the machine has.

        Raises:
            MissingGlyphs: no font has them all.
        """
        self.path = shipped_font(text) if shipped else chinese_font(text)
        self._font = FT2Font(self.path)
        self._font.set_size(100, 72)
        self._advances: dict[str, float] = {}

    def width(self, text: str, size: float) -> float:
        """How far `text` runs."""
        return sum(map(self._advance, text)) * size / 100

    def _advance(self, character: str) -> float:
        if character not in self._advances:
            known = self._font.get_char_index(ord(character))
            glyph = self._font.load_char(ord(character if known else NO_GLYPH))
            self._advances[character] = glyph.linearHoriAdvance / 65536
        return self._advances[character]

    def wrap(self, text: str, size: float, width: float, lines: int = 99) -> list[str]:
        """Break `text` into at most `lines` lines no wider than `width`; … says that it went on.

        Chinese breaks anywhere but before closing and after opening punctuation, words between.
        """
        done: list[str] = []
        line = ""
        for piece in self._pieces(drawable(text).strip(), size, width):
            if line and self.width((line + piece).rstrip(), size) > width:
                done.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        done.append(line.rstrip())
        if len(done) <= lines:
            return done
        last = done[lines - 1]
        while last and self.width(last + "…", size) > width:
            last = last[:-1]
        return [*done[: lines - 1], last + "…"]

    def fit(
        self, text: str, width: float, choices: Sequence[tuple[float, int]]
    ) -> tuple[float, list[str]]:
        """The first of the choices (size, most lines) that takes all of `text`, else the last."""
        for size, most in choices:
            lines = self.wrap(text, size, width)
            if len(lines) <= most:
                return size, lines
        return size, self.wrap(text, size, width, most)

    def _pieces(self, text: str, size: float, width: float) -> Iterator[str]:
        """What must not be broken, unless it alone is wider than a line."""
        for piece in _PIECE.findall(text):
            fits = self.width(piece.rstrip(), size) <= width
            yield from [piece] if fits else piece
