"""The packed form: what goes in comes out, and what is damaged is refused in one line."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely.geometry import LineString, Point, box

from conflict import Shapes
from conflict.errors import UnusablePack
from conflict.packed import open_packed, write_packed
from conflict.site import Site

from .nasty import giant_ring
from .test_overlay import array


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    shapes = Shapes.from_geometries(
        array(box(0, 0, 10, 10), giant_ring(), LineString([(0, 0), (9, 9)]), Point(1, 2))
    )
    path = tmp_path / "layer.pack"
    names = pa.chunked_array([["甲", "b"], ["", "丁"]])
    write_packed(path, shapes, {"feature_id": names})
    return path


def test_a_layer_comes_back_as_it_was(pack: Path) -> None:
    packed = open_packed(pack)
    shapes = packed.shapes
    expected = array(box(0, 0, 10, 10), giant_ring(), LineString([(0, 0), (9, 9)]), Point(1, 2))
    assert shapely.equals(shapes.geometries(), expected).all()
    assert packed.columns["feature_id"].to_pylist() == ["甲", "b", "", "丁"]
    anew = Shapes.from_geometries(expected)
    assert shapes.width_m.tolist() == anew.width_m.tolist()
    site = Site(box(1, 1, 8, 8))
    here, there = site.meet([shapes]), site.meet([anew])
    assert here.measure.tolist() == there.measure.tolist()


def test_an_empty_layer_is_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "none.pack"
    nothing = Shapes.from_geometries(np.empty(0, dtype=object))
    write_packed(path, nothing, {"feature_id": pa.array([], pa.string())})
    packed = open_packed(path)
    assert (len(packed.shapes), len(packed.columns["feature_id"])) == (0, 0)
    assert len(Site(box(0, 0, 1, 1)).meet([packed.shapes])) == 0


@pytest.mark.parametrize("size", [0, 10, 100, 2_000, -8], ids=lambda size: f"{size} bytes")
def test_a_file_that_is_cut_short_is_refused_by_name(pack: Path, size: int) -> None:
    content = pack.read_bytes()
    pack.write_bytes(content[:size] if size >= 0 else content[: len(content) // 2])
    with pytest.raises(UnusablePack, match=r"layer\.pack: .*delete it"):
        open_packed(pack)


def test_another_file_and_a_missing_one_are_refused_by_name(tmp_path: Path) -> None:
    other = tmp_path / "notes.pack"
    other.write_text("something else, long enough to hold a head and then some more of it")
    for path in (other, tmp_path / "gone.pack"):
        with pytest.raises(UnusablePack, match=path.name):
            open_packed(path)


def test_arrays_that_do_not_fit_are_refused(pack: Path) -> None:
    content = pack.read_bytes()
    # the head says of the coordinates that there are fewer than the rings need
    corners = str([len(open_packed(pack).shapes.arrays["xy"]), 2]).replace(" ", "").encode()
    assert content.count(corners) == 1
    fewer = b"[" + b"7,2]".rjust(len(corners) - 1)
    pack.write_bytes(content.replace(corners, fewer))
    with pytest.raises(UnusablePack, match="ring_start ends at"):
        open_packed(pack)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "in_use").touch()
    with pytest.raises(OSError, match="taken"):
        write_packed(tmp_path / "taken", Shapes.from_geometries(array(box(0, 0, 1, 1))), {})
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
