"""GeoJSON: what is read, what is refused, and that no server is called."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import shapely

from layers import Source, UnreadableSource, read_geojson, read_source

Write = Callable[..., Path]
DEGREES = [[118.09, 24.4], [118.091, 24.4], [118.091, 24.401], [118.09, 24.401], [118.09, 24.4]]


def values(source: Source, field: str = "名称") -> list[object]:
    found: list[object] = source.rows.column(field).to_pylist()
    return found


def shape(source: Source, row: int = 0) -> shapely.Geometry:
    return shapely.from_wkb(source.rows.column("geometry")[row].as_py())


def feature(coordinates: object = None, **properties: object) -> dict[str, object]:
    geometry = {"type": "Polygon", "coordinates": [coordinates or DEGREES]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.mark.parametrize("bom", [False, True])
def test_geojson_is_read_with_and_without_byte_order_mark(write_geojson: Write, bom: bool) -> None:
    source = read_source(write_geojson(feature(名称="甲"), bom=bom))
    assert values(source) == ["甲"]
    assert (source.crs, source.rows.num_rows) == ("EPSG:4326", 1)


def test_geojson_over_the_wire_is_read_like_a_file(write_geojson: Write) -> None:
    path = write_geojson(feature(名称="甲"))
    assert read_geojson(path.read_bytes()).rows.equals(read_source(path).rows)


def test_a_bare_geometry_is_geojson(tmp_path: Path) -> None:
    path = tmp_path / "bare.json"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [DEGREES]}))
    assert shape(read_source(path)).equals(shapely.Polygon(DEGREES))


def test_the_crs_member_of_old_geojson_is_heeded(write_geojson: Write) -> None:
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
    assert read_source(write_geojson(feature(), crs=named)).crs == "EPSG:4548"


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::99999", "foo", "EPSG:999999", "", None])
def test_a_crs_that_nobody_knows_is_not_taken_for_another(write_geojson: Write, name: str) -> None:
    named = {"type": "name", "properties": {"name": name}}
    path = write_geojson(feature(), crs=named)
    with pytest.raises(UnreadableSource, match=f"{path.name}: .*which is none; name one such as"):
        read_source(path)
    with pytest.raises(UnreadableSource, match="which is none"):
        read_geojson(path.read_bytes())


@pytest.mark.parametrize(
    "name",
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4490", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
)
def test_a_crs_is_known_by_any_of_its_names(write_geojson: Write, name: str) -> None:
    for crs in ({"type": "name", "properties": {"name": name}}, None):
        assert read_source(write_geojson(feature(crs="a text"), crs=crs)).rows.num_rows == 1


@pytest.fixture
def server() -> Iterator[tuple[str, list[bytes]]]:
    """A server that remembers who called."""
    calls: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    calls.append(connection.recv(100))
                    connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/crs", calls
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("where", ["collection", "geometry"])
@pytest.mark.parametrize(
    ("kind", "properties", "key"),
    [
        ("link", "properties", "crs"),
        ("url", "properties", "crs"),
        ("LINK", "Properties", "CRS"),
        ("linked", "properties", "crs"),
    ],
)
def test_a_crs_given_by_link_is_refused_and_no_server_is_called(
    server: tuple[str, list[bytes]],
    write_geojson: Write,
    where: str,
    kind: str,
    properties: str,
    key: str,
) -> None:
    url, calls = server
    crs = {"type": kind, properties: {"href": url, "url": url}}
    member = feature()
    if where == "geometry":
        member["geometry"] = {**member["geometry"], key: crs}  # type: ignore[dict-item]
    path = write_geojson(member, **({key: crs} if where == "collection" else {}))
    with pytest.raises(UnreadableSource, match="by a link"):
        read_source(path)
    assert calls == []


def test_an_attribute_that_is_called_link_is_no_link(write_geojson: Write) -> None:
    path = write_geojson(feature(type="link", href="http://127.0.0.1/"))
    assert values(read_source(path), "type") == ["link"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "JSON but not GeoJSON"),
        ('{"type": "Topology"}', "JSON but not GeoJSON"),
        ('{"type": "FeatureCollection"}', "without a list of features"),
        ('{"type": "FeatureCollection", "features": {}}', "without a list of features"),
        ('{"type": "FeatureCollection", "features": []}', "holds no feature"),
        ('{"type": "FeatureCollection", "features": [{"a": 1}]}', "member 1"),
        ('{"type": "FeatureCollection", "features": [null]}', "member 1"),
        ('{"type": "Feature", "n": ' + "9" * 5000 + "}", "not GeoJSON"),
        ("[" * 100_000, "not GeoJSON"),
        ('{"type": "Feature"', "not GeoJSON"),
    ],
)
def test_json_that_is_no_geojson_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "layer.geojson"
    path.write_text(text)
    with pytest.raises(UnreadableSource, match=words):
        read_source(path)


def test_geojson_in_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer.geojson"
    text = json.dumps({"type": "FeatureCollection", "features": [feature(名称="甲")]})
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(UnreadableSource, match="not GeoJSON"):
        read_source(path)


def test_a_number_too_large_to_be_one_is_refused(tmp_path: Path, write_geojson: Write) -> None:
    path = write_geojson(feature())
    path.write_text(path.read_text().replace("118.091", "1e400", 1))
    with pytest.raises(UnreadableSource, match="1e400"):
        read_source(path)


def test_attributes_named_like_the_geometry_are_kept_under_another_name(
    write_geojson: Write,
) -> None:
    source = read_source(write_geojson(feature(geometry="a", wkb_geometry="b", geometry_2="c")))
    kept = source.rows.drop_columns(["geometry"]).to_pylist()
    assert sorted(kept[0].values()) == ["a", "b", "c"]
    assert shape(source).equals(shapely.Polygon(DEGREES))


def test_what_gdal_warns_of_becomes_a_note(write_geojson: Write) -> None:
    source = read_source(write_geojson(feature(DEGREES[:4])))
    assert any("ring" in note for note in source.notes)


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udc00x", r"\\\u0000"])
def test_an_escape_that_is_no_character_is_refused(tmp_path: Path, escape: str) -> None:
    path = tmp_path / "layer.geojson"
    feature = f'{{"type":"Feature","geometry":null,"properties":{{"n":"a{escape}"}}}}'
    path.write_text(feature, "utf-8")
    with pytest.raises(UnreadableSource, match=r"is no character that a text may have"):
        read_source(path)


@pytest.mark.parametrize("text", [r"\\u0000", r"\ud83d\ude00", r"\u00e9"])
def test_an_escape_that_is_a_character_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "layer.geojson"
    square = '{"type":"Point","coordinates":[118,24]}'
    feature = f'{{"type":"Feature","geometry":{square},"properties":{{"n":"{text}"}}}}'
    path.write_text(feature, "utf-8")
    assert read_source(path).rows.column("n").to_pylist() == [json.loads(f'"{text}"')]
