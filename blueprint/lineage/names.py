"""How alike two names of projects are, and in what.

Two names are compared without blanks and punctuation, letters in one case, and without the words
that every project's name ends with (建设项目, 工程, …). The score, 0 to 1, is the share of
characters that stay where one is turned into the other by deleting and inserting (normalised Indel
similarity).
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

from blueprint.values import Bilingual, Value

ALIKE = 0.8
"""From here on names are told to be alike."""

_GENERIC = re.compile(r"(?:建设|工程|项目|新建|配套|project|works)+$")
_NUMBER = r"[一二三四五六七八九十\d]"
_PHASE = re.compile(rf"第?{_NUMBER}+期|(?:{_NUMBER}|[a-z])+号?地块|[东南西北]区")
_SHORTEST_WITHIN = 4


class Likeness(Value):
    """How two names were compared; `score` 1: the same."""

    score: float
    compared: str
    with_: str
    explained: Bilingual


@lru_cache(maxsize=65_536)
def plain_name(name: str) -> str:
    """A name as it is compared; one that consists of general words alone keeps them."""
    text = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(c for c in text if unicodedata.category(c)[0] not in "PZCS")
    return _GENERIC.sub("", kept) or kept


def alike_names(name: str, others: Sequence[str], least: float = ALIKE) -> dict[int, Likeness]:
    """Which of the other names are like a name, by their place, each with its likeness.

    One that holds the whole of the other, four characters or more, is like it whatever its score.
    """
    mine = plain_name(name)
    theirs = [plain_name(other) for other in others]
    near = process.extract(mine, theirs, scorer=fuzz.ratio, score_cutoff=100 * least, limit=None)
    places = {place for _, _, place in near}
    places |= {place for place, other in enumerate(theirs) if _is_within(mine, other)}
    return {place: likeness(name, others[place]) for place in sorted(places)}


def likeness(name: str, other: str) -> Likeness:
    """How alike two names are."""
    mine, theirs = plain_name(name), plain_name(other)
    score = round(Indel.normalized_similarity(mine, theirs), 4)
    return Likeness(
        score=score, compared=mine, with_=theirs, explained=_explained(mine, theirs, score)
    )


def _is_within(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _SHORTEST_WITHIN and shorter in longer


def _explained(mine: str, theirs: str, score: float) -> Bilingual:
    if mine == theirs:
        return Bilingual(zh=f"名称相同（“{mine}”）", en=f"the same name ({mine!r})")
    gone, come = [], []
    for step in Indel.opcodes(mine, theirs):
        if step.tag == "delete":
            gone.append(mine[step.src_start : step.src_end])
        elif step.tag == "insert":
            come.append(theirs[step.dest_start : step.dest_end])
    mine_only, theirs_only = "、".join(gone) or "—", "、".join(come) or "—"
    zh = f"相似度 {score:.2f}：“{mine}”与“{theirs}”；前者另有“{mine_only}”，后者另有“{theirs_only}”"
    en = f"alike by {score:.2f}: {mine!r} and {theirs!r}; only the one has {mine_only!r}, only the "
    en += f"other {theirs_only!r}"
    if _PHASE.sub("", mine) == _PHASE.sub("", theirs):
        zh += "；仅期次或地块不同，可能为同一项目的分期"
        en += "; they differ in phase or plot alone, perhaps phases of one project"
    return Bilingual(zh=zh, en=en)
