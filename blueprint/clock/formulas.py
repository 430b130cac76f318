"""The formulas (计时口径): what the calibres K1 to K8 are, and what one of them comes to.

Output: `FORMULAS`, each with its id and version; `Measure`, the answer by one of them: the days,
the spans that were counted, those left out and on which ground, those that count although somebody
stopped the clock. `reckoning` makes measures.

A formula's version changes when the same events would come to another number.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from blueprint.calendars.calendar import Unit
from blueprint.clock.events import WrittenNotice
from blueprint.rules.legal import LegalBasis
from blueprint.values import Bilingual, Value

Calibre = Literal["K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8"]


class Formula(Value):
    """What a calibre is: its name, what it counts, and which version of it this is."""

    calibre: Calibre
    id: str
    version: int
    name: Bilingual
    definition: Bilingual


FORMULAS: tuple[Formula, ...] = (
    Formula(
        calibre="K1",
        id="K1.statutory",
        version=1,
        name=Bilingual(zh="法定用时", en="statutory time"),
        definition=Bilingual(
            zh=(
                "受理次日至办结日，扣除依法并书面告知的特别程序；按法定时限的单位；"
                "多个事项取最长一项"
            ),
            en=(
                "after acceptance up to the decision, less special procedures that the law leaves "
                "out and the applicant was told of in writing; in the unit of the limit; the "
                "longest of several items"
            ),
        ),
    ),
    Formula(
        calibre="K2",
        id="K2.promised",
        version=1,
        name=Bilingual(zh="承诺用时", en="promised time"),
        definition=Bilingual(
            zh="起止和扣除同 K1，按承诺时限的单位；延长不改变承诺；多个事项取最长一项",
            en=(
                "as K1, in the unit of the promise, which no extension lengthens; the longest of "
                "several items"
            ),
        ),
    ),
    Formula(
        calibre="K3",
        id="K3.department",
        version=1,
        name=Bilingual(zh="部门净用时", en="department's net time"),
        definition=Bilingual(
            zh=(
                "部门开始办理（未记载的自受理）次日至办结日，扣除 K1 所扣除的"
                "和书面告知的受理后补正；按工作日；多个事项取最长一项"
            ),
            en=(
                "after the department began, or else after acceptance, up to the decision, less "
                "what K1 leaves out and corrections asked for in writing after acceptance; working "
                "days; the longest of several items"
            ),
        ),
    ),
    Formula(
        calibre="K4",
        id="K4.stage_union",
        version=1,
        name=Bilingual(zh="阶段用时", en="stage time"),
        definition=Bilingual(
            zh="各事项受理次日至办结日、扣除同 K1 之后的并集，并联的日子只计一次；按工作日",
            en=(
                "the union of the items' days as K1 counts them: a parallel day counts once; "
                "working days"
            ),
        ),
    ),
    Formula(
        calibre="K5",
        id="K5.item_sum",
        version=1,
        name=Bilingual(zh="事项累加", en="sum of items"),
        definition=Bilingual(
            zh="K4 所计各事项的工作日相加，并联的日子按事项重复计",
            en="the items' days of K4 added up: a parallel day counts once for each item",
        ),
    ),
    Formula(
        calibre="K6",
        id="K6.whole_span",
        version=1,
        name=Bilingual(zh="全流程跨度", en="whole span"),
        definition=Bilingual(
            zh="首个事项接件次日至最后一个事项办结日，不作扣除；按工作日",
            en=(
                "after the first item was received up to the last decision, nothing left out; "
                "working days"
            ),
        ),
    ),
    Formula(
        calibre="K7",
        id="K7.government_side",
        version=1,
        name=Bilingual(zh="政府侧跨度", en="government side"),
        definition=Bilingual(
            zh="K6 减去没有任何事项在政府一侧的日子：书面告知补正期间，以及前后事项之间；按工作日",
            en=(
                "K6 less the days on which no item lay with the government: corrections asked for "
                "in writing, and between items; working days"
            ),
        ),
    ),
    Formula(
        calibre="K8",
        id="K8.applicant",
        version=1,
        name=Bilingual(zh="企业感知", en="as the applicant felt it"),
        definition=Bilingual(
            zh="首个事项接件次日至最后一次出证（未记载的至办结）；按自然日",
            en=(
                "after the first item was received up to the last delivery, or else the decision; "
                "calendar days"
            ),
        ),
    ),
)
FORMULA: dict[Calibre, Formula] = {one.calibre: one for one in FORMULAS}


class CountedSpan(Value):
    """Days that were counted: after `start` up to and with `end`; `item` null: of several."""

    item: str | None
    start: date
    end: date
    days: int


class LeftOut(CountedSpan):
    """Days that were left out, on which ground, and how the applicant was told."""

    why: Bilingual
    ground: str | None = None
    bases: list[LegalBasis] = Field(default_factory=list)
    notice: WrittenNotice | None = None


class StillCounted(CountedSpan):
    """Days that were counted although the clock was stopped, and why."""

    why: Bilingual


class Measure(Value):
    """What one calibre comes to for an item, a stage or a case.

    `days` is null where the calibre does not begin: nothing was accepted. `runs` says that it goes
    on and was counted up to the day in question; `estimated` that days are among it which no notice
    on holidays settles. `limit` and `within` are of K1 and K2 of one item.
    """

    calibre: Calibre
    formula: str
    version: int
    days: int | None
    unit: Unit
    runs: bool
    estimated: bool
    limit: int | None = None
    within: bool | None = None
    counted: list[CountedSpan] = Field(default_factory=list)
    left_out: list[LeftOut] = Field(default_factory=list)
    still_counted: list[StillCounted] = Field(default_factory=list)
    why: Bilingual
