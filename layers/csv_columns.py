"""Which columns of a CSV say where a row is: by their names, never by their values.

Input: the header's names. Output: `Place`. A latitude under the name of a longitude is not put
right here: where the rows lie then contradicts the CRS, and that is for the deliverer to answer.
"""

import re
from dataclasses import dataclass

_WKT = {
    "wkt", "geom", "geometry", "the_geom", "wkb", "wkb_geometry", "shape", "ewkt", "geomwkt",
    "geometrywkt", "几何", "图形", "空间数据", "坐标串", "几何信息", "空间信息",
}  # fmt: skip
_EAST_AND_NORTH = (
    ("longitude", "latitude"), ("long", "lat"), ("lon", "lat"), ("lng", "lat"),
    ("经度", "纬度"), ("东经", "北纬"), ("中心经度", "中心纬度"), ("经度坐标", "纬度坐标"),
    ("easting", "northing"), ("east", "north"), ("东坐标", "北坐标"), ("横坐标", "纵坐标"),
    ("东", "北"), ("pointx", "pointy"), ("xcoord", "ycoord"), ("coordx", "coordy"),
    ("x坐标", "y坐标"), ("坐标x", "坐标y"), ("x", "y"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where the geometry is: the index of a WKT column, or those of easting and northing."""

    wkt: int | None = None
    xy: tuple[int, int] | None = None


def place_of(header: list[str]) -> Place | None:
    """The columns that hold the geometry; None where no name or more than one column tells."""
    names = [_bare(name) for name in header]
    wkt = [at for at, name in enumerate(names) if name in _WKT]
    if wkt:
        sure = [at for at in wkt if names[at] == "wkt"] or wkt
        return Place(wkt=sure[0]) if len(sure) == 1 else None
    for east, north in _EAST_AND_NORTH:
        xs = [at for at, name in enumerate(names) if name == east]
        ys = [at for at, name in enumerate(names) if name == north]
        if len(xs) == len(ys) == 1:
            return Place(xy=(xs[0], ys[0]))
    return None


def _bare(name: str) -> str:
    """A column's name without case, spaces, marks and what stands in brackets: 经度(°) is 经度."""
    name = re.sub(r"[(（\[【].*?[)）\]】]", "", name.strip().lower())
    kept = re.sub(r"[\s_\-.:：]", "", name)
    return {"thegeom": "the_geom", "wkbgeometry": "wkb_geometry"}.get(kept, kept)
