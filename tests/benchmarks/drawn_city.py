"""The city of the overlay's benchmark in a store: 275 layers, at factor 1 a million features.

Published with a rule for each layer, so that a check has to look at all of them.
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

from blueprint.bootstrap import init_store
from blueprint.catalogue import Catalogue
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.service import Service
from blueprint.snapshots import load_into_store, pack_wanted, publish
from layers.crs import to_lonlat
from tests.benchmarks.overlay.city import LAYERS, NAMED, City
from tests.blueprint.conftest import rule_pack, site_rule

_CRS = "EPSG:4548"
_EFFECTIVE = date(2026, 11, 1)
_GROUND = ("ecological", "development", "lines")
"""What the page draws of the ground before anything is chosen."""


def load_city(folder: Path, store: str) -> list[bytes]:
    """Ingest and publish the city that lies in a folder; its sites as GeoJSON."""
    city = City.open(folder)
    box = json.loads((folder / "city.json").read_text())["box"]
    names = [NAMED[n] if n < len(NAMED) else f"small_{n:03}" for n in range(LAYERS)]
    with init_store(store, _CRS) as service:
        kinds = {"boundary": "polygon"}
        kinds |= {name: _kind(city.shapes(city.rows(n))[0]) for n, name in enumerate(names)}
        load_into_store(service, _catalogue(kinds, box))
        _deliver(service, folder, "boundary", np.array([shapely.box(*box)]))
        for n, name in enumerate(names):
            _deliver(service, folder, name, city.shapes(city.rows(n)))
        publish(service, rule_pack(*(site_rule(name, "consult") for name in names)))
        pack_wanted(service)
    lonlat = shapely.to_geojson(to_lonlat(city.sites(), _CRS))
    return [text.encode() for text in lonlat]


def _kind(shape: shapely.Geometry) -> str:
    kinds = {"Point": "point", "LineString": "line", "MultiLineString": "line"}
    return kinds.get(shape.geom_type, "polygon")


def _catalogue(kinds: dict[str, str], box: Sequence[float]) -> Catalogue:
    named = {name: {"zh": name, "en": name} for name in (*kinds, "city", "all", "planning")}
    layers = [
        {"id": name, "name": named[name], "department": "planning", "geometry": kind}
        for name, kind in kinds.items()
    ]
    minx, miny, maxx, maxy = box
    return Catalogue.model_validate(
        {
            "city": {
                "id": "city",
                "name": named["city"],
                "crs": _CRS,
                "bounds": [minx - 5000, miny - 5000, maxx + 5000, maxy + 5000],
                "boundary_layer": "boundary",
                "base_layers": list(_GROUND),
            },
            "departments": [{"id": "planning", "name": named["planning"]}],
            "themes": [
                {
                    "id": "01",
                    "name": named["all"],
                    "subthemes": [{"id": "0101", "name": named["all"], "layers": layers}],
                }
            ],
        }
    )


def _deliver(service: Service, folder: Path, name: str, shapes: np.ndarray[Any, Any]) -> None:
    path = folder / f"{name}.gpkg"
    ids = [f"{n:07}" for n in range(len(shapes))]
    geopandas.GeoDataFrame({"BSM": ids}, geometry=shapes, crs=_CRS).to_file(path)
    ingest_layer(service, Request(name, path), _EFFECTIVE)
    path.unlink()
