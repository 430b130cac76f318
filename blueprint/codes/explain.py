"""Each part of a code with its meaning, and how sure that is.

Which form it is follows from the first four digits: a year and month from November 2020 on, when
the form of 2020 came into use, else a year. Sources: 发改投资〔2020〕1439号 and GB/T 40058-2021 for
the form and its start; GB/T 2260 for regions. For the numbers of types and procedures and for the
sections of GB/T 4754 no source was seen: each says that it is not verified.
"""

from collections.abc import Callable, Iterator
from datetime import date

from blueprint.codes.check_digit import CheckDigit
from blueprint.codes.documents import (
    FORMS,
    PART_NAMES,
    CodeExplanation,
    CodePart,
    Form,
    PartId,
    PartStatus,
    ProjectCode,
)
from blueprint.codes.reading import read_digits, shown, written_out
from blueprint.codes.regions import region_names
from blueprint.errors import InvalidCode
from blueprint.values import Bilingual

_START = (2020, 11)
_OLDER_YEARS = range(2015, 2022)

TYPES: dict[str, Bilingual] = {
    "01": Bilingual(zh="基本建设项目", en="capital construction"),
    "02": Bilingual(zh="技术改造项目", en="technical renovation"),
    "03": Bilingual(zh="单纯购置项目", en="purchase alone"),
    "04": Bilingual(zh="信息化项目", en="information technology"),
    "05": Bilingual(zh="其他项目", en="other"),
}
"""GB/T 40058-2021 names these types; which number each has is not verified."""

PROCEDURES: dict[str, Bilingual] = {
    "01": Bilingual(zh="审批", en="approved"),
    "02": Bilingual(zh="核准", en="authorised"),
    "03": Bilingual(zh="备案", en="filed"),
}

_SECTIONS: tuple[tuple[int, str, str], ...] = (
    (5, "农、林、牧、渔业", "agriculture, forestry, husbandry, fishery"),
    (12, "采矿业", "mining"),
    (43, "制造业", "manufacturing"),
    (46, "电力、热力、燃气及水生产和供应业", "electricity, heat, gas and water supply"),
    (50, "建筑业", "construction"),
    (52, "批发和零售业", "wholesale and retail"),
    (60, "交通运输、仓储和邮政业", "transport, storage and post"),
    (62, "住宿和餐饮业", "lodging and catering"),
    (65, "信息传输、软件和信息技术服务业", "information and software"),
    (69, "金融业", "finance"),
    (70, "房地产业", "real estate"),
    (72, "租赁和商务服务业", "leasing and business services"),
    (75, "科学研究和技术服务业", "research and technical services"),
    (79, "水利、环境和公共设施管理业", "water, environment and public facilities"),
    (82, "居民服务、修理和其他服务业", "household and other services"),
    (83, "教育", "education"),
    (85, "卫生和社会工作", "health and social work"),
    (90, "文化、体育和娱乐业", "culture, sport and entertainment"),
    (96, "公共管理、社会保障和社会组织", "public administration"),
    (97, "国际组织", "international organisations"),
)
"""GB/T 4754: the last two-digit division of each section, from A on, and its name."""

_NOT_ISSUED_HERE = Bilingual(
    zh="格式正确不等于代码真实有效：代码由中央平台赋予，请在全国投资项目在线审批监管平台核验",
    en="well written is not the same as issued: codes are issued by the central platform alone, "
    "have it confirmed there",
)

Said = tuple[PartStatus, Bilingual]


def explain_code(text: str, today: date, check: CheckDigit | None = None) -> CodeExplanation:
    """A code part by part; whatever is wrong is among its problems, and nothing is raised.

    `check` proves the check digit; without it that is said not to be checked.
    """
    given = shown(text)
    digits = read_digits(text)
    if isinstance(digits, Bilingual):
        return CodeExplanation(
            given=given, form=None, code=None, parts=[], problems=[digits], notes=[]
        )
    form = _form_of(digits)
    parts = list(_parts(digits, form, today, check))
    problems = [
        Bilingual(
            zh=f"{part.name.zh} {part.digits}：{part.meaning.zh}",
            en=f"{part.name.en} {part.digits}: {part.meaning.en}",
        )
        for part in parts
        if part.status == "wrong"
    ]
    return CodeExplanation(
        given=given,
        form=form,
        code=written_out(digits),
        parts=parts,
        problems=problems,
        notes=[FORMS[form], _NOT_ISSUED_HERE],
    )


def parse_code(text: str, today: date, check: CheckDigit | None = None) -> ProjectCode:
    """The code that a text means.

    Raises:
        InvalidCode: it is not written as one, or a part cannot be; the text says which.
    """
    found = explain_code(text, today, check)
    if found.problems or found.code is None or found.form is None:
        problems = "; ".join(problem.en for problem in found.problems)
        raise InvalidCode(f"{found.given or 'project code'}: {problems}")
    return ProjectCode(found.code.replace("-", ""), found.form)


def _form_of(digits: str) -> Form:
    year, month = 2000 + int(digits[:2]), int(digits[2:4])
    if digits.startswith("20") and not 1 <= month <= 12:
        return "older"
    return "2020" if year >= _START[0] else "older"


def _parts(digits: str, form: Form, today: date, check: CheckDigit | None) -> Iterator[CodePart]:
    first, region, third, fourth = digits[:4], digits[4:10], digits[10:12], digits[12:14]
    if form == "2020":
        yield _part("month", first, _month(first, today))
        yield _part("region", region, _region(region))
        yield _part("department", third, _department(third))
        yield _part("type", fourth, _named(fourth, TYPES, _unknown_type))
        yield _part("random", digits[14:19], ("explained", _RANDOM))
        yield _part("check", digits[19:], _check_digit(digits, check))
    else:
        yield _part("year", first, _year(first, today))
        yield _part("region", region, _region(region))
        yield _part("industry", third, _industry(third))
        yield _part("procedure", fourth, _named(fourth, PROCEDURES, _unknown_procedure))
        yield _part("serial", digits[14:], ("explained", _SERIAL))


def _part(part: PartId, digits: str, said: Said) -> CodePart:
    status, meaning = said
    return CodePart(id=part, name=PART_NAMES[part], digits=digits, status=status, meaning=meaning)


def _month(digits: str, today: date) -> Said:
    year, month = 2000 + int(digits[:2]), int(digits[2:])
    if not 1 <= month <= 12:
        return "wrong", Bilingual(
            zh=f"月份 {digits[2:]} 不存在，应为 01 至 12；请对照原件改正",
            en=f"there is no month {digits[2:]}; correct it, months are 01 to 12",
        )
    if (year, month) > (today.year, today.month):
        return "wrong", Bilingual(
            zh=f"{year} 年 {month} 月尚未到来；请对照原件改正",
            en=f"{year}-{month:02} is still to come; correct it from the original",
        )
    when = Bilingual(zh=f"{year} 年 {month} 月", en=f"{year}-{month:02}")
    if (year, month) < _START:
        return "doubtful", Bilingual(
            zh=f"{when.zh}，早于该形式启用的 2020 年 11 月；请向中央平台核验",
            en=f"{when.en}, before the form came into use in November 2020; have it confirmed",
        )
    return "explained", when


def _year(digits: str, today: date) -> Said:
    year = int(digits)
    if not 2000 <= year <= today.year:
        return "wrong", Bilingual(
            zh=f"{digits} 既不是 2020 年 11 月以来的年月（YYMM），也不是赋码年份；请对照原件改正",
            en=f"{digits} is neither a year and month (YYMM) from November 2020 on nor a year in "
            "which codes were issued; correct it from the original",
        )
    when = Bilingual(zh=f"{year} 年", en=str(year))
    if year not in _OLDER_YEARS:
        first, last = _OLDER_YEARS[0], _OLDER_YEARS[-1]
        return "doubtful", Bilingual(
            zh=f"{when.zh}；该形式一般见于 {first} 至 {last} 年（未经核实），"
            "若为新形式，前四位应为年月（YYMM）",
            en=f"{when.en}; the older form is usual from {first} to {last} (not verified), and the "
            "newer one begins with year and month (YYMM)",
        )
    return "explained", when


def _region(code: str) -> Said:
    names, whole = region_names(code)
    if not names:
        return "unknown", Bilingual(
            zh=f"{code}：不在本表所列的省级地区之中，名称未知",
            en=f"{code}: none of the provinces that are listed here, its name is not known",
        )
    zh, en = "".join(name.zh for name in names), ", ".join(name.en for name in reversed(names))
    if whole:
        return "explained", Bilingual(zh=zh, en=en)
    rest = code[2:] if len(names) == 1 else code[4:]
    return "explained", Bilingual(
        zh=f"{zh}（下级地区 {rest} 的名称未知）", en=f"{en} (name of {rest} within it not known)"
    )


def _department(digits: str) -> Said:
    return "unknown", Bilingual(
        zh=f"{digits}：GB/T 40058-2021 第 4.4 条的部门表未取得，不作解释",
        en=f"{digits}: the table of GB/T 40058-2021, 4.4 is not at hand; not explained",
    )


def _industry(digits: str) -> Said:
    division = int(digits)
    for last, zh, en in _SECTIONS:
        if 1 <= division <= last:
            return "unverified", Bilingual(
                zh=f"{digits}：{zh}（GB/T 4754 门类，未经核实）",
                en=f"{digits}: {en} (section of GB/T 4754, not verified)",
            )
    return "unknown", Bilingual(
        zh=f"{digits}：不在 GB/T 4754 已知大类之中", en=f"{digits}: no known division of GB/T 4754"
    )


def _named(digits: str, names: dict[str, Bilingual], unknown: Callable[[str], Bilingual]) -> Said:
    name = names.get(digits)
    if name is None:
        return "unknown", unknown(digits)
    return "unverified", Bilingual(
        zh=f"{name.zh}（编号含义未经核实）", en=f"{name.en} (meaning of the number not verified)"
    )


def _unknown_type(digits: str) -> Bilingual:
    return Bilingual(
        zh=f"{digits}：编号含义未知（涉密项目另有编号）",
        en=f"{digits}: meaning not known (secret projects have a number of their own)",
    )


def _unknown_procedure(digits: str) -> Bilingual:
    return Bilingual(zh=f"{digits}：编号含义未知", en=f"{digits}: meaning not known")


_RANDOM = Bilingual(zh="由中央平台随机生成", en="drawn by the central platform")
_SERIAL = Bilingual(zh="由赋码平台顺序生成", en="counted by the platform that issued it")


def _check_digit(digits: str, check: CheckDigit | None) -> Said:
    if check is None:
        return "not_checked", Bilingual(
            zh="未校验：校验码算法未公开", en="not checked: algorithm not published"
        )
    wanted = check.digit(digits[:-1])
    if wanted == digits[-1]:
        return "explained", Bilingual(
            zh=f"与算法（{check.source}）一致", en=f"agrees with the algorithm of {check.source}"
        )
    return "wrong", Bilingual(
        zh=f"按算法（{check.source}）应为 {wanted}；有一位数字抄错，请对照原件改正",
        en=f"is {wanted} by the algorithm of {check.source}; a digit was copied wrongly, correct "
        "it from the original",
    )
