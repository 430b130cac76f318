"""Rows of the `feature` table as they lie in either database, piece by piece, with their versions.

`LayerStore.scan` answers what a version holds; this is for those who look at its history: what
differs between two versions, and what must be the same in a copy.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

BATCH = 5_000

# the blobs of this store have 8 bytes of header and an envelope of 32; SQL counts from 1
_WKB = {"sqlite": "substr(geometry, 41)", "postgresql": "ST_AsBinary(geometry, 'NDR')"}

StoredFeature = tuple[str, int, int | None, str, str, bytes]
"""(feature_id, version_from, version_until, content_hash, attributes, WKB)."""


def read_rows(
    connection: sa.Connection, layer_id: str, where: str = "true", **values: Any
) -> Iterator[Sequence[StoredFeature]]:
    """The features of a layer of which `where` is true, a few thousand at a time.

    They come in the order of the versions that they live in, then as they were stored: that is the
    order of SQLite's index, and the same from either database.
    """
    query = (
        "SELECT feature_id, version_from, version_until, content_hash, attributes, "  # noqa: S608
        f"{_WKB[connection.dialect.name]} FROM feature WHERE layer_id = :layer AND ({where}) "
        "ORDER BY version_from, version_until NULLS FIRST, fid"
    )
    piecewise = sa.text(query).execution_options(yield_per=BATCH)
    parameters: Mapping[str, Any] = {"layer": layer_id, **values}
    with connection.execute(piecewise, parameters) as result:
        for rows in result.partitions():
            yield [tuple(row) for row in rows]
