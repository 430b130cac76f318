"""The benchmark measures what it says it measures."""

from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely

from tests.benchmarks.parcels import BOUNDS, CRS, ID, LAYER, write_parcels

SIZE = 20_000


def test_parcels_are_valid_and_as_large_as_the_benchmark_says(tmp_path: Path) -> None:
    file = tmp_path / "parcels.gpkg"
    write_parcels(file, SIZE, "2026-01-01")
    told, table = pyogrio.raw.read_arrow(file, layer=LAYER)
    shapes = shapely.from_wkb(table.column(told["geometry_name"]).to_numpy())
    coordinates = shapely.get_num_coordinates(shapes)
    assert told["crs"] == CRS
    assert len(set(table.column(ID).to_pylist())) == SIZE
    assert shapely.is_valid(shapes).all()
    assert np.median(coordinates) == 20
    assert 21.8 < coordinates.mean() < 22.2
    assert shapely.box(*BOUNDS).contains(shapely.box(*shapely.total_bounds(shapes)))


def test_the_same_day_gives_the_same_file_and_another_day_the_same_parcels(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.gpkg" for number in range(3)]
    for file, day in zip(files, ["2026-01-01", "2026-01-01", "2026-02-01"], strict=True):
        write_parcels(file, 500, day)
    first, again, later = (file.read_bytes() for file in files)
    assert first == again
    assert first != later
    tables = [pyogrio.raw.read_arrow(file, layer=LAYER)[1] for file in files]
    assert tables[0].equals(tables[2])
