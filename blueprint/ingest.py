"""The first flow: a delivered file becomes the next immutable version of a layer.

`read_source` → `normalise` → `store.append`, in one transaction with its audit entry: a version is
whole or absent. The report says what was read, repaired, set aside and noticed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from pydantic import RootModel

from blueprint.catalogue import Catalogue, CatalogueLayer
from blueprint.errors import InvalidManifest
from blueprint.registry import audit, current_catalogue, now
from blueprint.service import Service
from blueprint.values import Value, load_yaml
from layers import (
    Delivery,
    Issue,
    LayerVersion,
    SourceFile,
    Target,
    UnknownLayer,
    normalise,
    read_source,
    source_bytes,
)
from layers.table import canonical_json


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one delivery came to; counts are rows of the delivered file."""

    layer: str
    version: int | None
    file: str
    format: str
    source_layer: str | None
    source_sha256: str
    crs: str
    encoding: str | None
    delivered_at: datetime
    effective: date
    read: int
    kept: int
    repaired: int
    quarantined: int
    flagged: int
    kinds: dict[str, int]
    notes: tuple[str, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A file to be ingested as a layer, with what the file does not say of itself."""

    layer: str
    file: Path
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


class _ManifestLine(Value):
    layer: str
    file: str
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None


class _Manifest(RootModel[list[_ManifestLine]]):
    """A list of deliveries."""


def read_manifest(path: Path) -> list[Request]:
    """The deliveries that a manifest lists; files lie in `deliveries/` beside it.

    Raises:
        InvalidManifest: malformed, or a file is not there.
    """
    requests = []
    for line in load_yaml(path, _Manifest, InvalidManifest).root:
        file = path.parent / "deliveries" / line.file
        if not file.exists():
            message = f"{path.name}: layer {line.layer}: {line.file} is not in {file.parent}"
            raise InvalidManifest(message)
        requests.append(Request(line.layer, file, line.source_layer, line.crs, line.encoding))
    return requests


def ingest_layer(service: Service, request: Request, effective: date | None = None) -> IngestReport:
    """Read one file and store it as the layer's next version.

    Raises:
        NothingPublished: no catalogue is loaded.
        DataError: the layer is unknown, or the file cannot be read, placed or kept.
    """
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
    return _ingest(service, catalogue, request, effective or catalogue.city.today())


def ingest_all(
    service: Service, requests: list[Request], effective: date | None = None
) -> Iterator[IngestReport]:
    """Ingest one file after the other, each in a transaction of its own."""
    with service.database.read() as connection:
        _, catalogue = current_catalogue(connection)
    for request in requests:
        yield _ingest(service, catalogue, request, effective or catalogue.city.today())


def _ingest(
    service: Service, catalogue: Catalogue, request: Request, effective: date
) -> IngestReport:
    layer = catalogue.by_id.get(request.layer)
    if layer is None:
        message = (
            f"{request.layer}: not in the catalogue; `blueprint catalogue show` lists its layers"
        )
        raise UnknownLayer(message)
    service.refuse_own_file(request.file)
    source = read_source(
        request.file, layer=request.source_layer, crs=request.crs, encoding=request.encoding
    )
    result = normalise(source, _target(catalogue, layer))
    sha256, content = source_bytes(request.file)
    actions = Counter(issue.action for issue in result.issues)
    delivered_at = now()
    # the version's number is the store's to give: the report in the store leaves it out
    report = IngestReport(
        layer=layer.id,
        version=None,
        file=request.file.name,
        format=source.format,
        source_layer=source.layer,
        source_sha256=sha256,
        crs=result.crs,
        encoding=source.encoding,
        delivered_at=delivered_at,
        effective=effective,
        read=result.read,
        kept=result.features.num_rows,
        repaired=actions["repaired"],
        quarantined=actions["quarantined"],
        flagged=actions["flagged"],
        kinds=dict(sorted(Counter(issue.kind for issue in result.issues).items())),
        notes=source.notes,
        issues=result.issues,
    )
    delivery = Delivery(
        layer_id=layer.id,
        features=result.features,
        quarantined=result.quarantined,
        source=SourceFile(sha256, request.file.name, content),
        source_layer=source.layer,
        delivered_at=delivered_at,
        effective=effective,
        report=canonical_json(report_document(report)),
    )
    with service.database.write() as connection:
        version: LayerVersion = service.layers.append(connection, delivery)
        audit(connection, "ingest", f"{layer.id} v{version.version}", request.file.name)
    return replace(report, version=version.version)


def report_document(report: IngestReport) -> dict[str, object]:
    """The report as JSON takes it."""
    document = asdict(report)
    document["delivered_at"] = report.delivered_at.isoformat()
    document["effective"] = report.effective.isoformat()
    return document


def _target(catalogue: Catalogue, layer: CatalogueLayer) -> Target:
    return Target(
        crs=catalogue.city.crs,
        geometry=layer.geometry,
        bounds=catalogue.city.bounds,
        id_field=layer.id_field,
        required_fields=layer.required_fields,
    )
