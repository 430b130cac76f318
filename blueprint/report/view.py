"""From the city's metres to the page's points.

Input: shapes in the city's CRS. Output: what of them can be seen in a frame on the page, in
points; from here on shapes, labels and arrows share one measure.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from blueprint.report.page import Box
from layers import Geometries


@dataclass(frozen=True, slots=True)
class View:
    """The part of the city that fills `frame`: its lower left corner, m, and points per metre."""

    frame: Box
    minx: float
    miny: float
    scale: float

    @classmethod
    def around(cls, site: shapely.Geometry, frame: Box) -> "View":
        """The site with half its size, 60 m at the least, on every side."""
        minx, miny, maxx, maxy = shapely.bounds(site)
        return cls.with_room(site, max(60.0, (maxx - minx) / 2, (maxy - miny) / 2), frame)

    @classmethod
    def with_room(cls, shape: shapely.Geometry, room: float, frame: Box) -> "View":
        """A shape with so many metres on every side at the least."""
        minx, miny, maxx, maxy = shapely.bounds(shape)
        width, height = frame[2] - frame[0], frame[3] - frame[1]
        scale = min(width / (maxx - minx + 2 * room), height / (maxy - miny + 2 * room))
        middle = (minx + maxx) / 2, (miny + maxy) / 2
        return cls(frame, middle[0] - width / scale / 2, middle[1] - height / scale / 2, scale)

    @property
    def bounds(self) -> Box:
        """The part of the city, m."""
        left, bottom, right, top = self.frame
        width, height = (right - left) / self.scale, (top - bottom) / self.scale
        return self.minx, self.miny, self.minx + width, self.miny + height

    def on_page(self, shapes: Geometries) -> Geometries:
        """Single shapes in points, without what lies outside and detail that cannot show."""
        corner, origin = (self.minx, self.miny), self.frame[:2]
        around = shapely.box(*self.frame).buffer(20, join_style="mitre")
        world = shapely.transform(around, lambda at: (at - origin) / self.scale + corner)
        near = shapes[shapely.intersects(shapes, world)]
        try:
            cut = shapely.clip_by_rect(near, *shapely.bounds(world))
        except shapely.errors.GEOSException:
            cut = near
        moved = shapely.transform(cut, lambda at: (at - corner) * self.scale + origin)
        parts = shapely.get_parts(shapely.get_parts(moved))
        return np.asarray(shapely.simplify(parts[~shapely.is_empty(parts)], 0.1), dtype=object)

    def one_on_page(self, shape: shapely.Geometry) -> shapely.GeometryCollection:
        """One shape in points; empty where none of it is near."""
        return shapely.GeometryCollection(list(self.on_page(np.array([shape], dtype=object))))
