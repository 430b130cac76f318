"""Which layers are control lines (控制线), in the order in which reports speak of them.

Input: the catalogue. Output: `ControlLine`s: the three lines of the territorial plan (三条控制线),
the four lines of the city (城市四线), and others, which the catalogue gives an issued size. Lines
are known by the codes that the planning databases' standards have for them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from blueprint.catalogue import Catalogue, CatalogueLayer
from blueprint.values import Bilingual

Group = Literal["three", "city", "other", "topic"]
"""`topic`: no control line, but what a special plan or a department's data say (专项)."""

GROUPS: dict[Group, Bilingual] = {
    "three": Bilingual(zh="三条控制线", en="Three lines"),
    "city": Bilingual(zh="城市四线", en="City lines"),
    "other": Bilingual(zh="其他控制线", en="Other lines"),
    "topic": Bilingual(zh="专项与其他", en="Special plans"),
}

Kind = Literal["farmland", "redline", "boundary", "purple", "green", "blue", "yellow", "other"]
_THREE: dict[str, Kind] = {
    "YJJBNTBHTB": "farmland",
    "YJJBNTTB": "farmland",
    "YJJBNT": "farmland",
    "STBHHX": "redline",
    "CZKFBJ": "boundary",
    "CSKFBJ": "boundary",
}
_CITY: dict[str, Kind] = {
    "ZXCQCSZX": "purple",
    "ZXCQCSLVX": "green",
    "ZXCQCSLX": "blue",
    "ZXCQCSHX": "yellow",
}
_ORDER: tuple[Kind, ...] = (
    *("farmland", "redline", "boundary"),
    *("purple", "green", "blue", "yellow", "other"),
)


@dataclass(frozen=True, slots=True)
class ControlLine:
    """A layer that is a control line."""

    layer: str
    name: Bilingual
    group: Group
    kind: Kind


def control_lines(catalogue: Catalogue, hidden: Collection[str]) -> list[ControlLine]:
    """Every control line that is not hidden: the three, the city's four, then others."""
    found = [one for one in _found(catalogue) if one.layer not in hidden]
    return sorted(found, key=lambda one: _ORDER.index(one.kind))


def _found(catalogue: Catalogue) -> Iterator[ControlLine]:
    for layer in catalogue.layers():
        group, kind = _sort(layer)
        if group != "topic":
            name = Bilingual(zh=layer.name.zh, en=layer.name.en)
            yield ControlLine(layer.id, name, group, kind)


def _sort(layer: CatalogueLayer) -> tuple[Group, Kind]:
    code = layer.code or ""
    if code in _THREE:
        return "three", _THREE[code]
    if code in _CITY:
        return "city", _CITY[code]
    return ("other" if layer.control_total is not None else "topic"), "other"
