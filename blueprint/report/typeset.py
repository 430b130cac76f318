"""A report as PDF/A: set by typst from one template, to which it is given as data.

Input: a `Bound` report. Output: the bytes of a PDF, the same for the same report: it is dated by
the report's moment, and set in the font that is installed with the service and in no other.
"""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

from blueprint.report.document import Bound
from blueprint.report.fonts import write_exact_font

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
_MARKS = "•—–…·一二三四五六七八九十、"
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MAIN = "main.typ"


def typeset(bound: Bound) -> bytes:
    """The report as PDF.

    Raises:
        MissingGlyphs: the font has not every character of it.
    """
    report = bound.report
    data = report.model_dump(mode="json")
    moment = report.moment
    data["moment"] = list(moment.timetuple()[:6])
    files = {_MAIN: _TEMPLATE.read_bytes(), **bound.pictures}
    with TemporaryDirectory(prefix="blueprint-report-") as folder:
        family = write_exact_font("".join(report.texts()) + _MARKS, Path(folder, "font.otf"))
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        made: bytes = typst.compile(
            str(Path(folder, _MAIN)),
            root=folder,
            font_paths=[folder],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(_plain(data)), "font": family},
            pdf_standards=["a-2u"],
            timestamp=int(moment.timestamp()),
        )
    return made


def _plain(value: object) -> object:
    """Texts on one line each: a font has no sign for the end of one."""
    if isinstance(value, str):
        return _BLANKS.sub(" ", value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
