"""PostGIS: one statement a site or contest over GiST; raw, and in its best form.

The best form cuts large features once with ST_Subdivide, needs no intersection where a piece lies
wholly within the other side, and unites the pieces of each answer again.
"""

import os
import struct

import numpy as np
import psycopg
import shapely

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import CONTESTS, Contest
from tests.benchmarks.overlay.net import Floats, Ints

_VERTICES = 128  # of a piece: the best of what was tried
_MEASURE = """CASE {1} WHEN 2 THEN ST_Area({0}) WHEN 1 THEN ST_Length({0}) ELSE 1 END"""
_UNITED = "CASE count(*) WHEN 1 THEN (array_agg(met))[1] ELSE ST_Union(met) END"
_RAW = f"""
SELECT id, {_MEASURE.format("ST_Intersection(geom, site)", "dimension")}
FROM city, (SELECT ST_GeomFromWKB(%s) AS site OFFSET 0) AS asked WHERE ST_Intersects(geom, site)
"""  # noqa: S608 all ours
_BEST = f"""
SELECT id, {_MEASURE.format(_UNITED, "max(dimension)")} FROM (
    SELECT id, dimension,
        CASE WHEN ST_CoveredBy(geom, site) THEN geom ELSE ST_Intersection(geom, site) END AS met
    FROM pieces, (SELECT ST_GeomFromWKB(%s) AS site OFFSET 0) AS asked
    WHERE ST_Intersects(geom, site)
) AS found GROUP BY id
"""  # noqa: S608 the same


def connect(threads: int) -> psycopg.Connection:
    """Connect to the benchmark's database; a query may have so many processes."""
    connection = psycopg.connect(os.environ["BLUEPRINT_STORE"], autocommit=True)
    for setting, value in (
        ("max_parallel_workers_per_gather", threads - 1),
        ("parallel_setup_cost", 0),
        ("parallel_tuple_cost", 0),
        ("min_parallel_table_scan_size", 0),
        ("min_parallel_index_scan_size", 0),
        ("work_mem", "'256MB'"),
    ):
        connection.execute(f"SET {setting} = {value}")
    return connection


def prepare(city: City) -> None:
    """Load the city once, whole and in pieces, with GiST indexes."""
    columns = "id int, layer smallint, class smallint, dimension smallint, geom geometry"
    with connect(2) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE city ({columns})")
        dimension = {1: 0, 2: 1, 3: 2, 6: 2}
        with cursor.copy("COPY city FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int2", "int2", "int2", "bytea"])
            row = 0
            for chunk in city.wkb.chunks:
                for wkb in chunk.to_pylist():
                    kind = dimension[struct.unpack_from("<I", wkb, 1)[0]]
                    layer, classes = int(city.layer[row]), int(city.classes[row])
                    copy.write_row((row, layer, classes, kind, wkb))
                    row += 1
        cursor.execute(
            "CREATE UNLOGGED TABLE pieces AS SELECT id, layer, class, dimension,"  # noqa: S608
            f" ST_Subdivide(geom, {_VERTICES}) AS geom FROM city"
        )
        for contest in CONTESTS.values():
            for layer in (contest.left, contest.right):
                first = city.rows(layer).start
                for whole in ("city", "pieces"):
                    cursor.execute(
                        f"CREATE UNLOGGED TABLE IF NOT EXISTS {whole}_{layer} AS"  # noqa: S608
                        f" SELECT id - {first} AS id, class, geom FROM {whole}"
                        f" WHERE layer = {layer} ORDER BY id"
                    )
                    cursor.execute(
                        f"CREATE INDEX IF NOT EXISTS {whole}_{layer}_geom"
                        f" ON {whole}_{layer} USING gist (geom)"
                    )
        for whole in ("city", "pieces"):
            cursor.execute(f"CREATE INDEX ON {whole} USING gist (geom)")
        cursor.execute("VACUUM (ANALYZE)")


class SiteByPostgis:
    """One statement a site."""

    statement = _BEST

    def __init__(self, city: City, threads: int) -> None:
        self.cursor = connect(threads).cursor(binary=True)
        self.sites = shapely.to_wkb(city.sites())

    def site(self, number: int) -> tuple[Ints, Floats]:
        rows = self.cursor.execute(self.statement, [self.sites[number]], prepare=True).fetchall()
        found = np.array(rows, dtype=np.float64).reshape(-1, 2)
        return found[:, 0].astype(np.int64), found[:, 1]


class SiteByRawPostgis(SiteByPostgis):
    """The same without pieces and without a short way."""

    statement = _RAW


class PairsByPostgis:
    """One statement a contest, the giant in pieces; both cores by parallel workers."""

    whole, shortcut = "pieces", True

    def __init__(self, city: City, threads: int) -> None:
        self.connection = connect(threads)

    def load(self, contest: Contest, every: int) -> None:
        self.connection.execute("DROP TABLE IF EXISTS part")
        self.connection.execute(
            f"CREATE UNLOGGED TABLE part AS SELECT * FROM city_{contest.right}"  # noqa: S608
            f" WHERE id % {every} = 0"
        )
        self.connection.execute("CREATE INDEX ON part USING gist (geom)")
        self.connection.execute("VACUUM (ANALYZE) part")

    def pairs(self, contest: Contest, loaded: object, every: int) -> Answers:
        del loaded, every
        rule = "AND a.class <> b.class" if contest.by_class else ""
        cut = self.shortcut and contest.name == "parcels"
        met = "ST_Intersection(a.geom, b.geom)"
        if cut:
            met = f"CASE WHEN ST_CoveredBy(b.geom, a.geom) THEN b.geom ELSE {met} END"
        whole = f"{self.whole if cut else 'city'}_{contest.left}"
        pairs = (
            f"SELECT a.id AS i, b.id AS j, {met} AS met"  # noqa: S608
            f" FROM {whole} a JOIN part b ON ST_Intersects(a.geom, b.geom) {rule}"
        )
        query = (
            f"SELECT i, j, ST_Area({_UNITED}) FROM ({pairs}) AS found GROUP BY i, j"  # noqa: S608
            if cut
            else f"SELECT i, j, ST_Area(met) FROM ({pairs}) AS found"  # noqa: S608
        )
        with self.connection.cursor(binary=True) as cursor:
            rows = cursor.execute(query).fetchall()
        found = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return Answers.of(found[:, 0], found[:, 1], found[:, 2])


class PairsByRawPostgis(PairsByPostgis):
    """The same without pieces and without a short way."""

    shortcut = False
