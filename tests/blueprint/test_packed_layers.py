"""Layers in their packed form: a cache that is never believed over the store."""

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from blueprint import packed_layers
from blueprint.checks.check import check_site
from blueprint.packed_layers import PackedLayers
from blueprint.places import folder_for
from blueprint.snapshots import pack_wanted
from conflict.packed import open_packed

from .conftest import DAY, FAR, HALF, SITE, Town, site_rule

THIRD = "POLYGON ((1070 900, 1200 900, 1200 1200, 1070 1200, 1070 900))"


def answer(town: Town, **options) -> dict:
    """A check without what differs from one to the next."""
    site = replace(town.site(SITE), name="the site")
    document = check_site(town.service, site, **({"day": DAY} | options)).document
    return document.model_dump(mode="json", exclude={"check_id", "checked_at"})


def started_anew(town: Town, folder: Path | None) -> Town:
    """The town as another process finds it, with nothing open."""
    return replace(town, service=replace(town.service, packed=PackedLayers(folder)))


def folder_of(town: Town) -> Path:
    folder = town.service.packed.folder
    assert folder is not None
    return folder


def packs(town: Town) -> list[str]:
    return sorted(path.name for path in folder_of(town).iterdir())


def pack_of(town: Town, layer: str) -> Path:
    with town.service.database.read() as connection:
        digest = town.service.layers.version(connection, layer).digest
    (path,) = folder_of(town).glob(f"{digest}.*")
    return path


@pytest.fixture
def filled(town_on_either: Town) -> Town:
    town = town_on_either
    town.deliver("farmland", HALF, FAR)
    town.deliver("zone", HALF, FAR, THIRD, attributes=[{"kind": k} for k in ("a", None, "b")])
    town.deliver("plan", HALF)
    town.deliver("metro", "LINESTRING (900 970, 1200 970)", "LINESTRING (900 1050, 1200 1050)")
    town.deliver("station", "POINT (1010 1010)", "POINT (990 1000)", "POINT (9000 9000)")
    town.deliver("barracks", HALF)
    town.publish(
        site_rule("farmland", "prohibited"),
        site_rule("zone", "consult", where="kind = 'b'"),
        site_rule("plan"),
        site_rule("metro", "restricted", buffer_m=50),
        site_rule("metro", "notice") | {"id": "site.metro_itself"},
        site_rule("station", "consult", buffer_m=20),
        site_rule("barracks", "consult"),
        site_rule("redline", "prohibited"),
    )
    return town


@pytest.mark.parametrize("clearance", ["public", "restricted"])
def test_packed_layers_and_the_store_give_the_same_answer(filled: Town, clearance):
    assert len(packs(filled)) == 6  # two layers hold the same: one file serves both
    from_store = started_anew(filled, None)
    assert answer(filled, clearance=clearance) == answer(from_store, clearance=clearance)
    assert len(answer(filled)["findings"]) >= 7


def test_what_is_packed_is_its_owners_alone(town: Town):
    town.deliver("barracks", HALF)
    old = os.umask(0)
    try:
        town.publish(site_rule("barracks"))
    finally:
        os.umask(old)
    assert folder_of(town) == Path(f"{town.service.database.name}.packed")
    assert stat.S_IMODE(folder_of(town).stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder_of(town).iterdir()}
    assert modes == {0o600}


def test_a_new_version_adds_its_own_file_and_the_old_one_goes_on_answering(town: Town):
    town.deliver("farmland", HALF)
    old = town.publish(site_rule("farmland"))
    files, before = packs(town), answer(town)
    town.deliver("farmland", FAR)
    town.publish(site_rule("farmland"))
    assert set(packs(town)) > set(files)
    assert len(packs(town)) == len(files) + 1
    assert answer(town, snapshot_id=old) == before
    assert answer(town)["verdict"] == "pass"


def flip(content: bytes) -> bytes:
    """One bit of a coordinate: the arrays still fit each other."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda content: content[:1000],
    "empty": lambda _: b"",
    "something else": lambda _: b"nothing of ours" * 100,
    "one bit": flip,
    "its end is zeros": lambda content: content[:-100] + bytes(100),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_not_believed_and_made_anew(town: Town, damage):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    before, path = answer(town), pack_of(town, "farmland")
    sound = path.read_bytes()
    path.unlink()  # whoever has it open keeps what was there
    path.write_bytes(damage(sound))
    path.chmod(0o600)
    assert answer(started_anew(town, folder_of(town))) == before
    assert path.read_bytes() == sound


def test_what_others_may_have_put_there_is_not_believed(town: Town, tmp_path: Path):
    town.deliver("farmland", HALF)
    town.deliver("zone", FAR)
    town.publish(site_rule("farmland"), site_rule("zone"))
    before, path, other = answer(town), pack_of(town, "farmland"), pack_of(town, "zone")
    path.unlink()
    path.symlink_to(other)
    assert answer(started_anew(town, folder_of(town))) == before
    assert not path.is_symlink()
    path.unlink()
    path.write_bytes(other.read_bytes())
    path.chmod(0o622)
    assert answer(started_anew(town, folder_of(town))) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_is_another_users_a_link_or_open_to_others_is_left_alone(
    town: Town, tmp_path: Path, monkeypatch, caplog
):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    before, folder = answer(town), folder_of(town)
    link = tmp_path / "link.packed"
    link.symlink_to(folder)
    assert answer(started_anew(town, link)) == before
    folder.chmod(0o770)
    assert answer(started_anew(town, folder)) == before
    folder.chmod(0o700)
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert answer(started_anew(town, folder)) == before
    assert [record.getMessage().split(": ")[1] for record in caplog.records] == [
        "layers are not packed there, which is slower"
    ] * 3


def test_where_the_disk_is_full_the_store_answers_and_nothing_is_left_behind(
    town: Town, tmp_path: Path, monkeypatch
):
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    before = answer(town)
    poor = started_anew(town, tmp_path / "full.packed")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert answer(poor) == before
    assert packs(poor) == []
    assert answer(poor) == before
    assert packs(poor) == []  # not tried again at once
    later = time.monotonic() + 3600
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert answer(poor) == before
    assert len(packs(poor)) == 2


def test_a_folder_that_cannot_be_made_costs_no_answer(town: Town, tmp_path: Path):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    (tmp_path / "file").touch()
    assert answer(started_anew(town, tmp_path / "file" / "packed")) == answer(town)


def test_many_who_start_at_once_all_answer_and_share_the_files(town: Town, tmp_path: Path):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    before, site = answer(town), town.site(SITE)
    towns = [started_anew(town, tmp_path / "shared.packed") for _ in range(4)]

    def ask(one: Town) -> dict:
        document = check_site(one.service, site, day=DAY).document
        return document.model_dump(mode="json", exclude={"check_id", "checked_at"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, towns * 3))
    assert all(one["findings"] == before["findings"] for one in answers)
    assert len(packs(towns[0])) == 2


def test_while_layers_change_each_answer_is_of_exactly_one_snapshot(town_on_either: Town):
    town = town_on_either
    wkts = {"both": (HALF, HALF), "none": (FAR, FAR)}
    rules = [site_rule("farmland", "prohibited"), site_rule("zone", "consult")]
    expected: dict[str, int] = {}

    def renew(*shapes: str) -> None:
        for layer, wkt in zip(("farmland", "zone"), shapes, strict=True):
            town.deliver(layer, wkt)
        expected[town.publish(*rules)] = sum(wkt == HALF for wkt in shapes)

    renew(*wkts["both"])
    site, done, met = town.site(SITE), threading.Event(), []

    def keep_asking() -> None:
        while not done.is_set():
            document = check_site(town.service, site, day=DAY).document
            met.append((document.snapshot.id, len(document.findings)))

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            for turn in range(6):
                renew(*wkts["none" if turn % 2 == 0 else "both"])
        finally:
            done.set()
        for one in asking:
            one.result()
    assert met
    assert [count for _, count in met] == [expected[snapshot] for snapshot, _ in met]


def test_publishing_removes_the_files_that_no_newer_snapshot_needs(town: Town):
    snapshots, left = [], folder_of(town) / ".left.behind"
    for east in range(5):
        town.deliver("farmland", f"POLYGON ((0 0, {east + 10} 0, 0 10, 0 0))")
        snapshots.append(town.publish(site_rule("farmland")))
        left.touch()
    assert len(packs(town)) == 1 + 3 + 1
    os.utime(left, (0, 0))
    town.publish(site_rule("farmland"))
    assert not left.exists()
    assert len(packs(town)) == 1 + 2
    later = started_anew(town, folder_of(town))
    assert answer(later, snapshot_id=snapshots[0])["verdict"] == "pass"
    assert len(packs(town)) == 1 + 3


def test_no_more_files_are_kept_open_than_asked_for(filled: Town):
    few = started_anew(filled, folder_of(filled))
    few.service.packed.most_open = 2
    assert answer(few) == answer(filled)
    assert len(few.service.packed._open) == 2


def test_a_packed_layer_has_the_rows_of_a_scan_in_their_order(filled: Town):
    packed = open_packed(pack_of(filled, "zone"), whole=True, private=True)
    with filled.service.database.read() as connection:
        table = filled.service.layers.scan(connection, {"zone": 1})
    for name in ("feature_id", "attributes"):
        assert packed.columns[name].to_pylist() == table.column(name).to_pylist()


def test_the_folders_of_a_store_lie_beside_it_or_in_the_users_cache(
    town_on_either: Town, tmp_path: Path, monkeypatch
):
    database = town_on_either.service.database
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    usual = folder_for(database, "packed")
    assert usual is not None
    if database.is_postgis:
        assert usual.parent == tmp_path / "cache" / "blueprint"
    else:
        assert usual == Path(f"{database.name}.packed")
    monkeypatch.setenv("BLUEPRINT_CACHE", str(tmp_path / "elsewhere"))
    chosen = folder_for(database, "cases")
    assert chosen is not None
    assert (chosen.parent, chosen.suffix) == (tmp_path / "elsewhere", ".cases")
    assert "password" not in chosen.name


def test_a_user_without_a_home_has_no_folder_and_every_answer(town_on_either: Town, monkeypatch):
    def homeless() -> Path:
        message = "Could not determine home directory."
        raise RuntimeError(message)

    town = town_on_either
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    folder = folder_for(town.service.database, "packed")
    assert (folder is None) == town.service.database.is_postgis
    assert answer(started_anew(town, None)) == answer(town)


def test_nobody_waits_for_a_large_layer_to_be_packed(town_on_either: Town, monkeypatch):
    town = town_on_either
    town.deliver("farmland", HALF, FAR)
    town.publish(site_rule("farmland"))
    before, large = answer(town), pack_of(town, "farmland")
    large.unlink()
    monkeypatch.setattr(packed_layers, "AT_ONCE", 1)
    later = started_anew(town, folder_of(town))
    assert answer(later) == before
    assert not large.exists()
    pack_wanted(later.service)
    assert large.exists()
    assert answer(later) == before
    assert later.service.packed.wanted() == []
