"""The layer store: any delivered file in, immutable versions of layers kept, Arrow tables out.

Input: files as departments deliver them (`read_source`), made fit for the store (`normalise`).
Output: `LayerStore`, which appends versions and scans those that a snapshot pins, from a
GeoPackage or from PostGIS with identical answers. No rule and no overlay is known here.
"""

from layers.database import Database, open_database
from layers.errors import DataError, StoreUnavailable, UnknownLayer, UnreadableSource
from layers.geopackage import GeoPackage
from layers.normalise import Issue, Normalised, Quarantined, Target, normalise
from layers.postgis import PostGIS
from layers.source import Source, read_geojson, read_source, source_bytes
from layers.store import LayerStore
from layers.table import Bounds, Geometries
from layers.versions import Delivery, Layer, LayerVersion, Pins, SourceFile

__all__ = [
    "Bounds",
    "DataError",
    "Database",
    "Delivery",
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
    "Source",
    "SourceFile",
    "StoreUnavailable",
    "Target",
    "UnknownLayer",
    "UnreadableSource",
    "normalise",
    "open_database",
    "read_geojson",
    "read_source",
    "source_bytes",
]
