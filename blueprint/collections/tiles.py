"""Vector tiles of collections, and what they are made of, kept in memory once made.

Both are kept by the digest of what they show and by the number of the encoding, so that they are
right or not there, and never out of date. Only who may see a collection has it to ask with.

Both are bounded. A tile of a crowded layer takes a tenth of a second at the zooms where a whole
city is in it, and everybody who opens a map asks for these first.
"""

from blueprint.collections.listed import Collection
from blueprint.collections.tile_drawing import ENCODING, TileSource, draw_tile
from blueprint.service import Service
from layers.quad import Tile


def source_of(service: Service, collection: Collection) -> TileSource:
    """What tiles of a collection are made of; needs no connection any more once it is there."""

    def source() -> TileSource:
        return TileSource(collection.id, collection.city.crs, collection.features).prepared()

    made: TileSource = service.sources.get(_known(collection), source)
    return made


def tile_of(service: Service, collection: Collection, source: TileSource, tile: Tile) -> bytes:
    """A tile of a collection, of one layer by its id; empty bytes: nothing lies there."""

    def drawn() -> bytes:
        return service.drawers.submit(draw_tile, source, tile).result()

    return service.tiles.get((*_known(collection), tile), drawn)


def tag_of(collection: Collection) -> str:
    """What a tile's content depends on, for caches to compare; without quotes."""
    return f"{ENCODING}-{collection.digest[:40]}"


def _known(collection: Collection) -> tuple[str, str, str, int]:
    return ("tiles", collection.id, collection.digest, ENCODING)
