"""GeoJSON, one feature a record: every record is looked at, none passed over."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Refusal = Callable[..., str]
POINT = {"type": "Point", "coordinates": [118.1, 24.5]}


def feature(**properties: object) -> str:
    return json.dumps({"type": "Feature", "properties": properties, "geometry": POINT})


@pytest.fixture
def sequence(tmp_path: Path) -> Callable[..., Path]:
    def write(*records: str, mark: str = "", end: str = "\n") -> Path:
        path = tmp_path / "layer.geojsonl"
        path.write_text("".join(mark + record + end for record in records), "utf-8")
        return path

    return write


@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("", "\r\n"), ("\x1e", "\n"), ("", "\n\n")])
def test_records_are_told_apart_by_lines_or_by_their_mark(
    sequence: Callable[..., Path], rows_of: Read, mark: str, end: str
) -> None:
    _, rows = rows_of(sequence(feature(n="甲"), feature(n="乙"), mark=mark, end=end))
    assert rows.column("n").to_pylist() == ["甲", "乙"]


def test_a_marked_record_may_have_several_lines(
    sequence: Callable[..., Path], rows_of: Read
) -> None:
    record = json.dumps(json.loads(feature(n=1)), indent=2)
    _, rows = rows_of(sequence(record, record, mark="\x1e"))
    assert rows.column("n").to_pylist() == [1, 1]


def test_a_field_that_comes_late_is_a_field_of_all(
    sequence: Callable[..., Path], rows_of: Read
) -> None:
    _, rows = rows_of(sequence(*[feature(a=1)] * 60_000, feature(b="x")))
    assert rows.num_rows == 60_001
    assert rows.column("b").to_pylist()[-2:] == [None, "x"]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ('{"type": "FeatureCollection", "features": []}', "record 2: is not a GeoJSON feature"),
        ("[]", "record 2: is not a GeoJSON feature"),
        ("null", "record 2: is not a GeoJSON feature"),
        (feature(n=1)[:-9], "record 2: is not GeoJSON"),
        ("[" * 20_000, "record 2: is not GeoJSON"),
        ('{"type": "Feature", "n": NaN}', "NaN is no number"),
        ('{"type": "Point", "crs": {"type": "link", "properties": {}}}', "by a link"),
        ('"' + "a" * (65 << 20), "a record over 64 MiB"),
    ],
    ids=["collection", "list", "null", "cut", "deep", "nan", "link", "long"],
)
def test_a_record_that_is_no_feature_is_refused_by_its_number(
    sequence: Callable[..., Path], refusal: Refusal, record: str, words: str
) -> None:
    assert words in refusal(sequence(feature(n=1), record))


def test_a_number_too_large_to_be_one_stays_endless_for_the_quarantine(
    sequence: Callable[..., Path], rows_of: Read
) -> None:
    endless = feature(n=2).replace("118.1", "1e400")
    _, rows = rows_of(sequence(feature(n=1), endless))
    assert rows.column("n").to_pylist() == [1, 2]
    assert shapely.get_x(shapely.from_wkb(rows.column("geometry")[1].as_py())) == float("inf")


def test_geojson_over_256_mib_is_refused_with_what_to_deliver(
    tmp_path: Path, refusal: Refusal
) -> None:
    path = tmp_path / "large.geojson"
    with path.open("wb") as file:
        file.write(b"{")
        file.truncate((256 << 20) + 1)
    assert "deliver it as GeoPackage, FlatGeobuf or GeoJSON lines" in refusal(path)
