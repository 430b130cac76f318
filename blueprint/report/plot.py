"""A map as a drawing of a report: a frame on a sheet, its signs explained beneath it.

Input: letters, sizes in points, a view of the city, and what is drawn. Output: a `Drawing`. Every
drawing of a report has the same frame, the same sign for the site, and a legend of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from blueprint.report.document import Drawing, Tongue
from blueprint.report.furniture import furnish
from blueprint.report.labels import Label, along_edges, place_labels, spots_on
from blueprint.report.lettering import Lettering, Script
from blueprint.report.page import DOT, INK, Box, Look, Spot, middle_of
from blueprint.report.sheet import Sheet
from blueprint.report.signs import edge_of, fill_of, is_narrow
from blueprint.report.view import View
from layers import Geometries

WIDE, HALF, BESIDE = 482.0, 233.0, 226.0
"""How wide drawings are, points: the text of A4, half of it, and beside the facts of a finding."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 13.0, 1.0, 1.0, 13.0
_ROW, _SIGN, _GAP = 11.5, 18.0, 14.0
LEGEND = Script(6.6, INK)
SITE_LOOK = Look("none", INK, 2.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a sign means; `dimension` 2 is a box, 1 a line, 0 a dot."""

    look: Look
    text: str
    dimension: int = 2


class Plot:
    """A framed map on its way to a drawing."""

    def __init__(
        self, letters: Lettering, size: tuple[float, float], entries: Sequence[Entry], say: Tongue
    ) -> None:
        """A sheet of that size with room for the entries under the map."""
        self.say = say
        self._looks: dict[str, Look] = {}
        self._rows = _rows(letters, entries, size[0] - _LEFT - _RIGHT)
        legend = _ROW * len(self._rows) + (2 if self._rows else 0)
        self.sheet = Sheet(letters, size[0], size[1])
        self.frame: Box = (_LEFT, _BOTTOM + legend, size[0] - _RIGHT, size[1] - _TOP)
        self.sheet.draw(shapely.box(*self.frame), Look("#FBFBF9"))
        self._view: View | None = None

    @property
    def view(self) -> View:
        """What the map shows."""
        assert self._view is not None
        return self._view

    def explain(self, text: str, look: Look) -> None:
        """Say how the sign of an entry looks, if that was not known before the map was laid out."""
        self._looks[text] = look

    def look_at(self, shape: shapely.Geometry, room: float) -> View:
        """Show a shape with so many metres on every side."""
        self._view = View.with_room(shape, room, self.frame)
        return self._view

    def layer(self, shapes: Geometries, look: Look, line: Look | None = None) -> Geometries:
        """Draw features; their parts on the page. `line` is for lines, if areas look otherwise."""
        parts = self.view.on_page(shapes)
        thin = line or Look("none", look.edge, max(look.width, 1.4), dashed=look.dashed)
        # all fills before all edges: an edge between two areas is seen from both sides
        self.sheet.draw_parts(parts, 2, fill_of(look), self.frame)
        self.sheet.draw_parts(parts, 2, edge_of(look), self.frame)
        self.sheet.draw_parts(parts, 1, thin, self.frame)
        self.sheet.draw_parts(parts, 0, Look(look.edge, "white", 0.8), self.frame)
        return parts

    def outline(self, site: shapely.Geometry, look: Look = SITE_LOOK) -> shapely.Geometry:
        """Draw the site's edge; its shape on the page."""
        shape = shapely.union_all(self.view.one_on_page(site))
        width = look.width / 2 if is_narrow(shape, 8) else look.width
        self.sheet.draw(shape, Look("none", "white", width + 1.8), self.frame)
        self.sheet.draw(shape, Look("none", look.edge, width, dashed=look.dashed), self.frame)
        return shape

    def furnish(self, off: shapely.Geometry) -> list[Box]:
        """Frame, coordinates, scale and north arrow, if it can be not on `off`; what they take."""
        return furnish(self.sheet, self.view, self.say("北", "N"), off)

    def name(self, parts: Geometries, text: str, script: Script, taken: Sequence[Box]) -> list[Box]:
        """Write what shapes are called, on the largest, if there is room; the box that it takes."""
        inner = (self.frame[0] + 3, self.frame[1] + 3, self.frame[2] - 3, self.frame[3] - 3)
        shown = shapely.clip_by_rect(parts, *inner)
        width, height = self.sheet.letters.width(text, script.size) + 4, script.size * 1.4
        label = Label(width, height, spots_on(shown[~shapely.is_empty(shown)], width, height))
        boxes = [box for box in place_labels([label], inner, taken) if box is not None]
        for box in boxes:
            self.sheet.write(middle_of(box), text, script, "center")
        return boxes

    def done(self) -> Drawing:
        """The drawing, with its legend."""
        y = self.frame[1] - _BOTTOM - _ROW / 2 - 1
        for row in self._rows:
            for x, entry in row:
                look = self._looks.get(entry.text, entry.look)
                _draw_sign(self.sheet, (_LEFT + x, y), look, entry.dimension)
                self.sheet.write((_LEFT + x + _SIGN + 4, y), entry.text, LEGEND)
            y -= _ROW
        return self.sheet.done()


def edges_of(*shapes: shapely.Geometry) -> list[Box]:
    """What edges take on the page, for labels to keep off."""
    return [box for shape in shapes if not shapely.is_empty(shape) for box in along_edges(shape)]


def dimension_of(shapes: Geometries) -> int:
    """The highest dimension of some shapes; of none, that of areas."""
    return int(shapely.get_dimensions(shapes).max()) if len(shapes) else 2


def many(shape: shapely.Geometry) -> Geometries:
    """A shape as an array of one."""
    return np.array([shape], dtype=object)


def _rows(
    letters: Lettering, entries: Sequence[Entry], width: float
) -> list[list[tuple[float, Entry]]]:
    """The entries in rows, each with where it begins."""
    rows: list[list[tuple[float, Entry]]] = []
    x = width + 1
    for entry in entries:
        room = width - _SIGN - 4
        text = letters.wrap(entry.text, LEGEND.size, room, 1)[0]
        takes = _SIGN + 4 + letters.width(text, LEGEND.size)
        if x + takes > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, Entry(entry.look, text, entry.dimension)))
        x += takes + _GAP
    return rows


def _draw_sign(sheet: Sheet, at: Spot, look: Look, dimension: int) -> None:
    x, y = at
    if dimension == 2:
        sheet.draw(shapely.box(x, y - 3.6, x + _SIGN, y + 3.6), look)
    elif dimension == 1:
        sheet.draw(shapely.LineString([at, (x + _SIGN, y)]), look)
    else:
        sheet.draw(shapely.Point(x + _SIGN / 2, y).buffer(DOT), look)
