"""How tiles are described: the grid, the tile set of a collection (OGC 17-083r4), and TileJSON."""

from typing import Literal

from pydantic import BaseModel, Field

from api.crs import CRS84
from api.links import Link
from blueprint.collections.items import extent_of, fields_of
from blueprint.collections.listed import Collection
from blueprint.collections.tile_drawing import MADE, WHOLE_FROM
from layers import Bounds, quad
from layers.quad import DEEPEST, HALF_M, PIXELS, cell_m, scale_denominator

MVT = "application/vnd.mapbox-vector-tile"
CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_JSON_TYPES = {"string": "String", "number": "Number", "boolean": "Boolean"}
THINNED = (
    f"{WHOLE_FROM} 级以下, 小于一个像素的要素与同一格内的其他要素并为一类一个要素, 其 stands_for "
    f"为所代表的要素数; 面画成等面积的方块。{WHOLE_FROM} 级起每个要素都在。 / Below zoom "
    f"{WHOLE_FROM}, features smaller than a pixel that share a cell are drawn as one feature for "
    "each class, and stands_for counts them; polygons as a square of their area. From zoom "
    f"{WHOLE_FROM} on every feature is there."
)


class TileMatrix(BaseModel):
    """One zoom of the grid."""

    id: str
    scale_denominator: float = Field(serialization_alias="scaleDenominator")
    cell_size: float = Field(serialization_alias="cellSize")
    corner_of_origin: Literal["topLeft"] = Field("topLeft", serialization_alias="cornerOfOrigin")
    point_of_origin: tuple[float, float] = Field(
        (-HALF_M, HALF_M), serialization_alias="pointOfOrigin"
    )
    tile_width: int = Field(PIXELS, serialization_alias="tileWidth")
    tile_height: int = Field(PIXELS, serialization_alias="tileHeight")
    matrix_width: int = Field(serialization_alias="matrixWidth")
    matrix_height: int = Field(serialization_alias="matrixHeight")


class TileMatrixSet(BaseModel):
    """The grid."""

    id: str = quad.ID
    title: str = "Google Maps Compatible for the World"
    uri: str = quad.URI
    crs: str = CRS
    ordered_axes: tuple[str, str] = Field(("X", "Y"), serialization_alias="orderedAxes")
    well_known_scale_set: str = Field(
        "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        serialization_alias="wellKnownScaleSet",
    )
    tile_matrices: list[TileMatrix] = Field(serialization_alias="tileMatrices")


class TileMatrixSetItem(BaseModel):
    """A grid in a list."""

    id: str = quad.ID
    title: str = "Google Maps Compatible for the World"
    uri: str = quad.URI
    crs: str = CRS
    links: list[Link]


class TileMatrixSets(BaseModel):
    """The grids that tiles are cut by."""

    tile_matrix_sets: list[TileMatrixSetItem] = Field(serialization_alias="tileMatrixSets")
    links: list[Link]


class TemplatedLink(Link):
    """A link with {tileMatrix}, {tileRow} and {tileCol} to be filled in."""

    templated: Literal[True] = True


class TileLimits(BaseModel):
    """Outside them there is nothing at this zoom."""

    tile_matrix: str = Field(serialization_alias="tileMatrix")
    min_tile_row: int = Field(serialization_alias="minTileRow")
    max_tile_row: int = Field(serialization_alias="maxTileRow")
    min_tile_col: int = Field(serialization_alias="minTileCol")
    max_tile_col: int = Field(serialization_alias="maxTileCol")


class TileBox(BaseModel):
    """Where the features are, longitude first."""

    lower_left: tuple[float, float] = Field(serialization_alias="lowerLeft")
    upper_right: tuple[float, float] = Field(serialization_alias="upperRight")
    crs: str = CRS84


class TileLayer(BaseModel):
    """The one layer in each tile; its properties as a JSON Schema."""

    id: str
    title: str
    data_type: Literal["vector"] = Field("vector", serialization_alias="dataType")
    geometry_dimension: int | None = Field(serialization_alias="geometryDimension")
    properties_schema: dict[str, object] = Field(serialization_alias="propertiesSchema")


class TileSetItem(BaseModel):
    """A tile set in a list."""

    title: str
    data_type: Literal["vector"] = Field("vector", serialization_alias="dataType")
    crs: str = CRS
    tile_matrix_set_uri: str = Field(quad.URI, serialization_alias="tileMatrixSetURI")
    links: list[Link | TemplatedLink]


class TileSets(BaseModel):
    """The tile sets of a collection."""

    tilesets: list[TileSetItem]
    links: list[Link]


class TileSet(TileSetItem):
    """Tiles of one collection, in full."""

    description: str
    tile_matrix_set_limits: list[TileLimits] = Field(serialization_alias="tileMatrixSetLimits")
    bounding_box: TileBox | None = Field(serialization_alias="boundingBox")
    layers: list[TileLayer]


class VectorLayer(BaseModel):
    """A layer in TileJSON."""

    id: str
    description: str
    minzoom: int = 0
    maxzoom: int = DEEPEST
    fields: dict[str, str]


class TileJson(BaseModel):
    """TileJSON 3.0.0, as map clients read it."""

    tilejson: Literal["3.0.0"] = "3.0.0"
    name: str
    description: str
    version: str = "1.0.0"
    scheme: Literal["xyz"] = "xyz"
    tiles: list[str]
    minzoom: int = 0
    maxzoom: int = DEEPEST
    bounds: Bounds
    vector_layers: list[VectorLayer]


def tile_matrix_set() -> TileMatrixSet:
    """The grid, zoom by zoom."""
    return TileMatrixSet(
        tile_matrices=[
            TileMatrix(
                id=str(zoom),
                scale_denominator=scale_denominator(zoom),
                cell_size=cell_m(zoom),
                matrix_width=1 << zoom,
                matrix_height=1 << zoom,
            )
            for zoom in range(DEEPEST + 1)
        ]
    )


def tile_set(collection: Collection, links: list[Link | TemplatedLink]) -> TileSet:
    """All about the tiles of a collection."""
    box = extent_of(collection)
    kinds = {name: {"type": kind} for name, kind in _fields(collection).items()}
    return TileSet(
        title=collection.name.zh,
        description=_described(collection),
        links=links,
        tile_matrix_set_limits=[] if box is None else _limits(box),
        bounding_box=None if box is None else TileBox(lower_left=box[:2], upper_right=box[2:]),
        layers=[
            TileLayer(
                id=collection.id,
                title=collection.name.zh,
                geometry_dimension=_DIMENSION.get(collection.geometry),
                properties_schema={"type": "object", "properties": kinds},
            )
        ],
    )


def tile_json(collection: Collection, template: str) -> TileJson:
    """The same for map clients; `template` has {z}, {y} and {x} to be filled in."""
    fields = {name: _JSON_TYPES[kind] for name, kind in _fields(collection).items()}
    title = f"{collection.name.zh} / {collection.name.en}"
    return TileJson(
        name=title,
        description=_described(collection),
        tiles=[template],
        bounds=extent_of(collection) or (-180.0, -85.05, 180.0, 85.05),
        vector_layers=[VectorLayer(id=collection.id, description=title, fields=fields)],
    )


def _described(collection: Collection) -> str:
    """What is not drawn, and what is not there to be drawn."""
    if collection.notice is None:
        return THINNED
    return f"{collection.notice.zh} / {collection.notice.en} / {THINNED}"


def _fields(collection: Collection) -> dict[str, str]:
    return {**fields_of(collection), **MADE}


def _limits(lonlat: Bounds) -> list[TileLimits]:
    limits = []
    for zoom in range(DEEPEST + 1):
        north_west, south_east = quad.tiles_at(lonlat, zoom)
        limits.append(
            TileLimits(
                tile_matrix=str(zoom),
                min_tile_row=north_west.row,
                max_tile_row=south_east.row,
                min_tile_col=north_west.column,
                max_tile_col=south_east.column,
            )
        )
    return limits
