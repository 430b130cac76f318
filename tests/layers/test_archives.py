"""Zips from strangers: what is taken out of them, where it lands, and what is refused unopened."""

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layers import UnreadableSource, read_source
from layers.archives import ZipLimits, unpacked

from .reading import values

Write = Callable[..., Path]


def members(dataset: Path, folder: str = "") -> list[tuple[str, bytes]]:
    """The files of a shapefile or FileGDB, to be zipped under `folder`."""
    if dataset.is_dir():
        return [(f"{folder}{dataset.name}/{f.name}", f.read_bytes()) for f in dataset.iterdir()]
    files = sorted(dataset.parent.glob(f"{dataset.stem}.???"))
    return [(folder + file.name, file.read_bytes()) for file in files if file.suffix != ".zip"]


@pytest.fixture
def zipped(tmp_path: Path, write_shapefile: Write) -> Callable[..., Path]:
    """A sound shapefile, zipped with one more member."""

    def write(name: str | zipfile.ZipInfo, data: bytes = b"", **how: int) -> Path:
        path = tmp_path / "delivery.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member in members(write_shapefile(["甲"])):
                archive.writestr(*member)
            archive.writestr(name, data, **how)
        return path

    return write


@pytest.mark.parametrize("folder", ["", "深/处/", "C\\图层\\"])
def test_a_zipped_filegdb_is_read_as_if_it_were_not(
    write_layers: Write, write_zip: Write, folder: str
) -> None:
    path = write_layers("plan.gdb", "永农")
    source = read_source(write_zip(*members(path, folder)))
    assert (values(source), source.layer, source.name) == (["永农"], "永农", "delivery.zip")


def test_a_filegdb_zipped_without_its_folder_is_read(write_layers: Write, write_zip: Write) -> None:
    bare = [(name.partition("/")[2], data) for name, data in members(write_layers("p.gdb", "a"))]
    assert values(read_source(write_zip(*bare))) == ["a"]


def test_a_shapefile_beside_a_filegdb_is_refused(
    write_shapefile: Write, write_layers: Write, write_zip: Write
) -> None:
    both = [*members(write_shapefile(["a"])), *members(write_layers("plan.gdb", "b"))]
    with pytest.raises(UnreadableSource, match="it has 2"):
        read_source(write_zip(*both))


def test_a_name_in_gbk_that_does_not_say_so_is_shown_in_chinese(
    write_shapefile: Write, write_zip: Write
) -> None:
    sound = members(write_shapefile(["甲"], name="AAAA"))
    path = write_zip(*sound)
    path.write_bytes(path.read_bytes().replace(b"AAAA", "永农".encode("gbk")))
    assert read_source(path).layer == "永农"


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/../../evil", "..\\evil", "\\evil", "C:\\evil", "C:evil"]
)
def test_a_member_that_leaves_the_folder_is_refused(zipped: Callable[..., Path], name: str) -> None:
    with pytest.raises(UnreadableSource, match="members stay inside it"):
        read_source(zipped(name, b"evil"))


def test_members_land_under_names_of_our_choosing(write_shapefile: Write, write_zip: Write) -> None:
    sound = members(write_shapefile(["a"], name="layer"))
    odd = "红线\x1b[2J $(id) " + "长" * 200
    path = write_zip(*[(name.replace("layer", odd), data) for name, data in sound])
    with unpacked(path) as found:
        assert found.stem.startswith("红线_[2J _(id) 长")
        assert len(found.name.encode()) < 255
        assert sorted(f.suffix for f in found.parent.iterdir()) == [".dbf", ".prj", ".shp", ".shx"]
    assert not found.parent.exists()


@pytest.mark.parametrize(("kind", "words"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "plain")])
def test_a_link_or_a_device_in_a_zip_is_refused(
    zipped: Callable[..., Path], kind: int, words: str
) -> None:
    info = zipfile.ZipInfo("layer.prj.txt")
    info.external_attr = (kind | 0o777) << 16
    with pytest.raises(UnreadableSource, match=words):
        read_source(zipped(info, b"/etc/passwd"))


@pytest.mark.parametrize("name", ["more.zip", "a/B.ZIP", "c.tar.gz", "d.7z", "e.rar"])
def test_a_zip_in_a_zip_is_refused_with_the_reason(zipped: Callable[..., Path], name: str) -> None:
    with pytest.raises(UnreadableSource, match="holds another archive"):
        read_source(zipped(name, b"PK"))


def test_a_locked_zip_is_refused(zipped: Callable[..., Path]) -> None:
    path = zipped("note.txt", b"text")
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 1)
    path.write_bytes(data)
    with pytest.raises(UnreadableSource, match="locked with a password"):
        read_source(path)


@pytest.mark.parametrize("again", ["layer.dbf", "LAYER.DBF", "Layer.Dbf"])
def test_a_name_that_comes_twice_is_refused(zipped: Callable[..., Path], again: str) -> None:
    if again == "layer.dbf":
        path = zipped("layer.dbX", b"other")
        path.write_bytes(path.read_bytes().replace(b"layer.dbX", b"layer.dbf"))
    else:
        path = zipped(again, b"other")
    with pytest.raises(UnreadableSource, match="twice"):
        read_source(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_swells_more_than_deflate_is_refused(
    zipped: Callable[..., Path], method: int
) -> None:
    with pytest.raises(UnreadableSource, match=f"method {method}"):
        read_source(zipped("note.txt", bytes(100), compress_type=method))


def test_members_that_share_their_bytes_are_refused(zipped: Callable[..., Path]) -> None:
    path = zipped("note.txt", b"text")
    data = bytearray(path.read_bytes())
    first = data.find(b"PK\1\2")
    second = data.find(b"PK\1\2", first + 1)
    struct.pack_into("<I", data, second + 42, struct.unpack_from("<I", data, first + 42)[0])
    path.write_bytes(data)
    with pytest.raises(UnreadableSource, match="inside one another"):
        read_source(path)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (ZipLimits(members=4), "at most 4 files"),
        (ZipLimits(unpacked_bytes=1000), "unpacks to more than"),
        (ZipLimits(times=2, from_bytes=1000), "times its size"),
    ],
)
def test_a_zip_that_swells_is_refused_before_it_is_unpacked(
    zipped: Callable[..., Path], limits: ZipLimits, words: str
) -> None:
    path = zipped("note.txt", bytes(100_000))
    with pytest.raises(UnreadableSource, match=words), unpacked(path, limits):
        pass


def test_a_bomb_of_a_small_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("layer.shp", "w", force_zip64=True) as member,
    ):
        for _ in range(100):
            member.write(bytes(1 << 20))
    assert path.stat().st_size < 200_000
    with pytest.raises(UnreadableSource, match="times its size"):
        read_source(path)


def test_a_member_larger_than_it_says_is_refused(zipped: Callable[..., Path]) -> None:
    path = zipped("note.txt", b"text")
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        start = data.find(mark)
        while start >= 0:
            struct.pack_into("<I", data, start + at, 20)
            start = data.find(mark, start + 1)
    path.write_bytes(data)
    with pytest.raises(UnreadableSource, match="cannot be unpacked"):
        read_source(path)


def test_a_zip_cut_short_is_refused(zipped: Callable[..., Path]) -> None:
    path = zipped("note.txt", b"text")
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableSource, match=r"^delivery\.zip"), unpacked(path):
            pass
