"""A store with three layers, of either kind, and short ways to fill it and to read it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread
from typing import Any, Self

import pyarrow as pa
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import init_store
from blueprint.service import Service
from layers import Bounds, Delivery, Layer, LayerVersion, Quarantined, source_of
from layers.shapes import to_multi
from layers.table import content_hashes, feature_table

CRS = "EPSG:4548"
MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LAYERS = (
    Layer("farmland", "永久基本农田", "polygon"),
    Layer("road", "城市道路", "line"),
    Layer("station", "轨道车站", "point"),
)
SQUARE = (
    "POLYGON ((600000 2700000, 600100 2700000, 600100 2700100, 600000 2700100, 600000 2700000))"
)
HOLED = (
    "MULTIPOLYGON (((600200 2700000, 600300 2700000, 600300 2700100, 600200 2700000)), "
    "((601000 2700000, 601900 2700000, 601900 2700900, 601000 2700000), "
    "(601500 2700100, 601600 2700100, 601600 2700200, 601500 2700100)))"
)
LINE = "LINESTRING (600000.0001 2700000.0002, 600050.5 2700075.25, 600100 2700000)"
POINT = "POINT (600033.3333 2700066.6667)"

Rows = Mapping[str, Any]
"""Feature id → WKT, or a pair of WKT or geometry and attributes."""


def features(rows: Rows, crs: str = CRS) -> pa.Table:
    """A feature table as `normalise` makes them."""
    pairs = [(row, {}) if isinstance(row, str) else row for row in rows.values()]
    drawn = [shapely.from_wkt(shape) if isinstance(shape, str) else shape for shape, _ in pairs]
    shapes = shapely.normalize(to_multi(shapely.force_2d(drawn)))
    texts = [json.dumps(text, ensure_ascii=False, sort_keys=True) for _, text in pairs]
    return feature_table(list(rows), shapes, content_hashes(shapes, texts), texts, crs)


def square(x: float, y: float, size: float = 10.0) -> str:
    """A square by its lower left corner."""
    wkt: str = shapely.box(x, y, x + size, y + size).wkt
    return wkt


@dataclass
class Shelf:
    """An open store and the verbs that its tests need."""

    name: str
    service: Service
    sources: int = field(default=0)

    def append(self, layer_id: str, rows: Rows | pa.Table, **changes: Any) -> LayerVersion:
        """Append a delivery in a transaction of its own."""
        with self.service.database.write() as connection:
            delivery = self.delivery(layer_id, rows, **changes)
            return self.service.layers.append(connection, delivery)

    def delivery(
        self,
        layer_id: str,
        rows: Rows | pa.Table,
        content: bytes | None = None,
        quarantined: tuple[Quarantined, ...] = (),
        delivered_at: datetime = MOMENT,
    ) -> Delivery:
        """A delivery out of a file of its own, unless its content is given."""
        self.sources += 1
        content = content or f"file {self.sources}".encode()
        return Delivery(
            layer_id=layer_id,
            features=rows if isinstance(rows, pa.Table) else features(rows),
            quarantined=quarantined,
            source=source_of(f"{layer_id}.gpkg", content),
            source_layer=None,
            delivered_at=delivered_at,
            effective=date(2026, 11, 1),
            report="{}",
        )

    def scan(self, pins: Mapping[str, int], bounds: Bounds | None = None) -> pa.Table:
        """The pinned features in a transaction of its own."""
        with self.service.database.read() as connection:
            return self.service.layers.scan(connection, pins, bounds)

    def versions(self) -> dict[str, LayerVersion]:
        """The newest versions."""
        with self.service.database.read() as connection:
            return self.service.layers.versions(connection)

    def sql(self, query: str, **values: Any) -> list[Any]:
        """The first column of a query's answer."""
        with self.service.database.write() as connection:
            return list(connection.scalars(sa.text(query), values))


def open_shelf(store: str) -> Shelf:
    """A fresh store with the three layers."""
    service = init_store(store, CRS)
    with service.database.write() as connection:
        service.layers.register(connection, LAYERS)
    return Shelf(store, service)


class Worker:
    """Another process on the same store: see `worker.py`."""

    def __init__(self, store: str) -> None:
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), store],
            env=os.environ | {"PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, order: str) -> None:
        """Give an order without waiting for it."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """What became of the oldest order."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def run_together(*tasks: Callable[[], object]) -> list[BaseException]:
    """Run the tasks at once and return what they raised."""
    failures: list[BaseException] = []
    start = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except BaseException as error:  # noqa: BLE001 the test tells what it was
            failures.append(error)

    threads = [Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
