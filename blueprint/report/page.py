"""A white page, in points from its lower left corner, that becomes a PNG.

Input: shapes and lines of text in points, drawn one on top of the other. Output: 1600 x 1200
pixels. Shapes are shapely's, each call one path; text is in a font that has all of its characters.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox, TransformedBbox
from PIL import Image

from blueprint.report.fonts import drawable
from blueprint.report.lettering import Lettering, Script
from layers import Geometries

Box = tuple[float, float, float, float]
"""(minx, miny, maxx, maxy), in any one unit."""
Spot = tuple[float, float]
Shapes = shapely.Geometry | Geometries
Align = Literal["left", "center", "right"]

WIDTH, HEIGHT, DPI = 768.0, 576.0, 150
MAP: Box = (32, 62, 506, 522)
"""Where the map lies on the page, points."""
DOT = 3.2
"""The radius of a point's disc."""

INK, GREY, PALE = "#1F2933", "#5B6770", "#C9D1D8"
HEADING, STRONG = Script(9.5, INK, bold=True), Script(7.8, INK, bold=True)
PLAIN, SMALL, TICK = Script(7, INK), Script(6.6, GREY), Script(5.8, GREY)


def middle_of(box: Box) -> Spot:
    """The middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


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
    """A white page, of 768 x 576 points unless given; `text` has every character written on it."""

    def __init__(self, text: str, size: tuple[float, float] = (WIDTH, HEIGHT)) -> None:
        self.letters = Lettering(drawable(text))
        width, height = size
        # no pyplot: a figure of its own is safe in any thread
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=DPI, facecolor="white")
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, width), ylim=(0, height))
        self._axes.set_axis_off()

    def draw(self, shapes: Shapes, look: Look, inside: Box | None = None) -> None:
        """Draw polygons and lines, one on top of the other; what lies outside `inside` is cut."""
        outline = _outline(shapes)
        if outline is None:
            return
        patch = PathPatch(
            outline,
            facecolor=(look.fill, look.opacity),
            edgecolor=look.edge,
            linewidth=look.width,
            hatch=look.hatch,
            linestyle="--" if look.dashed else "-",
            joinstyle="round",
            zorder=1,
        )
        patch.set_hatch_linewidth(0.7)
        self._axes.add_patch(patch)
        if inside is not None:
            patch.set_clip_box(TransformedBbox(Bbox.from_extents(*inside), self._axes.transData))

    def draw_parts(
        self, parts: Geometries, dimension: int, look: Look, inside: Box | None = MAP
    ) -> None:
        """Draw those parts that have the dimension, on the map unless told; points as discs."""
        same = parts[shapely.get_dimensions(parts) == dimension]
        self.draw(same if dimension else shapely.buffer(same, DOT), look, inside)

    def plate(self, box: Box, look: Look, radius: float = 2.5) -> None:
        """Draw a box with rounded corners."""
        self.draw(shapely.box(*box).buffer(-radius).buffer(radius), look)

    def write(
        self, at: Spot, text: str, script: Script, align: Align = "left", *, upright: bool = False
    ) -> None:
        """Write one line; `at` is the middle of its height, at its left end unless aligned."""
        effects = [withStroke(linewidth=2.2, foreground="white")] if script.halo else []
        if script.bold:  # there is one weight only: thicken it
            effects.append(withStroke(linewidth=script.size / 24, foreground=script.colour))
        self._axes.text(
            *at,
            drawable(text),
            font=self.letters.path,
            fontsize=script.size,
            color=script.colour,
            ha=align,
            va="center_baseline",
            rotation=90 if upright else 0,
            path_effects=effects,
            parse_math=False,  # a dollar sign is a dollar sign
            zorder=1,  # like shapes: what is drawn later lies on top
        )

    def disc(self, centre: Spot, number: int, colour: str) -> None:
        """Write a number in a disc."""
        self.draw(shapely.Point(centre).buffer(6), Look(colour, "white", 0.8))
        self.write(centre, f"{number}", Script(6.8, "white", bold=True), "center")

    def save(self, path: Path) -> None:
        """Write the page as PNG, in 256 colours: a third of the size, and no eye sees it."""
        pixels, size = self._canvas.print_to_buffer()  # type: ignore[no-untyped-call]
        picture = Image.frombuffer("RGBA", size, pixels).convert("RGB")
        few = picture.quantize(256, dither=Image.Dither.NONE)
        few.save(path, format="PNG", dpi=(self._figure.dpi, self._figure.dpi))


def _outline(shapes: Shapes) -> Outline | None:
    """One path of all rings and lines of `shapes`; points have none."""
    parts = shapely.get_parts(shapely.get_parts(shapes))
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
