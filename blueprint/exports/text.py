"""A polygon layer as boundary-point text (勘测定界界址点坐标), one parcel a feature.

The head of a parcel takes what the attributes call by one of the usual names; where none gives a
编号, it is the feature's id. All other attributes have no place in the format, and that is said.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from blueprint.errors import PlanningError
from layers.attributes import id_text, parse_attributes
from layers.boundary_txt import Parcel
from layers.boundary_write import TextEncoding, Written, prefixed_twin, write_boundary_txt
from layers.crs import parse_crs, to_crs
from layers.table import Geometries, column, crs_of, geometries

_GRID_DECIMALS = 4
_GRID_M = 1e-4
_FIELDS = {
    "number": ("number", "编号", "地块编号", "DKBH"),
    "name": ("name", "名称", "地块名称", "项目名称", "DKMC", "XMMC", "MC"),
    "map_sheet": ("map_sheet", "图幅号", "TFH"),
    "use": ("use", "用途", "地块用途", "TDYT"),
    "land_code": ("land_code", "地类编码", "DLBM"),
}


def boundary_text(
    table: pa.Table,
    crs: str | None,
    header: Mapping[str, str],
    precision: float | None,
    encoding: TextEncoding,
) -> tuple[Written, str]:
    """The features as text, and the CRS that they are written in.

    Without a CRS it is the table's with the zone before the easting.

    Raises:
        PlanningError: the CRS has no zone of the format.
        CannotWrite: the format cannot say a feature.
    """
    home = crs_of(table)
    crs = crs or prefixed_twin(home)
    shapes, exact = _placed(geometries(table), home, crs)
    rows = [parse_attributes(text) for text in column(table, "attributes")]
    names = {field for row in rows for field in row}
    taken = {key: next((n for n in usual if n in names), None) for key, usual in _FIELDS.items()}
    parcels = [
        _parcel(feature_id, row, shape, taken)
        for feature_id, row, shape in zip(column(table, "feature_id"), rows, shapes, strict=True)
    ]
    if precision is None and not exact:
        precision = _GRID_M
    written = write_boundary_txt(parcels, crs, header, precision=precision, encoding=encoding)
    losses = list(written.losses)
    left = sorted(names - set(taken.values()))
    if left:
        losses.append(f"the format has no place for the attributes {', '.join(left)}")
    if taken["number"] is not None:
        losses.append("the format has no place for feature_id beside the 编号")
    return Written(written.data, tuple(losses)), crs


def header_of(department: str, day: date) -> dict[str, str]:
    """What the head of the file says of who delivered it and when."""
    return {"数据产生单位": department, "数据产生日期": day.isoformat()}


def _placed(shapes: Geometries, home: str, crs: str) -> tuple[Geometries, bool]:
    """The shapes in `crs`, and whether they are still on the store's grid."""
    if parse_crs(crs).is_geographic:
        message = f"{crs}: boundary points are metres of a zone; name one such as EPSG:4527"
        raise PlanningError(message)
    moved = to_crs(shapes, home, crs)
    if prefixed_twin(crs) != prefixed_twin(home):
        return moved, False
    # the same zone with its number before the easting, or without: not a digit behind it changes
    on_grid = shapely.transform(moved, lambda xy: np.round(xy, _GRID_DECIMALS))
    return np.asarray(on_grid, dtype=object), True


def _parcel(
    feature_id: str,
    row: Mapping[str, object],
    shape: BaseGeometry,
    taken: Mapping[str, str | None],
) -> Parcel:
    said = {key: id_text(row.get(field)) if field else "" for key, field in taken.items()}
    return Parcel(
        number=said["number"] or feature_id,
        name=said["name"],
        use=said["use"],
        map_sheet=said["map_sheet"],
        kind="面",
        declared_area_ha=None,
        geometry=shape,
        land_code=said["land_code"],
    )
