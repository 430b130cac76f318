"""What suggestions say, in both languages."""

import math
from collections.abc import Sequence

from blueprint.documents import Move, Verdict
from blueprint.shared_documents import Area
from blueprint.values import Bilingual
from blueprint.words import WORDS

_POINTS = ("北 north", "东北 northeast", "东 east", "东南 southeast", "南 south", "西南 southwest")
_COMPASS = (*_POINTS, "西 west", "西北 northwest")


def asked() -> Bilingual:
    """Something near is withheld."""
    return Bilingual(
        zh="附近有不予公开的图层，不能给出修改建议，请征求有关部门意见",
        en="layers near here are not disclosed, so no change can be suggested: ask the departments",
    )


def trimmed(titles: Sequence[Bilingual], kept: Area, lost: Area, verdict: Verdict) -> Bilingual:
    """A trimmed site."""
    what, then = _joined(titles), WORDS[verdict]
    share = kept.deciding_m2 / (kept.deciding_m2 + lost.deciding_m2)
    return Bilingual(
        zh=f"裁去 {lost.deciding_m2:.2f} m²，保留 {kept.deciding_m2:.2f} m²（{share:.2%}），"
        f"即可避开：{what.zh}；保留部分的预检结论为“{then.zh}”",
        en=f"cutting off {lost.deciding_m2:.2f} m² and keeping {kept.deciding_m2:.2f} m² "
        f"({share:.2%}) avoids: {what.en}; the verdict on what is kept is {verdict}",
    )


def moved(
    titles: Sequence[Bilingual], east: float, north: float, verdict: Verdict, *, exact: bool
) -> tuple[Bilingual, Move]:
    """A moved site, and where to."""
    bearing = math.degrees(math.atan2(east, north)) % 360
    move = Move(
        east_m=round(east, 4),
        north_m=round(north, 4),
        distance_m=round(math.hypot(east, north), 4),
        bearing_deg=round(bearing, 2) % 360,
    )
    way = _COMPASS[round(bearing / 45) % 8].split()
    what, then = _joined(titles), WORDS[verdict]
    least = Bilingual(zh="最少", en="at least") if exact else Bilingual(zh="约", en="about")
    text = Bilingual(
        zh=f"整体向{way[0]}平移，{least.zh} {move.distance_m:.2f} m（方位角 {bearing:.1f}°），"
        f"即可避开：{what.zh}；平移后的预检结论为“{then.zh}”",
        en=f"moving the whole site {way[1]} by {least.en} {move.distance_m:.2f} m (bearing "
        f"{bearing:.1f}°) avoids: {what.en}; the verdict there is {verdict}",
    )
    return text, move


def why_no_trim(titles: Sequence[Bilingual]) -> Bilingual:
    """No part of the site is of use."""
    what = _joined(titles)
    return Bilingual(
        zh=f"裁剪后没有可用的剩余部分能避开：{what.zh}",
        en=f"no part of the site that is wide enough avoids: {what.en}",
    )


def why_no_shift(titles: Sequence[Bilingual], *, exact: bool) -> Bilingual:
    """No place near is free."""
    what = _joined(titles)
    found = (
        Bilingual(zh="没有", en="there is no") if exact else Bilingual(zh="未找到", en="found no")
    )
    return Bilingual(
        zh=f"200 m 以内{found.zh}完全避开以下规则且不触及其他禁止、限制范围的位置：{what.zh}",
        en=f"within 200 m {found.en} place that wholly avoids these rules and meets no other that "
        f"prohibits or restricts: {what.en}",
    )


def uncomputed() -> Bilingual:
    """An outline that no method gave."""
    return Bilingual(zh="修改后的边界无法可靠计算", en="a changed outline cannot be computed")


def nothing(heights: Sequence[Bilingual], reasons: Sequence[Bilingual]) -> Bilingual:
    """Neither trimming nor moving helps, and why."""
    said = list(dict.fromkeys(reasons))
    if heights:
        what = _joined(heights)
        said.append(
            Bilingual(
                zh=f"{what.zh}取决于建筑高度，不随用地边界改变",
                en=f"{what.en}: decided by the building's height, whatever the outline",
            )
        )
    return Bilingual(
        zh="裁剪和平移都不可行：" + "；".join(reason.zh for reason in said),
        en="neither trimming nor moving helps: " + "; ".join(reason.en for reason in said),
    )


def _joined(titles: Sequence[Bilingual]) -> Bilingual:
    return Bilingual(
        zh="、".join(title.zh for title in titles), en=", ".join(title.en for title in titles)
    )
