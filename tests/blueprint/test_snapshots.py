"""Publishing on both stores: what a snapshot pins, it answers for ever."""

import threading
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from blueprint.bootstrap import init_store, open_service
from blueprint.errors import InvalidCatalogue, InvalidRulePack, NothingPublished
from blueprint.registry import list_snapshots, load_snapshot
from blueprint.service import Service
from blueprint.snapshots import load_into_store, publish
from layers import UnknownLayer
from layers.table import column

from .conftest import LAYERS, Town, catalogue, rule_pack, site_rule

LEFT = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
RIGHT = "POLYGON ((3000 1000, 3100 1000, 3100 1100, 3000 1100, 3000 1000))"
PACK = rule_pack(site_rule("farmland"))


@pytest.fixture
def town(town_on_either: Town) -> Town:
    return town_on_either


def counted(service: Service, table: str) -> int:
    with service.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def test_a_snapshot_pins_the_newest_version_of_every_layer_with_catalogue_and_rules(town: Town):
    town.deliver("farmland", LEFT)
    town.deliver("farmland", RIGHT)
    ref, missing = publish(town.service, PACK)
    with town.service.database.read() as connection:
        snapshot = load_snapshot(connection)
    assert snapshot.ref == ref
    assert snapshot.pins == {"boundary": 1, "farmland": 2}
    assert snapshot.catalogue == town.catalogue
    assert snapshot.rule_pack == PACK
    assert set(missing) == LAYERS.keys() - {"boundary", "farmland"}
    in_the_city = ref.published_at.astimezone(ZoneInfo("Asia/Shanghai")).date()
    assert ref.id == f"{in_the_city.isoformat()}.1"


def test_an_old_snapshot_answers_as_it_did_whatever_came_after(town: Town):
    town.deliver("farmland", LEFT)
    old = town.publish(site_rule("farmland", "prohibited"))
    before = town.check(LEFT, snapshot_id=old, clearance="restricted").document
    with town.service.database.read() as connection:
        first = load_snapshot(connection, old)
        scanned = town.service.layers.scan(connection, first.pins)
    town.deliver("farmland", RIGHT)
    town.deliver("redline", LEFT)
    load_into_store(town.service, catalogue(farmland={"sensitivity": "restricted"}))
    new = town.publish(site_rule("farmland", "notice"), site_rule("redline"))
    with town.service.database.read() as connection:
        assert load_snapshot(connection, old) == first
        assert town.service.layers.scan(connection, first.pins).equals(scanned)
        assert [ref.id for ref, _ in list_snapshots(connection)] == [new, old]
        assert [layers for _, layers in list_snapshots(connection)] == [3, 2]
    again = town.check(LEFT, snapshot_id=old, clearance="restricted").document
    ours = {"check_id", "checked_at", "site"}
    assert again.model_dump(exclude=ours) == before.model_dump(exclude=ours)
    assert again.site.geometry_hash == before.site.geometry_hash
    assert again.verdict == "prohibited"


def test_equal_content_has_an_equal_digest_and_any_change_another(town: Town):
    town.deliver("farmland", LEFT)
    digests = [publish(town.service, PACK)[0].digest]
    assert publish(town.service, PACK)[0].digest == digests[0]
    town.deliver("farmland", LEFT)
    assert publish(town.service, PACK)[0].digest == digests[0], "delivered again unchanged"

    def change(deed: Callable[[], object], pack=PACK) -> None:
        deed()
        digests.append(publish(town.service, pack)[0].digest)

    change(lambda: None, rule_pack(site_rule("farmland", "notice")))
    change(lambda: town.deliver("farmland", RIGHT))
    change(lambda: town.deliver("redline", LEFT))
    change(lambda: load_into_store(town.service, catalogue(farmland={"update_cycle": "monthly"})))
    assert len(set(digests)) == 5


def test_the_same_town_has_the_same_digest_in_either_store(
    geopackage_store: str, postgis_store: str, tmp_path
):
    digests = []
    for store in (geopackage_store, postgis_store):
        service = init_store(store)
        tree = catalogue()
        load_into_store(service, tree)
        town = Town(service, tmp_path, tree)
        town.deliver("boundary", LEFT, RIGHT)
        town.deliver("metro", "LINESTRING (0.12345 0, 100 33.33333)")
        digests.append(publish(service, PACK)[0].digest)
        service.close()
    assert digests[0] == digests[1]


def test_publishers_at_once_get_different_ids(town: Town):
    town.deliver("farmland", LEFT)
    ids: list[str] = []
    start = threading.Barrier(4)

    def run() -> None:
        service = open_service(store_of(town))
        start.wait()
        ids.append(publish(service, PACK)[0].id)
        service.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name.rsplit(".", 1)[1] for name in ids) == ["1", "2", "3", "4"]
    assert counted(town.service, "snapshot_layer") == 8
    assert counted(town.service, "rule_pack") == 1


def store_of(town: Town) -> str:
    """The store's name as it was opened, password and all."""
    url = town.service.database.engine.url
    if not town.service.database.is_postgis:
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def test_publishing_is_audited_in_the_same_transaction(town: Town, monkeypatch: pytest.MonkeyPatch):
    town.deliver("farmland", LEFT)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("blueprint.snapshots.audit", broken)
        with pytest.raises(ZeroDivisionError):
            publish(town.service, PACK)
    assert counted(town.service, "snapshot") == 0
    assert counted(town.service, "rule_pack") == 0
    publish(town.service, PACK)
    assert counted(town.service, "snapshot") == 1


def test_a_delivery_is_audited_in_the_same_transaction(town: Town, monkeypatch: pytest.MonkeyPatch):
    before = counted(town.service, "audit_log")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("blueprint.deliveries.ingest.audit", broken)
        with pytest.raises(ZeroDivisionError):
            town.deliver("farmland", LEFT)
    assert counted(town.service, "audit_log") == before
    with town.service.database.read() as connection:
        assert "farmland" not in town.service.layers.versions(connection)
    assert town.deliver("farmland", LEFT).version == 1


def test_nothing_is_published_without_data_or_with_rules_that_do_not_fit(store: str):
    service = init_store(store)
    with pytest.raises(NothingPublished, match="no catalogue is loaded"):
        publish(service, PACK)
    load_into_store(service, catalogue())
    with pytest.raises(NothingPublished, match="no layer has data"):
        publish(service, PACK)
    with pytest.raises(InvalidRulePack, match="swamp"):
        publish(service, rule_pack(site_rule("swamp")))
    assert counted(service, "snapshot") == 0
    service.close()


def test_a_catalogue_loaded_again_keeps_the_layers_and_their_versions(town: Town):
    town.deliver("farmland", LEFT)
    load_into_store(town.service, catalogue(farmland={"update_cycle": "monthly"}))
    with town.service.database.read() as connection:
        pins = {"farmland": 1}
        assert town.service.layers.scan(connection, pins).num_rows == 1
        assert column(town.service.layers.scan(connection, pins), "layer_id") == ["farmland"]
        assert len(town.service.layers.layers(connection)) == len(LAYERS)


@pytest.mark.parametrize(
    "changed",
    [{"name": {"zh": "耕地新名", "en": "farmland"}}, {"geometry": "line"}],
)
def test_a_catalogue_that_renames_a_layer_or_changes_its_geometry_is_refused_whole(
    town: Town, changed
):
    before = counted(town.service, "catalogue"), counted(town.service, "audit_log")
    with pytest.raises(UnknownLayer, match="farmland: the store has it as 图层farmland"):
        load_into_store(town.service, catalogue(farmland=changed))
    assert (counted(town.service, "catalogue"), counted(town.service, "audit_log")) == before


def test_a_catalogue_in_another_crs_than_the_stores_is_refused(town: Town):
    other = town.catalogue.model_copy(
        update={"city": town.catalogue.city.model_copy(update={"crs": "EPSG:4547"})}
    )
    with pytest.raises(InvalidCatalogue, match=r"EPSG:4547.*EPSG:4548"):
        load_into_store(town.service, other)
