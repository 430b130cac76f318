"""Where the issues of a delivery lie, as a drawing within the page: no map, no outside address."""

from html import escape

from blueprint.deliveries.report import Sketch
from blueprint.deliveries.words import kind_name
from blueprint.values import Bilingual

_COLOURS = {"overlap": "#b3261e", "gap": "#c77700"}
_OTHER = "#3257a8"


def sketch(found: Sketch | None) -> str:
    """The frame of the delivery with a dot an issue; north is up."""
    if found is None or not found.places:
        return ""
    xs = [found.bounds[0], found.bounds[2], *(place.x for place in found.places)]
    ys = [found.bounds[1], found.bounds[3], *(place.y for place in found.places)]
    left, top = min(xs), max(ys)
    size = max(max(xs) - left, top - min(ys), 1.0)
    scale = 760 / size
    width, height = (max(xs) - left) * scale, (top - min(ys)) * scale

    def at(x: float, y: float) -> tuple[float, float]:
        return 20 + (x - left) * scale, 20 + (top - y) * scale

    x, y = at(found.bounds[0], found.bounds[3])
    x2, y2 = at(found.bounds[2], found.bounds[1])
    frame = (
        f"<rect x='{x:.1f}' y='{y:.1f}' width='{x2 - x:.1f}' height='{y2 - y:.1f}' fill='#fff' "
        "stroke='#8a97a1' stroke-dasharray='5 4'/>"
    )
    dots = "".join(
        f"<circle cx='{at(p.x, p.y)[0]:.1f}' cy='{at(p.x, p.y)[1]:.1f}' r='5' "
        f"fill='{_COLOURS.get(p.kind, _OTHER)}' fill-opacity='.75'>"
        f"<title>{escape(kind_name(p.kind).zh)} {p.x:.1f}, {p.y:.1f}</title></circle>"
        for p in found.places
    )
    kinds = sorted({place.kind for place in found.places})
    legend = " ".join(
        f"<span style='color:{_COLOURS.get(kind, _OTHER)}'>●</span> {bilingual(kind_name(kind))}"
        for kind in kinds
    )
    box = f"0 0 {width + 40:.1f} {height + 40:.1f}"
    return (
        f"<svg viewBox='{box}' role='img' aria-label='sketch'>{frame}{dots}</svg>"
        f"<div>{legend} <span class='en'>虚线为本次交付范围 "
        "dashed: frame of the delivery</span></div>"
    )


def bilingual(text: Bilingual) -> str:
    """A text in both languages as HTML, whatever it holds."""
    english = "" if text.zh == text.en else escape(text.en)  # said once
    return f"{escape(text.zh)} <span class='en'>{english}</span>"
