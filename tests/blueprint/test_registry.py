"""What the registry keeps, on both stores: catalogues, packs, snapshots, checks, the audit log."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from blueprint import audit_log, registry
from blueprint.checks.kept import load_check
from blueprint.errors import NothingPublished, UnknownCheck, UnknownSnapshot
from blueprint.models import AuditRow
from blueprint.registry import (
    audit,
    current_catalogue,
    list_snapshots,
    load_snapshot,
    save_catalogue,
)
from layers.models import Base, FeatureRow

from .conftest import Town, catalogue, site_rule

SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"


@pytest.fixture
def town(town_on_either: Town) -> Town:
    return town_on_either


def audited(town: Town) -> list[tuple[str, str]]:
    """Every audit entry's action and object, in order."""
    with town.service.database.read() as connection:
        rows = connection.execute(sa.select(AuditRow.action, AuditRow.object).order_by(AuditRow.id))
        return [(row.action, row.object) for row in rows]


# tables that are made by hand: partitions, R*Trees, and what GeoPackage and PostGIS ask for
BY_HAND = {
    "table": {
        "alembic_version",
        "feature",
        "feature_box",
        "feature_box_node",
        "feature_box_parent",
        "feature_box_rowid",
        "gpkg_contents",
        "gpkg_extensions",
        "gpkg_geometry_columns",
        "gpkg_ogr_contents",
        "gpkg_spatial_ref_sys",
        "spatial_ref_sys",
        *(f"feature_{name}" for name in catalogue().by_id),
    },
}


def test_the_migrations_make_exactly_the_tables_of_the_models(town: Town):
    options = {
        "include_name": lambda name, kind, _parents: name not in BY_HAND.get(kind, ()),
        "include_object": lambda _thing, name, kind, *_: name not in BY_HAND.get(kind, ()),
        "compare_type": True,
    }
    with town.service.database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_make_the_features_table_with_the_columns_of_its_model(town: Town):
    model = {column.name: column.nullable for column in FeatureRow.__table__.columns}
    if town.service.database.is_postgis:
        query = (
            "SELECT attname, NOT attnotnull, format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = 'feature'::regclass AND attnum > 0"
        )
        types = ["bigint", "text", "text", "integer", "integer", "text", "text", "geometry"]
    else:
        query = "SELECT name, NOT \"notnull\", type FROM pragma_table_info('feature')"
        types = ["INTEGER", "TEXT", "TEXT", "INTEGER", "INTEGER", "TEXT", "TEXT", "GEOMETRY"]
    with town.service.database.read() as connection:
        rows = connection.exec_driver_sql(query).all()
        key = sa.inspect(connection).get_pk_constraint("feature")["constrained_columns"]
    assert {name: bool(nullable) for name, nullable, _ in rows} == model
    assert [kind for _, _, kind in rows] == types
    # a partitioned table's key has the column that it is parted by
    assert key == (["layer_id", "fid"] if town.service.database.is_postgis else ["fid"])


def test_a_catalogue_loaded_again_is_the_current_one_again(town: Town):
    first, second = catalogue(), catalogue(farmland={"update_cycle": "monthly"})
    database = town.service.database
    hashes = []
    for tree in (first, second, first):
        with database.write() as connection:
            hashes.append(save_catalogue(connection, tree))
        with database.read() as connection:
            assert current_catalogue(connection) == (hashes[-1], tree)
    assert hashes[0] == hashes[2] != hashes[1]
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM catalogue")) == 2


def test_the_last_catalogue_counts_even_if_the_clock_was_set_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    class YesterdaysClock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=1)

    monkeypatch.setattr(registry, "datetime", YesterdaysClock)
    newer = catalogue(farmland={"update_cycle": "monthly"})
    with town.service.database.write() as connection:
        save_catalogue(connection, newer)
    with town.service.database.read() as connection:
        assert current_catalogue(connection)[1] == newer


def test_audit_entries_say_who_what_and_when_in_utc(town: Town):
    before = datetime.now(UTC).replace(microsecond=0)
    with town.service.database.write() as connection:
        audit(connection, "look", "farmland v1", "细节")
    with town.service.database.read() as connection:
        row = connection.execute(sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(1)).one()
    assert (row.action, row.object, row.detail) == ("look", "farmland v1", "细节")
    assert before <= row.at <= datetime.now(UTC)
    assert row.actor


def test_a_user_without_a_name_is_audited_as_unknown(town: Town, monkeypatch: pytest.MonkeyPatch):
    def nameless() -> str:
        raise OSError

    monkeypatch.setattr(audit_log.getpass, "getuser", nameless)
    with town.service.database.write() as connection:
        audit(connection, "look", "farmland")
        assert (
            connection.scalar(sa.select(AuditRow.actor).where(AuditRow.action == "look"))
            == "unknown"
        )


def test_an_audit_entry_is_gone_with_the_transaction_that_fails(town: Town):
    before = audited(town)

    def fail() -> None:
        with town.service.database.write() as connection:
            audit(connection, "look", "farmland")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert audited(town) == before


def test_every_deed_is_audited_in_order(town: Town):
    town.deliver("farmland", SITE)
    snapshot = town.publish(site_rule("farmland"))
    checked = town.check(SITE)
    actions = audited(town)
    assert [action for action, _ in actions[:2]] == ["init", "catalogue"]
    assert actions[2:] == [
        ("ingest", "boundary v1"),
        ("ingest", "farmland v1"),
        ("publish", snapshot),
        ("check", checked.document.check_id),
    ]


def test_a_check_is_given_back_to_the_letter_and_only_to_its_clearance(town: Town):
    town.deliver("farmland", SITE)
    town.publish(site_rule("farmland"))
    document = town.check(SITE).document
    with town.service.database.read() as connection:
        assert load_check(connection, document.check_id, document.clearance) == document
        with pytest.raises(UnknownCheck, match="no such site check"):
            load_check(connection, document.check_id, "restricted")
        with pytest.raises(UnknownCheck, match="SC-0: no such site check"):
            load_check(connection, "SC-0", document.clearance)


def test_a_store_without_a_snapshot_or_of_another_id_says_so(town: Town):
    with town.service.database.read() as connection:
        with pytest.raises(NothingPublished, match="run `blueprint publish`"):
            load_snapshot(connection)
        with pytest.raises(UnknownSnapshot, match=r"2020-01-01\.1: no such snapshot"):
            load_snapshot(connection, "2020-01-01.1")
        assert list_snapshots(connection) == []
