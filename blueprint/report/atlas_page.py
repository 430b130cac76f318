"""One page of the atlas of conflicts (差异图斑图册): two features, what they share, what is known.

Input: a `Plate`, one conflict with its shapes in the city's CRS. Output: a `Drawing` of A4, across.
The map has the shared ground in its middle; a column beside it says what fights, how large it is,
by which law, whose it is, where it stands and how it came there. Chinese first, English below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from blueprint.report.document import Drawing
from blueprint.report.furniture import furnish
from blueprint.report.lettering import Lettering, Script
from blueprint.report.locator import write_locator
from blueprint.report.page import GREY, HEADING, INK, PALE, PLAIN, SMALL, Box, Look
from blueprint.report.sheet import Sheet
from blueprint.report.surface import Surface
from blueprint.report.view import View
from blueprint.values import Bilingual
from blueprint.words import COLOURS, HATCHES, WORDS

A4 = (842.0, 595.0)
"""Points, across."""
_MAP: Box = (40, 62, 512, 520)
_LEFT, _COLUMN, _RIGHT, _TOP, _BOTTOM = 28.0, 530.0, 814.0, 520.0, 62.0
_LEFT_LOOK, _RIGHT_LOOK = Look("#D6E6F4", "#2B6CA3", 2.0), Look("#FBE3C8", "#B5651D", 2.0)
_LINE, _GAP, _LEGEND = 9.4, 2.6, 60.0
_FEW, _SHORTEST = 3, 3
_LABEL = Script(6.6, GREY)
_NOTICE = Script(7.5, "#5C4400", bold=True)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known under one head; a text is a line, or as many as it needs, up to `most`."""

    head: Bilingual
    texts: Sequence[Bilingual]
    most: int = 3


@dataclass(frozen=True, slots=True)
class Plate:
    """All that a page shows; geometries in the city's CRS, metres. `city` may be an outline."""

    title: Bilingual
    name: str
    severity: str
    sides: tuple[Bilingual, Bilingual]
    left: shapely.Geometry
    right: shapely.Geometry
    shared: shapely.Geometry
    facts: Sequence[Fact]
    history: Sequence[Bilingual]
    notice: Bilingual | None
    footer: str
    city: shapely.Geometry | None = None

    @property
    def text(self) -> str:
        """Every text of the page, for its font."""
        names = [self.title, *self.sides, *self.history]
        for fact in self.facts:
            names += [fact.head, *fact.texts]
        if self.notice is not None:
            names.append(self.notice)
        return "".join([self.name, self.footer, *(name.zh + name.en for name in names)])


def draw_plate(plate: Plate, letters: Lettering) -> Drawing:
    """Draw a page; `letters` have every character of `lettered`."""
    page = Sheet(letters, *A4)
    _title(page, plate)
    _map(page, plate)
    floor = _facts(page, plate)
    floor = _history(page, plate, floor)
    floor = _legend(page, plate, floor)
    if plate.city is not None:
        write_locator(page, plate.city, plate.shared, (_COLUMN, _BOTTOM, _RIGHT, floor - 6))
    _footer(page, plate)
    return page.done()


def lettered(text: str) -> str:
    """What pages are written with that say `text`."""
    return text + "".join(word.zh + word.en for word in WORDS.values()) + _FIXED


_FIXED = (
    "图例 Legend 重叠范围 Shared ground 经过 History 区位 Location 北另有步更早省略 earlier steps…"
)
"""What a page itself writes."""


def _title(page: Surface, plate: Plate) -> None:
    words, colour = WORDS[plate.severity], COLOURS[plate.severity]
    page.plate((_RIGHT - 96, 537, _RIGHT, 575), Look(colour), radius=5)
    page.write((_RIGHT - 48, 561), words.zh, Script(14, "white", bold=True), "center")
    page.write((_RIGHT - 48, 546), words.en, Script(8, "white"), "center")
    room = _RIGHT - 96 - _LEFT - 18
    size, lines = page.letters.fit(plate.title.zh, room, ((17, 1), (13, 1), (10, 2)))
    for number, line in enumerate(lines[:2]):
        page.write((_LEFT, 566 - number * size * 1.2), line, Script(size, INK, bold=True))
    below = 548 if len(lines) == 1 else 543
    english = page.letters.wrap(plate.title.en, 8.5, room, 1)[0]
    page.write((_LEFT, below), english, Script(8.5, GREY))
    page.write((_LEFT, below - 13), plate.name, Script(8, INK))


def _map(page: Surface, plate: Plate) -> None:
    view = View.around(plate.shared, _MAP)
    page.draw(shapely.box(*_MAP), Look("#FAFAF7"))
    sides = [
        (view.on_page(_one(shape)), look)
        for shape, look in ((plate.left, _LEFT_LOOK), (plate.right, _RIGHT_LOOK))
    ]
    for shapes, look in sides:
        page.draw(_areas(shapes), Look(look.fill), _MAP)
    shared = _areas(view.on_page(_one(plate.shared)))
    colour = COLOURS[plate.severity]
    page.draw(shared, _shared_look(plate.severity), _MAP)
    for shapes, look in sides:
        page.draw(_areas(shapes), Look("none", "white", look.width + 1.6), _MAP)
        page.draw(_areas(shapes), Look("none", look.edge, look.width), _MAP)
    # thinner than the features' edges: where it runs along one of them, both are seen
    page.draw(shared, Look("none", colour, 0.9), _MAP)
    middle = shapely.point_on_surface(shapely.union_all(shared)) if len(shared) else None
    furnish(page, view)
    if middle is not None and _is_small(shared):
        ring = shapely.Point(middle.x, middle.y).buffer(16)
        page.draw(shapely.boundary(ring), Look("none", "white", 3.2), _MAP)
        page.draw(shapely.boundary(ring), Look("none", colour, 1.2), _MAP)


def _is_small(shared: np.ndarray) -> bool:
    """Whether the eye would look for it in vain: it is smaller than the ring drawn around it."""
    minx, miny, maxx, maxy = shapely.total_bounds(shared)
    return bool(max(maxx - minx, maxy - miny) < 20)


def _shared_look(severity: str) -> Look:
    colour = COLOURS[severity]
    return Look("#F6D5D9" if severity == "prohibited" else "#F7E3D4", colour, 0, HATCHES[severity])


def _one(shape: shapely.Geometry) -> np.ndarray:
    return np.array([shape], dtype=object)


def _areas(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(shapes[shapely.get_dimensions(shapes) == 2], dtype=object)


def _facts(page: Surface, plate: Plate) -> float:
    """Facts from the top of the column down, as fully as there is room; the height under them."""
    least = _BOTTOM + _LEGEND + (2 * _LINE + _GAP if plate.history else 0)
    told = (_told(page, plate.facts, shortness) for shortness in range(_SHORTEST + 1))
    lines: list[_Line] = []
    for lines in told:
        if _TOP - 4 - sum(line.height for line in lines) >= least:
            break
    y = _TOP - 4
    for line in lines:
        page.write((_COLUMN + line.indent, y), line.text, line.script)
        y -= line.height
    return y


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    script: Script
    indent: float = 8.0
    height: float = _LINE


def _told(page: Surface, facts: Sequence[Fact], shortness: int) -> list[_Line]:
    """Facts in lines: whole; then a line for each text; then few texts; then in Chinese alone."""
    lines = []
    for fact in facts:
        head = f"{fact.head.zh} {fact.head.en}"
        lines.append(_Line(head, _LABEL, indent=0))
        shown = fact.texts if shortness < 2 else fact.texts[:_FEW]
        for text in shown:
            some = _lines(page, text, fact.most if shortness == 0 else 1)
            lines += [
                _Line(line, script)
                for script, line in some
                if shortness < _SHORTEST or script is PLAIN
            ]
        if len(shown) < len(fact.texts):
            more = len(fact.texts) - len(shown)
            lines.append(_Line(f"另有 {more} 项 · {more} more", SMALL))
        lines.append(replace(lines.pop(), height=_LINE + _GAP))
    return lines


def _lines(page: Surface, text: Bilingual, most: int) -> Iterator[tuple[Script, str]]:
    """Chinese, then English if it says anything else."""
    room = _RIGHT - _COLUMN - 8
    for line in page.letters.wrap(text.zh, PLAIN.size, room, most):
        yield PLAIN, line
    if text.en != text.zh:
        for line in page.letters.wrap(text.en, SMALL.size, room, most):
            yield SMALL, line


def _history(page: Surface, plate: Plate, y: float) -> float:
    """The steps that led here, the newest first, as many as there is room for."""
    if not plate.history:
        return y
    page.write((_COLUMN, y), "经过 History", _LABEL)
    y -= _LINE
    for number, step in enumerate(plate.history):
        lines = list(_lines(page, step, 2))
        left = len(plate.history) - number
        after = 0 if left == 1 else _LINE  # what follows needs a line to be counted in
        if y - _LINE * len(lines) - after < _BOTTOM + _LEGEND:
            page.write((_COLUMN + 8, y), f"另有更早 {left} 步 · earlier steps: {left}", SMALL)
            return y - _LINE - _GAP
        for script, line in lines:
            page.write((_COLUMN + 8, y), line, script)
            y -= _LINE
    return y - _GAP


def _legend(page: Surface, plate: Plate, y: float) -> float:
    """What the map's three signs mean; the height under them."""
    page.draw(shapely.LineString([(_COLUMN, y + 2), (_RIGHT, y + 2)]), Look("none", PALE, 0.8))
    page.write((_COLUMN, y - 8), "图例 Legend", HEADING)
    y -= 23
    shared = Bilingual(zh="重叠范围", en="Shared ground")
    look = _shared_look(plate.severity)
    shown = Look(look.fill, look.edge, 1.4, look.hatch)
    looks = (_LEFT_LOOK, _RIGHT_LOOK, shown)
    for sign, name in zip(looks, (*plate.sides, shared), strict=True):
        page.draw(shapely.box(_COLUMN, y - 4, _COLUMN + 20, y + 4), sign)
        line = page.letters.wrap(f"{name.zh} {name.en}", PLAIN.size, _RIGHT - _COLUMN - 28, 1)[0]
        page.write((_COLUMN + 28, y), line, PLAIN)
        y -= 13
    return y


def _footer(page: Surface, plate: Plate) -> None:
    if plate.notice is not None:
        page.plate((_LEFT, 31, _RIGHT, 45), Look("#FFF1C2", "#D9A400", 0.8))
        line = page.letters.wrap(plate.notice.both(), _NOTICE.size, _RIGHT - _LEFT - 12, 1)[0]
        page.write(((_LEFT + _RIGHT) / 2, 38), line, _NOTICE, "center")
    for number, line in enumerate(page.letters.wrap(plate.footer, SMALL.size, _RIGHT - _LEFT, 2)):
        page.write((_LEFT, 22 - number * 8.5), line, SMALL)
