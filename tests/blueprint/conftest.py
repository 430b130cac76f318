"""A tiny town in the sample city's CRS, built layer by layer as a test needs it.

Its boundary is the square 0..10,000 m from (600000, 2700000); tests give coordinates from there.
"""

import atexit
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import geopandas
import pytest
import shapely
from shapely import affinity

from blueprint.bootstrap import init_store, open_service
from blueprint.catalogue import Catalogue
from blueprint.checks.check import check_site
from blueprint.checks.examination import CheckedSite
from blueprint.checks.site import Site, site_of
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.deliveries.report import IngestReport
from blueprint.documents import LayerLine
from blueprint.rules.pack import RulePack
from blueprint.service import Service
from blueprint.snapshots import load_into_store, publish
from layers import read_source

ORIGIN = (600_000.0, 2_700_000.0)
DAY = date(2026, 11, 23)
SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
HALF = "POLYGON ((1050 900, 1200 900, 1200 1200, 1050 1200, 1050 900))"
FAR = "POLYGON ((5000 5000, 5100 5000, 5100 5100, 5000 5100, 5000 5000))"
BOUNDARY = "POLYGON ((0 0, 10000 0, 10000 10000, 0 10000, 0 0))"

LAYERS: dict[str, dict[str, Any]] = {
    "boundary": {"geometry": "polygon"},
    "farmland": {"geometry": "polygon"},
    "redline": {"geometry": "polygon"},
    "zone": {"geometry": "polygon"},
    "plan": {"geometry": "polygon", "coverage": "own"},
    "metro": {"geometry": "line"},
    "station": {"geometry": "point"},
    "barracks": {"geometry": "polygon", "sensitivity": "restricted"},
}

LAW = {
    "title": {"zh": "某法", "en": "A law"},
    "level": "law",
    "in_force_from": "2000-01-01",
}


def catalogue(**changes: Mapping[str, Any]) -> Catalogue:
    """The town's catalogue; `changes` override fields of layers by their id."""
    layers = [
        {
            "id": name,
            "name": {"zh": f"图层{name}", "en": name},
            "department": "planning",
            **fields,
            **changes.get(name, {}),
        }
        for name, fields in LAYERS.items()
    ]
    x, y = ORIGIN
    return Catalogue.model_validate(
        {
            "city": {
                "id": "town",
                "name": {"zh": "小城", "en": "Town"},
                "crs": "EPSG:4548",
                "bounds": [x - 1000, y - 1000, x + 11000, y + 11000],
                "boundary_layer": "boundary",
            },
            "departments": [{"id": "planning", "name": {"zh": "规划局", "en": "Planning"}}],
            "themes": [
                {
                    "id": "01",
                    "name": {"zh": "专题", "en": "Theme"},
                    "subthemes": [
                        {"id": "0101", "name": {"zh": "子", "en": "Sub"}, "layers": layers}
                    ],
                }
            ],
        }
    )


def site_rule(layer: str, severity: str = "restricted", **fields: Any) -> dict[str, Any]:
    """A site rule on `layer`, resting on a law in force since 2000."""
    return _rule("site", f"site.{layer}", severity, {"layer": layer} | fields)


def exclusive_rule(left: str, right: str, **fields: Any) -> dict[str, Any]:
    """A rule that two layers must not overlap."""
    name = f"exclusive.{left}_{right}"
    return _rule("exclusive", name, "prohibited", {"left": left, "right": right} | fields)


def _rule(kind: str, name: str, severity: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "severity": severity,
        "department": "planning",
        "title": {"zh": "规则", "en": "Rule"},
        "message": {"zh": "说明", "en": "Message"},
        "bases": [{"law": "a_law", "article": "第一条"}],
        **fields,
    }


def rule_pack(*rules: dict[str, Any], laws: Mapping[str, Any] | None = None) -> RulePack:
    """A pack of `rules`."""
    return RulePack.model_validate(
        {
            "id": "town",
            "version": "1",
            "name": {"zh": "规则包", "en": "Pack"},
            "laws": {"a_law": LAW} | dict(laws or {}),
            "rules": list(rules),
        }
    )


def line(checked: CheckedSite, layer: str) -> LayerLine:
    """What became of one layer in a check."""
    return next(entry for entry in checked.document.layers if entry.layer == layer)


def placed(wkt: str) -> shapely.Geometry:
    """A geometry drawn from the town's corner, in the CRS of the city."""
    return affinity.translate(shapely.from_wkt(wkt), *ORIGIN)


@dataclass
class Town:
    """A store with the town's catalogue, and verbs to fill and ask it."""

    service: Service
    folder: Path
    catalogue: Catalogue
    effective: date = DAY
    files: int = field(default=0)

    def deliver(
        self,
        layer: str,
        *wkts: str,
        attributes: Sequence[Mapping[str, Any]] | None = None,
        effective: date | None = None,
    ) -> IngestReport:
        """Ingest a GeoPackage with these geometries."""
        path = self.draw(*wkts, attributes=attributes)
        return ingest_layer(self.service, Request(layer, path), effective or self.effective)

    def draw(self, *wkts: str, attributes: Sequence[Mapping[str, Any]] | None = None) -> Path:
        """A GeoPackage file with these geometries."""
        self.files += 1
        path = self.folder / f"file{self.files}.gpkg"
        rows = [dict(row) for row in attributes or [{"n": n} for n in range(len(wkts))]]
        shapes = [placed(wkt) for wkt in wkts]
        geopandas.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4548").to_file(path)
        return path

    def publish(self, *rules: dict[str, Any], laws: Mapping[str, Any] | None = None) -> str:
        """Publish with these rules and return the snapshot's id."""
        ref, _ = publish(self.service, rule_pack(*rules, laws=laws))
        return ref.id

    def site(self, *wkts: str) -> Site:
        """A site."""
        return site_of(read_source(self.draw(*wkts)), self.catalogue.city)

    def check(self, wkt: str, **options: Any) -> CheckedSite:
        """The check of a site on the newest snapshot, on the town's day unless told otherwise."""
        return check_site(self.service, self.site(wkt), **({"day": DAY} | options))


@pytest.fixture
def town(geopackage_store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on the embedded store, its boundary delivered."""
    yield from town_in(geopackage_store, tmp_path)


@pytest.fixture
def town_on_either(store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on both stores in turn, its boundary delivered."""
    yield from town_in(store, tmp_path)


@pytest.fixture
def town_on_postgis(postgis_store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on PostGIS, its boundary delivered."""
    yield from town_in(postgis_store, tmp_path)


def town_in(store: str, folder: Path, tree: Catalogue | None = None) -> Iterator[Town]:
    """The town in an empty store, its boundary delivered; with another catalogue if given."""
    if tree is None and not store.startswith("postgresql"):
        shutil.copyfile(founded(), store)
        town = Town(open_service(store), folder, catalogue())
    else:
        town = found_town(store, folder, tree or catalogue())
    yield town
    town.service.close()


def found_town(store: str, folder: Path, tree: Catalogue) -> Town:
    """Make the store of a town, and deliver its boundary."""
    service = init_store(store)
    load_into_store(service, tree)
    town = Town(service, folder, tree)
    town.deliver("boundary", BOUNDARY)
    return town


@cache
def founded() -> Path:
    """A GeoPackage of the town as it begins: made once by a process, and copied for each test."""
    folder = Path(mkdtemp(prefix="town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    found_town(str(folder / "town.gpkg"), folder, catalogue()).service.close()
    return folder / "town.gpkg"
