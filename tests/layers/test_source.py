"""Files in general: what is refused before it is read, and what is kept of a delivery."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from layers import Source, UnreadableSource, read_source
from layers.readers import _READERS

Write = Callable[..., Path]
VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='layer'><SrcDataSource>{}</SrcDataSource>"
    "<SrcLayer>layer</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
)


def values(source: Source, field: str = "名称") -> list[object]:
    found: list[object] = source.rows.column(field).to_pylist()
    return found


@pytest.mark.parametrize("suffix", ["shp", "zip", "gpkg", "geojson", "json", "dxf", "txt"])
def test_an_empty_file_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"nothing.{suffix}"
    path.touch()
    with pytest.raises(UnreadableSource, match=r"^nothing\."):
        read_source(path)


@pytest.mark.parametrize("suffix", ["shp", "zip", "gpkg", "geojson", "json", "dxf", "txt"])
def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"folder.{suffix}").mkdir()
    with pytest.raises(UnreadableSource, match="is not a file"):
        read_source(tmp_path / f"folder.{suffix}")


def test_an_unknown_suffix_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    path = tmp_path / "layer.dwg"
    path.write_bytes(b"AC1032")
    with pytest.raises(UnreadableSource, match=r"\.csv, \.dxf, \.fgb, \.gdb, \.geojson"):
        read_source(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no such file"):
        read_source(tmp_path / "layer.shp")


def test_an_encoding_that_is_none_is_refused(write_shapefile: Write) -> None:
    with pytest.raises(UnreadableSource, match="rot13 is no known encoding"):
        read_source(write_shapefile(["甲"]), encoding="rot13")


@pytest.mark.parametrize("suffix", sorted(suffix[1:] for suffix in _READERS if suffix != ".gdb"))
def test_a_vrt_in_disguise_is_refused_and_the_file_it_names_is_not_read(
    write_shapefile: Write, tmp_path: Path, suffix: str
) -> None:
    secret = write_shapefile(["secret"])
    path = tmp_path / f"disguise.{suffix}"
    path.write_text(VRT.format(secret) + "SECTION EOF")
    for companion in (".shx", ".dbf"):
        shutil.copy(secret.with_suffix(companion), path.with_suffix(companion))
    with pytest.raises(UnreadableSource, match=r"^disguise\.") as refusal:
        read_source(path)
    assert "secret" not in str(refusal.value)
