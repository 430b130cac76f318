"""The layer store: any delivered file in, immutable versions of layers kept, Arrow tables out.

Input: files as departments deliver them (`read_source`), made fit for the store (`normalise`).
Output: `LayerStore`, which appends versions and scans those that a snapshot pins, from a
GeoPackage or from PostGIS with identical answers. No rule and no overlay is known here.
"""

from layers.database import Database, open_database
from layers.delivered import Delivered, source_of, taken
from layers.deliveries import refuse
from layers.errors import (
    DataError,
    StoreUnavailable,
    UnknownDelivery,
    UnknownLayer,
    UnreadableSource,
)
from layers.geopackage import GeoPackage
from layers.normalise import Issue, Normalised, Quarantined, Target, normalise
from layers.postgis import PostGIS
from layers.source import Source, read_geojson, read_shapes, read_source
from layers.store import LayerStore
from layers.table import Bounds, Geometries
from layers.versions import Delivery, DeliveryRecord, Layer, LayerVersion, Pins, Refusal, SourceFile

__all__ = [
    "Bounds",
    "DataError",
    "Database",
    "Delivered",
    "Delivery",
    "DeliveryRecord",
    "GeoPackage",
    "Geometries",
    "Issue",
    "Layer",
    "LayerStore",
    "LayerVersion",
    "Normalised",
    "Pins",
    "PostGIS",
    "Quarantined",
    "Refusal",
    "Source",
    "SourceFile",
    "StoreUnavailable",
    "Target",
    "UnknownDelivery",
    "UnknownLayer",
    "UnreadableSource",
    "normalise",
    "open_database",
    "read_geojson",
    "read_shapes",
    "read_source",
    "refuse",
    "source_of",
    "taken",
]
