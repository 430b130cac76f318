"""GeoPackage, FileGDB, DXF and boundary text."""

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import shapely

from layers import UnreadableSource, read_source
from layers.errors import AmbiguousSource

from .reading import cut, shape, values

Write = Callable[..., Path]
SQUARE = shapely.box(610_000, 2_700_000, 610_100, 2_700_100)
BOUNDARY_TEXT = """\
[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=39
[地块坐标]
5,1.0,1,地块1,面,,商服用地,,@
J1,1,2700000.000,39610000.000
J2,1,2700100.000,39610000.000
J3,1,2700100.000,39610100.000
J4,1,2700000.000,39610100.000
J1,1,2700000.000,39610000.000
"""


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.gdb"])
def test_one_of_several_layers_is_read_by_its_name(write_layers: Write, name: str) -> None:
    path = write_layers(name, "永农", "红线")
    assert values(read_source(path, layer="红线")) == ["红线"]
    with pytest.raises(AmbiguousSource, match=r"2 layers; name one .*: 永农, 红线"):
        read_source(path)
    with pytest.raises(AmbiguousSource, match="no layer 绿线"):
        read_source(path, layer="绿线")


@pytest.mark.parametrize("name", ["plan.gpkg", "plan.gdb"])
def test_the_only_layer_needs_no_name(write_layers: Write, name: str) -> None:
    source = read_source(write_layers(name, "永农"), encoding="GBK")
    assert (values(source), source.layer, source.crs) == (["永农"], "永农", "EPSG:4548")


def test_an_arc_is_drawn_straight_in_short_pieces(write_layers: Write) -> None:
    path = write_layers("plan.gpkg", "circle")
    corners = [(0, 0), (50, 50), (100, 0), (50, -50), (0, 0)]
    points = b"".join(struct.pack("<dd", 610_000 + x, 2_700_000 + y) for x, y in corners)
    circle = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5) + points
    with closing(sqlite3.connect(path)) as database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        (blob,) = database.execute("SELECT geom FROM circle").fetchone()
        database.execute("UPDATE circle SET geom = ?", (b"GP\0\1" + blob[4:8] + circle,))
        database.commit()
    source = read_source(path)
    assert shape(source).area == pytest.approx(3.14159 * 50**2, rel=2e-3)
    assert "arcs were drawn as short straight lines" in source.notes


def test_a_table_without_geometry_is_refused(write_layers: Write) -> None:
    path = write_layers("plan.gpkg", "t")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE gpkg_contents SET data_type = 'attributes'")
        database.execute("DELETE FROM gpkg_geometry_columns")
        database.execute("DELETE FROM gpkg_extensions")
        database.commit()
    with pytest.raises(UnreadableSource, match="table without geometry"):
        read_source(path)


@pytest.mark.parametrize("share", [0.5, 0.001])
def test_a_geopackage_cut_short_is_refused(write_layers: Write, share: float) -> None:
    path = write_layers("plan.gpkg", "t")
    cut(path, share)
    with pytest.raises(UnreadableSource, match=r"^plan\.gpkg"):
        read_source(path)


def test_a_database_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE a (b)")
        database.commit()
    with pytest.raises(UnreadableSource, match="cannot be read as GPKG"):
        read_source(path)


def test_a_filegdb_that_is_a_file_or_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.gdb").touch()
    (tmp_path / "empty.gdb").mkdir()
    for name in ("file.gdb", "empty.gdb"):
        with pytest.raises(UnreadableSource, match="folder"):
            read_source(tmp_path / name)


@pytest.mark.parametrize("version", ["R2000", "R2004", "R2007", "R2010", "R2018"])
@pytest.mark.parametrize("encoding", [None, "gbk"])
def test_a_cad_layer_with_a_chinese_name_is_read_from_any_version(
    write_dxf: Write, version: str, encoding: str | None
) -> None:
    source = read_source(write_dxf(version, encoding=encoding), layer="红线", crs="EPSG:4548")
    assert values(source, "Layer") == ["红线"]
    assert shapely.Polygon(shape(source)).equals(SQUARE)
    assert (source.format, source.crs) == ("DXF", "EPSG:4548")


def test_a_drawing_without_a_layer_named_gives_all_and_says_no_crs(write_dxf: Write) -> None:
    source = read_source(write_dxf())
    assert values(source, "Layer") == ["红线", "open", "road", "text"]
    assert source.crs is None
    with pytest.raises(AmbiguousSource, match=r"no layer 绿线.*open, road, text, 红线"):
        read_source(write_dxf(), layer="绿线")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_drawing_cut_short_is_refused(write_dxf: Write, share: float) -> None:
    path = write_dxf()
    cut(path, share)
    with pytest.raises(UnreadableSource, match=r"^drawing\.dxf.*cut short"):
        read_source(path)


def test_a_binary_drawing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "drawing.dxf"
    path.write_bytes(b"AutoCAD Binary DXF\r\n\x1a\0" + bytes(100))
    with pytest.raises(UnreadableSource, match="in text form"):
        read_source(path)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_boundary_text_gives_its_parcels_with_their_zone(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "site.txt"
    path.write_bytes(BOUNDARY_TEXT.encode(encoding))
    source = read_source(path)
    assert (values(source, "name"), values(source, "use")) == (["地块1"], ["商服用地"])
    assert source.crs == "EPSG:4527"
    assert shape(source).bounds == (39_610_000, 2_700_000, 39_610_100, 2_700_100)


LAST = "J3,1,2700100.000,39610100.000\n"


@pytest.mark.parametrize(
    "text",
    [
        BOUNDARY_TEXT.partition("J3,1")[0] + LAST,
        BOUNDARY_TEXT.replace(LAST, "").replace("5,1.0", "4,1.0"),
        BOUNDARY_TEXT.replace(",1.0,", ",1.3,"),
    ],
    ids=["its end is missing", "a point is missing inside", "its points enclose less"],
)
def test_boundary_text_of_other_ground_than_it_declares_is_refused(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "site.txt"
    path.write_text(text, "utf-8")
    with pytest.raises(UnreadableSource, match=r"site\.txt: line .*deliver the whole file"):
        read_source(path)


def test_boundary_text_without_closing_points_is_read_where_its_area_is_right(
    tmp_path: Path,
) -> None:
    path = tmp_path / "site.txt"
    path.write_text("".join(BOUNDARY_TEXT.splitlines(keepends=True)[:-1]), "utf-8")
    assert shape(read_source(path)).area == 10_000


def test_boundary_text_without_its_system_says_no_crs_and_why(tmp_path: Path) -> None:
    path = tmp_path / "site.txt"
    path.write_text(BOUNDARY_TEXT.replace("坐标系=2000国家大地坐标系\n", ""), "utf-8")
    source = read_source(path)
    assert source.crs is None
    assert any("坐标系" in note and note.startswith("line 1:") for note in source.notes)


def test_text_that_is_no_boundary_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir,\nplease find the site attached.\n")
    with pytest.raises(UnreadableSource, match=r"letter\.txt, line"):
        read_source(path)


ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid FROM c"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (f"CREATE VIEW v AS {ENDLESS}", "its v is recursive"),
        ("CREATE VIEW v AS SELECT * FROM t", "v is a view; deliver it as a table"),
    ],
)  # fmt: skip
def test_a_view_is_no_layer_for_what_it_computes_may_have_no_end(
    write_layers: Write, sql: str, says: str
) -> None:
    path = write_layers("plan.gpkg", "t")
    with closing(sqlite3.connect(path)) as database:
        database.execute(sql)
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            copied = ", ".join(
                "'v'" if name in ("table_name", "identifier") else name for name in names
            )
            database.execute(f"INSERT INTO {table} SELECT {copied} FROM {table}")  # noqa: S608
        database.commit()
    with pytest.raises(UnreadableSource, match=says):
        read_source(path, layer="v")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW secret AS SELECT load_extension('/tmp/evil.so')",
        "CREATE VIEW secret AS SELECT ogr_geocode('Xiamen')",
    ],
)
def test_a_geopackage_that_reaches_beyond_itself_is_refused(write_layers: Write, sql: str) -> None:
    path = write_layers("plan.gpkg", "t")
    with closing(sqlite3.connect(path)) as database:
        database.execute(sql)
        database.commit()
    with pytest.raises(UnreadableSource, match="its secret reaches beyond the file"):
        read_source(path)
