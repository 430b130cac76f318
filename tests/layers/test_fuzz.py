"""Every reader, given what no department would write.

The law: a damaged file gives a `Source` or a refusal in one line that names it. No reader fails in
another way, dies or hangs. A file cut short is refused or has all its rows; only formats that are
lists of lines may end sooner, and then at the end of a line.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import ezdxf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from layers import DataError, Source, read_geojson, read_source

from .test_read_every_format import COUNT, FORMATS, write
from .test_source_formats import BOUNDARY_TEXT

LINES = {".csv", ".geojsonl", ".ndjson", ".geojsons"}
OURS = ("its reader failed", "could not be read within", "could be started", "ended twice")
ODD = [
    b"", b"\0", b"\xff" * 8, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"-1", b"1e400", b"NaN",
    b"9" * 400, b"[" * 5000, b"<" * 200, b'"', b"\n", b"\r\n", b",,,,", b"\xe5\x9f", b"{}",
    b"&#x0;", b"POLYGON EMPTY", b"\xf0\x9f\x97\xba", b"null", b"<!ENTITY a 'b'>",
]  # fmt: skip
bounded = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # the first failure is small enough
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def write_any(path: Path) -> Path:
    if path.suffix == ".txt":
        path.write_text(BOUNDARY_TEXT, "utf-8")
        return path
    if path.suffix == ".dxf":
        drawing = ezdxf.new("R2010")
        for at in range(COUNT):
            corners = [(at, 0), (at + 0.5, 0), (at + 0.5, 1)]
            drawing.modelspace().add_lwpolyline(corners, close=True)
        drawing.saveas(path)
        return path
    return write(path)


@pytest.fixture(scope="module", params=[*FORMATS, "layer.dxf", "layer.txt"])
def sound(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A sound file of each format in a folder of its own, with its companions."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_any(Path(folder, request.param))
        if path.suffix == ".zip":
            for part in path.parent.glob("layer.*"):
                if part != path:
                    part.unlink()
        yield path


def files_of(path: Path) -> list[Path]:
    """What can be damaged: the file, its companions, the files of a folder; relative to it."""
    found = sorted(p for p in path.parent.rglob("*") if p.is_file() and p.stat().st_size)
    return [p.relative_to(path.parent) for p in found]


def read_damaged(sound: Path, at: Path, damaged: bytes) -> Source | None:
    """The source that a copy with these bytes in one of its files gives; None if refused."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(sound.parent, copy)
        (copy / at).write_bytes(damaged)
        return lawful(lambda: read_source(copy / sound.name))


def lawful(read: Callable[[], Source]) -> Source | None:
    try:
        source = read()
    except DataError as error:
        text = str(error)
        assert text.isprintable(), text
        assert not any(words in text for words in OURS), text
        return None
    assert source.rows.num_rows > 0
    return source


@bounded
@given(data=st.data())
def test_bytes_changed_anywhere_are_read_or_refused(sound: Path, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(files_of(sound)))
    content = bytearray((sound.parent / at).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        new = data.draw(st.binary(max_size=8) | st.sampled_from(ODD))
        inserted = data.draw(st.booleans())
        content[start : start if inserted else start + len(new)] = new
    read_damaged(sound, at, bytes(content))


@bounded
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused_or_has_all_its_rows(
    sound: Path, data: st.DataObject
) -> None:
    whole = read_source(sound).rows.num_rows
    at = data.draw(st.sampled_from(files_of(sound)))
    content = (sound.parent / at).read_bytes()
    near_the_end = st.integers(max(len(content) - 40, 0), len(content) - 1)
    length = data.draw(st.integers(0, len(content) - 1) | near_the_end)
    source = read_damaged(sound, at, content[:length])
    if source is not None and not (sound.suffix in LINES and ends_a_line(content, length)):
        assert source.rows.num_rows == whole


def ends_a_line(content: bytes, length: int) -> bool:
    return content[length - 1 : length] in {b"\n", b"\x1e"} or content[length : length + 1] == b"\n"


@bounded
@given(content=st.binary(max_size=400))
def test_any_bytes_under_any_name_are_read_or_refused(sound: Path, content: bytes) -> None:
    for at in files_of(sound)[:3]:
        read_damaged(sound, at, content)


@settings(bounded, max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
        | st.sampled_from(["Feature", "Polygon", "FeatureCollection", "Point", "coordinates"]),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
            st.sampled_from(
                ["type", "features", "geometry", "coordinates", "properties", "crs", "id", "bbox"]
            ),
            inner,
            max_size=5,
        ),
    )
)  # fmt: skip
def test_any_json_over_the_wire_is_read_or_refused(document: object) -> None:
    lawful(lambda: read_geojson(json.dumps(document).encode(), "body"))
