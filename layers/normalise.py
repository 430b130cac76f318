"""Make what a file says fit for the store: one CRS, sound, on a grid, standard fields, no twins.

Input: `Source` (rows in the file's own CRS) and `Target` (what the catalogue expects).
Output: `Normalised`: the feature table that the store takes, the rows it must not take, and one
`Issue` for everything that was repaired, set aside or noticed. No row disappears without an issue.

Algorithm, batch by batch, so that a delivery may be larger than the memory:
    1. attributes become standard fields (`mapping`), and one JSON text a row;
    2. shapes are placed, made sound and put on the grid (`repair`);
    3. both are hashed, and the features wait on disk (`spool`);
and when all are there:
    4. the delivery is refused where it lies elsewhere, or where nothing of it could be kept;
    5. ids are settled; exact twins (equal id, geometry, attributes) are quarantined but the first.
"""

import os
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from layers.attributes import attribute_texts, id_texts, with_nul
from layers.errors import MissingCrs, NothingToKeep, WrongPlace
from layers.fitting import Place, contradiction, fit_advice, misplaced_message
from layers.georeference import Locator, System, locator
from layers.identify import drawn_twice, feature_ids, twins
from layers.issues import GeometryKind, Issue, Quarantined
from layers.mapping import Field, map_fields
from layers.repair import GRID_M, Batch, Destination, quarantined, repair
from layers.source import GEOMETRY, Source
from layers.spool import Spool, let_go_of_pages
from layers.table import FEATURE_ID, Bounds, feature_schema, hashed

__all__ = ["GRID_M", "GeometryKind", "Issue", "Normalised", "Quarantined", "Target", "normalise"]

_BATCH = 20_000
_THREADS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Target:
    """What a layer must look like in the store; `bounds` is the city's frame in `crs`.

    `systems` are those that the city declares: a refusal proposes one where it would fit.
    """

    crs: str
    geometry: GeometryKind
    bounds: Bounds
    id_field: str | None = None
    fields: tuple[Field, ...] = ()
    systems: tuple[System, ...] = ()


@dataclass(frozen=True, slots=True)
class Normalised:
    """The outcome of `normalise`; `crs` is how the coordinates were read, `notes` what was decided.

    `features` may lie on disk. `mapping` says which field came from which, `approximate` names the
    web map that the coordinates come from.
    """

    features: pa.Table
    quarantined: tuple[Quarantined, ...]
    issues: tuple[Issue, ...]
    read: int
    crs: str
    georeference: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    approximate: str | None = None
    rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """The delivered row of each feature, counted from 1."""


@dataclass(slots=True)
class _Columns:
    """What is remembered of every feature while the rest of it waits on disk."""

    rows: list[npt.NDArray[np.int64]] = field(default_factory=list)
    own_ids: list[pa.StringArray] = field(default_factory=list)
    hashes: list[pa.StringArray] = field(default_factory=list)
    drawings: list[pa.Array] = field(default_factory=list)


@dataclass(slots=True)
class _Done:
    """One batch after all that can be done to it alone."""

    batch: Batch
    features: pa.RecordBatch
    own_ids: pa.StringArray
    drawings: pa.Array
    quarantined: list[Quarantined]


def normalise(source: Source, target: Target, system: System | None = None) -> Normalised:
    """Bring one delivered layer into the store's form; a named `system` overrides the file's CRS.

    Raises:
        MissingCrs: the file names no CRS and none was given.
        UnsuitableCrs: the CRS needs transformation parameters.
        WrongPlace: not one feature lies in the city, or another CRS puts all of them there.
        NothingToKeep: every row had to be quarantined.
    """
    work = _Delivery(source, target, system)
    with Spool(feature_schema(target.crs)) as spool:
        for done in work.batches():
            work.note(done)
            spool.write(done.features)
            let_go_of_pages()
        work.refuse_if_elsewhere()
        work.refuse_if_empty()
        return work.finish(spool.table())


class _Delivery:
    """One delivery on its way through `normalise`."""

    def __init__(self, source: Source, target: Target, system: System | None) -> None:
        self.source, self.target = source, target
        self.place = Place(target.bounds, target.crs, target.systems)
        self.way = self._way(system)
        rows, left_out = _without_our_ids(source.rows, target)
        self.mapped = map_fields(rows, target.fields, target.id_field)
        self.left_out = left_out
        self.columns = _Columns()
        self.issues: list[Issue] = []
        self.flags: list[tuple[int, str, str]] = []
        self.quarantined: list[Quarantined] = []
        self.samples: list[npt.NDArray[np.float64]] = []
        self.inside = 0
        for row, kind, detail in self.mapped.issues:
            self.flags.append((row + 1, kind, detail))

    def _way(self, system: System | None) -> Locator:
        if system is None and self.source.crs is None:
            name = self.source.name
            wkb = [blob for blob in self.source.rows.column(GEOMETRY)[:1000].to_pylist() if blob]
            sample = shapely.get_coordinates(shapely.from_wkb(wkb, on_invalid="ignore"))
            advice = fit_advice(sample, self.place)
            message = f"{name}: says no CRS; {advice}"
            raise MissingCrs(message)
        return locator(self.source.crs, system, self.target.crs)

    def batches(self) -> Iterator[_Done]:
        """Every batch in its order, as many at work as there are cores."""
        to = Destination(
            self.way.transform, self.target.crs, self.target.bounds, self.target.geometry
        )
        waiting: deque[Future[_Done]] = deque()
        start = 0
        with ThreadPoolExecutor(_THREADS) as pool:
            for rows in self.mapped.rows.to_batches(max_chunksize=_BATCH):
                if len(waiting) > _THREADS:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(self._do, start, rows, to))
                start += rows.num_rows
            while waiting:
                yield waiting.popleft().result()

    def _do(self, start: int, rows: pa.RecordBatch, to: Destination) -> _Done:
        wkb: list[bytes | None] = rows.column(GEOMETRY).to_pylist()
        batch = repair(start, wkb, to)
        attributes = rows.drop_columns([GEOMETRY])
        texts = attribute_texts(attributes, self.mapped.sparse)
        aside = quarantined(batch, wkb, texts.to_pylist()) if batch.reasons else []
        live = pa.array(batch.live)
        kept = texts.take(live)
        blobs = shapely.to_wkb(batch.shapes, output_dimension=2).tolist()
        contents = hashed(blobs, kept.cast(pa.binary()).to_pylist())
        names = pa.array([""] * len(blobs), pa.string())
        columns = [names, pa.array(blobs, pa.binary()), pa.array(contents, pa.string()), kept]
        features = pa.RecordBatch.from_arrays(columns, schema=feature_schema(self.target.crs))
        self._tell_of_nul(attributes, batch)
        own = names
        if self.target.id_field in attributes.schema.names:
            own = id_texts(attributes.column(self.target.id_field).take(live))
        return _Done(batch, features, own, pa.array(map(hash, blobs), pa.int64()), aside)

    @staticmethod
    def _tell_of_nul(attributes: pa.RecordBatch, batch: Batch) -> None:
        for name, column in zip(attributes.schema.names, attributes.columns, strict=True):
            detail = f"field {name}: the NUL characters in it were dropped"
            for at in np.flatnonzero(with_nul(column).to_numpy(zero_copy_only=False)).tolist():
                issue = Issue(batch.start + at + 1, "nul_character", "flagged", detail)
                batch.issues.append(issue)

    def note(self, done: _Done) -> None:
        """Remember of a batch what the end needs."""
        batch = done.batch
        self.columns.rows.append(batch.start + batch.live)
        self.columns.own_ids.append(done.own_ids)
        self.columns.hashes.append(done.features.column("content_hash"))
        self.columns.drawings.append(done.drawings)
        self.issues += batch.issues
        self.quarantined += done.quarantined
        self.samples.append(batch.sample)
        self.inside += batch.inside

    def refuse_if_elsewhere(self) -> None:
        """The delivery as a whole must lie in the city, and not by the wrong CRS."""
        sample = np.concatenate([*self.samples, np.empty((0, 2))])
        kept = sum(map(len, self.columns.rows))
        lost = any(row.reason == "not_transformable" for row in self.quarantined)
        if (kept and not self.inside) or (not kept and lost):
            name, said = self.source.name, self.way.label
            raise WrongPlace(misplaced_message(name, sample, said, self.place))
        problem = contradiction(self.source.name, sample, self.way, self.place)
        if problem is not None:
            raise WrongPlace(problem)

    def refuse_if_empty(self) -> None:
        """Something must be left to keep."""
        if any(map(len, self.columns.rows)):
            return
        counts = Counter(row.reason for row in self.quarantined)
        reasons = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        message = (
            f"{self.source.name}: none of its {self.source.rows.num_rows} features could be kept "
            f"({reasons}; the layer takes {self.target.geometry}s); mend them and deliver again"
        )
        raise NothingToKeep(message)

    def finish(self, waiting: pa.Table) -> Normalised:
        """Settle the ids, set twins aside, and put the features together."""
        rows = np.concatenate(self.columns.rows)
        hashes = pa.concat_arrays(self.columns.hashes)
        drawings = pa.concat_arrays(self.columns.drawings)
        own = pa.concat_arrays(self.columns.own_ids)
        ids, shared = feature_ids(self.target.id_field, own, hashes)
        later = twins(hashes)
        keep = np.ones(len(rows), dtype=bool)
        keep[list(later)] = False
        self._quarantine_twins(later, rows, waiting)
        kept = np.flatnonzero(keep)
        drawn = waiting.column("geometry")
        remarks = drawn_twice(drawings, kept, lambda at: drawn[at].as_py())
        remarks += [remark for remark in shared if keep[remark[0]]]
        for at, kind, detail in remarks:
            self.flags.append((int(rows[at]) + 1, kind, detail))
        features = waiting.set_column(0, waiting.schema.field(0), pa.chunked_array([ids]))
        if later:
            features = _filtered(features, keep)
        return Normalised(
            features,
            tuple(sorted(self.quarantined, key=lambda row: row.row)),
            self._all_issues(rows[keep], ids.filter(pa.array(keep))),
            self.source.rows.num_rows,
            self.way.label,
            self.way.notes,
            (*self.left_out, *self.mapped.notes),
            self.way.approximate,
            rows[keep] + 1,
        )

    def _quarantine_twins(
        self, later: dict[int, int], rows: npt.NDArray[np.int64], waiting: pa.Table
    ) -> None:
        delivered = self.source.rows.column(GEOMETRY)
        for at, first in later.items():
            row = int(rows[at])
            detail = f"an exact twin of row {int(rows[first]) + 1}"
            self.issues.append(Issue(row + 1, "duplicate", "quarantined", detail))
            wkb, text = (waiting.column(name)[at].as_py() for name in ("geometry", "attributes"))
            bounds = shapely.from_wkb(wkb).bounds
            blob = delivered[row].as_py()
            self.quarantined.append(Quarantined(row + 1, "duplicate", blob, bounds, text))

    def _all_issues(self, rows: npt.NDArray[np.int64], ids: pa.StringArray) -> tuple[Issue, ...]:
        """All issues by row; what is only flagged names the feature that it is about."""
        flags = [Issue(row, kind, "flagged", detail) for row, kind, detail in self.flags]
        found = []
        for issue in [*self.issues, *flags]:
            at = int(np.searchsorted(rows, issue.row - 1))
            kept = at < len(rows) and rows[at] == issue.row - 1
            if issue.action != "flagged" or issue.row == 0:
                found.append(issue)
            elif kept:
                found.append(replace(issue, feature_id=ids[at].as_py()))
        return tuple(sorted(found, key=lambda issue: (issue.row, issue.kind)))


def _without_our_ids(rows: pa.Table, target: Target) -> tuple[pa.Table, tuple[str, ...]]:
    """The rows without the column that our exports add, unless the layer asks for it, and a note.

    A department that mends an export would else deliver every feature changed.
    """
    asked = {target.id_field, *(n for field in target.fields for n in (field.name, *field.sources))}
    if FEATURE_ID not in rows.column_names or FEATURE_ID in asked:
        return rows, ()
    return rows.drop_columns([FEATURE_ID]), (f"{FEATURE_ID}, which our exports add, is left out",)


def _filtered(features: pa.Table, keep: npt.NDArray[np.bool_]) -> pa.Table:
    """Some rows of a table, on disk as before."""
    start = 0
    with Spool(features.schema) as spool:
        for batch in features.to_batches():
            spool.write(batch.filter(pa.array(keep[start : start + batch.num_rows])))
            start += batch.num_rows
        return spool.table()
