"""Where a conflict stands and how it came there, in words, for tables and documents alike."""

import re

from blueprint.conflicts.life import STATES, Entry, Standing
from blueprint.values import Bilingual

_PLACE = re.compile(r"第([一二三四五六七八九十百〇零]+)(条|款|项)")
_PLACES = {"条": "art.", "款": "para.", "项": "item"}
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}


def basis_words(title: Bilingual, article: str | None, number: str | None) -> Bilingual:
    """A law with its article and number, in the order in which each language has them."""
    said = f"（{number}）" if number else ""
    en = title.en if article is None else f"{title.en}, {_PLACE.sub(_in_digits, article)}".rstrip()
    return Bilingual(zh=f"《{title.zh}》{said}{article or ''}", en=en)


def _in_digits(place: re.Match[str]) -> str:
    """第三十五条 → art. 35."""
    hundreds, _, rest = place[1].rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    value = 100 * _digits(hundreds) + 10 * (_digits(tens) if tens else bool(ten)) + _digits(ones)
    return f"{_PLACES[place[2]]} {value} "


def _digits(text: str) -> int:
    return int("0" + "".join(str(_DIGITS[digit]) for digit in text))


def step_words(entry: Entry) -> Bilingual:
    """What a step says besides the state that it led to; empty where that is all."""
    said = entry.step.model_dump(exclude={"area", "clearance"})
    return standing_words(Standing.model_validate({"state": entry.after, **said}), bare=True)


def entry_words(entry: Entry) -> Bilingual:
    """A whole step in a line: when, who, from what to what, and what it says."""
    said = step_words(entry)
    before, after = STATES[entry.before], STATES[entry.after]
    zh = f"{entry.day} {entry.who}：{before.zh} → {after.zh}"
    en = f"{entry.day} {entry.who}: {before.en} → {after.en}"
    return Bilingual(
        zh=f"{zh}，{said.zh}" if said.zh else zh, en=f"{en}, {said.en}" if said.en else en
    )


def standing_words(standing: Standing, *, bare: bool = False) -> Bilingual:
    """Where a conflict stands, in a line; `bare` without the state itself."""
    zh = [] if bare else [STATES[standing.state].zh]
    en = [] if bare else [STATES[standing.state].en]
    if standing.lapsed:
        zh.append(f"豁免已于 {standing.until} 到期")
        en.append(f"its exemption ended on {standing.until}")
    elif standing.basis is not None:
        basis = basis_words(standing.basis.title, standing.basis.article, standing.basis.number)
        zh.append(f"依据{basis.zh}，至 {standing.until}")
        en.append(f"by {basis.en}, until {standing.until}")
    if standing.department is not None:
        zh.append(standing.department.name.zh)
        en.append(standing.department.name.en)
    if standing.due is not None:
        zh.append(f"{standing.due} 前办结" + ("（已逾期）" if standing.overdue else ""))
        en.append(f"due {standing.due}" + (" (overdue)" if standing.overdue else ""))
    if standing.note:
        zh.append(standing.note)  # once: it is in whichever language it was written
    return Bilingual(zh="，".join(zh), en=", ".join(en))
