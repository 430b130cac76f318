"""A second process for the tests of the store: each line that it reads is one append to farmland.

The line names the step after which the process that appends is killed, or `never`, or `full` for a
disk on which no file may grow. The answer is its exit status, or what the store said.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import shapely

import layers.store as layers_store
from blueprint.bootstrap import open_service
from layers import Delivery, StoreUnavailable, source_of
from layers.table import content_hashes, feature_table

COUNT = 400


def main() -> None:
    """Append once for each line, in a child that may die of it."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            append(sys.argv[1], line.strip(), writer)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as said:
            words = said.read()
        _, status = os.waitpid(child, 0)
        print(words or os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def append(store: str, step: str, writer: int) -> None:
    """Append a version of squares, dying after `step`."""
    service = open_service(store)
    layers = service.layers
    for owner in (layers, layers._dialect, layers_store):
        if hasattr(owner, step):
            setattr(owner, step, fatal(getattr(owner, step)))
    if step == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, 2**16))
    try:
        with service.database.write() as connection:
            if not service.database.is_postgis:
                # so small a cache sends pages to the disk before the transaction ends
                connection.exec_driver_sql("PRAGMA cache_size = 5")
            layers.append(connection, delivery())
            if step == "commit":
                die()
    except StoreUnavailable as error:
        os.write(writer, str(error).encode())
    service.close()


def fatal(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, and the end."""

    def last(*args: Any) -> Any:
        method(*args)
        die()

    return last


def die() -> None:
    """As a power cut would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


def delivery() -> Delivery:
    """Squares at random places: no two deliveries are alike."""
    rng = np.random.default_rng()
    x, y = np.round(rng.uniform(600_000, 610_000, (2, COUNT)), 4)
    squares = shapely.box(x, y, x + 10, y + 10)
    shapes = shapely.normalize(shapely.multipolygons(squares, indices=np.arange(COUNT)))
    texts = ["{}"] * COUNT
    ids = [f"w{at}" for at in range(COUNT)]
    table = feature_table(ids, shapes, content_hashes(shapes, texts), texts, "EPSG:4548")
    content = rng.bytes(1000)
    source = source_of("w.gpkg", content)
    return Delivery("farmland", table, (), source, None, datetime.now(UTC), date(2026, 11, 2), "{}")


if __name__ == "__main__":
    main()
