"""How sure a verdict is, in words."""

from collections.abc import Sequence

from blueprint.documents import Decider, Verdict
from blueprint.values import Bilingual
from blueprint.words import WORDS

_NAMED = 3


def robust_text(
    verdict: Verdict, mildest: Verdict, gravest: Verdict, deciders: Sequence[Decider]
) -> Bilingual:
    """Whether the layers' stated accuracy could turn the verdict, to what, and by which rules."""
    if mildest == verdict == gravest:
        return Bilingual(
            zh="各图层在其标称精度内移动，结论不变",
            en="the verdict stays as it is within the layers' stated accuracy",
        )
    zh, en = [], []
    for towards, other in (("milder", mildest), ("graver", gravest)):
        if other == verdict:
            continue
        of_way = [one for one in deciders if one.towards == towards]
        more = "等" if len(of_way) > _NAMED else ""
        names = [one.title for one in of_way[:_NAMED]]
        zh.append(f"可能变为“{WORDS[other].zh}”，取决于{'、'.join(n.zh for n in names)}{more}")
        others = f" and {len(of_way) - _NAMED} more" if more else ""
        en.append(f"could be {WORDS[other].en} by {', '.join(n.en for n in names)}{others}")
    return Bilingual(
        zh=f"在图层标称精度内结论不稳定：{'；'.join(zh)}",
        en=f"not robust within the layers' stated accuracy: {'; '.join(en)}",
    )
