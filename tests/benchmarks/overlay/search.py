"""The same change of 1 % as a planner meets it: a search of the whole blueprint, out of the store.

Every contest is an `exclusive` rule; areas of both kinds, shapes, widths and the ground that
overlaps share are found, judged and kept. Loading and publishing the layers is not timed.
"""

import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas
import numpy as np

from blueprint.bootstrap import init_store
from blueprint.catalogue import Catalogue
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.search import Workers, find_conflicts
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.rules.pack import RulePack
from blueprint.service import Service
from blueprint.snapshots import load_into_store, publish
from conflict import Threads
from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.overlay.change import moved_rows
from tests.benchmarks.overlay.city import LATER, NAMED, City
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.net import Shapes

_CRS = "EPSG:4548"
_FAR_M = 200_000.0


def measure_search(city: City, threads: int) -> dict[str, Any]:
    """Seconds of a whole search, and of one that goes on from the last after the change."""
    with TemporaryDirectory() as name, init_store(f"{name}/store.gpkg", _CRS) as service:
        folder = Path(name)
        layers = sorted({layer for each in CONTESTS.values() for layer in (each.left, each.right)})
        shapes = {layer: city.shapes(city.rows(layer)) for layer in layers}
        load_into_store(service, _catalogue(shapes[LATER], layers))
        for layer in layers:
            _deliver(service, folder, layer, shapes[layer])
        publish(service, _rules())
        _search(service, threads, afresh=True)
        rows, moved = moved_rows(shapes[LATER])
        later = shapes[LATER].copy()
        later[rows] = moved
        _deliver(service, folder, LATER, later)
        publish(service, _rules())
        part_s, part = _search(service, threads, afresh=False)
        full_s, full = _search(service, threads, afresh=True)
        if not full.head.complete:
            raise Disagreement(f"not all rules could be searched: {full.head.rules}")
        return {
            "changed": len(rows),
            "conflicts": len(full),
            "full_s": full_s,
            "part_s": part_s,
            "share": part_s / full_s,
            "identical": full.table.equals(part.table) and full.head.rules == part.head.rules,
        }


def _search(service: Service, threads: int, *, afresh: bool) -> tuple[float, FoundConflicts]:
    start = time.perf_counter()
    found = find_conflicts(service, workers=Workers(Threads(threads)), afresh=afresh)
    return time.perf_counter() - start, found


def _deliver(service: Service, folder: Path, layer: int, shapes: Shapes) -> None:
    file = folder / f"{NAMED[layer]}.gpkg"
    file.unlink(missing_ok=True)
    ids = [f"f{row:07d}" for row in range(len(shapes))]
    geopandas.GeoDataFrame({"k": ids}, geometry=list(shapes), crs=_CRS).to_file(file)
    ingest_layer(service, Request(NAMED[layer], file), date.today())  # noqa: DTZ011 any day that is not past


def _named(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def _catalogue(shapes: Shapes, layers: list[int]) -> Catalogue:
    x, y = np.asarray(shapes[0].bounds[:2]).tolist()
    listed = [
        {
            "id": NAMED[layer],
            "name": _named(NAMED[layer]),
            "department": "bench",
            "geometry": "polygon",
            "id_field": "k",
        }
        for layer in layers
    ]
    sub = {"id": "0101", "name": _named("all"), "layers": listed}
    city = {
        "id": "bench",
        "name": _named("bench"),
        "crs": _CRS,
        "bounds": [x - _FAR_M, y - _FAR_M, x + _FAR_M, y + _FAR_M],
        "boundary_layer": NAMED[LATER],
    }
    return Catalogue.model_validate(
        {
            "city": city,
            "departments": [{"id": "bench", "name": _named("bench")}],
            "themes": [{"id": "01", "name": _named("all"), "subthemes": [sub]}],
        }
    )


def _rules() -> RulePack:
    law = {"title": _named("law"), "level": "law", "in_force_from": "2000-01-01"}
    rules = [
        {
            "id": f"exclusive.{contest.name}",
            "kind": "exclusive",
            "severity": "restricted",
            "department": "bench",
            "title": _named(contest.name),
            "message": _named(contest.title),
            "bases": [{"law": "law", "article": "1"}],
            "left": NAMED[contest.left],
            "right": NAMED[contest.right],
        }
        for contest in CONTESTS.values()
    ]
    pack = {"id": "bench", "version": "1", "name": _named("bench"), "laws": {"law": law}}
    return RulePack.model_validate(pack | {"rules": rules})
