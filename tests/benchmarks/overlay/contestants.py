"""Who takes part, with how many threads, in what; and who is missing here."""

import os
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from shutil import which

from tests.benchmarks import engine

MODULES = {
    "ours": "tests.benchmarks.overlay.ours",
    "shapely": "tests.benchmarks.overlay.by_hand",
    "geopandas": "tests.benchmarks.overlay.frames",
    "duckdb": "tests.benchmarks.overlay.duck",
    "sedonadb": "tests.benchmarks.overlay.sedona",
    "postgis": "tests.benchmarks.overlay.postgis",
    "geos": "tests.benchmarks.overlay.geos",
}
PREPARED = ("ours", "geos", "duckdb", "postgis")  # these have files or tables of their own
FRACTION = 20  # who drags the whole giant along is asked for one parcel in so many
_PACKAGES = {
    "duckdb": ("duckdb", "duckdb_extension_spatial"),
    "sedonadb": ("sedonadb",),
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row of a table: a class of a tool's module, or a file of pairs for the loop in C."""

    name: str
    title: str
    tool: str
    what: str
    threads: int = 1
    every: int = 1
    once: bool = False
    contest: str = "sites"
    some: bool = False  # answers only those pairs that need a geometry of their own


SITES = (
    Contestant("ours", "ours, areas", "ours", "SiteByEngine"),
    Contestant("ours2", "ours, areas, 2 threads", "ours", "SiteByEngine", 2),
    Contestant("ours_geometry", "ours, with geometry", "ours", "SiteByEngineWithGeometry"),
    Contestant(
        "ours_geometry2", "ours, with geometry, 2 threads", "ours", "SiteByEngineWithGeometry", 2
    ),
    Contestant("geos", "pure GEOS in C, needed pairs", "geos", "sites_whole", some=True),
    Contestant(
        "geos_cut", "pure GEOS in C, needed pairs, giants cut", "geos", "sites_cut", some=True
    ),
    Contestant("shapely", "Shapely STRtree by hand", "shapely", "SiteByHand"),
    Contestant("shapely2", "Shapely STRtree by hand, 2 threads", "shapely", "SiteByHand", 2),
    Contestant("duckdb", "DuckDB spatial, R-tree", "duckdb", "SiteByDuck", 2),
    Contestant("sedonadb", "SedonaDB, one batch join", "sedonadb", "SitesBySedona", 2),
    Contestant("postgis", "PostGIS, best form", "postgis", "SiteByPostgis"),
    Contestant("postgis_raw", "PostGIS, raw ST_Intersection", "postgis", "SiteByRawPostgis"),
    Contestant("clip", "geopandas.clip", "geopandas", "SiteByClip"),
    Contestant("overlay", "geopandas.overlay", "geopandas", "SiteByOverlay", once=True),
)


def conflicts(contest: str) -> tuple[Contestant, ...]:
    """Who takes part in one of the contests of layers."""
    part, few = (FRACTION, 10 * FRACTION) if contest == "parcels" else (1, 1)
    loops = [
        Contestant(
            f"geos_{scope}{threads}",
            f"pure GEOS in C, {scope}" + (f", {threads} threads" if threads > 1 else ""),
            "geos",
            f"{contest}_{scope}",
            threads,
            contest=contest,
            some=scope == "crossing",
        )
        for scope in ("candidates", "overlaps", "crossing")
        for threads in (1, 2)
        if contest != "giants" or (scope == "candidates" and threads == 1)
    ]
    engine_with = "PairsByEngineWithGeometry"
    rows = [
        ("ours", "ours, areas", "ours", "PairsByEngine", 1, 1),
        ("ours2", "ours, areas, 2 threads", "ours", "PairsByEngine", 2, 1),
        ("ours_geometry", "ours, with geometry", "ours", engine_with, 1, 1),
        ("ours_geometry2", "ours, with geometry, 2 threads", "ours", engine_with, 2, 1),
        ("shapely", "Shapely STRtree by hand", "shapely", "PairsByHand", 1, part),
        ("shapely2", "Shapely STRtree by hand, 2 threads", "shapely", "PairsByHand", 2, part),
        ("duckdb", "DuckDB spatial join, 2 threads", "duckdb", "PairsByDuck", 2, few),
        ("sedonadb", "SedonaDB join, 2 threads", "sedonadb", "PairsBySedona", 2, part),
        ("postgis", "PostGIS, best form, both cores", "postgis", "PairsByPostgis", 2, 1),
        ("overlay", "geopandas.overlay", "geopandas", "PairsByOverlay", 1, part),
    ]
    if contest == "parcels":
        raw = ("postgis_raw", "PostGIS, raw, both cores", "postgis", "PairsByRawPostgis")
        rows.append((*raw, 2, few))
    slow = ("overlay", "postgis_raw")
    others = [Contestant(*row, once=row[0] in slow or row[-1] > 1, contest=contest) for row in rows]
    return (*others[:4], *loops, *others[4:])


def missing() -> dict[str, str]:
    """The tools that cannot run here, and what they need."""
    found = {}
    for tool, packages in _PACKAGES.items():
        lacking = [package for package in packages if not find_spec(package)]
        if lacking:
            found[tool] = "not installed; pip install -c constraints.txt '.[bench]'"
    if reason := engine.missing():
        found["ours"] = reason
    if not os.environ.get("BLUEPRINT_TEST_POSTGIS"):
        found["postgis"] = "no server; run by tests/postgis_cluster.py, as make bench does"
    if not which("cc"):
        found["geos"] = "no C compiler; install it: apt-get install gcc libc6-dev"
    return found


def tool_class(contestant: Contestant) -> type:
    """The contestant's class."""
    found = getattr(import_module(MODULES[contestant.tool]), contestant.what)
    assert isinstance(found, type)
    return found
