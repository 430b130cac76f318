"""Asking a service for tiles: its tile sets, its grids, and where a tile lies by them."""

from dataclasses import dataclass
from typing import Any

import pyproj
import shapely

from tests.conformance.api import REL, Api, items_path, links_of
from tests.conformance.shapes import CRS84

MVT = "application/vnd.mapbox-vector-tile"
Bounds = tuple[float, float, float, float]


def tiles_path(collection: str) -> str:
    """Where the tile sets of a collection are listed."""
    return f"{items_path(collection).removesuffix('/items')}/tiles"


def tiled(api: Api) -> list[dict[str, Any]]:
    """The sampled collections that lead to tiles."""
    found = [one for one in api.sampled if links_of(one, *(f"{REL}/tilesets-{kind}" for kind in (
        "vector", "map", "coverage")))]  # fmt: skip
    assert found, "no collection leads to tiles"
    return found


@dataclass(frozen=True)
class Grid:
    """A tile matrix set, as the service tells it, and where its tiles lie."""

    document: dict[str, Any]

    @property
    def zooms(self) -> dict[str, dict[str, Any]]:
        return {one["id"]: one for one in self.document["tileMatrices"]}

    @property
    def crs(self) -> str:
        named = self.document["crs"]
        return named if isinstance(named, str) else named["uri"]

    def bounds(self, zoom: str, row: int, column: int) -> Bounds:
        """The box of a tile in the CRS of the grid, x first."""
        matrix = self.zooms[zoom]
        x, y = matrix["pointOfOrigin"]
        width, height = (matrix["cellSize"] * matrix[side] for side in ("tileWidth", "tileHeight"))
        down = matrix.get("cornerOfOrigin", "topLeft") == "topLeft"
        top = y - row * height if down else y + (row + 1) * height
        return (x + column * width, top - height, x + (column + 1) * width, top)

    def at(self, zoom: str, x: float, y: float) -> tuple[int, int]:
        """Row and column of the tile that a place lies in."""
        matrix = self.zooms[zoom]
        left, top = matrix["pointOfOrigin"]
        width, height = (matrix["cellSize"] * matrix[side] for side in ("tileWidth", "tileHeight"))
        down = matrix.get("cornerOfOrigin", "topLeft") == "topLeft"
        return int((top - y if down else y - top) // height), int((x - left) // width)

    def from_lonlat(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A shape in the CRS of the grid, x first."""
        move = pyproj.Transformer.from_crs("OGC:CRS84", self.crs, always_xy=True).transform
        return shapely.transform(shape, move, interleaved=False)


@dataclass(frozen=True)
class TileSet:
    """One tile set of a collection, in full."""

    collection: str
    address: str
    document: dict[str, Any]
    grid: Grid

    @property
    def template(self) -> dict[str, Any]:
        """The link to its vector tiles."""
        links = [x for x in links_of(self.document, "item") if x.get("type", MVT) == MVT]
        assert links, f"{self.address}: has no template of vector tiles"
        return links[0]

    def tile(self, zoom: str, row: int, column: int) -> str:
        """The address of a tile."""
        filled = {"tileMatrix": zoom, "tileRow": row, "tileCol": column}
        filled |= {"z": zoom, "y": row, "x": column}
        address = self.template["href"]
        for name, value in filled.items():
            address = address.replace(f"{{{name}}}", str(value))
        return address

    @property
    def limits(self) -> dict[str, dict[str, Any]]:
        return {one["tileMatrix"]: one for one in self.document.get("tileMatrixSetLimits", [])}


def tile_sets(api: Api) -> list[TileSet]:
    """A tile set of each sampled collection, with its grid."""
    found = []
    for one in tiled(api):
        listed = api.once(tiles_path(one["id"]))["tilesets"]
        address = api.at(links_of(listed[0], "self")[0]["href"], tiles_path(one["id"]))
        document = api.once(address)
        (scheme,) = links_of(document, f"{REL}/tiling-scheme")[:1]
        grid = Grid(api.once(api.at(scheme["href"], tiles_path(one["id"]))))
        found.append(TileSet(one["id"], address, document, grid))
    return found


def a_place_in(api: Api, tiles: TileSet, zoom: str) -> tuple[Any, shapely.Geometry, int, int]:
    """A feature, its shape in the CRS of the grid, and the tile that has the middle of it."""
    shapes = api.features(tiles.collection).shapes
    name, shape = max(shapes.items(), key=lambda pair: pair[1].area)
    there = tiles.grid.from_lonlat(shape)
    middle = shapely.point_on_surface(there)
    return name, there, *tiles.grid.at(zoom, middle.x, middle.y)


def middle_zoom(tiles: TileSet) -> str:
    """A zoom at which a city's features are told apart, and there are tiles."""
    zooms = list(tiles.limits or tiles.grid.zooms)
    return zooms[min(14, len(zooms) - 1)]


__all__ = ["CRS84", "MVT", "Grid", "TileSet", "a_place_in", "middle_zoom", "tile_sets", "tiled"]
