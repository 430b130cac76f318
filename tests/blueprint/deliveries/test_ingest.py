"""A delivered file on its way into the store: what it came to, and that nothing of it is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
import sqlalchemy as sa

from blueprint.bootstrap import init_store
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.manifest import Request
from blueprint.snapshots import load_into_store
from layers import UnreadableSource
from layers.crs import to_lonlat
from layers.deliveries import deliveries
from layers.errors import UnsuitableCrs
from layers.gcj02 import gcj02_of
from layers.models import FeatureRow, SourceChunkRow
from tests.blueprint.conftest import (
    DAY,
    FAR,
    HALF,
    ORIGIN,
    SITE,
    Town,
    catalogue,
    line,
    placed,
    site_rule,
)


def test_a_delivery_in_gcj_02_lies_where_it_should_and_is_labelled_in_the_answer(
    town: Town, tmp_path: Path
) -> None:
    here = to_lonlat(np.array([placed(HALF)], dtype=object), "EPSG:4548")
    there = shapely.transform(here, gcj02_of)
    path = tmp_path / "map.geojson"
    path.write_text(shapely.to_geojson(there[0]), "utf-8")
    report = ingest_layer(town.service, Request("farmland", path, crs="GCJ-02"), DAY)
    assert (report.status, report.crs, report.approximate) == ("taken", "GCJ-02", "GCJ-02")
    town.publish(site_rule("farmland"))
    checked = town.check(SITE)
    (finding,) = checked.document.findings
    assert finding.approximate == "GCJ-02"
    assert finding.area is not None
    assert finding.area.projected_m2 == pytest.approx(5_000, abs=1)


def test_the_same_map_read_as_degrees_lies_half_a_kilometre_off(town: Town, tmp_path: Path) -> None:
    here = to_lonlat(np.array([placed(HALF)], dtype=object), "EPSG:4548")
    path = tmp_path / "map.geojson"
    path.write_text(shapely.to_geojson(shapely.transform(here, gcj02_of)[0]), "utf-8")
    ingest_layer(town.service, Request("farmland", path), DAY)
    town.publish(site_rule("farmland"))
    assert line(town.check(SITE), "farmland").status == "clear"


def test_a_geopackage_with_changes_still_in_its_log_is_refused(town: Town) -> None:
    path = town.draw(HALF)
    with closing(sqlite3.connect(path)) as program:
        program.execute("PRAGMA journal_mode=WAL")
        program.execute("CREATE TABLE note (text TEXT)")
        program.commit()
        with pytest.raises(UnreadableSource, match=r"changes of it in file\d\.gpkg-wal; close it"):
            ingest_layer(town.service, Request("farmland", path), DAY)


def test_a_file_that_cannot_be_read_is_kept_with_the_reason(town: Town, tmp_path: Path) -> None:
    path = tmp_path / "layer.geojson"
    path.write_text("{", "utf-8")
    report = ingest_layer(town.service, Request("farmland", path), DAY)
    assert (report.status, report.version) == ("refused", None)
    assert "is not GeoJSON" in report.reasons[0].en
    assert report.delivery is not None


def test_an_unchanged_layer_that_was_exported_again_costs_next_to_nothing(
    town: Town, tmp_path: Path
) -> None:
    x, y = np.divmod(np.arange(20_000), 200)
    shapes = shapely.box(x * 40, y * 40, x * 40 + 30, y * 40 + 30)
    frame = geopandas.GeoDataFrame(
        {"名称": [f"地块 {at}" for at in range(len(shapes))]},
        geometry=shapely.transform(shapes, lambda xy: xy + ORIGIN),
        crs="EPSG:4548",
    )

    def kept() -> tuple[int, int]:
        with town.service.database.read() as connection:
            size = connection.scalar(sa.select(sa.func.sum(sa.func.length(SourceChunkRow.content))))
            rows = connection.scalar(sa.select(sa.func.count(FeatureRow.fid)))
        return int(size or 0), int(rows or 0)

    sizes = []
    for number in (1, 2):
        path = tmp_path / f"export_{number}.gpkg"
        pyogrio.write_dataframe(frame, path, layer="plots")
        report = ingest_layer(town.service, Request("farmland", path), DAY)
        assert report.version == number
        sizes.append(kept())
    (first, rows), (second, later) = sizes
    assert later == rows
    assert second - first < 0.2 * first


def test_a_coverage_whose_city_is_not_known_says_what_was_not_sought(
    geopackage_store: str, tmp_path: Path
) -> None:
    with init_store(geopackage_store) as service:
        tree = catalogue(zone={"is_coverage": True})
        load_into_store(service, tree)
        report = Town(service, tmp_path, tree).deliver("zone", SITE, FAR)
    assert (report.status, report.kinds) == ("taken", {"coverage_unknown": 1})
    assert "boundary has no data yet" in report.issues[0].detail


def test_a_crs_that_is_none_is_a_mistake_of_the_request_and_leaves_nothing(town: Town) -> None:
    with pytest.raises(UnsuitableCrs, match="xiamen29"):
        ingest_layer(town.service, Request("farmland", town.draw(HALF), crs="xiamen29"), DAY)
    with town.service.database.read() as connection:
        assert deliveries(connection, "farmland") == []
