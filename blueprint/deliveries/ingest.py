"""The first flow: a delivered file becomes the next immutable version of a layer, or is refused.

`taken` (our own copy) → `read_source` → `normalise` → coverage, gates → `store.append`, in one
transaction with its audit entry: a version is whole or absent. A delivery that cannot be read, or
that a gate of its layer holds back, is kept too, with the reason. The report says what was read,
repaired, set aside and noticed.
"""

import errno
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from blueprint.catalogue import Catalogue, CatalogueLayer
from blueprint.coordinates import resolve
from blueprint.deliveries.coverage import CoverageFound, find_in_coverage
from blueprint.deliveries.gates import facts_of, judge_delivery
from blueprint.deliveries.kept import issue_line
from blueprint.deliveries.manifest import Request
from blueprint.deliveries.report import (
    SHOWN_ISSUES,
    SHOWN_PLACES,
    IngestReport,
    IssuePlace,
    Sketch,
)
from blueprint.expectations import fields_of
from blueprint.progress import Progress, Step
from blueprint.registry import audit, current_catalogue, now
from blueprint.service import Service
from blueprint.values import Bilingual, document_text
from conflict.errors import OverlayError
from layers import (
    DataError,
    Delivered,
    Delivery,
    Issue,
    LayerVersion,
    Normalised,
    Refusal,
    Source,
    StoreUnavailable,
    Target,
    UnknownLayer,
    normalise,
    read_source,
    refuse,
    taken,
)
from layers.table import column, geometries
from layers.versions import Summary, summarise

Also = Callable[[sa.Connection, IngestReport], None]


def ingest_layer(
    service: Service,
    request: Request,
    effective: date | None = None,
    *,
    progress: Progress = lambda _step: None,
    also: Also = lambda _connection, _report: None,
) -> IngestReport:
    """Read one file and store it as the layer's next version, or keep it as refused.

    `progress` is told what is done next; `also` does more in the transaction that keeps it.

    Raises:
        NothingPublished: no catalogue is loaded.
        UnknownLayer: the catalogue has no such layer.
        UnreadableSource: there is no such file.
        UnsuitableCrs: the CRS that the request names is none.
        StoreUnavailable: the store cannot be written.
    """
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
    return _ingest(service, catalogue, request, effective or catalogue.city.today(), progress, also)


def ingest_all(
    service: Service, requests: list[Request], effective: date | None = None
) -> Iterator[IngestReport]:
    """Ingest one file after the other, each in a transaction of its own."""
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
    for request in requests:
        yield _ingest(service, catalogue, request, effective or catalogue.city.today())


def _ingest(
    service: Service,
    catalogue: Catalogue,
    request: Request,
    effective: date,
    progress: Progress = lambda _step: None,
    also: Also = lambda _connection, _report: None,
) -> IngestReport:
    layer = catalogue.by_id.get(request.layer)
    if layer is None:
        message = (
            f"{request.layer}: not in the catalogue; `blueprint catalogue show` lists its layers"
        )
        raise UnknownLayer(message)
    service.refuse_own_file(request.file)
    crs, system = resolve(request.crs, catalogue.city)
    with _room_needed(), taken(request.file) as delivered:
        desk = _Desk(service, catalogue, layer, request, effective, delivered, also=also)
        try:
            progress(Step("read", 0, 3))
            source = read_source(
                delivered.path, layer=request.source_layer, crs=crs, encoding=request.encoding
            )
            progress(Step("normalise", 1, 3))
            result = normalise(source, _target(catalogue, layer), system)
        except StoreUnavailable:
            raise
        except DataError as problem:
            return desk.turn_away(str(problem))
        progress(Step("keep", 2, 3))
        return desk.decide(source, result)


@contextmanager
def _room_needed() -> Iterator[None]:
    """Tell a disk of ours that is full from a mistake of the delivery."""
    try:
        yield
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        folder = tempfile.gettempdir()
        message = f"{folder}: no room for temporary files; make room, or set TMPDIR to another disk"
        raise StoreUnavailable(message) from problem


class _Desk:
    """One delivery while it is decided what becomes of it."""

    def __init__(
        self,
        service: Service,
        catalogue: Catalogue,
        layer: CatalogueLayer,
        request: Request,
        effective: date,
        delivered: Delivered,
        *,
        also: Also,
    ) -> None:
        self.service, self.catalogue, self.layer = service, catalogue, layer
        self.file, self.also = delivered.source, also
        self.report = IngestReport(
            layer=layer.id,
            layer_name=Bilingual(zh=layer.name.zh, en=layer.name.en),
            department=catalogue.department_names[layer.department],
            geometry=layer.geometry,
            file=request.file.name,
            source_layer=request.source_layer,
            source_sha256=delivered.source.sha256,
            delivered_at=now(),
            effective=effective,
        )

    def turn_away(self, reason: str) -> IngestReport:
        """Keep a delivery that could not be read or placed."""
        report = self.report.model_copy(update={"reasons": (Bilingual(zh=reason, en=reason),)})
        with self.service.database.write() as connection:
            return self._kept(connection, self._refuse(connection, report, ()))

    def decide(self, source: Source, result: Normalised) -> IngestReport:
        """Store the delivery as the next version, unless a gate holds it back."""
        summary = summarise(result.features, self.layer.geometry)
        found, doubts = self._coverage(result)
        more = (*doubts, *(found.issues if found else ()))
        issues = tuple(sorted((*result.issues, *more), key=lambda i: (i.row, i.kind)))
        report = _described(self.report, source, result, issues)
        report = report.model_copy(
            update={
                "coverage": found and found.line,
                "size_after": summary.size,
                "sketch": _sketch(result, result.issues, summary, found.places if found else ()),
            }
        )
        with self.service.database.write() as connection:
            before = self._size_before(connection)
            report = report.model_copy(update={"size_before": before})
            facts = facts_of(
                issues,
                read=result.read,
                kept=result.features.num_rows,
                size=summary.size,
                size_before=before,
                overlap_m2=None if found is None else found.line.overlap_m2,
                gap_m2=None if found is None else found.line.gap_m2,
            )
            reasons = judge_delivery(self.layer, facts)
            if reasons:
                report = report.model_copy(update={"reasons": reasons})
                return self._kept(connection, self._refuse(connection, report, issues))
            report = self._append(connection, report, result, issues, summary)
            return self._kept(connection, report)

    def _kept(self, connection: sa.Connection, report: IngestReport) -> IngestReport:
        self.also(connection, report)
        return report

    def _append(
        self,
        connection: sa.Connection,
        report: IngestReport,
        result: Normalised,
        issues: tuple[Issue, ...],
        summary: Summary,
    ) -> IngestReport:
        delivery = Delivery(
            layer_id=self.layer.id,
            features=result.features,
            quarantined=result.quarantined,
            source=self.file,
            source_layer=report.source_layer,
            delivered_at=report.delivered_at,
            effective=report.effective,
            report=_stored(report),
            issues=issues,
            approximate=result.approximate,
            summary=summary,
        )
        version: LayerVersion = self.service.layers.append(connection, delivery)
        audit(connection, "ingest", f"{self.layer.id} v{version.version}", report.file)
        changes = {"version": version.version, "delivery": version.delivery}
        return report.model_copy(update=changes)

    def _refuse(
        self, connection: sa.Connection, report: IngestReport, issues: tuple[Issue, ...]
    ) -> IngestReport:
        report = report.model_copy(update={"status": "refused"})
        refusal = Refusal(
            layer_id=self.layer.id,
            source=self.file,
            source_layer=report.source_layer,
            delivered_at=report.delivered_at,
            effective=report.effective,
            reason="; ".join(reason.en for reason in report.reasons),
            report=_stored(report),
            issues=issues,
        )
        number = refuse(connection, refusal)
        audit(connection, "refuse", f"{self.layer.id} delivery {number}", report.file)
        return report.model_copy(update={"delivery": number})

    def _size_before(self, connection: sa.Connection) -> float | None:
        """The size of the version that stands; nobody adds another one meanwhile."""
        newest = self.service.layers.newest_locked(connection, self.layer.id)
        if newest is None:
            return None
        if newest.size is not None:
            return newest.size
        # a version of the time before sizes were kept
        features = self.service.layers.scan(connection, {self.layer.id: newest.version})
        return summarise(features, self.layer.geometry).size

    def _coverage(self, result: Normalised) -> tuple[CoverageFound | None, tuple[Issue, ...]]:
        """Overlaps and gaps, where the layer claims to have none, and what could not be told."""
        if not self.layer.is_coverage:
            return None, ()
        outline, doubts = self._outline()
        shapes = geometries(result.features)
        ids = column(result.features, "feature_id")
        try:
            found = find_in_coverage(self.layer, shapes, result.rows.tolist(), ids, outline)
        except OverlayError as problem:
            return None, (Issue(0, "coverage_unknown", "flagged", str(problem)),)
        return found, doubts

    def _outline(self) -> tuple[BaseGeometry | None, tuple[Issue, ...]]:
        """The city, where the layer claims all of it, or why its gaps are sought inside alone."""
        boundary = self.catalogue.city.boundary_layer
        if self.layer.coverage != "city" or self.layer.id == boundary:
            return None, ()
        with self.service.database.read() as connection:
            newest = self.service.layers.versions(connection).get(boundary)
            if newest is None:
                detail = f"{boundary} has no data yet: gaps along the city's edge were not sought"
                return None, (Issue(0, "coverage_unknown", "flagged", detail),)
            features = self.service.layers.scan(connection, {boundary: newest.version})
        return shapely.union_all(geometries(features)), ()


def _described(
    report: IngestReport, source: Source, result: Normalised, issues: tuple[Issue, ...]
) -> IngestReport:
    """What was read, and what became of every row."""
    # a row counts once, however many issues it has
    rows = Counter(action for _, action in {(i.row, i.action) for i in issues if i.row})
    moved = [issue.area_moved_m2 for issue in issues]
    return report.model_copy(
        update={
            "format": source.format,
            "source_layer": source.layer,
            "crs": result.crs,
            "encoding": source.encoding,
            "preview": source.preview,
            "georeference": result.georeference,
            "approximate": result.approximate,
            "read": result.read,
            "kept": result.features.num_rows,
            "repaired": rows["repaired"],
            "area_moved_m2": sum(moved),
            "area_moved_max_m2": max(moved, default=0.0),
            "quarantined": rows["quarantined"],
            "flagged": rows["flagged"],
            "kinds": dict(sorted(Counter(issue.kind for issue in issues).items())),
            "mapping": result.mapping,
            "notes": source.notes,
            "issue_count": len(issues),
            "issues": tuple(issue_line(issue) for issue in issues[:SHOWN_ISSUES]),
        }
    )


def _sketch(
    result: Normalised,
    issues: tuple[Issue, ...],
    summary: Summary,
    places: tuple[IssuePlace, ...],
) -> Sketch | None:
    """Where the first issues lie: in the middle of their feature, or of what was set aside."""
    if summary.bounds is None:
        return None
    aside = {row.row: row.bounds for row in result.quarantined if row.bounds is not None}
    found = list(places)
    for issue in issues[:SHOWN_PLACES]:
        box = aside.get(issue.row)
        at = int(np.searchsorted(result.rows, issue.row))
        if box is None and at < len(result.rows) and result.rows[at] == issue.row:
            shape = shapely.from_wkb(result.features.column("geometry")[at].as_py())
            box = shape.bounds
        if box is not None:
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            found.append(IssuePlace(x=x, y=y, kind=issue.kind))
    return Sketch(bounds=summary.bounds, places=tuple(found[:SHOWN_PLACES]))


def _stored(report: IngestReport) -> str:
    """The report as the store keeps it: its issues are rows of their own."""
    return document_text(report.model_copy(update={"issues": ()}))


def _target(catalogue: Catalogue, layer: CatalogueLayer) -> Target:
    return Target(
        crs=catalogue.city.crs,
        geometry=layer.geometry,
        bounds=catalogue.city.bounds,
        id_field=layer.id_field,
        fields=fields_of(layer.fields, layer.required_fields),
        systems=tuple(one.system() for one in catalogue.city.coordinate_systems),
    )
