"""What is said of a code: which form, and each part with its meaning and how sure that is."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from blueprint.codes.reading import written_out
from blueprint.values import Bilingual, Value

Form = Literal["2020", "older"]
FORMS: dict[Form, Bilingual] = {
    "2020": Bilingual(
        zh="2020 年形式（发改投资〔2020〕1439号，GB/T 40058-2021）",
        en="form of 2020 (发改投资〔2020〕1439号, GB/T 40058-2021)",
    ),
    "older": Bilingual(zh="2020 年以前的形式", en="older form, given out before 2020 ended"),
}

PartId = Literal[
    "month",
    "year",
    "region",
    "department",
    "type",
    "random",
    "check",
    "industry",
    "procedure",
    "serial",
]
PART_NAMES: dict[PartId, Bilingual] = {
    "month": Bilingual(zh="时间代码", en="year and month"),
    "year": Bilingual(zh="年份", en="year"),
    "region": Bilingual(zh="地区代码", en="region"),
    "department": Bilingual(zh="中央业务指导部门代码", en="guiding department of the centre"),
    "type": Bilingual(zh="项目类型代码", en="type of project"),
    "random": Bilingual(zh="随机码", en="random digits"),
    "check": Bilingual(zh="校验码", en="check digit"),
    "industry": Bilingual(zh="国民经济行业", en="branch of the economy"),
    "procedure": Bilingual(zh="审批、核准、备案", en="approved, authorised or filed"),
    "serial": Bilingual(zh="流水号", en="serial number"),
}

PartStatus = Literal["explained", "unverified", "unknown", "not_checked", "doubtful", "wrong"]
STATUS_NAMES: dict[PartStatus, Bilingual] = {
    "explained": Bilingual(zh="已解释", en="explained"),
    "unverified": Bilingual(zh="含义未经核实", en="meaning not verified"),
    "unknown": Bilingual(zh="未知", en="unknown"),
    "not_checked": Bilingual(zh="未校验", en="not checked"),
    "doubtful": Bilingual(zh="存疑", en="doubtful"),
    "wrong": Bilingual(zh="有误", en="wrong"),
}


class CodePart(Value):
    """One part of a code.

    `unverified`: no source was seen for the meaning; `unknown`: no table of it is at
    hand, which says nothing against it; `doubtful`: it can be, but seldom is.
    """

    id: PartId
    name: Bilingual
    digits: str
    status: PartStatus
    meaning: Bilingual


class CodeExplanation(Value):
    """A code explained; without a problem it is written as a code is, which is not yet issued."""

    given: str
    form: Form | None = Field(description="null: too little of a code to tell")
    code: str | None = Field(description="as it is written out, 4-6-2-2-6")
    parts: list[CodePart]
    problems: list[Bilingual] = Field(description="each names the part and what to do")
    notes: list[Bilingual]

    @property
    def is_well_formed(self) -> bool:
        """Whether nothing is wrong with how it is written; whether it was issued is not known."""
        return self.code is not None and not self.problems


@dataclass(frozen=True, slots=True)
class ProjectCode:
    """A code that is written as one is; two are equal if their digits are."""

    digits: str
    form: Form

    def __str__(self) -> str:
        return written_out(self.digits)

    @property
    def region(self) -> str:
        """The six digits of the region, GB/T 2260."""
        return self.digits[4:10]
