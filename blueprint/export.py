"""What leaves the house as files: a site check as GeoJSON, conflicts as a GeoPackage."""

import json
import os
from pathlib import Path

import geopandas
import numpy as np
import shapely

from blueprint.check import CheckedSite
from blueprint.conflicts import FoundConflicts
from blueprint.site import to_lonlat
from layers.shapes import to_multi


def check_geojson(checked: CheckedSite) -> dict[str, object]:
    """The site and the shape behind each finding as an RFC 7946 FeatureCollection.

    Coordinates are CGCS2000 longitude and latitude, within a metre of WGS 84.
    """
    document = checked.document
    site = shapely.from_geojson(json.dumps(document.site.geometry))
    pairs = [
        (finding, shape)
        for finding, shape in zip(document.findings, checked.shapes, strict=True)
        if shape is not None
    ]
    shapes = np.array([site, *(shape for _, shape in pairs)], dtype=object)
    head: dict[str, object] = {
        "role": "site",
        "check_id": document.check_id,
        "verdict": document.verdict,
        **document.site.area.model_dump(),
    }
    lines = [
        {
            "role": "finding",
            "rule": finding.rule,
            "layer": finding.layer,
            "outcome": finding.outcome,
            "title": finding.title.zh,
            "title_en": finding.title.en,
            "department": finding.department.name.zh,
            "share": finding.share,
            "length_m": finding.length_m,
            "count": finding.count,
            "width_m": finding.width_m,
            **(finding.area.model_dump() if finding.area else {}),
        }
        for finding, _ in pairs
    ]
    texts = shapely.to_geojson(to_lonlat(shapes, document.site.crs))
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": properties}
        for text, properties in zip(texts, [head, *lines], strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def write_conflicts(found: FoundConflicts, path: Path) -> None:
    """Write conflicts to a GeoPackage with one layer, `conflicts`; an older file is replaced.

    The file is written beside its place and then moved there, so that it is whole or absent.
    """
    rows = [
        {
            "rule": conflict.rule,
            "severity": conflict.severity,
            "band": conflict.band,
            "left_layer": conflict.left.layer,
            "left_feature": conflict.left.feature_id,
            "left_department": conflict.left.department,
            "right_layer": conflict.right.layer,
            "right_feature": conflict.right.feature_id,
            "right_department": conflict.right.department,
            "projected_m2": conflict.area.projected_m2,
            "ellipsoidal_m2": conflict.area.ellipsoidal_m2,
            "hectares": conflict.area.hectares,
            "mu": conflict.area.mu,
            "width_m": conflict.width_m,
            "snapshot": found.document.snapshot.id,
        }
        for conflict in found.document.conflicts
    ]
    columns = list(rows[0]) if rows else ["rule"]
    frame = geopandas.GeoDataFrame(
        rows, columns=columns, geometry=list(to_multi(found.shapes)), crs=found.document.crs
    )
    half = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    try:
        frame.to_file(half, layer="conflicts", driver="GPKG", geometry_type="MultiPolygon")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def write_json(document: object, path: Path) -> None:
    """Write a JSON document, whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
