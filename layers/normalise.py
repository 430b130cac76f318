"""Make what a file says fit for the store: one CRS, 2D, valid, on a grid, without twins.

Input: `Source` (rows in the file's own CRS) and `Target` (what the catalogue expects).
Output: `Normalised`: the feature table that the store takes, the rows it must not take, and one
`Issue` for everything that was repaired, set aside or noticed. No row disappears without an issue.

Algorithm, over whole columns:
    1. rows without a geometry, with one that cannot be read, or with coordinates that are not
       finite are quarantined; rings that were left open are closed;
    2. transform to the city's CRS, drop Z and M, close closed lines where polygons are wanted;
    3. invalid polygons are made valid; parts of another dimension are dropped;
    4. coordinates are rounded to the grid of 0.1 mm; what that breaks is made valid once more;
    5. multi-part type, normal ring order: equal shapes become equal bytes;
    6. attributes become one JSON text; required fields are looked at; ids are settled;
    7. exact twins (equal id, geometry and attributes) are quarantined, the first one kept.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from layers.attributes import attribute_texts
from layers.crs import label, parse_crs, to_crs
from layers.errors import MissingCrs, NothingToKeep, WrongPlace
from layers.identify import feature_ids, remarks_on, twins
from layers.shapes import (
    Mask,
    all_finite,
    close_lines,
    from_wkb,
    has_other_dimension,
    keep_dimension,
    to_multi,
)
from layers.source import GEOMETRY, Source
from layers.table import Bounds, Geometries, content_hashes, feature_table

GRID_M = 1e-4
"""The store's coordinate grid, metres."""

GeometryKind = Literal["polygon", "line", "point"]
_DIMENSION: dict[GeometryKind, int] = {"point": 0, "line": 1, "polygon": 2}


@dataclass(frozen=True, slots=True)
class Target:
    """What a layer must look like in the store; `bounds` is the city's frame in `crs`."""

    crs: str
    geometry: GeometryKind
    bounds: Bounds
    id_field: str | None = None
    required_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about one delivered row; `row` counts from 1 as the file does."""

    row: int
    kind: str
    action: Literal["repaired", "quarantined", "flagged"]
    detail: str
    feature_id: str | None = None
    area_moved_m2: float = 0.0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row kept as delivered, out of every answer; `bounds` in the city's CRS where known."""

    row: int
    reason: str
    wkb: bytes | None
    bounds: Bounds | None
    attributes: str


@dataclass(frozen=True, slots=True)
class Normalised:
    """The outcome of `normalise`."""

    features: pa.Table
    quarantined: tuple[Quarantined, ...]
    issues: tuple[Issue, ...]
    read: int
    crs: str


def normalise(source: Source, target: Target) -> Normalised:
    """Bring one delivered layer into the store's form.

    Raises:
        MissingCrs: the file names no CRS and none was given.
        UnsuitableCrs: the CRS needs transformation parameters.
        WrongPlace: not one feature lies in the city.
        NothingToKeep: every row had to be quarantined.
    """
    if source.crs is None:
        message = f"{source.name}: says no CRS; name it with --crs, for example --crs {target.crs}"
        raise MissingCrs(message)
    work = _Work(source, target)
    work.quarantine_unusable()
    work.to_city_crs()
    work.to_dimension()
    work.to_grid()
    work.check_place()
    return work.finish()


class _Work:
    """The columns of one delivery on their way through `normalise`."""

    def __init__(self, source: Source, target: Target) -> None:
        self.source, self.target = source, target
        self.delivered: list[bytes | None] = source.rows.column(GEOMETRY).to_pylist()
        self.shapes, self.closed = from_wkb(self.delivered)
        self.attributes = attribute_texts(source.rows.drop_columns([GEOMETRY]))
        self.live: Mask = np.ones(len(self.shapes), dtype=bool)
        self.issues: list[Issue] = []
        self.reasons: dict[int, str] = {}

    def set_aside(self, rows: Mask, reason: str, detail: str) -> None:
        for row in np.flatnonzero(rows & self.live):
            self.reasons[int(row)] = reason
            self.issues.append(Issue(int(row) + 1, reason, "quarantined", detail))
        self.live &= ~rows
        self.shapes = self.shapes.copy()
        self.shapes[~self.live] = None

    def repaired(self, row: int, detail: str, area_moved_m2: float = 0.0) -> None:
        kind = "invalid_geometry"
        self.issues.append(Issue(row + 1, kind, "repaired", detail, None, area_moved_m2))

    def quarantine_unusable(self) -> None:
        missing = shapely.is_missing(self.shapes)
        unread = missing & np.array([wkb is not None for wkb in self.delivered], dtype=bool)
        self.set_aside(unread, "unreadable_geometry", "no geometry of a kind that is known here")
        empty = missing | shapely.is_empty(self.shapes)
        self.set_aside(empty, "no_geometry", "the row has no geometry")
        self.shapes = np.asarray(shapely.force_2d(self.shapes), dtype=object)
        self.set_aside(
            ~all_finite(self.shapes), "not_finite", "a coordinate is not a finite number"
        )
        for row in np.flatnonzero(self.closed & self.live):
            self.repaired(int(row), "a ring was not closed")

    def to_city_crs(self) -> None:
        assert self.source.crs is not None
        moved = to_crs(self.shapes[self.live], self.source.crs, self.target.crs)
        self._put(self.live, moved)
        detail = f"a coordinate has no image in {self.target.crs}"
        self.set_aside(~all_finite(self.shapes), "not_transformable", detail)
        self.boxes = shapely.bounds(self.shapes)

    def to_dimension(self) -> None:
        wanted = _DIMENSION[self.target.geometry]
        if wanted == 2:
            self.shapes = close_lines(self.shapes)
        invalid = self.live & ~shapely.is_valid(self.shapes)
        if invalid.any():
            before = self.shapes[invalid]
            reasons = shapely.is_valid_reason(before)
            after = shapely.make_valid(before, method="structure", keep_collapsed=False)
            self._put(invalid, after)
            flat = invalid & shapely.is_empty(self.shapes)
            self.set_aside(flat, "collapsed", "all its points coincide or are in line")
            moved = np.abs(shapely.area(after) - shapely.area(before))
            for row, reason, area in zip(np.flatnonzero(invalid), reasons, moved, strict=True):
                if self.live[row]:
                    self.repaired(int(row), reason, float(area))
        mixed = self.live & has_other_dimension(self.shapes, wanted)
        self.shapes = keep_dimension(self.shapes, wanted)
        lost = self.live & shapely.is_empty(self.shapes)
        self.set_aside(lost, "wrong_dimension", f"nothing of it is a {self.target.geometry}")
        # the rest is quarantined beside what is kept: the layer is not clear where it lies
        for at in np.flatnonzero(mixed & self.live):
            self.reasons[int(at)] = "parts_dropped"
            detail = f"a collection: only its {self.target.geometry}s are kept"
            self.issues.append(Issue(int(at) + 1, "parts_dropped", "quarantined", detail))

    def to_grid(self) -> None:
        snapped = np.asarray(
            shapely.set_precision(self.shapes, GRID_M, mode="pointwise"), dtype=object
        )
        broken = self.live & ~shapely.is_valid(snapped)
        if broken.any():
            fixed = shapely.set_precision(self.shapes[broken], GRID_M, mode="valid_output")
            snapped[broken] = fixed
        # the grid is the store's, not the geometry's: later overlays are in floating point
        snapped = np.asarray(shapely.set_precision(snapped, 0, mode="pointwise"), dtype=object)
        # a corner drawn twice would make other bytes of an equal shape
        snapped = np.asarray(shapely.remove_repeated_points(snapped), dtype=object)
        self.shapes = keep_dimension(snapped, _DIMENSION[self.target.geometry])
        lost = self.live & shapely.is_empty(self.shapes)
        self.set_aside(lost, "collapsed", f"smaller than the grid of {GRID_M * 1000:g} mm")

    def check_place(self) -> None:
        boxes = self.boxes
        minx, miny, maxx, maxy = self.target.bounds
        with np.errstate(invalid="ignore"):
            inside = (boxes[:, 0] <= maxx) & (boxes[:, 2] >= minx)
            inside &= (boxes[:, 1] <= maxy) & (boxes[:, 3] >= miny)
        outside = self.live & ~inside
        if self.live.any() and not inside[self.live].any():
            raise WrongPlace(self._wrong_place(boxes[self.live][0]))
        if not self.live.any() and "not_transformable" in self.reasons.values():
            raise WrongPlace(self._wrong_place(None))
        for row in np.flatnonzero(outside):
            x, y = boxes[row][:2]
            detail = f"lies outside the city's frame, at {x:.0f}, {y:.0f}"
            self.issues.append(Issue(int(row) + 1, "out_of_city", "flagged", detail))

    def _wrong_place(self, box: npt.NDArray[np.float64] | None) -> str:
        said = label(parse_crs(self.source.crs or ""))
        where = "nowhere" if box is None else f"at {box[0]:.0f}, {box[1]:.0f}"
        return (
            f"{self.source.name}: none of its features lies in the city when read as {said} (the "
            f"first would lie {where} in {self.target.crs}); "
            "name the right CRS with --crs, or swap its axes"
        )

    def finish(self) -> Normalised:
        if not self.live.any():
            reasons = ", ".join(f"{n} {kind}" for kind, n in Counter(self.reasons.values()).items())
            message = (
                f"{self.source.name}: none of its {len(self.shapes)} features could be kept "
                f"({reasons}; the layer takes {self.target.geometry}s); mend them and deliver again"
            )
            raise NothingToKeep(message)
        rows = np.flatnonzero(self.live)
        shapes = np.asarray(shapely.normalize(to_multi(self.shapes[rows])), dtype=object)
        texts = [self.attributes[row] for row in rows]
        hashes = content_hashes(shapes, texts)
        ids, remarks = feature_ids(self.target.id_field, texts, hashes)
        later = twins(ids, hashes)
        for at, first in later.items():
            self.reasons[int(rows[at])] = "duplicate"
            detail = f"an exact twin of row {rows[first] + 1}"
            self.issues.append(Issue(int(rows[at]) + 1, "duplicate", "quarantined", detail))
        keep = [at for at in range(len(rows)) if at not in later]
        kept_texts = [texts[at] for at in keep]
        for at, kind, detail in remarks_on(shapes[keep], kept_texts, self.target.required_fields):
            remarks.append((keep[at], kind, detail))
        for at, kind, detail in remarks:
            self.issues.append(Issue(int(rows[at]) + 1, kind, "flagged", detail, ids[at]))
        table = feature_table(
            [ids[at] for at in keep],
            shapes[keep],
            [hashes[at] for at in keep],
            kept_texts,
            self.target.crs,
        )
        issues = tuple(sorted(self.issues, key=lambda issue: (issue.row, issue.kind)))
        said = label(parse_crs(self.source.crs or ""))
        return Normalised(table, self._quarantined(), issues, len(self.shapes), said)

    def _quarantined(self) -> tuple[Quarantined, ...]:
        kept = []
        for row, reason in sorted(self.reasons.items()):
            minx, miny, maxx, maxy = (float(edge) for edge in self.boxes[row])
            bounds = (minx, miny, maxx, maxy) if np.isfinite(minx) else None
            kept.append(
                Quarantined(row + 1, reason, self.delivered[row], bounds, self.attributes[row])
            )
        return tuple(kept)

    def _put(self, where: Mask, shapes: Geometries) -> None:
        self.shapes = self.shapes.copy()
        self.shapes[where] = shapes
