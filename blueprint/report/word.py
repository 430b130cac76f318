"""A report as a Word document, whose parts an office may go on editing.

Input: a `Bound` report. Output: the bytes of a .docx, the same for the same report: its parts are
dated by the report's moment. Titles are Word's own headings, tables repeat their heads, pages are
numbered by fields.
"""

import io
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from blueprint.report.document import (
    Banner,
    Bound,
    Card,
    Commands,
    Facts,
    Gallery,
    Grid,
    Heading,
    Picture,
    Points,
)
from blueprint.report.document import Text as Words
from blueprint.report.fonts import refuse_missing
from blueprint.report.typeset import pictures
from blueprint.report.word_parts import (
    GREY,
    dated,
    drop_first_paragraph,
    in_chinese,
    plain,
    repeat,
    rule,
    run_in,
    shade,
)
from blueprint.report.word_styles import MARGIN_MM, PAGE_MM, set_up

_TYPED = "Consolas"
_LED_TO = (Grid, Points, Facts, Commands, Gallery, Picture)
_FAINT = "F4F6F7"
_BESIDE_MM, _GUTTER_MM = 80.0, 4.0
_POINT_MM = 25.4 / 72
_SHORT_TABLE = 8


def written(bound: Bound) -> bytes:
    """The report as .docx.

    Raises:
        MissingGlyphs: the font that is installed with the service has not every character of it;
            which fonts the reader's machine has cannot be known, so the same holds as for PDF.
    """
    refuse_missing(bound.text())
    writer = _Writer(bound)
    writer.write()
    buffer = io.BytesIO()
    writer.document.save(buffer)
    return dated(buffer.getvalue(), bound.report)


class _Writer:
    """Writes one report, part by part."""

    def __init__(self, bound: Bound) -> None:
        self.report, self.drawings = bound.report, bound.drawings
        self.pictures = pictures(bound.drawings)
        self.document: WordDocument = Document()
        self.width_mm = PAGE_MM[0] - 2 * MARGIN_MM

    def write(self) -> None:
        report = self.report
        set_up(self.document, report)
        title = self._paragraph(report.title, size=20, bold=True)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        below = self._paragraph(report.subtitle, size=11, colour=GREY)
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._facts(report.facts, self.document)
        for number, section in enumerate(report.sections, 1):
            sign = f"{in_chinese(number)}、" if report.lang == "zh" else f"{number}  "
            self.document.add_heading(plain(sign + section.title), level=1)
            for block, then in zip_longest(section.blocks, section.blocks[1:]):
                self._block(block, self.document)
                if isinstance(block, Words) and isinstance(then, _LED_TO):
                    # what introduces something stands on its page
                    self.document.paragraphs[-1].paragraph_format.keep_with_next = True

    def _block(self, block: Any, place: Any) -> None:
        """A block where it stands: in the document, or in a cell of it."""
        match block:
            case Words():
                self._text(block, place)
            case Points():
                for item in block.items:
                    place.add_paragraph(plain(item), style="List Bullet")
            case Facts():
                self._facts(block.rows, place)
            case Grid():
                self._grid(block, place)
            case _:
                self._whole(block)

    def _whole(self, block: Any) -> None:
        """A block that stands in the document alone."""
        match block:
            case Banner():
                self._banner(block)
            case Card():
                self._card(block)
            case Picture():
                self._picture(block, self.document, self.width_mm)
            case Gallery():
                self._gallery(block)
            case Heading():
                self.document.add_heading(plain(block.text), level=2)
            case Commands():
                self._commands(block)

    def _text(self, block: Words, place: Any) -> None:
        note = block.tone == "note"
        paragraph = place.add_paragraph()
        size, colour = (9, GREY) if note else (10, None)
        run_in(paragraph, block.text, size, colour, bold=block.tone == "strong")
        if block.tone == "signed":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            paragraph.paragraph_format.space_before = Pt(40)

    def _facts(
        self, rows: Sequence[tuple[str, str]], place: Any, width_mm: float | None = None
    ) -> None:
        table = place.add_table(len(rows), 2)
        widest = max((len(name) * (1 if name.isascii() else 2) for name, _ in rows), default=0)
        room = width_mm or self.width_mm
        label = min(0.4, (widest * 1.75 + 5) / room)
        for line, (name, text) in zip(table.rows, rows, strict=True):
            self._cell(line.cells[0], name, size=9, colour=GREY)
            self._cell(line.cells[1], text, size=9)
        self._lay_out(table, [label, 1 - label], room)
        self._gap(place)

    def _grid(self, block: Grid, place: Any, width_mm: float | None = None) -> None:
        table = place.add_table(1 + len(block.rows), len(block.head))
        head, *lines = (line.cells for line in table.rows)
        for cell, name in zip(head, block.head, strict=True):
            self._cell(cell, name, size=8.5, colour=GREY, bold=True)
            shade(cell, _FAINT)
        repeat(table.rows[0])
        for line, texts in zip(lines, block.rows, strict=True):
            for cell, text in zip(line, texts, strict=True):
                self._cell(cell, text, size=8.5)
        for line in (head, *lines):
            for column in block.right:
                line[column].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        # a short table stays whole, and no head stands alone at the end of a page
        led = lines[:-1] if len(lines) <= _SHORT_TABLE else lines[:2]
        for cell in chain(head, *led):
            cell.paragraphs[0].paragraph_format.keep_with_next = True
        rule(table)
        share = sum(block.widths)
        widths = [width / share for width in block.widths]
        self._lay_out(table, widths, width_mm or self.width_mm)
        self._gap(place)

    def _banner(self, block: Banner) -> None:
        table = self.document.add_table(1, 1)
        cell = table.rows[0].cells[0]
        shade(cell, _FAINT)
        colour = block.colour.removeprefix("#")
        self._cell(cell, block.word, size=16, colour=colour, bold=True)
        run_in(cell.add_paragraph(), block.text, 10)
        self._lay_out(table, [1.0], self.width_mm)
        self._gap(self.document)

    def _card(self, block: Card) -> None:
        title = self.document.add_paragraph()
        title.paragraph_format.space_before = Pt(8)
        title.paragraph_format.keep_with_next = True
        colour = block.colour.removeprefix("#")
        run_in(title, f"【{block.word}】 ", 10.5, colour, bold=True)
        run_in(title, block.title, 10.5, bold=True)
        if block.picture is None:
            for part in block.blocks:
                self._block(part, self.document)
        else:
            self._beside(block.blocks, block.picture)
        for part in block.below:
            self._block(part, self.document)

    def _beside(self, blocks: Sequence[Any], picture: Picture) -> None:
        """What is told of a finding, with its picture at the right."""
        room = self.width_mm - _BESIDE_MM - _GUTTER_MM
        table = self.document.add_table(1, 2)
        told, drawn = table.rows[0].cells
        for part in blocks:
            if isinstance(part, Facts):
                self._facts(part.rows, told, room)
            elif isinstance(part, Grid):
                self._grid(part, told, room)
            else:
                self._block(part, told)
        self._picture(picture, drawn, _BESIDE_MM - _GUTTER_MM)
        for cell in (told, drawn):
            drop_first_paragraph(cell)
        share = (room + _GUTTER_MM) / self.width_mm
        self._lay_out(table, [share, 1 - share], self.width_mm)
        self._gap(self.document)

    def _gallery(self, block: Gallery) -> None:
        rows = -(-len(block.pictures) // 2)
        table = self.document.add_table(rows, 2)
        for at, picture in enumerate(block.pictures):
            cell = table.rows[at // 2].cells[at % 2]
            self._picture(picture, cell, self.width_mm / 2 - _GUTTER_MM)
            drop_first_paragraph(cell)
        self._lay_out(table, [0.5, 0.5], self.width_mm)
        self._gap(self.document)

    def _commands(self, block: Commands) -> None:
        table = self.document.add_table(1, 1)
        cell = table.rows[0].cells[0]
        shade(cell, _FAINT)
        self._cell(cell, block.lines[0], size=9, face=_TYPED)
        for line in block.lines[1:]:
            run_in(cell.add_paragraph(), line, 9, face=_TYPED)
        self._lay_out(table, [1.0], self.width_mm)
        self._gap(self.document)

    def _picture(self, block: Picture, place: Any, width_mm: float) -> None:
        paragraph = place.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = Pt(2)
        width = min(width_mm, self.drawings[block.name].width * _POINT_MM)
        data = io.BytesIO(self.pictures[block.name])
        shape = paragraph.add_run().add_picture(data, width=Mm(width))
        shape._inline.docPr.set("descr", plain(block.alt))  # noqa: SLF001 (no other way to tell it)
        below = place.add_paragraph()
        run_in(below, block.caption, 8.5, GREY)
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _paragraph(
        self, text: str, *, size: float, bold: bool = False, colour: str | None = None
    ) -> Paragraph:
        paragraph = self.document.add_paragraph()
        run_in(paragraph, text, size, colour, bold=bold)
        return paragraph

    def _cell(
        self,
        cell: _Cell,
        text: str,
        *,
        size: float,
        colour: str | None = None,
        bold: bool = False,
        face: str | None = None,
    ) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(2)
        run_in(paragraph, text, size, colour, bold=bold, face=face)

    def _lay_out(self, table: Table, widths: Sequence[float], room_mm: float) -> None:
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, share in zip(table.columns, widths, strict=True):
            column.width = Mm(room_mm * share)
        for line in table.rows:
            for cell, share in zip(line.cells, widths, strict=True):
                cell.width = Mm(room_mm * share)
            properties = line._tr.get_or_add_trPr()  # noqa: SLF001 (no other way to keep a row whole)
            properties.append(OxmlElement("w:cantSplit"))

    def _gap(self, place: Any) -> None:
        # two tables without a paragraph between them would become one
        paragraph = place.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = Pt(6)
