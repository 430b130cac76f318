"""The shape in which features travel between files, the store and the overlay engine.

An Arrow table with the columns

    feature_id    string, unique in its layer version
    geometry      WKB, 2D; the field says `geoarrow.wkb` and names the CRS
    content_hash  string, over geometry and attributes: equal hash, equal feature
    attributes    string, one JSON object with sorted keys

and, where a scan spans layers, `layer_id`. Attributes are one JSON column so that a table of 275
different layers has one schema (docs/decisions/0002).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

FEATURE_ID = "feature_id"
"""The column of ids, here and in what is exported."""
Geometries = npt.NDArray[np.object_]
Boxes = npt.NDArray[np.float64]
"""Bounds of n geometries, shape (n, 4)."""
Bounds = tuple[float, float, float, float]
"""(minx, miny, maxx, maxy), easting and northing, metres in the city's CRS."""


def geometry_field(crs: str) -> pa.Field:
    """The geometry field: WKB under the geoarrow extension name, with its CRS."""
    metadata = {
        "ARROW:extension:name": "geoarrow.wkb",
        "ARROW:extension:metadata": json.dumps({"crs": crs}),
    }
    return pa.field("geometry", pa.binary(), metadata=metadata)


def feature_schema(crs: str, *, with_layer: bool = False) -> pa.Schema:
    """The schema of a feature table; `with_layer` puts `layer_id` first."""
    fields = [
        pa.field("feature_id", pa.string()),
        geometry_field(crs),
        pa.field("content_hash", pa.string()),
        pa.field("attributes", pa.string()),
    ]
    return pa.schema([pa.field("layer_id", pa.string()), *fields] if with_layer else fields)


def feature_table(
    feature_ids: Sequence[str],
    geometries: Geometries,
    content_hashes: Sequence[str],
    attributes: Sequence[str],
    crs: str,
) -> pa.Table:
    """Put equally long columns together; geometries are shapely objects."""
    wkb = shapely.to_wkb(geometries, output_dimension=2)
    columns = [
        pa.array(feature_ids, pa.string()),
        pa.array(wkb, pa.binary()),
        pa.array(content_hashes, pa.string()),
        pa.array(attributes, pa.string()),
    ]
    return pa.table(columns, schema=feature_schema(crs))


def content_hashes(shapes: Geometries, attributes: Sequence[str]) -> list[str]:
    """One hash a feature over its geometry's WKB and its attributes' JSON; 32 hex digits."""
    texts = [text.encode() for text in attributes]
    return hashed(shapely.to_wkb(shapes, output_dimension=2).tolist(), texts)


def hashed(wkb: Sequence[bytes], attributes: Sequence[bytes]) -> list[str]:
    """The content hash of each feature out of its geometry and its attributes as UTF-8."""
    contents = []
    for blob, text in zip(wkb, attributes, strict=True):
        digest = sha256(blob)
        digest.update(b"\0" + text)
        contents.append(digest.hexdigest()[:32])
    return contents


def geometries(table: pa.Table | pa.RecordBatch) -> Geometries:
    """The geometry column as shapely objects, shape (n,)."""
    wkb = table.column("geometry").to_numpy(zero_copy_only=False)
    return np.asarray(shapely.from_wkb(wkb), dtype=object)


def column(table: pa.Table | pa.RecordBatch, name: str) -> list[str]:
    """A string column as a list."""
    values: list[str] = table.column(name).to_pylist()
    return values


def crs_of(table: pa.Table) -> str:
    """The CRS that the geometry field names."""
    metadata = table.schema.field("geometry").metadata
    crs: str = json.loads(metadata[b"ARROW:extension:metadata"])["crs"]
    return crs


def canonical_json(value: Mapping[str, Any] | Iterable[Any]) -> str:
    """JSON that is the same text for equal content: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
