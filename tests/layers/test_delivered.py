"""Delivered files as they are kept: whole, by hash, nobody's hand on them while they are read."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layers import UnreadableSource, read_source, source_of, taken

from .reading import values

Write = Callable[..., Path]


def kept(path: Path) -> tuple[str, bytes]:
    with taken(path) as delivered:
        return delivered.source.sha256, b"".join(delivered.source.chunks())


def test_a_single_file_is_kept_as_it_is(write_dxf: Write) -> None:
    path = write_dxf()
    assert kept(path)[1] == path.read_bytes()


def test_a_file_has_the_hash_of_its_bytes_however_it_came(write_dxf: Write) -> None:
    path = write_dxf()
    assert source_of("drawing.dxf", path.read_bytes()).sha256 == kept(path)[0]


@pytest.mark.parametrize("name", ["layer", "红线[1]"])
def test_a_shapefile_is_kept_whole_and_without_its_neighbours(
    write_shapefile: Write, name: str
) -> None:
    path = write_shapefile(["a"], name=name, cpg="UTF-8")
    digest, data = kept(path)
    for neighbour in (f"{name}.gpkg", f"{name}.qix", f"{name}2.shp"):
        (path.parent / neighbour).write_bytes(b"left by somebody")
    again = path.parent / "kept.zip"
    again.write_bytes(data)
    os.utime(path, (0, 0))
    assert kept(path)[0] == digest
    assert values(read_source(again)) == ["a"]
    with zipfile.ZipFile(again) as archive:
        suffixes = sorted(Path(member).suffix for member in archive.namelist())
    assert suffixes == [".cpg", ".dbf", ".prj", ".shp", ".shx"]


def test_a_filegdb_is_kept_whole_without_its_locks(write_layers: Write) -> None:
    path = write_layers("plan.gdb", "永农")
    digest, data = kept(path)
    (path / "somebody.lock").touch()
    assert kept(path) == (digest, data)


def test_a_delivery_is_read_from_our_own_copy(write_dxf: Write) -> None:
    path = write_dxf()
    before = path.read_bytes()
    with taken(path) as delivered:
        path.write_bytes(b"changed while it was read")
        assert delivered.path.read_bytes() == before
        assert b"".join(delivered.source.chunks()) == before
    assert not delivered.path.exists()


def test_a_delivery_that_is_not_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(UnreadableSource, match=r"nothing\.gpkg: no such file"),
        taken(tmp_path / "nothing.gpkg"),
    ):
        pass
