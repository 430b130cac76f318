"""What the readers of drawings noticed, in Chinese: documents have it in English alone.

Input: a note of a check's site. Output: its text in the report's language; a note that is not known
here stays as it is.
"""

import re

from blueprint.report.document import Tongue
from layers.boundary_notes import chinese_of

_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_GROUNDS = {
    "given": "指定",
    "byte order mark": "字节顺序标记",
    "as it says": "文件自述",
    "as the drawing says": "图纸自述",
    "strict UTF-8": "逐字节符合 UTF-8",
    "not UTF-8, so GB18030": "不符合 UTF-8，按 GB18030",
    "ASCII only": "仅有 ASCII 字符",
    "no .dbf": "无 .dbf",
    ".cpg": ".cpg 文件",
}
_NOTES = (
    (r"(?:attributes|texts?) read as (.+) \((.*)\)", "文字按 {0} 读取（{1}）"),
    (r"a ring was not closed: closed", "有圈未闭合，已闭合"),
    (r"(\d+) drawn objects are no polygons: left out", "{0} 个图元不是面，未读入"),
    (r"arcs were drawn as short straight lines", "弧线按短直线读入"),
    (r"(\d+) rows are marked as deleted and were passed over", "{0} 行已标记删除，未读入"),
)


def note_words(note: str, say: Tongue) -> str:
    """A note in the report's language."""
    return say(_chinese(note) or note, note)


def _chinese(note: str) -> str | None:
    at_line = _LINE.fullmatch(note)
    if at_line is not None:
        text = chinese_of(at_line[2])
        return None if text is None else f"第 {at_line[1]} 行：{text}"
    for pattern, text in _NOTES:
        found = re.fullmatch(pattern, note)
        if found is not None:
            return text.format(*(_GROUNDS.get(value, value) for value in found.groups()))
    return None
