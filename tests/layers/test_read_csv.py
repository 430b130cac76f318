"""CSV: where a row is, in which encoding, and that no row is lost or made up."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Refusal = Callable[..., str]
SQUARE = "POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def shapes(rows: pa.Table) -> list[str | None]:
    """Each geometry as WKT; None for none, the text itself for what is no geometry."""
    found: list[str | None] = []
    for wkb in rows.column("geometry").to_pylist():
        shape = shapely.from_wkb(wkb, on_invalid="ignore")
        found.append(shape.wkt if shape else wkb and wkb.decode())
    return found


@pytest.mark.parametrize(
    ("east", "north"),
    [
        ("lon", "lat"),
        ("Longitude", "Latitude"),
        ("经度", "纬度"),
        ("经度（°）", "纬度（°）"),
        ("x", "y"),
        ("X坐标", "Y坐标"),
        ("东坐标", "北坐标"),
        ("POINT_X", "POINT_Y"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_points_are_read_from_the_columns_that_are_named_so(
    table: Callable[..., Path], rows_of: Read, east: str, north: str, delimiter: str
) -> None:
    lines = [["id", north, east], ["a", "24.5", "118.1"], ["b", "24.6", " 118.2 "]]
    said, rows = rows_of(table("\r\n".join(delimiter.join(line) for line in lines)))
    assert shapes(rows) == ["POINT (118.1 24.5)", "POINT (118.2 24.6)"]
    assert rows.column_names == ["id", north, east, "geometry"]
    assert f"points with {east} to the east and {north} to the north" in said.notes
    assert said.crs is None


def test_a_latitude_named_longitude_is_left_where_it_is(
    table: Callable[..., Path], rows_of: Read
) -> None:
    _, rows = rows_of(table("lon,lat\n24.5,118.1\n"))
    assert shapes(rows) == ["POINT (24.5 118.1)"]


@pytest.mark.parametrize("name", ["WKT", "geometry", "the_geom", "Geom", "图形"])
def test_shapes_are_read_from_a_wkt_column_whatever_else_is_there(
    table: Callable[..., Path], rows_of: Read, name: str
) -> None:
    _, rows = rows_of(table(f'lon,lat,{name},a\n1,2,"{SQUARE}","x,\ny"\n'))
    assert shapes(rows) == [SQUARE]
    assert rows.column("a").to_pylist() == ["x,\ny"]
    assert rows.column_names == ["lon", "lat", "a", "geometry"]


def test_wkb_in_hex_as_databases_write_it_is_read_with_its_srid(
    table: Callable[..., Path], rows_of: Read
) -> None:
    shape = shapely.set_srid(shapely.from_wkt(SQUARE), 4548)
    said, rows = rows_of(table(f"geom\n{shapely.to_wkb(shape, hex=True, include_srid=True)}\n"))
    assert (said.crs, shapes(rows)) == ("EPSG:4548", [SQUARE])


def test_the_srid_that_all_shapes_name_is_the_crs(
    table: Callable[..., Path], rows_of: Read, refusal: Refusal
) -> None:
    said, rows = rows_of(table(f'wkt\n"SRID=4490;{SQUARE}"\n"srid = 4490 ; {SQUARE}"\n""\n'))
    assert (said.crs, shapes(rows)) == ("EPSG:4490", [SQUARE, SQUARE, None])
    text = refusal(table(f'wkt\n"SRID=4490;{SQUARE}"\n"{SQUARE}"\n'))
    assert "differ in SRID (4490 in 1 rows, none in 1 rows)" in text


def test_a_place_that_cannot_be_read_is_kept_as_it_was_written(
    table: Callable[..., Path], rows_of: Read
) -> None:
    said, rows = rows_of(table('wkt,n\n"POLYGON ((0 0, 1",1\n  ,2\n面,3\nPOINT (1 2),4\n'))
    assert shapes(rows) == ["POLYGON ((0 0, 1", None, "面", "POINT (1 2)"]
    assert "2 of 4 places cannot be read" in said.notes
    said, rows = rows_of(table("x,y\n1,\n,\n118°5',24\nnan,1\n1e400,1\n"))
    assert shapes(rows)[:4] == ["1, ", None, "118°5', 24", "nan, 1"]
    assert "3 of 5 places cannot be read" in said.notes
    assert shapely.get_x(shapely.from_wkb(rows.column("geometry")[4].as_py())) == float("inf")


@pytest.mark.parametrize(
    ("encoding", "expected", "ground"),
    [
        ("utf-8", "UTF-8", "strict UTF-8"),
        ("utf-8-sig", "UTF-8-SIG", "byte order mark"),
        ("gb18030", "GB18030", "not UTF-8, so GB18030"),
        ("utf-16", "UTF-16", "byte order mark"),
    ],
)
def test_the_encoding_is_decided_strictly_and_said(
    table: Callable[..., Path], rows_of: Read, encoding: str, expected: str, ground: str
) -> None:
    said, rows = rows_of(table("经度,纬度,名称\n118,24,基本农田㐂\n", encoding))
    assert rows.column("名称").to_pylist() == ["基本农田㐂"]
    assert (said.encoding, said.notes[0]) == (expected, f"text read as {expected} ({ground})")
    assert said.preview == ("经度", "纬度", "名称", "基本农田㐂")


def test_bytes_in_no_encoding_are_refused_and_so_is_a_wrong_one(
    table: Callable[..., Path], refusal: Refusal
) -> None:
    assert "is not text in UTF-8, GB18030" in refusal(table(b"x,y,n\n1,2,\xff\xff\n"))
    gbk = table("x,y,n\n1,2,甲\n", "gbk")
    assert "is not text in UTF-8-SIG" in refusal(gbk, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "no column, or more than one, says where a row is"),
        ("geom,geometry\n,\n", "more than one"),
        ("lon,lon,lat\n1,2,3\n", "more than one"),
        ("x,y\n", "holds no feature"),
        ("", "no column"),
        ("x,y,a\n1,2,3\n1,2\n", "record 2 has 2 fields, the header 3"),
        ("x,y\n1,2,3\n", "record 1 has 3 fields, the header 2"),
        ('x,y,a\n1,2,"cut', "line 2: unexpected end of data"),
        ('x,y,a\n1,2,"b"c\n', "line 2"),
        ("x,y\n1,\0\n", "line 2: is not text: it holds NUL"),
        ("<OGRVRTDataSource/>", "no column"),
        (",".join(f"c{n}" for n in range(1_000_000)), "under 2000 columns"),
        ("x,y,a\n1,2," + "a" * (65 << 20), "line 2: is not under 64 MiB"),
        ('x,y,a\n1,2,"' + "aaaaaaa\n" * (9 << 20), "field larger than field limit"),
    ],
    ids=str.__len__,
)
def test_a_table_that_cannot_be_read_whole_is_refused(
    table: Callable[..., Path], refusal: Refusal, text: str, words: str
) -> None:
    assert words in refusal(table(text))


def test_empty_cells_behind_a_row_and_blank_lines_are_passed_over(
    table: Callable[..., Path], rows_of: Read
) -> None:
    _, rows = rows_of(table("x,y,\n1,2,,,\n\n3,4,z\n"))
    assert rows.column("column_3").to_pylist() == ["", "z"]


def test_a_column_named_like_the_geometry_or_twice_is_kept(
    table: Callable[..., Path], rows_of: Read
) -> None:
    _, rows = rows_of(table("WKT,geometry,a,a\nPOINT (1 2),g,b,c\n"))
    assert rows.column_names == ["geometry_2", "a", "a_2", "geometry"]


def test_many_rows_come_in_batches_of_one_schema(table: Callable[..., Path], rows_of: Read) -> None:
    day = date(2026, 11, 23).isoformat()
    path = table("x,y,day\n" + f"118.1,24.5,{day}\n" * 120_000)
    _, rows = rows_of(path)
    assert [len(chunk) for chunk in rows.column("day").chunks] == [50_000, 50_000, 20_000]
