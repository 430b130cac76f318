"""Whether a delivery is taken: what it came to, held against the gates of its layer.

Input: `Facts` about one delivery and the layer's gates. Output: reasons for refusing it, none when
it is taken. A gate that is not set refuses nothing. A gate whose fact is not known refuses:
overlaps that could not be determined are not overlaps of 0 m². The one exception is a first
delivery, which has no earlier size that it could have moved from.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from blueprint.catalogue import CatalogueLayer
from blueprint.values import Bilingual
from layers import Issue

MISSING = frozenset({"missing_code", "unknown_code", "bad_value"})
"""Kinds of issues that leave a feature without a value that can be relied on."""
DUPLICATES = frozenset({"duplicate", "duplicate_id", "duplicate_geometry"})
OUT_OF_CITY = frozenset({"out_of_city"})
WHOLE_FILE = 0
"""The row of an issue that is about the file rather than about one row of it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What one delivery came to; counts are of delivered rows, each row once.

    `size` is area in m², length in m or number of points, by the layer's geometry; `size_before`
    None: there is no earlier version. Overlaps and gaps None: not looked for, or not determined.
    """

    read: int
    kept: int
    repaired: int = 0
    quarantined: int = 0
    missing: int = 0
    duplicates: int = 0
    out_of_city: int = 0
    size: float = 0.0
    size_before: float | None = None
    overlap_m2: float | None = None
    gap_m2: float | None = None


def facts_of(
    issues: Iterable[Issue],
    *,
    read: int,
    kept: int,
    size: float,
    size_before: float | None = None,
    overlap_m2: float | None = None,
    gap_m2: float | None = None,
) -> Facts:
    """Count each delivered row once, however many issues it has.

    A required field that the whole file lacks is missing from every row of it.
    """
    repaired: set[int] = set()
    quarantined: set[int] = set()
    missing: set[int] = set()
    duplicates: set[int] = set()
    outside: set[int] = set()
    field_missing = False
    for issue in issues:
        if issue.row == WHOLE_FILE:
            field_missing |= issue.kind == "field_missing"
            continue
        if issue.action == "repaired":
            repaired.add(issue.row)
        elif issue.action == "quarantined":
            quarantined.add(issue.row)
        for kinds, rows in ((MISSING, missing), (DUPLICATES, duplicates), (OUT_OF_CITY, outside)):
            if issue.kind in kinds:
                rows.add(issue.row)
    return Facts(
        read=read,
        kept=kept,
        repaired=len(repaired),
        quarantined=len(quarantined),
        missing=read if field_missing else len(missing),
        duplicates=len(duplicates),
        out_of_city=len(outside),
        size=size,
        size_before=size_before,
        overlap_m2=overlap_m2,
        gap_m2=gap_m2,
    )


def judge_delivery(layer: CatalogueLayer, facts: Facts) -> tuple[Bilingual, ...]:
    """Why the delivery has to be refused; empty: it is taken."""
    gates = (_few, _shares, _moved, _sizes)
    return tuple(reason for gate in gates for reason in gate(layer, facts))


def _few(layer: CatalogueLayer, facts: Facts) -> Iterator[Bilingual]:
    least = layer.gates.min_features
    if least is not None and facts.kept < least:
        yield Bilingual(
            zh=f"仅有 {facts.kept:,} 个要素可用，少于要求的 {least:,} 个",
            en=f"only {facts.kept:,} features could be kept, {least:,} are required",
        )


def _shares(layer: CatalogueLayer, facts: Facts) -> Iterator[Bilingual]:
    gates = layer.gates
    for zh, en, rows, most in (
        ("被隔离", "quarantined", facts.quarantined, gates.max_quarantined_share),
        ("经修复", "repaired", facts.repaired, gates.max_repaired_share),
        ("缺必填值或代码无效", "without a valid required value", facts.missing,
         gates.max_missing_share),
        ("重复", "duplicates", facts.duplicates, gates.max_duplicates_share),
        ("位于市域范围外", "out of the city", facts.out_of_city, gates.max_out_of_city_share),
    ):  # fmt: skip
        if most is None:
            continue
        # rows times the limit, not a quotient: 1 of 100 is not above 1 % by a rounding error
        if rows > most * facts.read * (1 + 1e-12):
            share = _percent(rows / facts.read) if facts.read else "—"
            yield Bilingual(
                zh=f"{rows:,} / {facts.read:,} 行{zh}（{share}），上限为 {_percent(most)}",
                en=f"{rows:,} of {facts.read:,} rows {en} ({share}), limit {_percent(most)}",
            )


def _moved(layer: CatalogueLayer, facts: Facts) -> Iterator[Bilingual]:
    most, before = layer.gates.max_area_change_share, facts.size_before
    if most is None or before is None:
        return
    moved = abs(facts.size - before)
    if moved <= most * before * (1 + 1e-12):
        return
    zh, en, unit = MEASURES[layer.geometry]
    share = f"{(facts.size - before) / before:+.2%}" if before else "—"
    sizes = f"{size_text(before)} → {size_text(facts.size)}{unit}"
    yield Bilingual(
        zh=f"总{zh}较上一版变化 {share}（{sizes}），上限为 ±{_percent(most)}",
        en=f"the total {en} moved by {share} against the version before ({sizes}), "
        f"limit ±{_percent(most)}",
    )


def _sizes(layer: CatalogueLayer, facts: Facts) -> Iterator[Bilingual]:
    gates = layer.gates
    for zh, en, found, most in (
        ("重叠", "overlaps", facts.overlap_m2, gates.max_overlap_m2),
        ("缝隙", "gaps", facts.gap_m2, gates.max_gap_m2),
    ):
        if most is None:
            continue
        if found is None:
            unknown = f"{en} could not be determined, but have a limit"
            yield Bilingual(zh=f"{zh}未能核查，而该图层对{zh}设有上限", en=unknown)
        elif found > most:
            yield Bilingual(
                zh=f"图层内{zh}共 {found:,.2f} m²，上限为 {most:,.2f} m²",
                en=f"{en} of {found:,.2f} m² within the layer, limit {most:,.2f} m²",
            )


MEASURES = {
    "polygon": ("面积", "area", " m²"),
    "line": ("长度", "length", " m"),
    "point": ("点数", "number of points", ""),
}
"""What the size of a layer is by its geometry, in Chinese and English, and its unit."""


def size_text(size: float) -> str:
    """A size without digits that say nothing."""
    return f"{size:,.2f}".removesuffix(".00")


def _percent(share: float) -> str:
    """Enough digits that a share above its limit never reads as the limit."""
    return f"{share * 100:.4g} %"
