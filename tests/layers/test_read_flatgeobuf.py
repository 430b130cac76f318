"""FlatGeobuf: whole or not, with and without an index, and files in disguise."""

import struct
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyogrio
import pytest
import shapely

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Refusal = Callable[..., str]
Write = Callable[..., Path]


@pytest.fixture
def fgb(tmp_path: Path) -> Write:
    def write(count: int, *, index: bool = True) -> Path:
        path = tmp_path / "layer.fgb"
        shapes = [shapely.box(at, 0, at + 1, 1) for at in range(count)]
        frame = gpd.GeoDataFrame({"n": range(count)}, geometry=shapes, crs="EPSG:4548")
        option = "YES" if index else "NO"
        pyogrio.write_dataframe(frame, path, driver="FlatGeobuf", SPATIAL_INDEX=option)
        return path

    return write


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 256, 257, 5000])
def test_all_features_are_read_whatever_the_index(
    fgb: Write, rows_of: Read, count: int, index: bool
) -> None:
    source, rows = rows_of(fgb(count, index=index))
    assert sorted(rows.column("n").to_pylist()) == list(range(count))
    assert (source.format, source.crs) == ("FlatGeobuf", "EPSG:4548")


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("index", [True, False])
def test_a_file_cut_short_is_refused(
    fgb: Write, refusal: Refusal, share: float, index: bool
) -> None:
    path = fgb(500, index=index)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "layer.fgb: is not" in refusal(path)


def test_a_file_that_ends_with_a_feature_but_lacks_some_is_refused(
    fgb: Write, refusal: Refusal
) -> None:
    path = fgb(5, index=False)
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 8)[0]
    (first,) = struct.unpack_from("<I", data, 12 + length)
    path.write_bytes(data[: 12 + length + 4 + first])
    assert "cut short or damaged" in refusal(path)


@pytest.mark.parametrize("at", [8, 12, 20, 60])
def test_a_damaged_header_is_refused(fgb: Write, refusal: Refusal, at: int) -> None:
    path = fgb(5)
    data = bytearray(path.read_bytes())
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(data)
    assert refusal(path).startswith("layer.fgb: ")


@pytest.mark.parametrize(
    "data", [b"", b"fgb", b"<OGRVRTDataSource/>", b"fgb\x02fgb\0" + bytes(99), b"fgb\x03fgb\0"]
)
def test_what_is_no_flatgeobuf_is_refused(tmp_path: Path, refusal: Refusal, data: bytes) -> None:
    path = tmp_path / "layer.fgb"
    path.write_bytes(data)
    assert "layer.fgb: is not" in refusal(path)
