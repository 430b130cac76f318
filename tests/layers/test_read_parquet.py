"""GeoParquet: its CRS and columns, and files that stand for more than they seem to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyproj
import pytest
import shapely
from pyarrow import parquet

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Refusal = Callable[..., str]
Write = Callable[..., Path]
SQUARE = shapely.box(118, 24, 118.1, 24.1)
POINT = shapely.to_wkb(shapely.Point(118.1, 24.5))


@pytest.fixture
def geo(tmp_path: Path) -> Write:
    def write(
        columns: dict[str, Any], column: dict[str, Any] | None = None, **options: Any
    ) -> Path:
        """A Parquet file whose `geo` metadata say `column` of the column geometry."""
        path = tmp_path / "layer.parquet"
        table = pa.table(columns)
        if column is not None:
            said = {"primary_column": "geometry", "columns": {"geometry": column}}
            table = table.replace_schema_metadata({"geo": json.dumps(said)})
        parquet.write_table(table, path, **options)
        return path

    return write


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "OGC:CRS84"),
        ({"crs": None}, None),
        ({"crs": pyproj.CRS("EPSG:4548").to_json_dict()}, "EPSG:4548"),
        ({"crs": pyproj.CRS("EPSG:4490").to_json_dict()}, "EPSG:4490"),
        ({"crs": pyproj.CRS("OGC:CRS84").to_json_dict()}, "OGC:CRS84"),
    ],
)
def test_the_crs_is_what_the_metadata_say(
    geo: Write, rows_of: Read, said: dict[str, Any], expected: str | None
) -> None:
    path = geo({"geometry": [POINT], "名称": ["甲"]}, {"encoding": "WKB", **said})
    source, rows = rows_of(path)
    assert (source.crs, source.preview) == (expected, ("名称", "甲"))
    assert rows.schema.field("geometry").type == pa.binary()


def test_a_crs_of_its_own_comes_as_wkt(geo: Write, rows_of: Read) -> None:
    own = pyproj.CRS("+proj=tmerc +lon_0=118.5 +x_0=100000 +y_0=-2700000 +ellps=krass")
    source, _ = rows_of(geo({"geometry": [POINT]}, {"encoding": "WKB", "crs": own.to_json_dict()}))
    assert source.crs is not None
    assert pyproj.CRS.from_wkt(source.crs).equals(own)


def test_a_code_that_belies_its_parameters_is_not_taken(geo: Write, rows_of: Read) -> None:
    crs = pyproj.CRS("EPSG:4548").to_json_dict()
    parameters = crs["conversion"]["parameters"]
    next(p for p in parameters if p["name"] == "False easting")["value"] = 39_500_000
    source, _ = rows_of(geo({"geometry": [POINT]}, {"encoding": "WKB", "crs": crs}))
    assert source.crs != "EPSG:4548"


def test_a_box_for_each_row_and_nested_columns_are_left_out(tmp_path: Path, rows_of: Read) -> None:
    path = tmp_path / "layer.parquet"
    frame = gpd.GeoDataFrame({"a": [1], "tags": [["x"]]}, geometry=[SQUARE], crs="EPSG:4490")
    frame.to_parquet(path, write_covering_bbox=True, schema_version="1.1.0")
    source, rows = rows_of(path)
    assert rows.column_names == ["a", "geometry"]
    assert source.notes == ("columns that hold lists or records were left out: tags",)


def test_a_column_may_be_of_any_plain_type(geo: Write, rows_of: Read) -> None:
    texts = pa.array(["甲", None], pa.large_string())
    columns = {
        "geometry": pa.array([POINT, None], pa.large_binary()),
        "text": texts,
        "dictionary": texts.cast(pa.string()).dictionary_encode(),
        "view": texts.cast(pa.string_view()),
        "bytes": pa.array([b"\xff", None]),
        "number": [1.5, float("nan")],
        "flag": [True, None],
    }
    _, rows = rows_of(geo(columns, {"encoding": "WKB"}))
    assert rows.column("text").to_pylist() == ["甲", None]
    assert rows.column("dictionary").to_pylist() == ["甲", None]
    assert rows.column("view").to_pylist() == ["甲", None]
    assert rows.column("bytes").to_pylist() == [b"\xff", None]
    assert rows.column("geometry").to_pylist() == [POINT, None]


@pytest.mark.parametrize(
    ("columns", "said", "words"),
    [
        ({"geometry": [POINT]}, None, "without proper `geo` metadata"),
        ({"geometry": [POINT]}, {"encoding": "point"}, "encoded as point; deliver it"),
        ({"geometry": [POINT]}, {}, "encoded as None"),
        ({"geom": [POINT]}, {"encoding": "WKB"}, "geometry column geometry is not there"),
        ({"geometry": [1.5]}, {"encoding": "WKB"}, "geometry column geometry is not there"),
        ({"geometry": [POINT]}, {"encoding": "WKB", "crs": {"a": 1}}, "CRS cannot be understood"),
        ({"geometry": [POINT]}, {"encoding": "WKB", "crs": 5.5}, "CRS cannot be understood"),
        ({"geometry": pa.array([], pa.binary())}, {"encoding": "WKB"}, "holds no feature"),
    ],
)
def test_a_file_without_what_geoparquet_needs_is_refused(
    geo: Write, refusal: Refusal, columns: dict[str, Any], said: dict[str, Any] | None, words: str
) -> None:
    assert words in refusal(geo(columns, said))


def test_a_value_that_is_repeated_beyond_measure_comes_in_pieces_that_fit(
    geo: Write, tmp_path: Path
) -> None:
    from layers.readers import read_file

    value = "a" * (8 << 20)
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), [value])
    path = geo({"geometry": [POINT] * 1_000, "text": texts}, {"encoding": "WKB"})
    assert path.stat().st_size < 2 << 20
    sizes: list[int] = []
    read_file(path, None, None, lambda batch: sizes.append(batch.get_total_buffer_size()))
    assert max(sizes) < 80 << 20


def test_a_row_that_is_larger_than_a_batch_is_refused(geo: Write, refusal: Refusal) -> None:
    path = geo({"geometry": [POINT], "text": ["a" * (65 << 20)]}, {"encoding": "WKB"})
    assert "a row over 64 MiB" in refusal(path)


@pytest.mark.parametrize("at", [8, -60, -200, -9])
def test_a_damaged_file_is_refused(geo: Write, refusal: Refusal, at: int) -> None:
    path = geo({"geometry": [POINT] * 50, "n": list(range(50))}, {"encoding": "WKB"})
    data = bytearray(path.read_bytes())
    data[at : at + 4] = b"\xff\xfe\xfd\xfc"
    path.write_bytes(data)
    assert refusal(path).startswith("layer.parquet: ")
