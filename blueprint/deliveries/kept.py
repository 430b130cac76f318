"""What was handed in and what came of it: deliveries as the store keeps them, for reading.

Someone who may not see a layer does not learn that anything was delivered for it.
"""

import json

import sqlalchemy as sa

from blueprint.catalogue import Catalogue
from blueprint.clearance import RESTRICTED, Clearance, sees_all
from blueprint.deliveries.report import SHOWN_ISSUES, IngestReport, IssueLine
from blueprint.registry import current_catalogue
from blueprint.values import Bilingual
from layers import Issue, UnknownDelivery
from layers import deliveries as store
from layers.versions import DeliveryRecord


def list_deliveries(
    connection: sa.Connection,
    *,
    layer: str | None = None,
    refused_only: bool = False,
    clearance: Clearance = RESTRICTED,
) -> list[DeliveryRecord]:
    """Deliveries, the newest first: of one layer if it is named, the refused ones if asked."""
    _, catalogue = current_catalogue(connection)
    return [
        record
        for record in store.deliveries(connection, layer)
        if _visible(catalogue, record, clearance) and (record.refused or not refused_only)
    ]


def find_delivery(
    connection: sa.Connection, number: int, clearance: Clearance = RESTRICTED
) -> IngestReport:
    """The report on one delivery, with its first issues.

    Raises:
        UnknownDelivery: there is none of that number that this clearance may see.
    """
    record = store.delivery(connection, number)
    _, catalogue = current_catalogue(connection)
    if not _visible(catalogue, record, clearance):
        message = f"{number}: no such delivery; `blueprint deliveries` lists them"
        raise UnknownDelivery(message)
    return _report(record, store.issues(connection, number, SHOWN_ISSUES))


def all_issues(connection: sa.Connection, number: int) -> list[IssueLine]:
    """Everything that was repaired, set aside or noticed in one delivery, by row."""
    return [issue_line(issue) for issue in store.issues(connection, number)]


def issue_line(issue: Issue) -> IssueLine:
    """An issue as documents have it."""
    return IssueLine(
        row=issue.row,
        kind=issue.kind,
        action=issue.action,
        detail=issue.detail,
        feature_id=issue.feature_id,
        area_moved_m2=issue.area_moved_m2,
    )


def _report(record: DeliveryRecord, issues: list[Issue]) -> IngestReport:
    """The stored document, with what the store alone knows: its number, version and verdict."""
    report = IngestReport.model_validate(json.loads(record.report))
    reasons = report.reasons
    if record.refused and not reasons:
        reasons = (Bilingual(zh=record.refused, en=record.refused),)
    changes = {
        "delivery": record.id,
        "version": record.version,
        "status": "refused" if record.refused else "taken",
        "reasons": reasons,
        "issues": tuple(issue_line(issue) for issue in issues),
        "issue_count": max(report.issue_count, len(issues), sum(report.kinds.values())),
    }
    return report.model_copy(update=changes)


def _visible(catalogue: Catalogue, record: DeliveryRecord, clearance: Clearance) -> bool:
    """A layer that is no longer in the catalogue has no sensitivity: the highest is taken."""
    layer = catalogue.by_id.get(record.layer_id)
    return sees_all(clearance) if layer is None else layer.visible_to(clearance)
