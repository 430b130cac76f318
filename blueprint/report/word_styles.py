"""How a report looks in Word: page, faces, titles, header, footer, what the file says of itself.

Faces are those that offices write official papers in; a machine without them takes its own.
"""

from typing import Any

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from blueprint.report.document import Report
from blueprint.report.word_parts import GREY, field, plain, run_in

PAGE_MM, MARGIN_MM = (210.0, 297.0), 20.0
_LATIN = {"zh": "Times New Roman", "en": "Arial"}
_BODY, _TITLES = "仿宋", "黑体"
_STYLES = (
    ("Normal", 10.5, _BODY),
    ("Heading 1", 14.0, _TITLES),
    ("Heading 2", 11.5, _TITLES),
    ("List Bullet", 10.5, _BODY),
)


def set_up(document: WordDocument, report: Report) -> None:
    """Make an empty document ready for a report."""
    for name, size, face in _STYLES:
        _write_in(document.styles[name], size, face, _LATIN[report.lang])
    for name, before in (("Heading 1", 14), ("Heading 2", 10)):
        heading = document.styles[name]
        heading.font.color.rgb = RGBColor.from_string("1F2933")
        heading.paragraph_format.space_before = Pt(before)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(18)
    foot = section.footer.paragraphs[0]
    run_in(foot, f"{report.footer}    {report.words.page} ", 8, GREY)
    field(foot, "PAGE")
    run_in(foot, f" {report.words.of} ", 8, GREY)
    field(foot, "NUMPAGES")
    run_in(foot, f" {report.words.continued}", 8, GREY)
    if report.notice is not None:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run_in(head, report.notice, 8, "8A5A00")
    core = document.core_properties
    core.title = plain(f"{report.title} · {report.subtitle}")[:255]
    core.author = core.last_modified_by = core.comments = ""
    core.language = "zh-CN" if report.lang == "zh" else "en-GB"
    core.created = core.modified = report.moment.replace(tzinfo=None)


def _write_in(style: Any, size: float, face: str, latin: str) -> None:
    """Give a style its faces; signs of Chinese are those of the mainland."""
    style.font.size = Pt(size)
    style.font.name = latin
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), face)
    fonts.set(qn("w:hAnsi"), latin)
    language = OxmlElement("w:lang")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)
    style.paragraph_format.space_after = Pt(4)
