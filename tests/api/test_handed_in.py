"""A site comes as a file in any format that a surveyor or a CAD writes, and never by a path."""

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient

from api.handed import LARGEST_BODY
from layers.boundary_txt import Parcel
from layers.boundary_write import write_boundary_txt
from tests.blueprint.conftest import DAY, FAR, SITE, placed

SHAPE = placed(SITE)
FORMATS = (".txt", ".zip", ".dxf", ".kml", ".gpkg", ".geojson")


def drawn(suffix: str, folder: Path, shape: shapely.Geometry = SHAPE) -> bytes:
    """The site in a file of that format."""
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shape], crs="EPSG:4548")
    path = folder / f"parcel{suffix}"
    if suffix == ".txt":
        parcel = Parcel("1", "地块", "", "", "面", None, shape)
        return write_boundary_txt([parcel], "EPSG:4548").data
    if suffix == ".zip":
        frame.to_file(folder / "parcel.shp")
        return zipped({f"parcel{end}": (folder / f"parcel{end}").read_bytes()
                       for end in (".shp", ".shx", ".dbf", ".prj")})  # fmt: skip
    if suffix == ".dxf":
        import ezdxf

        drawing = ezdxf.new()
        drawing.modelspace().add_lwpolyline(list(shape.exterior.coords), close=True)
        drawing.saveas(path)
    elif suffix == ".kml":
        corners = frame.to_crs("EPSG:4490").geometry[0].exterior.coords
        text = " ".join(f"{x:.9f},{y:.9f}" for x, y in corners)
        path.write_text(
            f"<kml xmlns='http://www.opengis.net/kml/2.2'><Placemark><name>地块</name><Polygon>"
            f"<outerBoundaryIs><LinearRing><coordinates>{text}</coordinates></LinearRing>"
            f"</outerBoundaryIs></Polygon></Placemark></kml>", "utf-8"
        )  # fmt: skip
    elif suffix == ".geojson":
        return frame.to_crs("EPSG:4490").to_json().encode()
    else:
        frame.to_file(path)
    return path.read_bytes()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def sent(client: TestClient, file: str, data: bytes, /, **fields: str):
    """The answer to a form with a file."""
    return client.post("/site-checks", files={"file": (file, data)}, data=fields)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_of_each_format_is_the_same_site(town_client, tmp_path, suffix: str):
    answer = sent(town_client, f"红线 1{suffix}", drawn(suffix, tmp_path), date=str(DAY))
    assert answer.status_code == 201, answer.text
    check = answer.json()
    assert check["site"]["area"]["projected_m2"] == pytest.approx(10_000, abs=0.1)
    assert check["verdict"] == "restricted"
    assert check["application_date"] == str(DAY)
    assert check["site"]["name"] == f"红线 1{suffix}"


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".txt", "text/plain; charset=gb18030"), (".zip", "application/zip"),
     (".kml", "application/vnd.google-earth.kml+xml"), (".geojson", "application/geo+json"),
     (".gpkg", "application/geopackage+sqlite3"), (".dxf", "image/vnd.dxf")],
)  # fmt: skip
def test_a_plain_body_is_read_as_its_media_type_says(town_client, tmp_path, suffix, kind):
    headers = {"content-type": kind}
    answer = town_client.post("/site-checks", content=drawn(suffix, tmp_path), headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["site"]["name"] == "site"
    assert answer.json()["site"]["area"]["projected_m2"] == pytest.approx(10_000, abs=0.1)


def test_fields_beside_a_file_say_what_parameters_say(town_client, tmp_path):
    fields = {"name": "东地块", "project": '{"height_m": 45}', "suggest": "true"}
    check = sent(town_client, "a.txt", drawn(".txt", tmp_path), **fields).json()
    assert check["site"]["name"] == "东地块"
    assert check["project"]["height_m"] == 45
    assert check["suggestions"]
    twice = town_client.post(
        "/site-checks?name=x", files={"file": ("a.txt", b"")}, data={"name": "y"}
    )
    assert twice.status_code == 400
    assert "given more than once" in twice.json()["detail"]


def test_of_several_layers_one_is_named(town_client, tmp_path):
    path = tmp_path / "two.gpkg"
    frame = geopandas.GeoDataFrame(geometry=[SHAPE], crs="EPSG:4548")
    frame.to_file(path, layer="east")
    frame.set_geometry([placed(FAR)], crs="EPSG:4548").to_file(path, layer="west")
    answer = sent(town_client, "two.gpkg", path.read_bytes())
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/AmbiguousSource")
    assert "?layer=: east, west" in answer.json()["detail"]
    named = sent(town_client, "two.gpkg", path.read_bytes(), layer="west")
    assert named.json()["verdict"] == "pass"


def test_a_drawing_that_names_no_crs_may_be_told_one(town_client, tmp_path):
    moved = shapely.transform(SHAPE, lambda xy: xy + np.array([39_000_000, 0]))
    answer = sent(town_client, "a.dxf", drawn(".dxf", tmp_path, moved))
    assert answer.status_code == 422
    assert "names no CRS" in answer.json()["detail"]
    told = sent(town_client, "a.dxf", drawn(".dxf", tmp_path, moved), crs="EPSG:4527")
    assert told.status_code == 201, told.text
    assert told.json()["site"]["area"]["projected_m2"] == pytest.approx(10_000, abs=0.1)


def lying(shape: bytes) -> bytes:
    """A zip whose one member states another name than a folder takes."""
    return zipped({"../../parcel.shp": shape})


def bomb() -> bytes:
    return zipped({"a.shp": bytes(257 << 20), "a.shx": b"", "a.dbf": b""})


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.zip", lambda: lying(b""), "members stay inside"),
        ("a.zip", lambda: zipped({"inner.zip": zipped({"a.shp": b""})}), "holds another archive"),
        ("a.zip", bomb, "unpacks to more than 0.25 GiB"),
        ("a.zip", lambda: zipped({"a.shp": bytes(90 << 20)}), "times its size"),
        ("a.zip", lambda: zipped({"a.txt": b"x"}), "one shapefile"),
        ("a.zip", lambda: b"PK\x03\x04" + bytes(40), "is not a zip archive"),
        ("a.zip", lambda: json.dumps(shapely.geometry.mapping(SHAPE)).encode(), "not a zip"),
        ("a.gpkg", lambda: zipped({"a.shp": b""}), "a.gpkg"),
        ("a.shp", lambda: b"", "not a format that a site is handed in as"),
        ("a.vrt", lambda: b"<OGRVRTDataSource/>", "not a format that a site is handed in as"),
        ("", lambda: b"", "one file"),
        ("a.kml", lambda: b"<kml><NetworkLink><Link><href>http://x/</href></Link></NetworkLink></kml>",
         "only links to others"),
        ("a.kml", lambda: b"<!DOCTYPE k [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><kml>&a;</kml>",
         "a.kml"),
        ("a.txt", lambda: b"\x00\x01\x02", "a.txt"),
        ("a.dxf", lambda: struct.pack("<I", 7) * 100, "a.dxf"),
        ("a.geojson", lambda: b"{}", "a.geojson"),
        ("../../../etc/passwd", lambda: b"x", "passwd: not a format"),
        ("/etc/hosts.txt", lambda: b"127.0.0.1 localhost", "hosts.txt"),
    ],
)  # fmt: skip
def test_a_hostile_or_mistaken_file_is_refused_in_one_line(town_client, name, data, says):
    answer = sent(town_client, name, data())
    assert answer.status_code in (400, 422), answer.text
    detail = answer.json()["detail"]
    assert says in detail
    assert "\n" not in detail
    assert "blueprint-upload" not in detail


def field(name: str, value: str) -> bytes:
    """A form with a file and one field."""
    head = b'--a\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n1\r\n'
    return (
        head
        + f'--a\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--a--'.encode()
    )


FORM = "multipart/form-data; boundary=a"


@pytest.mark.parametrize(
    ("content", "kind", "status", "says"),
    [
        (b"x", "application/pdf", 415, "application/pdf: not what a site is handed in as"),
        (b"x", "multipart/form-data", 400, "one file"),
        (b"x", FORM, 400, "one file"),
        (b"--a\r\nnonsense", FORM, 400, "one file"),
        (field("when", "1"), FORM, 400, "when"),
        (field("project", "{"), FORM, 400, "project"),
        (field("date", "1764547200"), FORM, 400, "date"),
        (field("name", "a\x00b"), FORM, 400, "name"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_or_no_site_says_what_to_send(
    town_client, content, kind, status, says
):
    answer = town_client.post("/site-checks", content=content, headers={"content-type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_a_stream_without_end_is_cut_off_at_the_limit(town_client):
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while taken < 10 * LARGEST_BODY:
            taken += 1 << 20
            yield bytes(1 << 20)

    headers = {"content-type": "multipart/form-data; boundary=a"}
    answer = town_client.post("/site-checks", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["type"].endswith("/SiteTooLarge")
