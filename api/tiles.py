"""OGC API - Tiles: vector tiles of every collection, in the grid of web maps, and TileJSON."""

import re
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request, Response

from api.deps import AsOfQuery, CallerDep, ClearanceDep, PlainText, ServiceDep, SnapshotQuery
from api.links import Link
from api.problems import problems
from api.tile_sets import (
    MVT,
    TemplatedLink,
    TileJson,
    TileMatrixSet,
    TileMatrixSetItem,
    TileMatrixSets,
    TileSet,
    TileSetItem,
    TileSets,
    tile_json,
    tile_matrix_set,
    tile_set,
)
from blueprint.collections.listed import Collection, open_collection
from blueprint.collections.tiles import source_of, tag_of, tile_of
from blueprint.errors import UnknownTile
from blueprint.registry import load_snapshot
from layers import quad
from layers.quad import DEEPEST, Tile

router = APIRouter(tags=["tiles"])
_ZOOM = re.compile(r"[0-9]{1,2}")
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_FOR_EVER = "max-age=31536000, immutable"
_FOR_NOW = "max-age=60, must-revalidate"
_CACHED: dict[str, Any] = {
    "ETag": {"schema": {"type": "string"}, "description": "the same while the features are"},
    "Cache-Control": {
        "schema": {"type": "string"},
        "description": "immutable if `snapshot` is given; private unless everybody may see it",
    },
}
TILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A vector tile with one layer, named as the collection",
        "headers": _CACHED,
        "content": {MVT: {"schema": {"type": "string", "format": "binary"}}},
    },
    204: {"description": "Nothing lies there", "headers": _CACHED},
    304: {"description": "The tile that the caller has is still right", "headers": _CACHED},
}


@router.get("/tileMatrixSets", responses=problems())
def list_tile_matrix_sets(request: Request) -> TileMatrixSets:
    """The grids that tiles are cut by: the one that web maps have."""
    here = f"{_base(request)}/tileMatrixSets"
    one = TileMatrixSetItem(links=[Link(href=f"{here}/{quad.ID}", rel="self", title=quad.ID)])
    links = [Link(href=here, rel="self", title="Tile matrix sets")]
    return TileMatrixSets(tile_matrix_sets=[one], links=links)


@router.get("/tileMatrixSets/{tileMatrixSetId}", responses=problems(HTTPStatus.NOT_FOUND))
def show_tile_matrix_set(
    set_id: Annotated[PlainText, Path(alias="tileMatrixSetId")],
) -> TileMatrixSet:
    """One grid, zoom by zoom."""
    refuse_other_sets(set_id)
    return tile_matrix_set()


@router.get("/collections/{collection_id}/tiles", responses=problems(HTTPStatus.NOT_FOUND))
def list_tile_sets(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    collection_id: PlainText,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> TileSets:
    """The tile sets of a collection: one."""
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
    pin = found.ref.id if snapshot or as_of else None
    here = f"{_base(request)}/collections/{collection.id}/tiles"
    return TileSets(
        tilesets=[TileSetItem(title=collection.name.zh, links=_links(request, collection, pin))],
        links=[Link(href=_with_pin(here, pin), rel="self", title=collection.name.zh)],
    )


@router.get(
    "/collections/{collection_id}/tiles/{tileMatrixSetId}",
    responses=problems(HTTPStatus.NOT_FOUND),
)
def show_tile_set(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    collection_id: PlainText,
    set_id: Annotated[PlainText, Path(alias="tileMatrixSetId")],
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> TileSet:
    """All about the tiles of a collection: where there are any, and what features say in them."""
    refuse_other_sets(set_id)
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        pin = found.ref.id if snapshot or as_of else None
        return tile_set(collection, _links(request, collection, pin))


@router.get(
    "/collections/{collection_id}/tiles/{tileMatrixSetId}/tilejson.json",
    responses=problems(HTTPStatus.NOT_FOUND),
    response_model_exclude_none=True,
)
def show_tile_json(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    collection_id: PlainText,
    set_id: Annotated[PlainText, Path(alias="tileMatrixSetId")],
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> TileJson:
    """TileJSON; its tiles are those of one snapshot, so that a map never mixes two."""
    refuse_other_sets(set_id)
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        there = f"{_base(request)}/collections/{collection.id}/tiles/{quad.ID}/{{z}}/{{y}}/{{x}}"
        return tile_json(collection, _with_pin(there, found.ref.id))


@router.get(
    "/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    response_class=Response,
    responses={**TILE, **problems(HTTPStatus.NOT_FOUND)},
)
def get_tile(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    caller: CallerDep,
    collection_id: PlainText,
    set_id: Annotated[PlainText, Path(alias="tileMatrixSetId")],
    matrix: Annotated[PlainText, Path(alias="tileMatrix", description=f"0 to {DEEPEST}")],
    row: Annotated[int, Path(alias="tileRow", description="from the north")],
    column: Annotated[int, Path(alias="tileCol", description="from the west")],
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> Response:
    """A vector tile of a collection, 4096 units wide with a buffer of 64."""
    refuse_other_sets(set_id)
    tile = tile_at(matrix, row, column)
    with service.database.read() as connection:
        found = load_snapshot(connection, snapshot, as_of)
        collection = open_collection(service, connection, found, collection_id, clearance, caller)
        headers = caching(collection, pinned=snapshot is not None)
        if is_known(request, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        source = source_of(service, collection)
    # drawn without a connection: of these there are few
    drawn = tile_of(service, collection, source, tile)
    if not drawn:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return Response(drawn, media_type=MVT, headers=headers)


def tile_at(matrix: str, row: int, column: int) -> Tile:
    """The tile of a zoom, a row and a column.

    The standard has names for zooms; those of this set are numbers.

    Raises:
        UnknownTile: there is none.
    """
    tile = Tile(int(matrix) if _ZOOM.fullmatch(matrix) else -1, row, column)
    if not tile.exists:
        message = (
            f"{matrix}/{row}/{column}: no such tile of {quad.ID}; zooms go from 0 to {DEEPEST}, "
            "rows and columns from 0 to one less than 2 to the power of the zoom"
        )
        raise UnknownTile(message)
    return tile


def caching(collection: Collection, *, pinned: bool) -> dict[str, str]:
    """A tile of a named snapshot never changes, if its collection does not in a snapshot."""
    whose = "public" if collection.is_public else "private"
    how_long = _FOR_EVER if pinned and collection.is_fixed else _FOR_NOW
    return {"ETag": f'"{tag_of(collection)}"', "Cache-Control": f"{whose}, {how_long}"}


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller says that he has what bears this tag."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in (
        one.strip().removeprefix("W/") for one in given.split(",")
    )


def refuse_other_sets(set_id: str) -> None:
    """See that it is the one tile matrix set that there is.

    Raises:
        UnknownTile: it is another one.
    """
    if set_id != quad.ID:
        message = f"{set_id}: no such tile matrix set; there is {quad.ID}"
        raise UnknownTile(message)


def _links(request: Request, collection: Collection, pin: str | None) -> list[Link | TemplatedLink]:
    base, title = _base(request), collection.name.zh
    here = f"{base}/collections/{collection.id}/tiles/{quad.ID}"
    template = f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    return [
        Link(href=_with_pin(here, pin), rel="self", title=title),
        Link(href=f"{base}/tileMatrixSets/{quad.ID}", rel=f"{_REL}/tiling-scheme", title=quad.ID),
        TemplatedLink(href=_with_pin(template, pin), rel="item", title=title, type=MVT),
        Link(
            href=_with_pin(f"{here}/tilejson.json", pin),
            rel="describedby",
            title=f"{title} (TileJSON)",
        ),
    ]


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _with_pin(href: str, snapshot: str | None) -> str:
    return href if snapshot is None else f"{href}?{urlencode({'snapshot': snapshot})}"
