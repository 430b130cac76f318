"""Faults put in on purpose, as deliveries have them; `README.md` lists each by layer and number."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Polygon

from city.drawing import Drawing, Drawn


def add_faults(drawing: Drawing) -> None:
    """Damage a few geometries; everything else stays valid."""
    bow_tie(drawing["green_line"], 3)
    append_copy(drawing["geohazard_prone"], 5)
    append_sliver(drawing["farmland"], 11)
    repeat_points(drawing["mineral_resource"], 2)
    drawing["ancient_tree"].shapes.append(shapely.Point())


def damage_table(layer: str, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Damage the identifying fields of a few features, and deliver one row twice."""
    if layer == "permanent_basic_farmland":
        table.loc[41, "YSDM"] = None
    if layer == "wetland":
        table.loc[4, "BSM"] = table.loc[3, "BSM"]
    if layer == "public_parking":
        return pd.concat([table, table.iloc[[20]]], ignore_index=True)
    return table


def bow_tie(layer: Drawn, number: int) -> None:
    """Swap the two middle corners of a four-cornered plot."""
    x, y = shapely.get_coordinates(layer.shapes[number].centroid)[0].round(2)
    layer.shapes[number] = Polygon(
        [(x - 30, y - 20), (x + 30, y + 20), (x + 30, y - 20), (x - 30, y + 20)]
    )


def append_copy(layer: Drawn, number: int) -> None:
    """Draw one feature twice; each gets its own identifier."""
    layer.shapes.append(layer.shapes[number])
    for values in layer.fields.values():
        values.append(values[number])


def append_sliver(layer: Drawn, number: int) -> None:
    """Add a strip 120 m long and 8 cm wide along the edge of a field."""
    x, y = shapely.get_coordinates(layer.shapes[number])[0].round(2)
    layer.shapes.append(Polygon([(x, y), (x + 120, y), (x + 120, y + 0.08), (x, y + 0.08)]))
    for values in layer.fields.values():
        values.append(values[number])


def repeat_points(layer: Drawn, number: int) -> None:
    """Deliver every third corner of a ring twice."""
    ring = shapely.get_coordinates(layer.shapes[number])
    layer.shapes[number] = Polygon(np.repeat(ring, np.where(np.arange(len(ring)) % 3, 1, 2), 0))
