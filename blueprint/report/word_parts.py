"""What a Word document needs and the library has no word for: fields, shades, rules, dates."""

import io
import re
import zipfile
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from blueprint.report.document import Report

GREY, PALE = "5B6770", "C9D1D8"
_NO_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_UNIT = re.compile(r"(?<=\d) (?=(?:m²|m\b|ha\b|mu\b|公顷|亩))")
_NUMERALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


def run_in(
    paragraph: Paragraph,
    text: str,
    size: float,
    colour: str | None = None,
    *,
    bold: bool = False,
    face: str | None = None,
) -> None:
    """Write a run of text at the end of a paragraph; size in points."""
    run = paragraph.add_run(plain(text))
    run.font.size = Pt(size)
    run.font.bold = bold or None
    if face is not None:
        run.font.name = face
    if colour is not None:
        run.font.color.rgb = RGBColor.from_string(colour)


def drop_first_paragraph(cell: _Cell) -> None:
    """Take away the empty paragraph that a new cell begins with."""
    first = cell.paragraphs[0]._p  # noqa: SLF001 (the library takes none away)
    if first.getparent().index(first) <= 1 and not cell.paragraphs[0].text:
        first.getparent().remove(first)


def plain(text: str) -> str:
    """A text on one line, without what XML cannot say; a number keeps its unit."""
    return _UNIT.sub("\u00a0", _NO_XML.sub(" ", text))


def in_chinese(number: int) -> str:
    """A number below 100."""
    tens, ones = divmod(number, 10)
    return (_NUMERALS[tens] if tens > 1 else "") + ("十" if tens else "") + _NUMERALS[ones]


def field(paragraph: Paragraph, code: str) -> None:
    """A field that Word fills in: the number of the page, or of all pages."""
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


def shade(cell: _Cell, colour: str) -> None:
    """Give a cell a background."""
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 (the library knows no shading)


def repeat(row: Any) -> None:
    """Repeat a row at the head of each page that its table goes on to."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 (the library knows no repeated heads)


def rule(table: Table) -> None:
    """Lines above and below a table and between its rows."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", PALE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)  # noqa: SLF001 (styles would bring their own colours)


def dated(data: bytes, report: Report) -> bytes:
    """The same file, its parts in order and dated by the report's moment."""
    moment = max(report.moment.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return buffer.getvalue()
