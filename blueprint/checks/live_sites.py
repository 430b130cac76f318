"""The live sites, by place: which of them a new site, or a changed feature, comes near.

Input: sites that come, move and go, one by one or many at once. Output: the ids of those that a
geometry touches or comes within a distance of. libspatialindex holds the boxes, as it can be
changed at any time; what is found by its box is then held against the shapes themselves, and
touching counts: an edge or a corner in common is enough to be looked at again.

The sites of today are those of the kept checks: of each geometry the newest one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import sqlalchemy as sa
from rtree.index import Index
from shapely.geometry.base import BaseGeometry

from blueprint.clearance import RESTRICTED, Clearance, covers
from blueprint.models import SiteCheckRow
from conflict.buffers import checked_distances
from layers import Bounds, Geometries

Numbers = npt.NDArray[np.float64]

_READ_AT_ONCE = 200
_DECODER = json.JSONDecoder()
_ROUNDING_M = 1e-6
"""Added to a box that was grown by a distance: its edge is rounded, the shapes then decide."""


class LiveSites:
    """Sites by id, in the city's CRS; safe for threads.

    Filled at once by the sites it is made with, changed by `put` and `remove`.
    """

    def __init__(self, sites: Iterable[tuple[str, BaseGeometry]] = ()) -> None:
        self._lock = Lock()
        self._next = 0
        self._keys: dict[str, int] = {}
        self._sites: dict[int, tuple[str, BaseGeometry]] = {}
        self._index = Index()
        self._load(dict(sites))

    def _load(self, sites: dict[str, BaseGeometry]) -> None:
        self._sites = dict(enumerate(sites.items()))
        self._keys = {name: key for key, name in enumerate(sites)}
        self._next = len(sites)
        boxes = shapely.bounds(np.array(list(sites.values()), dtype=object)).reshape(-1, 4)
        somewhere = np.flatnonzero(~np.isnan(boxes).any(axis=1))
        if len(somewhere):  # packed in one go: an eighth of the time of one by one
            boxes = boxes[somewhere]
            self._index = Index((somewhere, boxes[:, :2].copy(), boxes[:, 2:].copy()))

    def __len__(self) -> int:
        """How many sites there are."""
        return len(self._keys)

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def put(self, name: str, geometry: BaseGeometry) -> None:
        """Add a site, or move the one of that id here."""
        with self._lock:
            self._take_out(name)
            key = self._next
            self._next += 1
            self._keys[name] = key
            self._sites[key] = (name, geometry)
            if not geometry.is_empty:
                self._index.insert(key, geometry.bounds)

    def remove(self, name: str) -> bool:
        """Take a site out; False: there was none of that id."""
        with self._lock:
            return self._take_out(name)

    def _take_out(self, name: str) -> bool:
        key = self._keys.pop(name, None)
        if key is None:
            return False
        _, geometry = self._sites.pop(key)
        if not geometry.is_empty:
            self._index.delete(key, geometry.bounds)
        return True

    def touching(self, where: BaseGeometry | Bounds, distance: float = 0.0) -> list[str]:
        """The sites that a shape or box touches, or comes within a distance of, m; sorted.

        Raises:
            InvalidDistance: the distance is negative or not a finite number.
        """
        shape = where if isinstance(where, BaseGeometry) else shapely.box(*where)
        return sorted(self.touched_by(np.array([shape], dtype=object), distance))

    def touched_by(
        self, shapes: Geometries, distances: Numbers | float = 0.0
    ) -> dict[str, list[int]]:
        """The sites that any of many shapes touches, each with the rows of those shapes.

        Shape (n,), with distances (n,) or one for all, m. Sites are sorted, rows ascending.

        Raises:
            InvalidDistance: a distance is negative or not a finite number.
        """
        far = checked_distances(shapes, distances)
        rows = np.flatnonzero(~(shapely.is_empty(shapes) | shapely.is_missing(shapes)))
        row, names, sites = self._near(shapes, far, rows)
        # prepared copies: they are asked of many sites, and another thread may prepare its own
        probes = np.full(len(shapes), None, dtype=object)
        probes[rows] = shapely.force_2d(shapes[rows])
        shapely.prepare(probes)
        met = shapely.dwithin(probes[row], sites, far[row])  # type: ignore[call-overload]  # each its own
        found: dict[str, list[int]] = {}
        for k in np.flatnonzero(met).tolist():
            found.setdefault(names[k], []).append(int(row[k]))
        return {name: sorted(found[name]) for name in sorted(found)}

    def _near(
        self, shapes: Geometries, far: Numbers, rows: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], list[str], Geometries]:
        """By boxes alone: row, name and shape of each site that may be touched."""
        boxes = shapely.bounds(shapes[rows]).reshape(-1, 4)
        reach = np.where(far[rows] > 0, far[rows] + _ROUNDING_M, 0.0)[:, None]
        with self._lock:
            if len(rows) == 0 or not self._sites:
                keys, counts = np.empty(0, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
            else:
                low, high = boxes[:, :2] - reach, boxes[:, 2:] + reach
                keys, counts = self._index.intersection_v(low, high)  # type: ignore[no-untyped-call]
            hits = [self._sites[key] for key in keys.tolist()]
        sites = np.full(len(hits), None, dtype=object)
        sites[:] = [geometry for _, geometry in hits]
        return np.repeat(rows, counts.astype(np.int64)), [name for name, _ in hits], sites


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """A kept check, as far as a live site needs it; `site` is the name that it was given."""

    check_id: str
    site: str
    checked_at: datetime
    application_date: date
    snapshot_id: str
    clearance: Clearance
    geometry: BaseGeometry


def newest_checks(connection: sa.Connection, clearance: Clearance = RESTRICTED) -> list[LiveCheck]:
    """The newest check of every site that was checked, the latest last.

    A site is known by the hash of its geometry. Checks that were made for more than `clearance` are
    as if they were not there.
    """
    newest: dict[str, LiveCheck] = {}
    for digest, check in _checks(connection, clearance):
        newest.pop(digest, None)
        newest[digest] = check
    return list(newest.values())


def live_sites(connection: sa.Connection, clearance: Clearance = RESTRICTED) -> LiveSites:
    """The sites of today by the ids of their newest checks: what a service starts with."""
    return sites_of(newest_checks(connection, clearance))


def sites_of(checks: Sequence[LiveCheck]) -> LiveSites:
    """The sites of checks, by the checks' ids."""
    return LiveSites((check.check_id, check.geometry) for check in checks)


def _checks(connection: sa.Connection, clearance: Clearance) -> Iterator[tuple[str, LiveCheck]]:
    """Every check with the hash of its site's geometry, in the order in which they were made."""
    row = SiteCheckRow
    kinds = connection.scalars(sa.select(row.clearance).distinct())
    seen = [kind for kind in kinds if covers(clearance, Clearance(kind))]
    query = sa.select(row.id, row.checked_at, row.snapshot_id, row.clearance, row.document).where(
        row.clearance.in_(seen)
    )
    query = query.order_by(row.checked_at, row.id).execution_options(yield_per=_READ_AT_ONCE)
    for id_, moment, snapshot_id, made_for, document in connection.execute(query):
        site = _member(document, "site")
        yield (
            site["geometry_hash"],
            LiveCheck(
                check_id=id_,
                site=site["name"],
                checked_at=moment,
                application_date=date.fromisoformat(_member(document, "application_date")),
                snapshot_id=snapshot_id,
                clearance=Clearance(made_for),
                geometry=shapely.from_geojson(json.dumps(site["geometry"])),
            ),
        )


def _member(document: str, key: str) -> Any:
    """One member of a kept check, read without the rest, which is fifty times as long.

    The first such key is the one: no finding has it, and within a text its quotes are escaped.
    """
    name = f'"{key}":'
    at = document.index(name) + len(name)
    while document[at].isspace():
        at += 1
    value, _ = _DECODER.raw_decode(document, at)
    return value
