"""What leaves the house as files: a site check as GeoJSON, conflicts as a GeoPackage."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from blueprint.checks.examination import CheckedSite
from blueprint.conflicts.attributes import conflict_attributes, standing_attributes
from blueprint.conflicts.difference import CHANGES
from blueprint.conflicts.documents import Conflict
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.register import Note, Notes
from blueprint.errors import PlanningError
from layers.crs import to_lonlat
from layers.shapes import to_multi

_LAYER, _BY_DESIGN = "conflicts", "by_design"


def check_geojson(checked: CheckedSite) -> dict[str, object]:
    """The site, the shape behind each finding and each suggested outline, as RFC 7946 has them.

    Coordinates are CGCS2000 longitude and latitude, within a metre of WGS 84.
    """
    document = checked.document
    pairs = checked.overlaps
    shapes = np.array([checked.site, *(shape for _, shape in pairs)], dtype=object)
    head: dict[str, object] = {
        "role": "site",
        "check_id": document.check_id,
        "verdict": document.verdict,
        **document.site.area.model_dump(),
    }
    lines: list[dict[str, object]] = [
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
    drawn = [one for one in document.suggestions or [] if one.geometry is not None]
    outlines = [shapely.from_geojson(json.dumps(one.geometry)) for one in drawn]
    lines += [
        {
            "role": "suggestion",
            "kind": one.kind,
            "verdict": one.verdict,
            "text": one.text.zh,
            "text_en": one.text.en,
            **(one.area.model_dump() if one.area else {}),
        }
        for one in drawn
    ]
    shapes = np.concatenate([shapes, np.array(outlines, dtype=object)])
    texts = shapely.to_geojson(to_lonlat(shapes, document.site.crs))
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": properties}
        for text, properties in zip(texts, [head, *lines], strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def refuse_to_replace(path: Path, what: str = _LAYER, layers: Sequence[str] = (_LAYER,)) -> None:
    """See that `what` may be written to `path`: a new GeoPackage, or one of just these layers.

    Conflicts may have overlaps by design beside them.

    Raises:
        PlanningError: its folder is not there, or it is something else.
    """
    if not path.parent.is_dir():
        message = f"{path}: its folder does not exist; make it first"
        raise PlanningError(message)
    if path.suffix.lower() != ".gpkg":
        message = f"{path}: {what} are written as a GeoPackage; name a file ending in .gpkg"
        raise PlanningError(message)
    if not path.exists():
        return
    try:
        there = [name for name, _ in pyogrio.list_layers(path)] if path.is_file() else []
    except DataSourceError:
        there = []
    if [name for name in there if name != _BY_DESIGN] != list(layers):
        message = f"{path}: is there and holds no {what}; name another file"
        raise PlanningError(message)


def write_conflicts(found: FoundConflicts, path: Path, notes: Notes | None = None) -> None:
    """Write conflicts to a GeoPackage's layer `conflicts`; an older one is replaced.

    Overlaps that were cut out by design have a layer of their own, `by_design`, if there are any.

    `notes` is what there is to say of them besides: states, changes, districts.
    The file is written beside its place and then moved there, so that it is whole or absent.

    Raises:
        PlanningError: the path holds something else.
    """
    refuse_to_replace(path)
    notes = notes or Notes()
    half = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    try:
        if len(found) == 0:
            _append([], [], found, notes, half)
        for name, batches in ((_LAYER, found.batches()), (_BY_DESIGN, found.by_design())):
            for conflicts, wkb in batches:
                _append(conflicts, wkb, found, notes, half, name)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _append(
    conflicts: list[Conflict],
    wkb: list[bytes],
    found: FoundConflicts,
    notes: Notes,
    path: Path,
    layer: str = _LAYER,
) -> None:
    rules = {line.rule: line for line in found.head.rules}
    shapes = np.asarray(shapely.from_wkb(wkb), dtype=object)
    rows = [
        {"id": conflict.id}
        | conflict_attributes(conflict, rules[conflict.rule], found.head)
        | (_noted(note) if layer == _LAYER else {})  # what is no conflict has no state
        for conflict, note in zip(conflicts, notes.of(conflicts, shapes), strict=True)
    ]
    columns = list(rows[0]) if rows else ["rule"]
    frame = geopandas.GeoDataFrame(
        rows, columns=columns, geometry=list(to_multi(shapes)), crs=found.head.crs
    )
    mode = "a" if path.exists() else "w"
    frame.to_file(path, layer=layer, driver="GPKG", geometry_type="MultiPolygon", mode=mode)


def _noted(note: Note) -> dict[str, object]:
    """Where it stands, what became of it, where it lies; dates as text, so that none is lost."""
    change = note.change
    grown = None if change is None else change.grown
    return {
        **standing_attributes(note.standing),
        "change": "" if change is None else CHANGES[change.change].zh,
        "change_id": "" if change is None else change.change,
        "grown_projected_m2": np.nan if grown is None else grown.projected_m2,
        "grown_ellipsoidal_m2": np.nan if grown is None else grown.ellipsoidal_m2,
        "districts": "、".join(note.districts),
    }


def write_json(document: object, path: Path) -> None:
    """Write a JSON document, whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
