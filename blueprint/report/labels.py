"""Room on a map: every number and every name at the first spot where it meets no other.

Input: signs in points and the boxes that are taken. Output: labels, drawn. `place_labels` takes
them in order of importance and gives each its first spot inside the frame that touches nothing
placed before it; an R-tree of taken boxes, growing as labels are placed, answers that in
logarithmic time.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from rtree.index import Index
from shapely import affinity

from blueprint.report.document import Tongue
from blueprint.report.lettering import Script
from blueprint.report.page import MAP, PLAIN, STRONG, Box, Look, Spot, middle_of
from blueprint.report.signs import LayerSign, OverlapSign, alike
from blueprint.report.surface import Surface
from blueprint.words import COLOURS, NO_DATA, hectares, metres
from layers import Geometries

_ALONG = np.array([0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9])
_BUBBLE = 12.5
_ZH = Tongue("zh")
_NO_DATA = f"{NO_DATA.zh} {NO_DATA.en}"
_MOST_TAGS, _MOST_NAMES = 12, 14
"""More than so many would hide the map; all findings stand beside it."""


@dataclass(frozen=True, slots=True)
class Label:
    """The size of a label and the centres it may have, the best first."""

    width: float
    height: float
    spots: Sequence[Spot]

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
        found = next(free, None)
        if found is not None:
            occupied.insert(-1, found)
        placed.append(found)
    return placed


def _within(box: Box, frame: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]


def spots_around(at: Spot, distances: Sequence[float], start: float = 0.0) -> Iterator[Spot]:
    """Spots on rings around a place, nearest ring first, each from the direction `start` (rad)."""
    for distance in distances:
        for turn in (0, 1, -1, 2, -2, 3, -3, 4):
            angle = start + turn * math.pi / 4
            yield at[0] + distance * math.cos(angle), at[1] + distance * math.sin(angle)


def spots_on(parts: Geometries, label_width: float, label_height: float) -> Sequence[Spot]:
    """Where a label may name shapes: deep inside polygons, along lines, beside points.

    Only the largest shapes are tried; all lengths in points.
    """
    dimensions = shapely.get_dimensions(parts)
    top = dimensions.max(initial=-1)
    shapes = parts[dimensions == top]
    if top == 2:
        largest = shapes[np.argsort(-shapely.area(shapes), kind="stable")][:3]
        return tuple(spot for shape in largest for spot in _deep_inside(shape))
    if top == 1:
        line = shapes[np.argmax(shapely.length(shapes))]
        along = shapely.line_interpolate_point(line, _ALONG, normalized=True)
        return tuple((float(at.x), float(at.y)) for at in along)
    aside, above = label_width / 2 + 6, label_height / 2 + 5
    return tuple(
        (float(at.x) + dx, float(at.y) + dy)
        for at in shapes[:6]
        for dx, dy in ((aside, 0), (-aside, 0), (0, above), (0, -above))
    )


def _deep_inside(shape: shapely.Geometry) -> Iterator[Spot]:
    """Places of a grid over a polygon, those farthest from its edge first."""
    minx, miny, maxx, maxy = shapely.bounds(shape)
    xs, ys = np.meshgrid(np.linspace(minx, maxx, 15)[1:-1], np.linspace(miny, maxy, 15)[1:-1])
    inside = shapely.contains_xy(shape, xs, ys)
    spots = np.stack([xs[inside], ys[inside]], axis=1)
    depth = shapely.distance(shapely.boundary(shape), shapely.points(spots))
    for x, y in spots[np.argsort(-depth, kind="stable")]:
        yield float(x), float(y)


def along_edges(shape: shapely.Geometry) -> Iterator[Box]:
    """Small boxes on a shape's edge, for labels to keep off."""
    edges = shapely.segmentize(shapely.simplify(shape, 1), 6)
    for x, y in shapely.get_coordinates(edges):
        yield x - 2.5, y - 2.5, x + 2.5, y + 2.5


@dataclass(frozen=True, slots=True)
class _Tag:
    """The numbers of overlaps of one shape, with words where it is too small to see."""

    overlaps: Sequence[OverlapSign]
    words: str
    anchor: Spot
    label: Label


def tag_overlaps(
    page: Surface,
    overlaps: Sequence[OverlapSign],
    site: shapely.Geometry,
    taken: Sequence[Box],
    *,
    frame: Box = MAP,
    say: Tongue = _ZH,
) -> list[Box]:
    """Number the overlaps; an arrow and words say how wide what is too small to see.

    Overlaps of one shape share one tag. Of many tags the gravest are drawn.
    """
    groups = alike(overlaps)[:_MOST_TAGS]
    tags = [_tag(page, group, shapely.centroid(site), say) for group in groups]
    boxes = place_labels([tag.label for tag in tags], frame, taken)
    placed = [(tag, box) for tag, box in zip(tags, boxes, strict=True) if box is not None]
    for tag, box in placed:
        _point_from(page, tag, box)
    for tag, box in placed:
        _draw_tag(page, tag, box)
    return [box for _, box in placed]


def _tag(page: Surface, group: Sequence[OverlapSign], middle: shapely.Point, say: Tongue) -> _Tag:
    """On an area that can be seen, else beside the overlap, best on the side away from `middle`."""
    overlap = group[0]
    part = _largest_part(overlap.shape)
    on_it = shapely.point_on_surface(part)
    anchor, words = (float(on_it.x), float(on_it.y)), _too_small_to_see(overlap, say)
    if any(_too_small_to_see(other, say) != words for other in group):
        words = ""  # the list says how large each is
    outward = math.atan2(anchor[1] - middle.y, anchor[0] - middle.x)
    width = len(group) * _BUBBLE + (page.letters.width(words, STRONG.size) + 11 if words else 0)
    distances = (44, 60, 80, 105) if words else (22, 30, 40, 52)
    aside = (width - _BUBBLE) / 2 * (not words)
    spots = list(spots_around(anchor, [distance + aside for distance in distances], outward))
    if shapely.get_dimensions(overlap.shape) == 2 and not overlap.is_thin:
        spots = [anchor, *_deep_inside(part), *spots]
    return _Tag(group, words, anchor, Label(width, _BUBBLE, spots))


def _largest_part(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    largest: shapely.Geometry = parts[np.lexsort([shapely.length(parts), shapely.area(parts)])[-1]]
    return largest


def _too_small_to_see(overlap: OverlapSign, say: Tongue) -> str:
    """The width, or the area, of what is too thin; else nothing."""
    finding = overlap.finding
    if not overlap.is_thin:
        return ""
    if finding.width_m is not None and shapely.length(overlap.shape) > 60:
        width = metres(finding.width_m)
        return say(f"宽约 {width}", f"{width} wide")
    if finding.area is None:
        return ""
    size = hectares(finding.area)
    return say(size, size.replace("公顷", "ha"))


def _point_from(page: Surface, tag: _Tag, box: Box) -> None:
    """An arrow from a row of numbers that does not stand on its shape."""
    gravest, middle = tag.overlaps[0], middle_of(box)
    if gravest.is_thin or not shapely.intersects_xy(gravest.shape, *middle):
        _draw_arrow(page, gravest.colour, middle, tag.anchor)


def _draw_tag(page: Surface, tag: _Tag, box: Box) -> None:
    """The numbers in a row, on a plate with the words if there are any."""
    gravest, y = tag.overlaps[0], middle_of(box)[1]
    x = box[0] + _BUBBLE / 2 + bool(tag.words)
    if tag.words:
        page.plate(box, Look("white", gravest.colour, 1.1))
        words_at = box[0] + len(tag.overlaps) * _BUBBLE + 5
        page.write((words_at, y), tag.words, Script(STRONG.size, gravest.colour, bold=True))
    for place, overlap in enumerate(tag.overlaps):
        page.disc((x + place * _BUBBLE, y), overlap.number, overlap.colour)


def _draw_arrow(page: Surface, colour: str, start: Spot, end: Spot) -> None:
    tip = shapely.line_interpolate_point(shapely.LineString([start, end]), -3.5)
    shaft = shapely.LineString([start, (tip.x, tip.y)])
    page.draw(shaft, Look("none", "white", 2.6))
    page.draw(shaft, Look("none", colour, 1.1))
    head = shapely.Polygon([(0, 0), (-7, 2.6), (-7, -2.6)])
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    turned = affinity.rotate(head, angle, origin=(0, 0), use_radians=True)
    page.draw(affinity.translate(turned, tip.x, tip.y), Look(colour, "white", 0.5))


def name_layers(
    page: Surface,
    layers: Sequence[LayerSign],
    site: shapely.Geometry,
    taken: Sequence[Box],
    around: Box = MAP,
) -> None:
    """Name what lies around the site, the site's inside coming last.

    Layers that lie everywhere have no place to be named at; of many, those of the gravest
    findings come first.
    """
    frame = (around[0] + 3, around[1] + 3, around[2] - 3, around[3] - 3)
    gravest = sorted(layers, key=lambda layer: layer.rank)
    named = [layer for layer in gravest if not layer.everywhere][:_MOST_NAMES]
    labels = []
    for layer in named:
        width, height = page.letters.width(layer.name, PLAIN.size) + 3, 9.5
        parts = shapely.clip_by_rect(layer.parts, *frame)
        spots = spots_on(parts[~shapely.is_empty(parts)], width, height)
        outside_first = sorted(spots, key=lambda at: bool(shapely.contains_xy(site, *at)))
        labels.append(Label(width, height, outside_first))
    for layer, box in zip(named, place_labels(labels, frame, taken), strict=True):
        if box is not None:
            script = Script(PLAIN.size, layer.dark, halo=True)
            page.write(middle_of(box), layer.name, script, "center")


def label_uncovered(
    page: Surface,
    uncovered: shapely.Geometry,
    taken: Sequence[Box],
    *,
    frame: Box = MAP,
    words: str = _NO_DATA,
) -> Sequence[Box]:
    """Say on the part of the site without data that there are none; the box that this takes."""
    if shapely.is_empty(uncovered):
        return []
    part = _largest_part(uncovered)
    middle = shapely.point_on_surface(part)
    at = float(middle.x), float(middle.y)
    spots = [*_deep_inside(part), *spots_around(at, (20, 30, 44, 60, 80))]
    label = Label(page.letters.width(words, STRONG.size) + 9, _BUBBLE, spots)
    boxes = [box for box in place_labels([label], frame, taken) if box is not None]
    for box in boxes:
        page.plate(box, Look("white", COLOURS["no_data"], 1.1))
        script = Script(STRONG.size, COLOURS["no_data"], bold=True)
        page.write(middle_of(box), words, script, "center")
    return boxes
