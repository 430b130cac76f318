"""Tiles of several collections at once (OGC API - Tiles, collections selection).

A map of ten layers asks for one tile where it would ask for ten. What is answered are the tiles of
the collections behind one another, which is a vector tile of as many layers.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import AsOfQuery, ClearanceDep, PlainText, ServiceDep, SnapshotQuery, invalid
from api.problems import problems
from api.tile_sets import MVT
from api.tiles import (
    TILE,
    caching,
    is_known,
    refuse_other_sets,
    tile_at,
)
from blueprint.collections.listed import open_collection
from blueprint.collections.tiles import source_of, tile_of
from blueprint.registry import load_snapshot
from blueprint.values import text_hash
from layers.quad import DEEPEST

router = APIRouter(tags=["tiles"])
MOST = 40
"""So many collections at once."""


@router.get(
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    response_class=Response,
    responses={**TILE, **problems(HTTPStatus.NOT_FOUND)},
)
def get_map_tile(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    set_id: Annotated[PlainText, Path(alias="tileMatrixSetId")],
    matrix: Annotated[PlainText, Path(alias="tileMatrix", description=f"0 to {DEEPEST}")],
    row: Annotated[int, Path(alias="tileRow", description="from the north")],
    column: Annotated[int, Path(alias="tileCol", description="from the west")],
    collections: Annotated[
        str,
        Query(min_length=1, max_length=4000, description=f"ids, parted by commas; up to {MOST}"),
    ],
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """A vector tile with a layer for each of the collections that are named and lie there."""
    refuse_other_sets(set_id)
    tile, names = tile_at(matrix, row, column), list(dict.fromkeys(collections.split(",")))
    if len(names) > MOST:
        raise invalid("query", "collections", f"up to {MOST} at once; ask for the others apart")
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        opened = [open_collection(service, connection, found, name, clearance) for name in names]
        said = [caching(one, pinned=snapshot is not None) for one in opened]
        # kept apart, or for a short time, if any one of them is
        headers = {
            "ETag": f'"{text_hash(" ".join(one["ETag"] for one in said))[:40]}"',
            "Cache-Control": max(
                (one["Cache-Control"] for one in said),
                key=lambda told: ("private" in told, "immutable" not in told),
            ),
        }
        if is_known(request, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        sources = [(one, source_of(service, one)) for one in opened]
    drawn = b"".join(tile_of(service, one, source, tile) for one, source in sources)
    if not drawn:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return Response(drawn, media_type=MVT, headers=headers)
