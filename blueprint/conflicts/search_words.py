"""What a search for conflicts says of what it could not tell, in words."""

from blueprint.values import Bilingual


def undrawn(count: int) -> Bilingual | None:
    """Pairs that no method could intersect: neither conflicts nor free of them."""
    if count == 0:
        return None
    return Bilingual(
        zh=f"{count} 对要素的重叠无法可靠计算，请修复图形后重新汇交",
        en=f"{count} pairs of features have no credible overlay: repair them and deliver again",
    )


def undivided(count: int) -> Bilingual | None:
    """Conflicts whose parts could not be told: totals by district lack them."""
    if count == 0:
        return None
    return Bilingual(
        zh=f"{count} 处差异图斑无法按分区可靠计算，分区合计不含该部分",
        en=f"{count} conflicts could not be divided by district: its totals are without them",
    )


def untold(count: int) -> Bilingual:
    """Overlaps whose ground is counted whole, for what they share could not be told."""
    return Bilingual(
        zh=f"{count} 处重叠彼此共用的范围无法区分，合计面积可能偏大",
        en=f"the ground that {count} overlaps share with others could not be told apart: the "
        "area of all may be too large",
    )
