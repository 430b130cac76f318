"""Vector tiles beside tipg's, over the same parcels in one PostGIS: `make bench BENCH=tiles`.

Both services run with one worker on loopback. Ours cuts tiles out of its packed layers, tipg has
PostGIS make them (ST_AsMVT) of a table that lies in EPSG:3857 already, with an index. Nothing is
timed before both give the same features in the tiles of zoom 14, where neither leaves any out.

Machines are busy: beside the time that a client waits stands the processor time that a tile takes,
in the service and in its database.

A tile is asked for once while it has to be made, and once more when ours has kept it. Then 16
clients ask for tiles of zoom 12 to 14, each tile once, and all of them again.
"""

import argparse
import http.client
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import local

import mapbox_vector_tile
import psutil
import psycopg
import pyarrow as pa
import shapely
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from blueprint.bootstrap import init_store
from blueprint.catalogue import load_catalogue
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.snapshots import load_into_store, publish
from layers.crs import to_crs
from layers.quad import HALF_M, unit_m
from tests.benchmarks import parcels
from tests.blueprint.conftest import rule_pack, site_rule
from tests.conftest import temporary_database
from tests.postgis_cluster import VARIABLE, free_port

CLIENTS = 16
ZOOMS = (7, 10, 12, 13, 14)
_DEEP = (12, 13, 14)
_MANY = 400
_SEED = 7
Place = tuple[int, int, int]


@dataclass
class Contestant:
    """A running service, and how it calls a tile."""

    name: str
    port: int
    template: str
    processes: Sequence[psutil.Process]
    figures: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    sizes: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        """Forget connections, which the service closes when they rest."""
        self._local = local()

    def tile(self, place: Place) -> bytes:
        """A tile by zoom, row and column; each thread keeps its connection."""
        zoom, row, column = place
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection = self._local.connection
        connection.request("GET", self.template.format(z=zoom, y=row, x=column))
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in {200, 204}, (self.name, answer.status, body[:200])
        return body

    def cpu_s(self) -> float:
        """The processor time that the service and its database have taken, s."""
        family = {p for one in self.processes for p in (one, *one.children(recursive=True))}
        return sum(sum(one.cpu_times()[:2]) for one in family if one.is_running())

    def timed(self, what: str, places: Sequence[Place]) -> None:
        """Ask for tiles one after another."""
        before = self.cpu_s()
        self._timed(what, places)
        self.cpu.setdefault(what, []).append(1000 * (self.cpu_s() - before) / len(places))

    def _timed(self, what: str, places: Sequence[Place]) -> None:
        for place in places:
            start = time.perf_counter()
            body = self.tile(place)
            self.figures.setdefault(what, []).append(1000 * (time.perf_counter() - start))
            self.sizes.setdefault(place[0], []).append(len(body))

    def under_load(self, what: str, places: Sequence[Place]) -> None:
        """Ask for tiles with many clients at once; the figure is tiles a second."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            start = time.perf_counter()
            for _ in pool.map(self.tile, places):
                pass
            self.figures.setdefault(what, []).append(len(places) / (time.perf_counter() - start))


def main() -> None:
    """Load, compare, time and print."""
    parser = argparse.ArgumentParser(prog="make bench BENCH=tiles", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="polygons")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=110)
    server = os.environ[VARIABLE].replace("postgresql+psycopg:", "postgresql:")
    url = sa.make_url(server)
    with (
        TemporaryDirectory(prefix="blueprint-bench-") as name,
        temporary_database(url) as ours,
        temporary_database(url) as theirs,
    ):
        folder = Path(name)
        os.environ["BLUEPRINT_CACHE"] = str(folder / "cache")
        _load(folder, ours, theirs, options.size)
        runs: list[Contestant] = []
        for turn in range(options.rounds):
            with _ours(folder, ours) as one, _tipg(folder, theirs) as other:
                pair = [one, other] if turn % 2 else [other, one]
                if not turn:
                    _agree(one, other)
                    # what ours makes once for a layer, and theirs connects for
                for who in pair:
                    start = time.perf_counter()
                    who.tile((14, *_around(14)[0]))
                    who.figures["first tile"] = [1000 * (time.perf_counter() - start)]
                for who in pair:
                    _race(who)
                runs += pair
    _show(runs, options.size, console)


def _race(who: Contestant) -> None:
    chance = random.Random(_SEED)
    who.connect()
    for zoom in ZOOMS:
        places = [(zoom, *at) for at in _around(zoom)]
        some = chance.sample(places, min(len(places), 30))
        who.timed(f"z{zoom}", some)
        who.timed(f"z{zoom} again", some)
    deep = [(zoom, *at) for zoom in _DEEP for at in _around(zoom)]
    some = chance.sample(deep, min(len(deep), _MANY))
    who.under_load("16 clients", some)
    who.under_load("16 clients again", some)


def _around(zoom: int) -> list[tuple[int, int]]:
    """The rows and columns of all tiles within the parcels' frame."""
    minx, miny, maxx, maxy = parcels.BOUNDS
    frame = to_crs(shapely.box([minx], [miny], [maxx], [maxy]), parcels.CRS, "EPSG:3857")
    west, south, east, north = shapely.total_bounds(frame)
    side = unit_m(zoom) * 4096
    rows = range(int((HALF_M - north) / side), int((HALF_M - south) / side) + 1)
    columns = range(int((west + HALF_M) / side), int((east + HALF_M) / side) + 1)
    return [(row, column) for row in rows for column in columns]


def _agree(one: Contestant, other: Contestant) -> None:
    """Both give the same features in tiles that leave none out, or the run ends."""
    for at in random.Random(_SEED).sample(_around(14), 10):
        ours, theirs = (_inside(who.tile((14, *at))) for who in (one, other))
        if ours != theirs:
            sys.exit(f"bench: tile 14/{at}: {len(ours ^ theirs)} parcels differ")


def _inside(tile: bytes) -> set[str]:
    """The parcels that lie in the tile itself; what lies in its buffer alone, who knows."""
    core = shapely.box(2, 2, 4094, 4094)
    features = [f for one in mapbox_vector_tile.decode(tile).values() for f in one["features"]]
    return {
        said.get("BSM") or said.get("bsm") or said["feature_id"]
        for said, shape in ((f["properties"], f["geometry"]) for f in features)
        if shapely.geometry.shape(shape).intersects(core)
    }


def _load(folder: Path, ours: str, theirs: str, size: int) -> None:
    file = folder / "parcels.gpkg"
    parcels.write_parcels(file, size, "2026-11-01")
    with init_store(ours, parcels.CRS) as service:
        load_into_store(service, load_catalogue(Path(__file__).with_name("catalogue.yaml")))
        ingest_layer(service, Request(parcels.LAYER, file), date(2026, 11, 1))
        publish(service, rule_pack(site_rule(parcels.LAYER, department="nrp")))
    schema = pa.schema([*parcels.ATTRIBUTES, pa.field(parcels.GEOMETRY, pa.binary())])
    with psycopg.connect(theirs, autocommit=True) as connection:
        columns = "bsm text PRIMARY KEY, dlbm text, dlmc text, qsdwmc text, tbmj float8, sjnf int"
        connection.execute(f"CREATE TABLE parcels ({columns}, geom geometry(Polygon, 3857))")
        with connection.cursor() as cursor, cursor.copy("COPY parcels FROM STDIN") as copy:
            for batch in parcels._batches(size, schema):
                shapes = shapely.from_wkb(batch.column(parcels.GEOMETRY).to_numpy(False))
                mercator = shapely.set_srid(to_crs(shapes, parcels.CRS, "EPSG:3857"), 3857)
                wkb = shapely.to_wkb(mercator, hex=True, include_srid=True)
                for row, shape in zip(
                    batch.drop_columns([parcels.GEOMETRY]).to_pylist(), wkb, strict=True
                ):
                    copy.write_row((*row.values(), shape))
        connection.execute("CREATE INDEX ON parcels USING gist (geom)")
        connection.execute("VACUUM ANALYZE parcels")


@contextmanager
def _ours(folder: Path, store: str) -> Iterator[Contestant]:
    port = free_port()
    program = [str(Path(sys.executable).with_name("blueprint")), "serve", "--port", str(port)]
    with _running(program, {"BLUEPRINT_STORE": store}, port, folder / "ours.log") as process:
        processes = [process, _server_of(store)]
        yield Contestant(
            "ours", port, "/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}", processes
        )


@contextmanager
def _tipg(folder: Path, database: str) -> Iterator[Contestant]:
    port = free_port()
    program = [sys.executable, "-m", "uvicorn", "tipg.main:app", "--port", str(port)]
    settings = {"DATABASE_URL": database, "TIPG_TILE_BUFFER": "64"}
    path = "/collections/public.parcels/tiles/WebMercatorQuad/{z}/{x}/{y}"
    with _running(program, settings, port, folder / "tipg.log") as process:
        yield Contestant("tipg", port, path, [process, _server_of(database)])


def _server_of(database: str) -> psutil.Process:
    """The database server that both use; one of them rests while the other is timed."""
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        server = psutil.Process(row[0]).parent()
    assert server is not None
    return server


@contextmanager
def _running(program: list[str], settings: dict[str, str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as told, subprocess.Popen(
        program, env=os.environ | settings, stdout=told, stderr=told, cwd=log.parent
    ) as process:  # fmt: skip
        try:
            for _ in range(600):
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                    connection.request("GET", "/conformance")
                    connection.getresponse().read()
                    break
                except OSError:
                    if process.poll() is not None:
                        sys.exit(f"bench: {program[0]} ended: {log.read_text()[-2000:]}")
                    time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _show(runs: list[Contestant], size: int, console: Console) -> None:
    names = sorted({who.name for who in runs})
    table = Table("", title=f"{size:,} parcels: ms, p50 / p95; the largest tile in kB")
    for name in names:
        table.add_column(name, justify="right")
    for what in ("first tile", *(f"z{zoom}{again}" for zoom in ZOOMS for again in ("", " again"))):
        table.add_row(what, *(_told(_all(runs, name, what)) for name in names))
    for zoom in ZOOMS:
        for what in (f"z{zoom}", f"z{zoom} again"):
            cpu = [median(c for w in runs if w.name == n for c in w.cpu[what]) for n in names]
            table.add_row(f"{what}, CPU ms a tile", *(f"{one:.1f}" for one in cpu))
    for zoom in ZOOMS:
        largest = [max(max(who.sizes[zoom]) for who in runs if who.name == n) for n in names]
        table.add_row(f"z{zoom}, kB", *(f"{bytes_ / 1000:.0f}" for bytes_ in largest))
    for what in ("16 clients", "16 clients again"):
        rates = [median(_all(runs, name, what)) for name in names]
        table.add_row(f"{what}, tiles/s", *(f"{rate:.0f}" for rate in rates))
    console.print(table)


def _all(runs: list[Contestant], name: str, what: str) -> list[float]:
    return [one for who in runs if who.name == name for one in who.figures[what]]


def _told(times: list[float]) -> str:
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    return f"{median(times):.1f} / {p95:.1f}"


if __name__ == "__main__":
    main()
