"""From what somebody typed or pasted to the twenty digits of a code, or to what is wrong with it.

Full-width digits, blanks anywhere, any dash or none, and a label before the code are read as meant.
A dash may be left out, but one that stands within a part says that a digit is missing or too many.
"""

import re
import unicodedata
from itertools import accumulate, pairwise

from blueprint.values import Bilingual

GROUPS = (4, 6, 2, 2, 6)
"""Digits of each group, of both forms."""
DIGITS = sum(GROUPS)

_STARTS = tuple(accumulate((0, *GROUPS)))
_DASH = r"\-\u2010-\u2015\u2212\u2500\u30fc\u00ad"
_UNSEEN = r"\s\u200b-\u200d\ufeff"
_SEPARATORS = re.compile(rf"[{_UNSEEN}{_DASH}]+")
_BLANKS = re.compile(rf"[{_UNSEEN}]+")
_DASHES = re.compile(rf"[{_DASH}]+")
_LABEL = re.compile(r"^(?:全国|国家)?(?:投资|建设)*项目(?:统一)?代码[:]?")
_LOOKS_LIKE = {"O": "0", "o": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "Z": "2", "S": "5"}
_LONGEST_SHOWN = 40


def plain_code(code: str) -> str:
    """A project's code as it is compared: without blanks and dashes, in capitals."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", code)).upper()


def written_out(digits: str) -> str:
    """Twenty digits with a hyphen between the groups."""
    return "-".join(digits[a:b] for a, b in pairwise(_STARTS))


def read_digits(text: str) -> str | Bilingual:
    """The twenty digits that a text means, or what is wrong with it and what to do."""
    said = _BLANKS.sub("", unicodedata.normalize("NFKC", text))
    groups = _DASHES.split(_LABEL.sub("", said).strip("-"))
    digits = "".join(groups)
    for place, character in enumerate(digits, start=1):
        if not (character.isascii() and character.isdigit()):
            return _strange(character, place)
    if not digits:
        return Bilingual(
            zh="没有数字；请填写中央平台赋予的 20 位项目代码",
            en="has no digits; give the 20 digits that the central platform issued",
        )
    lengths = tuple(map(len, groups))
    if len(lengths) == len(GROUPS) and lengths != GROUPS:
        return _misgrouped(lengths)
    if len(digits) != DIGITS:
        return Bilingual(
            zh=f"有 {len(digits)} 位数字，项目代码有 {DIGITS} 位；请对照原件补正",
            en=f"has {len(digits)} digits, and a code has {DIGITS}; correct it from the original",
        )
    cuts = set(accumulate(lengths)) - set(_STARTS)
    if cuts:
        at = min(cuts)
        right = ", ".join(map(str, _STARTS[1:-1]))
        return Bilingual(
            zh=f"第 {at} 位数字之后有连字符，应在第 {right.replace(', ', '、')} 位之后；"
            "请核对是否漏位或错位",
            en=f"has a hyphen after digit {at}, and they belong after digits {right}; look for a "
            "digit that is missing or misplaced",
        )
    return digits


def _strange(character: str, place: int) -> Bilingual:
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    like = _LOOKS_LIKE.get(character)
    if like is None:
        return Bilingual(
            zh=f"第 {place} 个字符“{shown}”不是数字；项目代码只有数字，请改正",
            en=f"character {place}, {shown!r}, is no digit; a code has digits alone, correct it",
        )
    return Bilingual(
        zh=f"第 {place} 个字符“{shown}”不是数字；是否为 {like}，请改正",
        en=f"character {place}, {shown!r}, is no digit; if {like} is meant, correct it",
    )


def _misgrouped(lengths: tuple[int, ...]) -> Bilingual:
    wrong = [
        (number, has, wanted)
        for number, (has, wanted) in enumerate(zip(lengths, GROUPS, strict=True), start=1)
        if has != wanted
    ]
    zh = "、".join(f"第 {number} 段有 {has} 位，应为 {wanted} 位" for number, has, wanted in wrong)
    en = ", ".join(
        f"group {number} has {has} digits instead of {wanted}" for number, has, wanted in wrong
    )
    return Bilingual(zh=f"{zh}；请对照原件补正", en=f"{en}; correct it from the original")


def shown(text: str) -> str:
    """A text as an error line repeats it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"
