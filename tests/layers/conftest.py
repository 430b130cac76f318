"""Deliveries made on the spot: what departments send, sound and unsound."""

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import ezdxf
import geopandas as gpd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from layers import DataError, Source
from layers.description import Description
from layers.readers import read_file


def parcels(count: int) -> list[BaseGeometry]:
    """Squares of a hectare in a row, metres in EPSG:4548."""
    return [
        shapely.box(610_000 + 200 * i, 2_700_000, 610_100 + 200 * i, 2_700_100)
        for i in range(count)
    ]


@pytest.fixture
def write_shapefile(tmp_path: Path) -> Callable[..., Path]:
    def write(
        values: Sequence[str],
        *,
        name: str = "layer",
        field: str = "名称",
        encoding: str = "UTF-8",
        cpg: str | None = None,
        language: int = 0,
        crs: str = "EPSG:4548",
    ) -> Path:
        """A shapefile with one text field; `cpg` None leaves the .cpg away."""
        path = tmp_path / f"{name}.shp"
        frame = gpd.GeoDataFrame({field: values}, geometry=parcels(len(values)), crs=crs)
        pyogrio.write_dataframe(frame, path, encoding=encoding)
        path.with_suffix(".cpg").unlink()
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        patch(path.with_suffix(".dbf"), 29, bytes([language]))
        return path

    return write


def patch(path: Path, at: int, new: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[at : at + len(new)] = new
    path.write_bytes(data)


@pytest.fixture
def write_zip(tmp_path: Path) -> Callable[..., Path]:
    def write(*members: tuple[str, bytes]) -> Path:
        path = tmp_path / "delivery.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members:
                archive.writestr(name, data)
        return path

    return write


@pytest.fixture
def write_geojson(tmp_path: Path) -> Callable[..., Path]:
    def write(*features: object, bom: bool = False, **members: object) -> Path:
        path = tmp_path / "layer.geojson"
        document = {"type": "FeatureCollection", "features": features, **members}
        text = json.dumps(document, ensure_ascii=False)
        path.write_text(text, "utf-8-sig" if bom else "utf-8")
        return path

    return write


@pytest.fixture
def write_layers(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *layers: str) -> Path:
        """A GeoPackage or FileGDB with one square in each layer, named after it."""
        path = tmp_path / name
        for layer in layers:
            frame = gpd.GeoDataFrame({"名称": [layer]}, geometry=parcels(1), crs="EPSG:4548")
            driver = "OpenFileGDB" if path.suffix == ".gdb" else "GPKG"
            pyogrio.write_dataframe(frame, path, layer=layer, driver=driver, append=path.exists())
        return path

    return write


@pytest.fixture
def write_dxf(tmp_path: Path) -> Callable[..., Path]:
    def write(version: str = "R2010", *, layer: str = "红线", encoding: str | None = None) -> Path:
        """A drawing with a closed and an open polyline, a line and a text, the first in `layer`."""
        drawing = ezdxf.new(version)
        if encoding is not None:
            drawing.encoding = encoding
        space = drawing.modelspace()
        corners = list(parcels(1)[0].exterior.coords)[:-1]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": layer})
        space.add_lwpolyline(corners, close=False, dxfattribs={"layer": "open"})
        space.add_line(corners[0], corners[2], dxfattribs={"layer": "road"})
        space.add_text("文字", dxfattribs={"layer": "text", "insert": corners[0]})
        path = tmp_path / "drawing.dxf"
        drawing.saveas(path)
        return path

    return write


@pytest.fixture
def source_of() -> Callable[..., Source]:
    def make(
        *shapes: BaseGeometry | bytes | str | None,
        crs: str | None = "EPSG:4548",
        **columns: list[object],
    ) -> Source:
        """A source as if read: geometries (also as WKB or WKT) and attribute columns."""
        parsed = [shapely.from_wkt(s) if isinstance(s, str) else s for s in shapes]
        wkb = [s if isinstance(s, bytes) or s is None else shapely.to_wkb(s) for s in parsed]
        rows = pa.table({**columns, "geometry": pa.array(wkb, pa.binary())})
        return Source("layer.gpkg", "GPKG", None, crs, "UTF-8", rows)

    return make


@pytest.fixture
def refusal() -> Callable[..., str]:
    def ask(path: Path, **asked: str | None) -> str:
        """The one line in which a file is refused."""
        with pytest.raises(DataError) as refused:
            read_file(path, asked.get("layer"), asked.get("encoding"), lambda _: None)
        text = str(refused.value)
        assert "\n" not in text
        return text

    return ask


@pytest.fixture
def rows_of() -> Callable[..., tuple[Description, pa.Table]]:
    def read(path: Path, **asked: str | None) -> tuple[Description, pa.Table]:
        """What a reader says of a file, and all its rows."""
        batches: list[pa.RecordBatch] = []
        said = read_file(path, asked.get("layer"), asked.get("encoding"), batches.append)
        return said, pa.Table.from_batches(batches)

    return read
