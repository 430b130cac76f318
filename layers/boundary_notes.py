"""What the reader of boundary-point files met on its way: the findings and their wording.

Input: a finding's line, its slug and its values. Output: `Note`s in both languages, neighbouring
lines with the same finding put together; and errors that name the file and the line.
"""

import re
from dataclasses import dataclass
from itertools import groupby

# slug | Chinese | English, each text with the values of the finding
_TABLE = """
encoding | 文件编码为 {0} | the file is encoded as {0}
crlf | 行尾为 CRLF | lines end with CRLF
blank_line | 空行, 已跳过 | blank line, skipped
full_width | 全角字符, 已按半角读取 | full-width characters, read as half-width
line_ignored | 无法识别的行, 已跳过: {0} | unknown line, skipped: {0}
section_missing | 缺少 {0} | {0} is missing
head_fields | 地块头为 {0} 项, 标准为 9 项 | the head has {0} fields; the standard has 9
head_number | 不是数字, 未核对: {0} | not a number, so not checked: {0}
kind_assumed | 未写明点、线、面, 已按面读取 | neither 点, 线 nor 面 is given; read as 面 (polygon)
count_closing | 声明 {0} 点, 实有 {1} 行, 差在闭合点 | {0} points, {1} lines: closing points differ
count_mismatch | 声明 {0} 点, 实有 {1} 行, 请核对 | {0} points declared, but {1} lines found
area_in_m2 | 面积 {0} 以平方米计, 已换算为公顷 | the area {0} is in m²; converted to hectares
area_mismatch | 声明 {0} 公顷, 计算为 {1} 公顷 | {0} ha declared, but {1} ha computed
area_off | 声明面积 {0} 公顷, 计算为 {1} 公顷 | {0} ha are declared, but {1} ha computed
area_far | 声明面积 {0} 公顷, 但各点围成 {1} 公顷 | {0} ha declared, but the points enclose {1} ha
no_j | 点号没有 J | the point number has no J
no_ring_number | 没有圈号 | no ring number
extra_fields | 点行多于 4 项, 多余的未读 | more than 4 fields in a point; the rest was not read
swapped_xy | X/Y 颠倒, 已对调 | X and Y were swapped; put right
no_zone_prefix | Y 坐标不含带号 | the easting has no zone prefix
duplicate_point | 与前一点重合, 已删除 | the same as the point before; removed
closing_point_off | 闭合点略偏起点, 已取起点 | the closing point was a little off; the first is used
ring_not_closed | 圈未闭合, 已闭合 | the ring was not closed; closed
ring_split | 圈号未变而另起一圈 | another ring begins under the same ring number
numbering_restarts | 本圈点号重新编号 | point numbers start again in this ring
self_crossing | 圈自相交, 未作修改 | the ring crosses itself; left as it is
invalid_geometry | 图形无效, 未作修改: {0} | the shape is invalid; left as it is: {0}
zone_inferred | 由坐标或带号推定: 带号 {0}, {1} 度带 | inferred: zone {0}, {1} degrees wide
crs_undeclared | 未声明坐标系, 请指定 | no 坐标系 is declared; name the CRS
crs_unsupported | “{0}”没有对应代码, 请指定坐标系 | no code for “{0}”; name the CRS
crs_zone_unknown | 带号不明, 请指定坐标系 | the zone is unknown; name the CRS
crs_zone_conflict | 分带矛盾: {0}; 请指定坐标系 | zones contradict: {0}; name the CRS
crs_coordinates | 不像高斯坐标, 请核对 | not a Gauss-Kruger coordinate; check it or name the CRS
"""
_LINES = re.compile(r" \(lines (\d+)-(\d+)\)$")
_TEXTS = {slug: texts for slug, *texts in (row.split(" | ") for row in _TABLE.strip().split("\n"))}


def chinese_of(english: str) -> str | None:
    """The Chinese text of a note from its English one; None: it is no note of this reader."""
    text, lines = english, _LINES.search(english)
    if lines is not None:
        text = english[: lines.start()]
    for zh, en in _TEXTS.values():
        found = re.fullmatch(_pattern(en), text)
        if found is not None:
            told = zh.format(*(found[f"v{at}"] for at in range(len(found.groupdict()))))
            return told if lines is None else f"{told}(第{lines[1]}-{lines[2]}行)"
    return None


def _pattern(text: str) -> str:
    """What matches a text with any values in it."""
    return re.sub(r"\\{(\d)\\}", r"(?P<v\1>.*)", re.escape(text))


class BoundaryTextError(ValueError):
    """The file cannot be read; the one-line message names the file, the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Note:
    """One finding from `line` (1-based) on, under a stable slug `kind`.

    Neighbouring lines with the same finding share a note, whose texts give the range.
    """

    line: int
    kind: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Departure:
    """One kind of departure from the format, with every line (1-based) that shows it.

    Values that differ between the lines are left out of the texts as an ellipsis.
    """

    kind: str
    lines: tuple[int, ...]
    zh: str
    en: str


class Log:
    """The findings about one file, and the wording of its errors."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: set[tuple[str, tuple[str, ...], int]] = set()

    def note(self, line: int, kind: str, *values: object) -> None:
        """Keep a finding; a value is shown on one line of at most 60 characters."""
        shown = tuple(" ".join(str(value).split())[:60] for value in values)
        self.found.add((kind, shown, line))

    def error(self, line: int, message: str) -> BoundaryTextError:
        """Word an error; the caller raises it."""
        return BoundaryTextError(f"{self.name}, line {line}: {message}")

    def departures(self) -> tuple[Departure, ...]:
        """Return the findings by kind, in the order in which the file first shows them."""
        found = []
        for kind, same_kind in groupby(sorted(self.found), lambda item: item[0]):
            _, said, lines = zip(*same_kind, strict=True)
            alike = (set(values) for values in zip(*said, strict=True))
            values = [of.pop() if len(of) == 1 else "…" for of in alike]
            zh, en = (text.format(*values) for text in _TEXTS[kind])
            found.append(Departure(kind, tuple(sorted(set(lines))), zh, en))
        return tuple(sorted(found, key=lambda departure: (departure.lines[0], departure.kind)))

    def notes(self) -> tuple[Note, ...]:
        """Return the findings by line, those of neighbouring lines put together."""
        notes = []
        ranked = enumerate(sorted(self.found))
        for _, run in groupby(ranked, lambda item: (item[1][:2], item[1][2] - item[0])):
            (kind, values, first), *rest = (found for _, found in run)
            zh, en = (text.format(*values) for text in _TEXTS[kind])
            if rest:
                zh, en = f"{zh}(第{first}-{rest[-1][2]}行)", f"{en} (lines {first}-{rest[-1][2]})"
            notes.append(Note(first, kind, zh, en))
        return tuple(sorted(notes, key=lambda note: (note.line, note.kind)))
