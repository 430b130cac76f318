"""A made-up delivery as large as a city's: a million parcels, written fast, the same every time.

Parcels lie one to a cell of a square grid over the sample city's frame, in rows from south to
north, so that they touch nowhere. Each is a star around its cell's middle: corners in order of
their angle, so that it is valid by construction. Corners per ring follow a lognormal distribution
with the median at 20 and the mean at 22 coordinates. Nothing lies on the store's grid.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyogrio
import pyogrio.raw
import shapely

CRS = "EPSG:4548"
BOUNDS = (587000.0, 2700000.0, 644500.0, 2757500.0)  # the sample city's frame
LAYER = "parcels"
ID = "BSM"
GEOMETRY = "geometry"
ATTRIBUTES = pa.schema(
    [
        pa.field(ID, pa.string()),
        pa.field("DLBM", pa.string()),
        pa.field("DLMC", pa.string()),
        pa.field("QSDWMC", pa.string()),
        pa.field("TBMJ", pa.float64()),
        pa.field("SJNF", pa.int32()),
    ]
)
_LAND = {
    "0101": "水田",
    "0102": "水浇地",
    "0103": "旱地",
    "0201": "果园",
    "0301": "乔木林地",
    "0702": "农村宅基地",
    "1006": "农村道路",
    "1104": "坑塘水面",
}
_BATCH = 50_000
_SEED = 20260101
_MEDIAN, _MEAN = 20.0, 22.0  # coordinates of a ring, the closing one included


def write_parcels(file: Path, size: int, day: str) -> None:
    """Write `size` parcels as a GeoPackage; `day` is all that tells one such file from another."""
    geometry = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    schema = pa.schema([*ATTRIBUTES, geometry])
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day}T00:00:00.000Z"})
    try:
        pyogrio.raw.write_arrow(
            pa.RecordBatchReader.from_batches(schema, _batches(size, schema)),
            file,
            layer=LAYER,
            driver="GPKG",
            geometry_name=GEOMETRY,
            geometry_type="Polygon",
            crs=CRS,
            # what ogr2ogr of a stable distribution still knows in full
            dataset_options={"VERSION": "1.3"},
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _batches(size: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    rng = np.random.default_rng(_SEED)
    side = int(np.ceil(np.sqrt(size)))
    for start in range(0, size, _BATCH):
        cells = np.arange(start, min(start + _BATCH, size))
        shapes = _stars(rng, cells, side)
        land = rng.integers(0, len(_LAND), len(cells))
        columns = [
            pa.array([f"350200{cell:012d}" for cell in cells]),
            pa.array(np.array(list(_LAND))[land]),
            pa.array(np.array(list(_LAND.values()))[land]),
            pa.array([f"鹭城第{village}村民小组" for village in cells // 400]),
            pa.array(shapely.area(shapes)),
            pa.array(rng.integers(2009, 2027, len(cells), dtype=np.int32)),
            pa.array(shapely.to_wkb(shapes), pa.binary()),
        ]
        yield pa.record_batch(columns, schema=schema)


def _stars(
    rng: np.random.Generator, cells: npt.NDArray[np.int64], side: int
) -> npt.NDArray[np.object_]:
    minx, miny, maxx, maxy = BOUNDS
    width, height = (maxx - minx) / side, (maxy - miny) / side
    spread = np.sqrt(2 * np.log(_MEAN / _MEDIAN))
    drawn = _MEDIAN * np.exp(spread * rng.standard_normal(len(cells)))
    corners = np.clip(np.rint(drawn), 5, 400).astype(np.int64) - 1
    ring = np.repeat(np.arange(len(cells)), corners)
    place = np.arange(len(ring)) - np.repeat(np.cumsum(corners) - corners, corners)
    # less than half a turn from corner to corner: the middle stays inside
    angle = 2 * np.pi * (place + 0.8 * rng.random(len(ring))) / corners[ring]
    reach = rng.uniform(0.3, 0.48, len(ring))
    x = minx + width * (cells[ring] % side + 0.5 + reach * np.cos(angle))
    y = miny + height * (cells[ring] // side + 0.5 + reach * np.sin(angle))
    rings = shapely.linearrings(np.column_stack([x, y]), indices=ring)
    return np.asarray(shapely.polygons(rings), dtype=object)
