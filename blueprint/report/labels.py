"""What is written on a picture: the words, the page they stand on, and where there is room.

Words: a finding's measures, and all that could not be judged in one line. Page: text and shapes,
measured in points from the lower left corner. Room: `place_labels` takes labels in order of
importance and gives each its first spot inside the frame that touches nothing placed before it; an
R-tree of taken boxes, growing as labels are placed, answers that in logarithmic time.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, TransformedBbox
from rtree.index import Index

from blueprint.documents import Area, Finding, Outcome, Verdict
from blueprint.report.fonts import Lettering, drawable
from blueprint.values import Bilingual

Box = tuple[float, float, float, float]
"""(minx, miny, maxx, maxy), in any one unit."""
Spot = tuple[float, float]

GRAVEST_FIRST: tuple[Outcome, ...] = (
    "prohibited",
    "restricted",
    "consult",
    "notice",
    "clear",
    "no_data",
)

WORDS: dict[Outcome | Verdict, Bilingual] = {
    "prohibited": Bilingual(zh="禁止", en="prohibited"),
    "restricted": Bilingual(zh="限制", en="restricted"),
    "consult": Bilingual(zh="征求意见", en="consult"),
    "notice": Bilingual(zh="提示", en="notice"),
    "pass": Bilingual(zh="通过", en="pass"),
    "clear": Bilingual(zh="通过", en="clear"),
    "incomplete": Bilingual(zh="资料不全", en="incomplete"),
    "no_data": Bilingual(zh="无法判断", en="no data"),
}

_REASONS_NAMED = 2


@dataclass(frozen=True, slots=True)
class Label:
    """The size of a label and the centres it may have, the best first."""

    width: float
    height: float
    spots: tuple[Spot, ...]

    def at(self, spot: Spot) -> Box:
        """The label's box when its centre is at `spot`."""
        x, y = spot
        half_width, half_height = self.width / 2, self.height / 2
        return x - half_width, y - half_height, x + half_width, y + half_height


def place_labels(
    labels: Iterable[Label], frame: Box, taken: Iterable[Box] = ()
) -> list[Box | None]:
    """A box for each label, in order, or None where no spot of it is free.

    Every box lies within `frame`; no box meets another or one of `taken`, not even at an edge.
    """
    occupied = Index(interleaved=True)
    for number, box in enumerate(taken):
        occupied.insert(number, box)
    placed: list[Box | None] = []
    for label in labels:
        boxes = (label.at(spot) for spot in label.spots)
        free = (box for box in boxes if _within(box, frame) and occupied.count(box) == 0)
        box = next(free, None)
        if box is not None:
            occupied.insert(-1, box)
        placed.append(box)
    return placed


def _within(box: Box, frame: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]


def spots_around(at: Spot, distances: Sequence[float], start: float = 0.0) -> Iterator[Spot]:
    """Spots on rings around a place, nearest ring first, each from the direction `start` (rad)."""
    for distance in distances:
        for turn in (0, 1, -1, 2, -2, 3, -3, 4):
            angle = start + turn * math.pi / 4
            yield at[0] + distance * math.cos(angle), at[1] + distance * math.sin(angle)


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """What was found, the gravest and then the largest first; what could not be judged is left out.

    `clear` is left out too: it asks nothing of anybody.
    """
    found = [finding for finding in findings if finding.outcome not in ("clear", "no_data")]
    return sorted(found, key=lambda f: (GRAVEST_FIRST.index(f.outcome), -(f.share or 0), f.rule))


def percent(share: float) -> str:
    """A share for people: 0.1234 is 12.3%."""
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}"


def hectares(area: Area) -> str:
    """The area that decides in 公顷, or in m² where four digits of 公顷 say nothing."""
    return f"{area.hectares:,.4f} 公顷" if area.hectares >= 0.001 else f"{area.deciding_m2:.2f} m²"


def both_calibres(area: Area) -> str:
    """The area by both calibres, the one that decides first."""
    ellipsoidal, projected = (
        f"椭球面积 {area.ellipsoidal_m2:,.1f} m²",
        f"平面面积 {area.projected_m2:,.1f} m²",
    )
    if area.decided_by == "ellipsoidal":
        return f"{ellipsoidal}（为准）、{projected}"
    return f"{projected}（为准）、{ellipsoidal}"


def metres(length_m: float) -> str:
    """A length or width for people: two significant digits below 1 m, else 0.1 m."""
    return f"{length_m:.2g} m" if 0 < length_m < 1 else f"{length_m:,.1f} m"


def size_words(finding: Finding) -> str:
    """How much of the site a finding is about, on which grounds it may be doubted."""
    words = []
    if finding.withheld:
        words.append("位置和面积不予公开")
    if finding.area is not None:
        share = "" if finding.share is None else f"，占用地 {percent(finding.share)}"
        words.append(f"{hectares(finding.area)}{share}")
        words.append(both_calibres(finding.area))
    if finding.length_m is not None:
        words.append(f"长度 {metres(finding.length_m)}")
    if finding.count is not None:
        words.append(f"{finding.count} 处")
    if finding.band == "suspected_error" and finding.width_m is not None:
        words.append(f"平均宽度 {metres(finding.width_m)}，疑似误差")
    if finding.buffer_m is not None:
        words.append(f"{finding.buffer_m:g} m 理论保护范围（未公告）")
    return "；".join(words)


def unjudged_words(findings: Iterable[Finding]) -> str:
    """All rules that could not be judged, in one line with the commonest reasons; or nothing."""
    reasons = Counter(
        finding.notes[0].zh if finding.notes else "缺少数据"
        for finding in findings
        if finding.outcome == "no_data"
    )
    if not reasons:
        return ""
    common = reasons.most_common(_REASONS_NAMED)
    words = [reason if len(reasons) == 1 else f"{reason}（{n} 条）" for reason, n in common]
    more = "等" if len(reasons) > _REASONS_NAMED else ""
    return f"{reasons.total()} 条规则无法判断：{'；'.join(words)}{more}"


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape is drawn; widths in points, colours #RRGGBB, `hatch` as matplotlib spells it."""

    fill: str = "none"
    edge: str = "none"
    width: float = 0.0
    hatch: str | None = None
    opacity: float = 1.0
    dashed: bool = False


class Page:
    """A white page, `width` by `height` points; `text` has every character that it will carry."""

    def __init__(self, width: float, height: float, dpi: int, text: str) -> None:
        self.letters = Lettering(drawable(text))
        # no pyplot: a figure of its own is safe in any thread
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=dpi, facecolor="white")
        FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(0, height))
        self._axes.set_axis_off()
        self._order = 1

    def draw(self, shape: shapely.Geometry, look: Look, inside: Box | None = None) -> None:
        """Draw polygons and lines, one on top of the other; what lies outside `inside` is cut."""
        outline = _outline(shape)
        if outline is None:
            return
        patch = PathPatch(
            outline,
            facecolor=look.fill,
            edgecolor=look.edge,
            linewidth=look.width,
            hatch=look.hatch,
            alpha=look.opacity,
            linestyle=(0, (5, 2)) if look.dashed else "solid",
            joinstyle="round",
            zorder=self._next(),
        )
        patch.set_hatch_linewidth(0.7)
        self._axes.add_patch(patch)
        if inside is not None:
            patch.set_clip_box(TransformedBbox(Bbox.from_extents(*inside), self._axes.transData))

    def plate(self, box: Box, look: Look, radius: float = 2.5) -> None:
        """Draw a box with rounded corners."""
        style = BoxStyle.Round(pad=0, rounding_size=radius)
        corner, width, height = box[:2], box[2] - box[0], box[3] - box[1]
        patch = FancyBboxPatch(corner, width, height, style, zorder=self._next())
        patch.set(facecolor=look.fill, edgecolor=look.edge, linewidth=look.width)
        patch.set_alpha(look.opacity)
        self._axes.add_patch(patch)

    def write(
        self,
        at: Spot,
        text: str,
        size: float,
        colour: str,
        *,
        align: Literal["left", "center", "right"] = "left",
        bold: bool = False,
        halo: bool = False,
        upright: bool = False,
    ) -> None:
        """Write one line; `at` is the middle of its height, at its left end unless aligned."""
        effects = [withStroke(linewidth=2.2, foreground="white")] if halo else []
        if bold:  # there is one weight only: thicken it
            effects.append(withStroke(linewidth=size / 24, foreground=colour))
        self._axes.text(
            *at,
            drawable(text),
            font=self.letters.path,
            fontsize=size,
            color=colour,
            ha=align,
            va="center_baseline",
            rotation=90 if upright else 0,
            path_effects=effects,
            parse_math=False,  # a dollar sign is a dollar sign
            zorder=self._next(),
        )

    def save(self, path: Path) -> None:
        """Write the page as PNG."""
        self._figure.savefig(path, format="png", pil_kwargs={"optimize": True})

    def _next(self) -> int:
        self._order += 1
        return self._order


def _outline(shape: shapely.Geometry) -> Outline | None:
    """One path of all rings and lines of `shape`; points have none."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    kinds = shapely.get_type_id(parts)
    # holes run against their shells, or they would be filled
    rings = shapely.get_rings(shapely.orient_polygons(parts[kinds == 3]))
    strokes = np.concatenate([rings, parts[kinds == 1]])
    points, stroke = shapely.get_coordinates(strokes, return_index=True)
    if len(points) == 0:
        return None
    codes = np.full(len(points), Outline.LINETO, dtype=Outline.code_type)
    starts = np.flatnonzero(np.diff(stroke, prepend=-1))
    codes[starts] = Outline.MOVETO
    ends = np.append(starts[1:], len(points)) - 1
    codes[ends[: len(rings)]] = Outline.CLOSEPOLY
    return Outline(points, codes)
