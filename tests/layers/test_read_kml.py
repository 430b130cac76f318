"""KML: placemarks by folder, nothing fetched, no place lost."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Refusal = Callable[..., str]
HEAD = '<?xml version="1.0" encoding="{}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
RING = "<LinearRing><coordinates>{}</coordinates></LinearRing>"
OUTER = "118.0,24.0,5 118.4,24.0,5 118.4,24.4,5 118.0,24.4,5 118.0,24.0,5"
POINT = "<Point><coordinates>1,2</coordinates></Point>"
LINE = "<LineString><coordinates>3,4 5,6</coordinates></LineString>"
INNER = "118.1,24.1 118.2,24.1 118.2,24.2 118.1,24.1"


def polygon(outer: str = OUTER, *inner: str) -> str:
    holes = "".join(f"<innerBoundaryIs>{RING.format(i)}</innerBoundaryIs>" for i in inner)
    shell = f"<outerBoundaryIs>{RING.format(outer)}</outerBoundaryIs>"
    return f"<Polygon><tessellate>1</tessellate>{shell}{holes}</Polygon>"


def mark(shape: str, texts: str = "<name>甲</name>") -> str:
    return f"<Placemark>{texts}{shape}</Placemark>"


def folder(name: str, *members: str) -> str:
    return f"<Folder><name>{name}</name>{''.join(members)}</Folder>"


@pytest.fixture
def kml(tmp_path: Path) -> Callable[..., Path]:
    def write(*members: str, encoding: str = "UTF-8", head: str = HEAD) -> Path:
        path = tmp_path / "plan.kml"
        text = head.format(encoding) + f"<Document>{''.join(members)}</Document></kml>"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def shapes(rows: pa.Table) -> list[shapely.Geometry | None]:
    return list(shapely.from_wkb(rows.column("geometry").to_pylist(), on_invalid="ignore"))


def test_a_polygon_keeps_its_holes_and_its_texts(kml: Callable[..., Path], rows_of: Read) -> None:
    extended = (
        "<name>一号</name><description><![CDATA[<b>农田</b>]]></description>"
        '<ExtendedData><Data name="面积"><value>3</value></Data><SchemaData schemaUrl="#s">'
        '<SimpleData name="地类">01</SimpleData></SchemaData></ExtendedData>'
        "<TimeStamp><when>2026-11-23</when></TimeStamp>"
    )
    said, rows = rows_of(kml(mark(polygon(OUTER, INNER), extended)))
    texts = {"name": "一号", "description": "<b>农田</b>", "面积": "3", "地类": "01"}
    assert rows.drop_columns(["geometry"]).to_pylist() == [{**texts, "when": "2026-11-23"}]
    shell = shapely.box(118, 24, 118.4, 24.4)
    hole = shapely.Polygon([(118.1, 24.1), (118.2, 24.1), (118.2, 24.2)])
    assert shapely.equals(shapes(rows)[0], shell - hole)
    assert (said.crs, said.format, said.layer) == ("OGC:CRS84", "KML", "placemarks")


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("<Point><coordinates> 118.5, 24.5, 0 </coordinates></Point>", "POINT (118.5 24.5)"),
        ("<LineString><coordinates>0,0\n1,1</coordinates></LineString>", "LINESTRING (0 0, 1 1)"),
        (f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>", "MULTIPOINT ((1 2), (1 2))"),
        (
            f"<MultiGeometry>{POINT}<MultiGeometry>{LINE}</MultiGeometry></MultiGeometry>",
            "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (3 4, 5 6))",
        ),
        ("", None),
    ],
)
def test_other_shapes_are_read(
    kml: Callable[..., Path], rows_of: Read, shape: str, expected: str | None
) -> None:
    _, rows = rows_of(kml(mark(shape)))
    assert [s and s.wkt for s in shapes(rows)] == [expected]


@pytest.mark.parametrize(
    "shape",
    [
        polygon("118,24 118.1"),
        polygon("118,24 118.1,24.1"),
        polygon(OUTER, "1,2 a,b 3,4"),
        "<Polygon></Polygon>",
        "<Point><coordinates>1,2 3,4</coordinates></Point>",
        "<LineString><coordinates></coordinates></LineString>",
        f"<MultiGeometry>{polygon()}{polygon('1')}</MultiGeometry>",
        "<Track><when>2026</when></Track>",
    ],
)
def test_a_place_that_cannot_be_read_is_no_geometry_and_its_row_is_kept(
    kml: Callable[..., Path], rows_of: Read, shape: str
) -> None:
    said, rows = rows_of(kml(mark(polygon()), mark(shape, "<name>乙</name>")))
    assert rows.column("name").to_pylist() == ["甲", "乙"]
    assert shapes(rows)[1] is None
    assert rows.column("geometry")[1].is_valid
    assert "1 of 2 places cannot be read" in said.notes


def test_folders_are_layers_and_one_must_be_named(
    kml: Callable[..., Path], rows_of: Read, refusal: Refusal
) -> None:
    one, two = mark(polygon()), mark(polygon(), "<name>乙</name><address>路</address>")
    path = kml("<name>规划</name>", folder("永农", one, folder("细", two, two)), folder("空"))
    assert "2 layers; name one with --source-layer: 永农, 细" in refusal(path)
    assert rows_of(path, layer="永农")[1].column_names == ["name", "geometry"]
    assert rows_of(path, layer="细")[1].column_names == ["name", "address", "geometry"]
    assert "no layer 规划" in refusal(path, layer="规划")


@pytest.mark.parametrize("encoding", ["GBK", "GB2312", "GB18030", "UTF-16", "UTF-8"])
def test_an_encoding_that_is_declared_is_used(
    kml: Callable[..., Path], rows_of: Read, encoding: str
) -> None:
    said, rows = rows_of(kml(mark(polygon()), encoding=encoding))
    assert rows.column("name").to_pylist() == ["甲"]
    assert said.preview == ("甲",)


def test_an_encoding_that_is_declared_wrongly_is_found_out(
    kml: Callable[..., Path], rows_of: Read
) -> None:
    path = kml(mark(polygon()), head=HEAD.format("UTF-8"), encoding="GBK")
    said, rows = rows_of(path)
    assert (rows.column("name").to_pylist(), said.encoding) == (["甲"], "GB18030")
    assert "not UTF-8, so GB18030" in said.notes[0]


def test_an_external_entity_is_refused_and_its_file_not_read(
    kml: Callable[..., Path], tmp_path: Path, refusal: Refusal
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    dtd = f'<!DOCTYPE kml [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    head = HEAD.replace("<kml", dtd + "<kml")
    text = refusal(kml(mark(polygon(), "<name>&e;</name>"), head=head))
    assert "it has a DTD" in text
    assert "secret" not in text


def test_a_link_to_another_file_is_not_followed_and_noted(
    kml: Callable[..., Path], tmp_path: Path, rows_of: Read, refusal: Refusal
) -> None:
    other = tmp_path / "other.kml"
    other.write_text(HEAD.format("UTF-8") + mark(polygon(), "<name>other</name>") + "</kml>")
    link = f"<NetworkLink><Link><href>{other.as_uri()}</href></Link></NetworkLink>"
    said, rows = rows_of(kml(link, mark(polygon())))
    assert rows.column("name").to_pylist() == ["甲"]
    assert "1 links to other files were not followed" in said.notes
    assert "it only links to others" in refusal(kml(link))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a/>", "its root is a, not kml"),
        ("<OGRVRTDataSource></OGRVRTDataSource>", "its root is OGRVRTDataSource"),
        ("<kml><Placemark>", "not whole KML"),
        ("<kml></kml>", "holds no placemark"),
        ("<kml>" + "<Folder>" * 20_000, "nested over 200 deep"),
        ("<kml><Placemark><name>" + "a" * (65 << 20), "a text over 64 MiB"),
        ("", "not whole KML"),
        ("{}", "not whole KML"),
    ],
    ids=["root", "vrt", "cut", "empty", "deep", "long", "nothing", "json"],
)
def test_what_is_no_whole_kml_is_refused(
    tmp_path: Path, refusal: Refusal, text: str, words: str
) -> None:
    path = tmp_path / "plan.kml"
    path.write_text(text)
    assert words in refusal(path)
