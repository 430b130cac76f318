"""Where the conflicts of a kept search lie: their boxes, and the districts that they are in.

Input: a kept search as its reader may see it. Output: `ConflictPlaces`, made of all shapes once and
kept in memory, by the search and the rules that the reader sees of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
import sqlalchemy as sa

from blueprint.conflicts.kept_runs import KeptRun
from blueprint.conflicts.totals import DistrictMap, district_map
from blueprint.service import Service
from layers import Bounds, Geometries
from layers.crs import to_lonlat


@dataclass(frozen=True, slots=True)
class Place:
    """A box of degrees, longitude first, and districts, that of the largest part first."""

    bbox: Bounds | None
    districts: tuple[str, ...]


NOWHERE = Place(None, ())
"""Of what is not found any more."""


@dataclass(frozen=True)
class ConflictPlaces:
    """Ids, their boxes in degrees, shape (n, 4), and the districts of each, equally long."""

    ids: tuple[str, ...]
    boxes: np.ndarray
    districts: tuple[tuple[str, ...], ...]

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        return 200 * len(self.ids)

    @cached_property
    def row(self) -> dict[str, int]:
        """The row of each id."""
        return {name: row for row, name in enumerate(self.ids)}

    def of(self, ids: Sequence[str]) -> dict[str, Place]:
        """The places of some; what is not found any more has none."""
        found = {}
        for name in ids:
            row = self.row.get(name)
            if row is not None:
                west, south, east, north = self.boxes[row].tolist()
                found[name] = Place((west, south, east, north), self.districts[row])
        return found

    def districts_of(self, conflict_id: str) -> tuple[str, ...]:
        """The districts of one; none where there is no map of districts."""
        row = self.row.get(conflict_id)
        return () if row is None else self.districts[row]

    def within(self, box: Bounds) -> set[str]:
        """The ids of those whose boxes meet a box of degrees."""
        west, south, east, north = box
        boxes = self.boxes
        meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
        meets &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        return {self.ids[row] for row in np.flatnonzero(meets).tolist()}


def conflict_places(service: Service, connection: sa.Connection, run: KeptRun) -> ConflictPlaces:
    """The places of a kept search's conflicts."""
    shown = tuple(line.rule for line in run.head.rules if not line.withheld)

    def made() -> ConflictPlaces:
        shapes = run.shapes(connection)
        ids = tuple(one.id for one in run.conflicts)
        districts = district_map(service, connection, run)
        places: tuple[tuple[str, ...], ...] = ((),) * len(ids)
        if isinstance(districts, DistrictMap) and ids:
            places = tuple(districts.of(shapes))
        return ConflictPlaces(ids, _boxes(shapes, run.head.crs), places)

    key = ("conflict places", run.head.run_id, run.head.clearance, shown)
    found: ConflictPlaces = service.sources.get(key, made)
    return found


def _boxes(shapes: Geometries, crs: str) -> np.ndarray:
    """The boxes in degrees of shapes in a plane, shape (n, 4)."""
    frames = shapely.box(*shapely.bounds(shapes).T) if len(shapes) else shapes
    return np.asarray(shapely.bounds(to_lonlat(np.asarray(frames, dtype=object), crs)))
