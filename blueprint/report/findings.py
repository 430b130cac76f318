"""What was found, in the column beside the map: the gravest first, as much as there is room for.

Input: the check and the overlaps' numbers. Output: lines on the page. A finding is told in full
(size, message and law), with its law, or by its size alone; the gravest are told in full first.
"""

from collections.abc import Sequence
from itertools import accumulate

from blueprint.documents import Finding, Outcome, SiteCheck, Verdict
from blueprint.report.lettering import Script
from blueprint.report.page import HEADING, SMALL, STRONG, Look, Page
from blueprint.report.panel import COLUMN, RIGHT, TOP
from blueprint.report.signs import OverlapSign
from blueprint.words import (
    COLOURS,
    WORDS,
    bases_words,
    gravest_first,
    limits_words,
    margin_words,
    robust_words,
    size_words,
)

Lines = tuple[Sequence[str], Sequence[str]]  # bold, plain

_STRONG_LINE, _SMALL_LINE, _GAP = 10.0, 8.6, 7.0
_FIRST = TOP - 22
_MOST_FINDINGS = 8
_MORE = 14.0
"""What the line takes that says how many findings are left out."""
_WIDTH = RIGHT - COLUMN - 51


class Findings:
    """The findings of one check, set in lines but not yet written."""

    def __init__(self, page: Page, check: SiteCheck, overlaps: Sequence[OverlapSign]) -> None:
        """Set every finding at all lengths, so that the room can be shared out."""
        self._page, self._check = page, check
        self._numbers = {sign.finding.rule: sign.number for sign in overlaps}
        self._found = gravest_first(check.findings)
        self._told = [self._lengths(finding) for finding in self._found[:_MOST_FINDINGS]]
        unjudged = limits_words(check)
        wrap = page.letters.wrap
        self._unjudged: Lines = [], wrap(unjudged, SMALL.size, _WIDTH, 4) if unjudged else []

    @property
    def floor(self) -> float:
        """How far down the column the findings reach when each is told at its shortest."""
        short = sum(height(lengths[0]) for lengths in self._told)
        more = _MORE * (len(self._found) > len(self._told))
        return _FIRST - short - more - self._apart()

    def write(self, floor: float) -> float:
        """Say what was found as far as it fits above `floor`; where it ends."""
        page, check = self._page, self._check
        page.write((COLUMN, TOP - 5), "预检结论 Findings", HEADING)
        sure = page.letters.wrap(robust_words(check), SMALL.size, RIGHT - COLUMN - 95, 1)
        page.write((RIGHT, TOP - 5), sure[0] if sure else "", SMALL, "right")
        y = _FIRST
        unjudged_first = check.verdict == "incomplete"
        if unjudged_first:
            y = self._write_unjudged(y)
        if check.verdict == "pass":
            passed = (
                ["未发现管控冲突", "No constraint found"],
                [f"已核对 {len(check.layers)} 个图层"],
            )
            y = self._row(y, "pass", passed)
        elif not self._found:
            doubt = "有数据的图层中未发现管控冲突，资料不全，不能认定为通过"
            y = self._row(y, "incomplete", (page.letters.wrap(doubt, STRONG.size, _WIDTH), []))
        rest = 0.0 if unjudged_first else self._apart()
        told = share_out(self._told, y - floor - rest, len(self._found))
        for finding, lines in zip(self._found, told, strict=False):
            mark = None if finding.relation == "touches" else self._numbers.get(finding.rule)
            y = self._row(y, finding.outcome, lines, mark)
        if len(told) < len(self._found):
            left_out = f"另有 {len(self._found) - len(told)} 项…"
            page.write((COLUMN + 46, y), left_out, STRONG)
            y -= _MORE
        return y if unjudged_first else self._write_unjudged(y)

    def _lengths(self, finding: Finding) -> Sequence[Lines]:
        """A finding in lines: short, with its law, and in full."""
        wrap = self._page.letters.wrap
        title = wrap(finding.title.zh, STRONG.size, _WIDTH - 15, 2)
        margin = "" if finding.margin is None else margin_words(finding.margin).zh
        said = (finding.department.name.zh, size_words(finding), margin)
        words = "；".join(filter(None, said))
        size = wrap(words, SMALL.size, _WIDTH, 4)
        law = wrap(bases_words(finding), SMALL.size, _WIDTH, 4) if finding.legal_bases else []
        message = wrap(finding.message.zh, SMALL.size, _WIDTH, 5)
        return (title, size), (title, size + law), (title, size + message + law)

    def _apart(self) -> float:
        """What the rules that could not be judged take."""
        return height(self._unjudged) if self._unjudged[1] else 0.0

    def _write_unjudged(self, y: float) -> float:
        return self._row(y, "no_data", self._unjudged) if self._unjudged[1] else y

    def _row(
        self, y: float, outcome: Outcome | Verdict, lines: Lines, mark: int | None = None
    ) -> float:
        """One finding with its first line at `y`; the height where the next begins."""
        page, below = self._page, y - height(lines)
        page.plate((COLUMN, y - 5.8, COLUMN + 40, y + 5.8), Look(COLOURS[outcome]))
        page.write((COLUMN + 20, y), WORDS[outcome].zh, Script(7, "white", bold=True), "center")
        if mark is not None:
            page.disc((COLUMN + 52, y), mark, COLOURS[outcome])
        for line in lines[0]:
            page.write((COLUMN + (46 if mark is None else 61), y), line, STRONG)
            y -= _STRONG_LINE
        for line in lines[1]:
            page.write((COLUMN + 46, y), line, SMALL)
            y -= _SMALL_LINE
        return below


def height(lines: Lines) -> float:
    """How much of the column a finding takes."""
    return _STRONG_LINE * len(lines[0]) + _SMALL_LINE * len(lines[1]) + _GAP


def share_out(told: Sequence[Sequence[Lines]], room: float, found: int) -> list[Lines]:
    """The findings at the lengths that fit `room`, none longer than the one before it.

    `told` are the gravest of `found` findings, each at all lengths, the shortest first. Where not
    even the short form of all fits, the mildest are left out.
    """
    ends = list(accumulate(height(lengths[0]) for lengths in told))
    count = len(told)
    while count and ends[count - 1] + _MORE * (count < found) > room:
        count -= 1
    left = room - (ends[count - 1] if count else 0.0) - _MORE * (count < found)
    shared: list[Lines] = []
    best = max(map(len, told), default=1) - 1
    for lengths in told[:count]:
        while best and height(lengths[best]) - height(lengths[0]) > left:
            best -= 1
        left -= height(lengths[best]) - height(lengths[0])
        shared.append(lengths[best])
    return shared
