"""A report as PDF/A: set by typst from one template, to which it is given as data.

Input: a `Bound` report. Output: the bytes of a PDF, the same for the same report: it is dated by
the report's moment, and set in the font that is installed with the service and in no other. Its
drawings stay vectors; `pictures` makes PNG of them for what takes nothing else.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
from PIL import Image

from blueprint.report.document import Bound, Drawing
from blueprint.report.fonts import write_exact_font
from blueprint.report.sheet import FONT

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
_BOOK = Path(__file__).parent / "templates" / "book.typ"
_MARKS = "•—–…·一二三四五六七八九十、"
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MAIN = "main.typ"
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_DPI = 200


def typeset(bound: Bound) -> bytes:
    """The report as PDF.

    Raises:
        MissingGlyphs: the font has not every character of it.
    """
    report = bound.report
    data = report.model_dump(mode="json")
    moment = report.moment
    data["moment"] = list(moment.timetuple()[:6])
    with TemporaryDirectory(prefix="blueprint-report-") as folder:
        family = _lay_out(folder, _TEMPLATE.read_text("utf-8"), bound.drawings, bound.text())
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


def typeset_book(pages: Sequence[Drawing], title: str, moment: datetime) -> bytes:
    """Drawings as the pages of one PDF, each as large as it is.

    Raises:
        MissingGlyphs: the font has not every character of them.
    """
    parts = zip(_PARTS, moment.timetuple()[:6], strict=True)
    day = ", ".join(f"{part}: {value}" for part, value in parts)
    source = _BOOK.read_text("utf-8").replace("MOMENT", day)
    with TemporaryDirectory(prefix="blueprint-book-") as folder:
        text = "".join([title, *(page.text for page in pages)])
        # the letters of an SVG are outlines to typst, and thousands of pages of them too many
        bare = {f"{number}": replace(page, svg=page.bare) for number, page in enumerate(pages, 1)}
        family = _lay_out(folder, source, bare, text)
        for number, page in enumerate(pages, 1):
            said = {
                "width": page.width,
                "height": page.height,
                "lines": list(map(asdict, page.lines)),
            }
            Path(folder, f"{number}.json").write_text(json.dumps(said), "utf-8")
        made: bytes = typst.compile(
            str(Path(folder, _MAIN)),
            root=folder,
            font_paths=[folder],
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"title": title, "font": family, "count": f"{len(pages)}"},
            pdf_standards=["a-2u"],
            timestamp=int(moment.timestamp()),
        )
    return made


def pictures(drawings: Mapping[str, Drawing]) -> dict[str, bytes]:
    """Drawings as PNG, fit to be printed.

    Raises:
        MissingGlyphs: the font has not every character of them.
    """
    if not drawings:
        return {}
    names = list(drawings)
    images = [f'#image("{name}.svg")' for name in names]
    source = "#set page(width: auto, height: auto, margin: 0pt)\n" + "\n#pagebreak()\n".join(images)
    with TemporaryDirectory(prefix="blueprint-report-") as folder:
        _lay_out(folder, source, drawings, "".join(one.text for one in drawings.values()))
        made: Any = typst.compile(
            str(Path(folder, _MAIN)),
            root=folder,
            font_paths=[folder],
            ignore_system_fonts=True,
            format="png",
            ppi=_DPI,
        )
    pages = made if isinstance(made, list) else [made]
    return {name: _few_colours(page) for name, page in zip(names, pages, strict=True)}


def _lay_out(folder: str, source: str, drawings: Mapping[str, Drawing], text: str) -> str:
    """Write what typst reads; the family of the font that has all of the text."""
    family = write_exact_font(text + _MARKS, Path(folder, "font.otf"))
    Path(folder, _MAIN).write_text(source, "utf-8")
    for name, drawing in drawings.items():
        svg = drawing.svg.replace(FONT, family)
        Path(folder, f"{name}.svg").write_text(svg, "utf-8")
    return family


def _few_colours(page: bytes) -> bytes:
    """The same picture in 256 colours: a third of the size, and no eye sees it."""
    with Image.open(io.BytesIO(page)) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, format="PNG", dpi=(_DPI, _DPI))
    return buffer.getvalue()


def _plain(value: object) -> object:
    """Texts on one line each: a font has no sign for the end of one."""
    if isinstance(value, str):
        return _BLANKS.sub(" ", value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
