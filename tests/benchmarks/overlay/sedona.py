"""SedonaDB: one join for all sites, for it is made for batches, and one for two layers."""

from typing import Any

import numpy as np
import pyarrow as pa
import sedonadb

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import Contest
from tests.benchmarks.overlay.net import Ints

_GEOARROW = {b"ARROW:extension:name": b"geoarrow.wkb", b"ARROW:extension:metadata": b"{}"}


def connect(threads: int) -> Any:
    """A context with so many partitions; the process is confined to as many cores."""
    context = sedonadb.connect()
    context.sql(f"SET datafusion.execution.target_partitions = {threads}").execute()
    return context


def view(context: Any, name: str, ids: Ints, classes: Ints, wkb: pa.ChunkedArray) -> None:
    """Let a table of geometries be known by its name."""
    fields = [
        pa.field("id", pa.int64()),
        pa.field("class", pa.int64()),
        pa.field("geom", pa.binary(), metadata=_GEOARROW),
    ]
    columns = [pa.array(ids), pa.array(classes.astype(np.int64)), wkb]
    context.create_data_frame(pa.table(columns, schema=pa.schema(fields))).to_view(
        name, overwrite=True
    )


class SitesBySedona:
    """All sites in one join."""

    def __init__(self, city: City, threads: int) -> None:
        self.context = connect(threads)
        count = np.arange(len(city.layer))
        view(self.context, "features", count, city.classes, city.wkb)
        sites = city.site_wkb()
        numbers = np.arange(len(sites))
        view(self.context, "sites", numbers, numbers, sites)

    def sites(self) -> Answers:
        met = "ST_Intersection(f.geom, s.geom)"
        found = pa.table(
            self.context.sql(
                "SELECT s.id AS site, f.id AS row, CASE ST_Dimension(f.geom)"  # noqa: S608
                f" WHEN 2 THEN ST_Area({met}) WHEN 1 THEN ST_Length({met}) ELSE 1.0 END AS measure"
                " FROM sites s JOIN features f ON ST_Intersects(s.geom, f.geom)"
            )
        )
        return Answers.of(*(found.column(name).to_numpy() for name in ("site", "row", "measure")))


class PairsBySedona:
    """One join of two layers."""

    def __init__(self, city: City, threads: int) -> None:
        self.city, self.context = city, connect(threads)

    def load(self, contest: Contest, every: int) -> None:
        if contest.name == "parcels":  # a batch repeats the giant in each row: 8,192 overflow
            self.context.sql("SET datafusion.execution.batch_size = 64").execute()
        for name, layer, step in (("a", contest.left, 1), ("b", contest.right, every)):
            rows = self.city.rows(layer)
            chosen = np.arange(0, rows.stop - rows.start, step)
            wkb = self.city.wkb[rows.start : rows.stop].take(pa.array(chosen))
            view(self.context, name, chosen, self.city.classes[rows][chosen], wkb)

    def pairs(self, contest: Contest, loaded: object, every: int) -> Answers:
        del loaded, every
        rule = "AND a.class <> b.class" if contest.by_class else ""
        found = pa.table(
            self.context.sql(
                "SELECT a.id AS i, b.id AS j, ST_Area(ST_Intersection(a.geom, b.geom)) AS area"  # noqa: S608
                f" FROM a JOIN b ON ST_Intersects(a.geom, b.geom) {rule}"
            )
        )
        return Answers.of(*(found.column(name).to_numpy() for name in ("i", "j", "area")))
