"""Shapefiles, zipped or not: whole or cut short, and in whatever character set."""

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pyproj
import pytest
import shapely

from layers import UnreadableSource, read_source

from .reading import cut, shape, values

Write = Callable[..., Path]
SQUARE = shapely.box(610_000, 2_700_000, 610_100, 2_700_100)


@pytest.mark.parametrize(
    ("encoding", "cpg", "language"),
    [
        ("UTF-8", "UTF-8", 0),
        ("UTF-8", None, 0),
        ("GBK", "GBK", 0),
        ("GBK", None, 0),
        ("GBK", None, 0x4D),
        ("GBK", "UTF-8", 0x57),
    ],
)
def test_chinese_in_a_shapefile_is_read_whoever_wrote_it(
    write_shapefile: Write, encoding: str, cpg: str | None, language: int
) -> None:
    path = write_shapefile(["基本农田", "甲"], encoding=encoding, cpg=cpg, language=language)
    source = read_source(path)
    assert values(source) == ["基本农田", "甲"]
    assert source.encoding == {"UTF-8": "UTF-8", "GBK": "GB18030"}[encoding]
    assert source.encoding in source.notes[-1]
    assert (source.format, source.layer, source.crs) == ("ESRI Shapefile", "layer", "EPSG:4548")
    assert shape(source).equals(SQUARE)


def test_the_encoding_that_is_given_overrules_the_cpg(write_shapefile: Write) -> None:
    path = write_shapefile(["甲"], field="name", encoding="GBK", cpg="ISO-8859-1")
    assert values(read_source(path), "name") == ["¼×"]
    assert values(read_source(path, encoding="GBK"), "name") == ["甲"]


@pytest.mark.parametrize(("encoding", "last"), [("UTF-8", "农"), ("GBK", "田")])
def test_a_value_cut_inside_a_character_loses_only_that_character(
    write_shapefile: Write, encoding: str, last: str
) -> None:
    path = write_shapefile(["x" * 11, "y"], field="name", encoding=encoding)
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    header, length = struct.unpack_from("<H", data, 8)[0], data[32 + 16]
    text = ("基本农田" * 40).encode(encoding)
    start = 1 if encoding == "GBK" else 0  # GBK has two bytes: begin with one that fills up
    data[header + 1 : header + 1 + length] = (b"a" * start + text)[:length]
    dbf.write_bytes(data)
    cut_value, other = values(read_source(path), "name")
    assert other == "y"
    assert "\ufffd" not in str(cut_value)
    assert len(str(cut_value).encode(encoding)) == length - (2 if encoding == "UTF-8" else 1)
    assert last in str(cut_value)


@pytest.mark.parametrize("cpg", [None, "UTF-8"])
def test_field_names_cut_inside_a_character_are_read_and_told_apart(
    write_shapefile: Write, cpg: str | None
) -> None:
    path = write_shapefile(["甲"], field="a", cpg=cpg)
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    name = "基本农田".encode()[:10] + b"\0"
    other = "基本农业".encode()[:9] + b"\xe5\0"
    first = bytes(data[32:64])
    fields = name + first[11:] + other + first[11:]
    record = bytes(data[struct.unpack_from("<H", data, 8)[0] :]).rstrip(b"\x1a")
    head = bytearray(data[:32])
    struct.pack_into("<HH", head, 8, 32 + 64 + 1, len(record) + first[16])
    dbf.write_bytes(head + fields + b"\r" + record + "乙".encode().ljust(first[16]) + b"\x1a")
    source = read_source(path)
    assert source.rows.column_names == ["基本农", "基本农_2", "geometry"]
    assert (values(source, "基本农"), values(source, "基本农_2")) == (["甲"], ["乙"])


def test_an_encoding_that_the_text_does_not_bear_out_is_refused(write_shapefile: Write) -> None:
    path = write_shapefile(["甲", "乙"], field="name", encoding="GBK")
    with pytest.raises(UnreadableSource, match=r"2 values are not UTF-8 as named; leave the"):
        read_source(path, encoding="UTF-8")


def test_bytes_that_fit_no_encoding_are_shown_and_noted(write_shapefile: Write) -> None:
    path = write_shapefile(["a", "b"], field="name")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"a   ", b"\xff\xff  ", 1))
    source = read_source(path)
    assert "\ufffd" in str(values(source, "name")[0])
    assert "1 values hold bytes that are not GB18030" in source.notes[-1]


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_a_companion_is_refused(write_shapefile: Write, suffix: str) -> None:
    path = write_shapefile(["a"])
    path.with_suffix(suffix).unlink()
    with pytest.raises(UnreadableSource, match=rf"deliver its \{suffix}"):
        read_source(path)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.6, 0.01])
def test_a_shapefile_cut_short_is_refused(
    write_shapefile: Write, suffix: str, share: float
) -> None:
    path = write_shapefile(["a"] * 50)
    cut(path.with_suffix(suffix), share)
    with pytest.raises(UnreadableSource, match=r"cut short|not a shapefile"):
        read_source(path)


def test_a_table_of_fewer_rows_than_there_are_shapes_is_refused(write_shapefile: Write) -> None:
    path, other = write_shapefile(["a"] * 5), write_shapefile(["a"] * 3, name="other")
    shutil.copy(other.with_suffix(".dbf"), path.with_suffix(".dbf"))
    with pytest.raises(UnreadableSource, match="5 shapes and 3 rows"):
        read_source(path)


def test_a_shapefile_without_prj_says_no_crs(write_shapefile: Write) -> None:
    path = write_shapefile(["a"])
    path.with_suffix(".prj").unlink()
    assert read_source(path).crs is None
    assert read_source(path, crs="EPSG:4527").crs == "EPSG:4527"


@pytest.mark.parametrize("code", ["EPSG:4490", "EPSG:4527", "EPSG:4548", "EPSG:4326"])
def test_the_prj_of_arcgis_is_understood(write_shapefile: Write, code: str) -> None:
    path = write_shapefile(["a"])
    path.with_suffix(".prj").write_text(pyproj.CRS(code).to_wkt("WKT1_ESRI"))
    assert read_source(path).crs == code


def test_capital_suffixes_are_read(write_shapefile: Write) -> None:
    path = write_shapefile(["甲"])
    for file in path.parent.glob("layer.*"):
        file.rename(file.with_suffix(file.suffix.upper()))
    assert values(read_source(path.with_suffix(".SHP"))) == ["甲"]


def members(shapefile: Path, folder: str = "") -> list[tuple[str, bytes]]:
    files = sorted(shapefile.parent.glob(f"{shapefile.stem}.???"))
    return [(folder + file.name, file.read_bytes()) for file in files if file.suffix != ".zip"]


@pytest.mark.parametrize("folder", ["", "图层/", "C\\图层\\"])
@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_zipped_shapefile_is_read_as_if_it_were_not(
    write_shapefile: Write, write_zip: Write, encoding: str, folder: str
) -> None:
    path = write_shapefile(["基本农田", "甲"], encoding=encoding)
    source = read_source(write_zip(*members(path, folder)), layer="layer")
    assert values(source) == ["基本农田", "甲"]
    assert (source.name, source.crs) == ("delivery.zip", "EPSG:4548")


def test_the_shadows_that_macos_adds_are_passed_over(
    write_shapefile: Write, write_zip: Write
) -> None:
    shadows = [("__MACOSX/._layer.shp", b"shadow"), ("._layer.shp", b"shadow")]
    path = write_zip(*members(write_shapefile(["甲"])), *shadows)
    assert values(read_source(path)) == ["甲"]


@pytest.mark.parametrize("name", ["../../evil.txt", "/evil.txt", "a/../../evil", "..\\evil"])
def test_a_zip_whose_members_leave_it_is_refused(
    write_shapefile: Write, write_zip: Write, tmp_path: Path, name: str
) -> None:
    path = write_zip(*members(write_shapefile(["a"])), (name, b"evil"))
    before = sorted(tmp_path.parent.rglob("evil*"))
    with pytest.raises(UnreadableSource, match="members stay inside it"):
        read_source(path)
    assert sorted(tmp_path.parent.rglob("evil*")) == before == []


def test_a_zip_must_hold_one_shapefile(write_shapefile: Write, write_zip: Write) -> None:
    one, two = write_shapefile(["a"], name="one"), write_shapefile(["a"], name="two")
    with pytest.raises(UnreadableSource, match="it has 0"):
        read_source(write_zip(("readme.txt", b"nothing here")))
    with pytest.raises(UnreadableSource, match="it has 2"):
        read_source(write_zip(*members(one), *members(two)))


def test_a_zip_without_a_companion_is_refused(write_shapefile: Write, write_zip: Write) -> None:
    kept = [m for m in members(write_shapefile(["a"])) if not m[0].endswith(".shx")]
    with pytest.raises(UnreadableSource, match=r"deliver its \.shx"):
        read_source(write_zip(*kept))


def test_a_damaged_zip_is_refused(write_shapefile: Write, write_zip: Write) -> None:
    path = write_zip(*members(write_shapefile(["a" * 50])))
    data = bytearray(path.read_bytes())
    data[60:90] = b"\xff" * 30
    path.write_bytes(data)
    with pytest.raises(UnreadableSource, match="cannot be unpacked"):
        read_source(path)


def test_rows_marked_as_deleted_are_passed_over_and_counted(write_shapefile: Write) -> None:
    path = write_shapefile(["甲", "乙", "丙"])
    dbf = path.with_suffix(".dbf")
    data = bytearray(dbf.read_bytes())
    header, width = struct.unpack_from("<HH", data, 8)
    data[header + width] = ord("*")
    dbf.write_bytes(data)
    source = read_source(path)
    assert values(source) == ["甲", "丙"]
    assert "1 rows are marked as deleted and were passed over" in source.notes
