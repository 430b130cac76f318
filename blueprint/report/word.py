"""A report as a Word document, whose parts an office may go on editing.

Input: a `Bound` report. Output: the bytes of a .docx, the same for the same report: its parts are
dated by the report's moment. Titles are Word's own headings, tables repeat their heads, pages are
numbered by fields.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from blueprint.report.document import Banner, Bound, Card, Facts, Grid, Picture, Points, Report
from blueprint.report.document import Text as Words

_PAGE, _MARGIN = (210.0, 297.0), 20.0
_LATIN, _CHINESE = "Arial", "Microsoft YaHei"
_GREY, _PALE, _FAINT = "5B6770", "C9D1D8", "F4F6F7"
_LABELS = 0.24
_MAP_ROOM_MM = 135.0
_NO_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_NUMERALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


def written(bound: Bound) -> bytes:
    """The report as .docx."""
    writer = _Writer(bound)
    writer.write()
    buffer = io.BytesIO()
    writer.document.save(buffer)
    return _dated(buffer.getvalue(), bound.report)


class _Writer:
    """Writes one report, part by part."""

    def __init__(self, bound: Bound) -> None:
        self.report, self.pictures = bound.report, bound.pictures
        self.document: WordDocument = Document()
        self.width_mm = _PAGE[0] - 2 * _MARGIN

    def write(self) -> None:
        report = self.report
        self._set_up()
        title = self._paragraph(report.title, size=20, bold=True)
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        below = self._paragraph(report.subtitle, size=11, colour=_GREY)
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._facts(report.facts, self.document)
        for number, section in enumerate(report.sections, 1):
            if section.wide:
                self._turn(across=True)
            sign = f"{_in_chinese(number)}、" if report.lang == "zh" else f"{number}  "
            self.document.add_heading(_plain(sign + section.title), level=1)
            for block in section.blocks:
                self._block(block, self.document)
            if section.wide:
                self._turn(across=False)

    def _set_up(self) -> None:
        document, report = self.document, self.report
        for name, size in (("Normal", 10.0), ("Heading 1", 13.0), ("List Bullet", 10.0)):
            style = document.styles[name]
            style.font.size = Pt(size)
            style.font.name = _LATIN
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            fonts.set(qn("w:eastAsia"), _CHINESE)
            fonts.set(qn("w:hAnsi"), _LATIN)
            style.paragraph_format.space_after = Pt(4)
        heading = document.styles["Heading 1"]
        heading.font.color.rgb = RGBColor.from_string("1F2933")
        heading.paragraph_format.space_before = Pt(14)
        self._page(document.sections[0], across=False)
        section = document.sections[0]
        foot = section.footer.paragraphs[0]
        self._run(foot, f"{report.footer}    {report.words.page} ", 8, _GREY)
        _field(foot, "PAGE")
        self._run(foot, f" {report.words.of} ", 8, _GREY)
        _field(foot, "NUMPAGES")
        self._run(foot, f" {report.words.continued}", 8, _GREY)
        if report.notice is not None:
            head = section.header.paragraphs[0]
            head.alignment = WD_ALIGN_PARAGRAPH.CENTER
            self._run(head, report.notice, 8, "8A5A00")
        core = document.core_properties
        core.title = _plain(f"{report.title} · {report.subtitle}")[:255]
        core.author = core.last_modified_by = core.comments = ""
        core.language = "zh-CN" if report.lang == "zh" else "en-GB"
        core.created = core.modified = report.moment.replace(tzinfo=None)

    def _page(self, section: Any, *, across: bool) -> None:
        width, height = _PAGE[::-1] if across else _PAGE
        section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(width), Mm(height)
        section.left_margin = section.right_margin = Mm(_MARGIN)
        section.top_margin = section.bottom_margin = Mm(18)

    def _turn(self, *, across: bool) -> None:
        self._page(self.document.add_section(WD_SECTION.NEW_PAGE), across=across)

    def _block(self, block: Any, place: Any) -> None:
        match block:
            case Words():
                self._text(block, place)
            case Points():
                for item in block.items:
                    place.add_paragraph(_plain(item), style="List Bullet")
            case Facts():
                self._facts(block.rows, place)
            case Grid():
                self._grid(block, place)
            case Banner():
                self._banner(block)
            case Card():
                self._card(block)
            case Picture():
                self._picture(block)

    def _text(self, block: Words, place: Any) -> None:
        note = block.tone == "note"
        paragraph = place.add_paragraph()
        size, colour = (9, _GREY) if note else (10, None)
        self._run(paragraph, block.text, size, colour, bold=block.tone == "strong")

    def _facts(self, rows: Sequence[tuple[str, str]], place: Any) -> None:
        table = place.add_table(len(rows), 2)
        widths = [_LABELS, 1 - _LABELS]
        for line, (name, text) in zip(table.rows, rows, strict=True):
            self._cell(line.cells[0], name, size=9, colour=_GREY)
            self._cell(line.cells[1], text, size=9)
        self._lay_out(table, widths)
        self._gap(place)

    def _grid(self, block: Grid, place: Any) -> None:
        table = place.add_table(1 + len(block.rows), len(block.head))
        for cell, name in zip(table.rows[0].cells, block.head, strict=True):
            self._cell(cell, name, size=8.5, colour=_GREY, bold=True)
            _shade(cell, _FAINT)
        _repeat(table.rows[0])
        for line, texts in zip(list(table.rows)[1:], block.rows, strict=True):
            for cell, text in zip(line.cells, texts, strict=True):
                self._cell(cell, text, size=8.5)
        for line in table.rows:
            for column in block.right:
                line.cells[column].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _rule(table)
        self._lay_out(table, block.widths)
        self._gap(place)

    def _banner(self, block: Banner) -> None:
        table = self.document.add_table(1, 1)
        cell = table.rows[0].cells[0]
        _shade(cell, _FAINT)
        colour = block.colour.removeprefix("#")
        self._cell(cell, block.word, size=16, colour=colour, bold=True)
        self._run(cell.add_paragraph(), block.text, 10)
        self._lay_out(table, [1.0])
        self._gap(self.document)

    def _card(self, block: Card) -> None:
        title = self.document.add_paragraph()
        title.paragraph_format.space_before = Pt(8)
        title.paragraph_format.keep_with_next = True
        colour = block.colour.removeprefix("#")
        self._run(title, f"【{block.word}】 ", 10.5, colour, bold=True)
        self._run(title, block.title, 10.5, bold=True)
        for part in block.blocks:
            self._block(part, self.document)

    def _picture(self, block: Picture) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        data = io.BytesIO(self.pictures[block.name])
        shape = paragraph.add_run().add_picture(data, height=Mm(_MAP_ROOM_MM))
        shape._inline.docPr.set("descr", _plain(block.alt))  # noqa: SLF001 (no other way to tell it)
        below = self._paragraph(block.caption, size=8.5, colour=_GREY)
        below.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _paragraph(
        self, text: str, *, size: float, bold: bool = False, colour: str | None = None
    ) -> Paragraph:
        paragraph = self.document.add_paragraph()
        self._run(paragraph, text, size, colour, bold=bold)
        return paragraph

    def _run(
        self,
        paragraph: Paragraph,
        text: str,
        size: float,
        colour: str | None = None,
        *,
        bold: bool = False,
    ) -> None:
        run = paragraph.add_run(_plain(text))
        run.font.size = Pt(size)
        run.font.bold = bold or None
        if colour is not None:
            run.font.color.rgb = RGBColor.from_string(colour)

    def _cell(
        self,
        cell: _Cell,
        text: str,
        *,
        size: float,
        colour: str | None = None,
        bold: bool = False,
    ) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(2)
        self._run(paragraph, text, size, colour, bold=bold)

    def _lay_out(self, table: Table, widths: Sequence[float]) -> None:
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, share in zip(table.columns, widths, strict=True):
            column.width = Mm(self.width_mm * share)
            for cell in column.cells:
                cell.width = Mm(self.width_mm * share)
        for line in table.rows:
            properties = line._tr.get_or_add_trPr()  # noqa: SLF001 (no other way to keep a row whole)
            properties.append(OxmlElement("w:cantSplit"))

    def _gap(self, place: Any) -> None:
        # two tables without a paragraph between them would become one
        paragraph = place.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.paragraph_format.line_spacing = Pt(6)


def _plain(text: str) -> str:
    return _NO_XML.sub(" ", text)


def _in_chinese(number: int) -> str:
    """A number below 100."""
    tens, ones = divmod(number, 10)
    return (_NUMERALS[tens] if tens > 1 else "") + ("十" if tens else "") + _NUMERALS[ones]


def _field(paragraph: Paragraph, code: str) -> None:
    run = paragraph.add_run()
    run.font.size = Pt(8)
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("", "1"), ("end", "")):
        if kind:
            part = OxmlElement("w:fldChar")
            part.set(qn("w:fldCharType"), kind)
        else:
            part = OxmlElement("w:t" if text == "1" else "w:instrText")
            part.text = text
        run._r.append(part)  # noqa: SLF001 (the library knows no fields)


def _shade(cell: _Cell, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 (the library knows no shading)


def _repeat(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 (the library knows no repeated heads)


def _rule(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _PALE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)  # noqa: SLF001 (styles would bring their own colours)


def _dated(data: bytes, report: Report) -> bytes:
    """The same file, its parts in order and dated by the report's moment."""
    moment = max(report.moment.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return buffer.getvalue()
