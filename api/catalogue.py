"""The catalogue's tree, the snapshots and their rules: what a map and its legend are made of."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import AsOfQuery, ClearanceDep, Day, PlainText, ServiceDep, SnapshotQuery
from api.problems import problems
from blueprint.registry import load_snapshot
from blueprint.shown_catalogue import (
    ShownCatalogue,
    ShownLayers,
    shown_catalogue,
    shown_layers,
)
from blueprint.shown_rules import ShownRules, shown_rules
from blueprint.shown_snapshots import (
    SnapshotChanges,
    SnapshotList,
    changes_between,
    shown_snapshots,
)

router = APIRouter(tags=["blueprint"])
DayQuery = Annotated[
    Day | None, Query(alias="date", description="YYYY-MM-DD; the city's today if not given")
]


@router.get("/catalogue", responses=problems(HTTPStatus.NOT_FOUND))
def show_catalogue(
    service: ServiceDep,
    clearance: ClearanceDep,
    day: DayQuery = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> ShownCatalogue:
    """The tree of themes, sub-themes and layers: the version of each, what speaks against it."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        return shown_catalogue(service, connection, found, clearance, day)


@router.get("/layers", responses=problems(HTTPStatus.NOT_FOUND))
def show_layers(
    service: ServiceDep,
    clearance: ClearanceDep,
    day: DayQuery = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> ShownLayers:
    """The layers of the catalogue, one after the other, without the tree."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        return shown_layers(service, connection, found, clearance, day)


@router.get("/rules", responses=problems(HTTPStatus.NOT_FOUND))
def show_rules(
    service: ServiceDep,
    day: DayQuery = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> ShownRules:
    """The rules that a snapshot pins, with their legal bases, and whether they are in force."""
    with service.database.read() as connection:
        return shown_rules(load_snapshot(connection, snapshot, as_of), day)


@router.get("/snapshots", responses=problems())
def list_all_snapshots(service: ServiceDep, clearance: ClearanceDep) -> SnapshotList:
    """Every snapshot that was published, the newest first."""
    with service.database.read() as connection:
        return shown_snapshots(connection, clearance)


@router.get("/snapshots/{snapshot_id}/changes", responses=problems(HTTPStatus.NOT_FOUND))
def show_snapshot_changes(
    service: ServiceDep,
    clearance: ClearanceDep,
    snapshot_id: PlainText,
    against: Annotated[PlainText, Query(description="id of the snapshot to compare with")],
) -> SnapshotChanges:
    """The layers that differ in a snapshot from another one."""
    with service.database.read() as connection:
        now, then = load_snapshot(connection, snapshot_id), load_snapshot(connection, against)
        return changes_between(service, connection, now, then, clearance)
