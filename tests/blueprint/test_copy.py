"""Copying a store into another one: everything, of either kind, whole or not at all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
import sqlalchemy as sa

import blueprint.models  # noqa: F401 its tables join the metadata
from blueprint.bootstrap import init_store, open_service
from blueprint.checks.kept import load_check
from blueprint.conflicts.search import find_conflicts
from blueprint.copy import copy_store
from blueprint.errors import CannotCopy
from blueprint.registry import list_snapshots, load_snapshot
from blueprint.service import Service
from blueprint.snapshots import load_into_store
from layers import StoreUnavailable
from layers.errors import UnsuitableCrs
from layers.models import Base, FeatureRow

from .conftest import BOUNDARY, DAY, FAR, HALF, SITE, Town, catalogue, exclusive_rule, site_rule

RULES = (
    exclusive_rule("farmland", "redline"),
    site_rule("farmland", "prohibited"),
    site_rule("metro"),
    site_rule("station", "notice"),
    site_rule("barracks", "consult"),
)
MINE = {"check_id", "checked_at", "run_id", "searched_at"}
SPIKE = "POLYGON ((0 0, 0 0, 0 0, 0 0))"


def fill(store: str, folder: Path) -> Town:
    """A town with a history: versions, an ended feature, snapshots, a check, a run of conflicts."""
    service = init_store(store)
    tree = catalogue()
    load_into_store(service, tree)
    town = Town(service, folder, tree)
    town.deliver("boundary", BOUNDARY)
    town.deliver(
        "farmland", SITE, FAR, attributes=[{"n": 1, "地类": "水田"}, {"n": 2, "地类": None}]
    )
    town.deliver("redline", HALF, SPIKE)
    town.deliver("metro", "LINESTRING (900 1050, 1200 1050.5)")
    town.deliver("station", "POINT (1010.1234 1010)")
    town.deliver("barracks", SITE)
    town.publish(*RULES)
    town.check(SITE)
    find_conflicts(service, day=DAY)
    town.deliver(
        "farmland", FAR, HALF, attributes=[{"n": 2, "地类": None}, {"n": 3, "地类": "旱地"}]
    )
    town.deliver(
        "farmland", FAR, SITE, attributes=[{"n": 2, "地类": None}, {"n": 1, "地类": "水田"}]
    )
    load_into_store(service, catalogue(farmland={"update_cycle": "monthly"}))
    town.publish(*RULES)
    return town


@pytest.fixture
def town(store: str, tmp_path: Path) -> Iterator[Town]:
    """The town on both stores in turn."""
    filled = fill(store, tmp_path)
    yield filled
    filled.service.close()


@pytest.fixture
def other(town: Town, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of an empty store of the other kind."""
    if town.service.database.is_postgis:
        return str(tmp_path / "copy.gpkg")
    name: str = request.getfixturevalue("postgis_store")
    return name


def everything(service: Service) -> dict[str, list[Any]]:
    """Every row of every table; features without their numbers, which stand for nothing."""
    found = {}
    with service.database.read() as connection:
        for table in Base.metadata.sorted_tables:
            columns = [c for c in table.columns if c.name != "geometry"]
            if table is FeatureRow.__table__:
                columns = [c for c in columns if c.name != "fid"]
            rows = connection.execute(sa.select(*columns))
            found[table.name] = sorted((tuple(row) for row in rows), key=repr)
        pins = [
            {name: number}
            for name, version in sorted(service.layers.versions(connection).items())
            for number in range(1, version.version + 1)
        ]
        scans = [service.layers.scan(connection, pin).to_pydict() for pin in pins]
    copied = [row for row in found["audit_log"] if row[3] != "copy"]
    # the entry of the copy itself is the last link of one chain
    heads = [row for row in found["chain_head"] if row[0] != "audit"]
    return found | {"audit_log": copied, "chain_head": heads, "scans": scans}


def answers(town: Town, service: Service) -> list[Any]:
    """What each snapshot says about sites and conflicts, but for ids and times of asking."""
    asked = Town(service, town.folder, town.catalogue, files=town.files)
    with service.database.read() as connection:
        snapshots = [ref.id for ref, _ in list_snapshots(connection)]
        kept = [
            load_check(connection, name, "public").model_dump()
            for name in connection.scalars(sa.text("SELECT id FROM site_check ORDER BY id"))
        ]
    said: list[Any] = [snapshots, kept]
    for name in snapshots:
        said += [
            asked.check(site, snapshot_id=name).document.model_dump(exclude=MINE)
            for site in (SITE, FAR)
        ]
        run = find_conflicts(service, day=DAY, snapshot_id=name).document
        said.append(run.model_dump(exclude=MINE))
    return said


def test_a_copy_in_the_other_kind_of_store_has_every_row_and_gives_every_answer(
    town: Town, other: str
):
    before = everything(town.service)
    copied = copy_store(named(town), other)
    with open_service(other) as service:
        assert everything(service) == before
        assert copied.rows["feature"] == len(before["feature"])
        theirs = answers(town, service)
    ours = answers(town, town.service)
    assert ours[0] == theirs[0]
    assert len(ours[0]) == 2
    for mine, copy in zip(ours[1:], theirs[1:], strict=True):
        assert without_site_names(mine) == without_site_names(copy)


def without_site_names(document: Any) -> Any:
    """The site's name is that of the file that the test drew."""
    if isinstance(document, dict) and "site" in document:
        return document | {"site": document["site"] | {"name": ""}}
    return document


def test_there_and_back_again_is_where_we_started(town: Town, other: str, tmp_path: Path):
    before = everything(town.service)
    copy_store(named(town), other)
    copy_store(other, str(tmp_path / "again.gpkg"))
    copy_store(str(tmp_path / "again.gpkg"), str(tmp_path / "third.gpkg"))
    for name in ("again.gpkg", "third.gpkg"):
        with open_service(str(tmp_path / name)) as service:
            assert everything(service) == before


def test_a_copy_works_on_delivers_and_publishes(town: Town, other: str):
    copy_store(named(town), other)
    with open_service(other) as service:
        copy = Town(service, town.folder, town.catalogue, files=town.files)
        report = copy.deliver("farmland", FAR, SITE, attributes=[{"n": 2, "地类": None}, {"n": 9}])
        assert report.version == 4
        assert copy.publish(*RULES).endswith(".3")
        copy.check(SITE)
        find_conflicts(service, day=DAY)
        with service.database.read() as connection:
            pins = load_snapshot(connection).pins
            assert service.layers.scan(connection, pins).num_rows == 7
            text = "SELECT action FROM audit_log ORDER BY id"
            actions = list(connection.scalars(sa.text(text)))
        assert "copy" in actions
        assert actions.count("init") == 1


def test_desktop_gis_see_a_copied_geopackage_as_they_see_any(
    geopackage_store: str, postgis_store: str, tmp_path: Path
):
    town = fill(postgis_store, tmp_path)
    town.service.close()
    copy_store(postgis_store, geopackage_store)
    original = fill(str(tmp_path / "direct.gpkg"), tmp_path)
    original.service.close()
    listed = [
        pyogrio.list_layers(path).tolist()
        for path in (geopackage_store, original.service.database.name)
    ]
    assert sorted(listed[0]) == sorted(listed[1])
    for name in ("图层farmland", "图层metro", "图层station"):
        frames = [
            geopandas.read_file(path, layer=name).sort_values("feature_id").set_index("feature_id")
            for path in (geopackage_store, original.service.database.name)
        ]
        assert frames[0].equals(frames[1][frames[0].columns])
        infos = [
            pyogrio.read_info(path, layer=name)
            for path in (geopackage_store, original.service.database.name)
        ]
        for key in ("features", "total_bounds", "crs", "geometry_type"):
            assert str(infos[0][key]) == str(infos[1][key])
    boxes = "SELECT count(*) FROM feature_box JOIN feature ON fid = id"
    with open_service(geopackage_store) as service, service.database.read() as connection:
        count = connection.scalar(sa.text("SELECT count(*) FROM feature"))
        assert connection.scalar(sa.text(boxes)) == count
        assert connection.scalar(sa.text("SELECT rtreecheck('feature_box')")) == "ok"


def named(town: Town) -> str:
    """The store's name as it was opened, password and all."""
    url = town.service.database.engine.url
    if not town.service.database.is_postgis:
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_a_store_that_holds_anything_is_no_target(town: Town, tmp_path: Path):
    target = str(tmp_path / "full.gpkg")
    with init_store(target) as service:
        load_into_store(service, catalogue())
    before = Path(target).read_bytes()
    with pytest.raises(CannotCopy, match=r"full\.gpkg: holds data already"):
        copy_store(named(town), target)
    with open_service(target) as service, service.database.read() as connection:
        assert service.layers.versions(connection) == {}
    assert Path(target).read_bytes() == before


def test_a_store_is_not_copied_onto_itself(tmp_path: Path, geopackage_store: str):
    init_store(geopackage_store)
    link = tmp_path / "link.gpkg"
    link.symlink_to(geopackage_store)
    for target in (geopackage_store, str(link)):
        with pytest.raises(CannotCopy, match="the same store"):
            copy_store(geopackage_store, target)


def test_a_fresh_store_is_filled_if_it_works_in_the_same_crs(town: Town, tmp_path: Path):
    target = str(tmp_path / "fresh.gpkg")
    init_store(target)
    copy_store(named(town), target)
    other = str(tmp_path / "zone.gpkg")
    init_store(other, "EPSG:4547")
    with pytest.raises(UnsuitableCrs, match=r"EPSG:4548: the store works in EPSG:4547"):
        copy_store(named(town), other)


def test_what_is_no_store_cannot_be_copied(tmp_path: Path):
    with pytest.raises(StoreUnavailable, match="no such store"):
        copy_store(str(tmp_path / "none.gpkg"), str(tmp_path / "copy.gpkg"))
    assert not (tmp_path / "copy.gpkg").exists()


@pytest.mark.parametrize("damage", ["bytes", "version"])
def test_a_copy_that_is_not_what_was_sent_is_not_kept(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
):
    target = str(tmp_path / "copy.gpkg")

    def harm(target: Any, writer: sa.Connection, layer: Any) -> None:
        del target
        change = {"bytes": {"attributes": "{}"}, "version": {"version_from": 2}}[damage]
        if layer.id == "farmland":
            old = (FeatureRow.layer_id == "farmland") & (FeatureRow.version_from == 1)
            writer.execute(sa.update(FeatureRow).where(old).values(change))

    monkeypatch.setattr("blueprint.copy.show_newest", harm)
    with pytest.raises(CannotCopy, match="layer farmland did not arrive as it was sent"):
        copy_store(named(town), target)
    with pytest.raises(StoreUnavailable, match="is not initialised"):
        open_service(target)


def test_a_copy_killed_at_any_moment_leaves_the_target_empty(town: Town, other: str):
    program = [str(Path(sys.executable).with_name("blueprint")), "copy", named(town), other]
    rows = everything(town.service)
    for step in ("prepare", "_copy_tables", "copy_features", "show_newest", "_verify", "audit"):
        killed = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("dying_copy.py")), step, *program[2:]],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, step
        with pytest.raises(StoreUnavailable, match="is not initialised"):
            open_service(other)
    subprocess.run(program, check=True, capture_output=True)
    with open_service(other) as service:
        assert everything(service) == rows
