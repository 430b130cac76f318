"""DuckDB spatial: an R-tree for sites, its spatial join for layers, on a file of its own."""

from pathlib import Path

import duckdb
import duckdb_extension_spatial
import numpy as np
import pyarrow as pa
import shapely

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import CONTESTS, Contest
from tests.benchmarks.overlay.net import Floats, Ints

FILE = "city.duckdb"
_MEASURE = """CASE WHEN ST_Dimension({0}) = 2 THEN ST_Area({1})
    WHEN ST_Dimension({0}) = 1 THEN ST_Length({1}) ELSE 1 END"""


def connect(city: City, threads: int) -> duckdb.DuckDBPyConnection:
    """Open the city's database with the spatial extension that came as a package."""
    packaged = Path(duckdb_extension_spatial.__file__).parent
    (extension,) = packaged.glob("extensions/*/spatial.duckdb_extension")
    settings = {"threads": threads, "allow_unsigned_extensions": "true"}
    settings["memory_limit"] = "6GB"
    connection = duckdb.connect(str(city.folder / FILE), config=settings)
    connection.load_extension(str(extension))
    return connection


def prepare(city: City) -> None:
    """Load the city once: all features with an R-tree, and each contest's layers by themselves."""
    (city.folder / FILE).unlink(missing_ok=True)
    connection = connect(city, 2)
    features = pa.table(  # noqa: F841 DuckDB finds it by its name
        {
            "id": pa.array(np.arange(len(city.layer))),
            "layer": pa.array(city.layer),
            "class": pa.array(city.classes),
            "wkb": city.wkb,
        }
    )
    connection.execute(
        "CREATE TABLE city AS SELECT id, layer, class, ST_GeomFromWKB(wkb) AS geom FROM features"
    )
    layers = {layer for contest in CONTESTS.values() for layer in (contest.left, contest.right)}
    for layer in layers:
        first = city.rows(layer).start
        connection.execute(
            f"CREATE TABLE layer_{layer} AS SELECT id - {first} AS id, class, geom FROM city"  # noqa: S608
            f" WHERE layer = {layer} ORDER BY id"
        )
    connection.execute("CREATE INDEX city_geom ON city USING RTREE (geom)")
    connection.close()


class SiteByDuck:
    """One query a site; the site is a constant in it, for only so the R-tree is used."""

    def __init__(self, city: City, threads: int) -> None:
        self.connection = connect(city, threads)
        self.sites = [shapely.to_wkb(site, hex=True) for site in city.sites()]

    def site(self, number: int) -> tuple[Ints, Floats]:
        site = f"ST_GeomFromHEXWKB('{self.sites[number]}')"
        measure = _MEASURE.format("geom", f"ST_Intersection(geom, {site})")
        found = self.connection.execute(
            f"SELECT id, {measure} AS measure FROM city WHERE ST_Intersects(geom, {site})"  # noqa: S608
        ).fetchnumpy()
        return found["id"], found["measure"]


class PairsByDuck:
    """A spatial join of two tables."""

    def __init__(self, city: City, threads: int) -> None:
        self.connection = connect(city, threads)

    def load(self, contest: Contest, every: int) -> None:
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE part AS SELECT * FROM layer_{contest.right}"  # noqa: S608
            f" WHERE id % {every} = 0"
        )

    def pairs(self, contest: Contest, loaded: object, every: int) -> Answers:
        del loaded, every
        # materialised: with the classes in its condition, the spatial join becomes a nested loop;
        # elsewhere not, for that would hold the giant once for every pair
        how = "MATERIALIZED" if contest.by_class else "NOT MATERIALIZED"
        rule = "WHERE c <> d" if contest.by_class else ""
        found = self.connection.execute(
            f"WITH met AS {how} ("  # noqa: S608
            "SELECT a.id AS i, b.id AS j, a.class AS c, b.class AS d, a.geom AS g, b.geom AS h"
            f" FROM layer_{contest.left} a JOIN part b ON ST_Intersects(a.geom, b.geom))"
            f" SELECT i, j, ST_Area(ST_Intersection(g, h)) AS area FROM met {rule}"
        ).fetchnumpy()
        return Answers.of(found["i"], found["j"], found["area"])
