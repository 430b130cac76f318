"""Stores of other revisions: the first one's upgraded for real, a failed upgrade, newer ones."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import product
from pathlib import Path

import pytest
import shapely
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from blueprint import bootstrap
from blueprint.bootstrap import connect, init_store, newest_revision, open_service, upgrade_store
from blueprint.checks.kept import load_check
from blueprint.conflicts.identity import pair_id
from blueprint.models import CONFLICT_OF_RUN
from blueprint.registry import load_snapshot, save_catalogue, save_snapshot
from blueprint.service import Service
from layers import Layer, LayerVersion, StoreUnavailable
from layers.deliveries import deliveries, issues, read_source_file
from layers.models import QuarantineRow, SettingRow
from layers.table import column, content_hashes, feature_table
from layers.versions import digest
from tests import shell

from .conftest import BOUNDARY, DAY, FAR, HALF, SITE, Town, catalogue, placed, rule_pack, site_rule

CRS = "EPSG:4548"
FILE = b"a map of fields" * 1000
MOMENT = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)
ISSUE = {
    "row": 2,
    "kind": "self_intersection",
    "action": "repaired",
    "detail": "ring self-intersection",
    "feature_id": "f1",
    "area_moved_m2": 1.5,
}


SIDES = ("id", "run_id", "rule_id", "left_id", "right_id")
MEASURES = ("projected_m2", "ellipsoidal_m2", "width_m")


def features(*wkts: str):
    shapes = shapely.normalize([shapely.MultiPolygon([placed(wkt)]) for wkt in wkts])
    texts = [f'{{"n":{n}}}' for n in range(len(wkts))]
    names = [f"f{n}" for n in range(len(wkts))]
    return feature_table(names, shapes, content_hashes(shapes, texts), texts, CRS)


def revise(service: Service, revision: str, folder: Path | None = None) -> None:
    """Bring the store's tables to a revision, as the program of that time did."""
    config = Config()
    config.set_main_option("script_location", str(folder or bootstrap._MIGRATIONS))
    with service.database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def first_store(store: str) -> None:
    """A store of the first revision: two layers, one with two versions, a snapshot, a check."""
    service = connect(store)
    revise(service, "0001")
    versions = {
        ("boundary", 1): (features(BOUNDARY), b"the city", "[]"),
        ("farmland", 1): (features(SITE, HALF), FILE, json.dumps([ISSUE])),
        ("farmland", 2): (features(SITE), FILE + b"2", "[]"),
    }
    tree = catalogue()
    with service.database.write() as connection:
        connection.execute(sa.insert(SettingRow).values(key="crs", value=CRS))
        layers = [Layer(x.id, x.name.zh, x.geometry) for x in tree.layers()]
        service.layers.register(connection, layers)
        hash_of_tree = save_catalogue(connection, tree)
        for (layer_id, number), (table, content, found) in versions.items():
            keep(connection, layer_id, number, content, table.num_rows, digest(table), found)
        insert = service.layers._dialect.insert
        insert(connection, "boundary", 1, versions["boundary", 1][0])
        insert(connection, "farmland", 1, versions["farmland", 1][0])
        connection.exec_driver_sql("UPDATE feature SET version_until = 2 WHERE feature_id = 'f1'")
        connection.execute(
            sa.insert(QuarantineRow).values(
                layer_id="farmland", version=1, row=3, reason="collapsed", wkb=b"\x01",
                minx=1.0, miny=2.0, maxx=3.0, maxy=4.0, attributes='{"n":3}',
            )
        )  # fmt: skip
        pins = {
            name: LayerVersion(name, number, MOMENT, DAY, 1, int(name == "farmland"), "", "", None)
            for name, number in {"boundary": 1, "farmland": 1}.items()
        }
        pack = rule_pack(site_rule("farmland", "prohibited"))
        save_snapshot(connection, hash_of_tree, pack, pins, date(2026, 10, 2))
        search(connection, "a", "one", "other")
        search(connection, "b", "one")
    service.close()


def search(connection: sa.Connection, name: str, *rules: str) -> None:
    """A search for conflicts that found two by each rule, as the first revision kept it."""
    lines = [{"rule": rule, "left": "farmland", "right": "zone"} for rule in rules]
    run = "INSERT INTO conflict_run VALUES (:id, :moment, '2026-10-02.1', :document)"
    moment = MOMENT if connection.dialect.name == "postgresql" else "2026-10-02 08:30:00.000000"
    values = {"id": name, "moment": moment, "document": json.dumps({"rules": lines})}
    connection.execute(sa.text(run), values)
    row = sa.table("conflict", *map(sa.column, (*SIDES, *MEASURES, "band", "wkb")))
    last = connection.scalar(sa.select(sa.func.max(row.c.id))) or 0
    for at, (rule, left) in enumerate(product(rules, ("f0", "f1")), start=last + 1):
        features_of_it = dict(zip(SIDES, (at, name, rule, left, "z"), strict=True))
        measures = dict.fromkeys(MEASURES, 1.5)
        connection.execute(
            sa.insert(row).values(**features_of_it, **measures, band="real", wkb=b"\x01")
        )


def keep(
    connection: sa.Connection,
    layer_id: str,
    number: int,
    content: bytes,
    count: int,
    digest_: str,
    found: str,
) -> None:
    """One version as the first revision kept it, its file and its report beside it."""
    name = sha256(content).hexdigest()
    row = sa.table("source_file", *map(sa.column, ("sha256", "name", "content")))
    connection.execute(sa.insert(row).values(sha256=name, name=f"{layer_id}.shp", content=content))
    text = (
        "INSERT INTO layer_version (layer_id, version, delivered_at, effective, feature_count, "
        "quarantined_count, digest, source_sha256, source_layer, report) VALUES (:layer, :number, "
        ":moment, :day, :count, :set_aside, :digest, :name, NULL, :report)"
    )
    postgis = connection.dialect.name == "postgresql"
    values = {
        "layer": layer_id,
        "number": number,
        "moment": MOMENT if postgis else "2026-10-01 08:30:00.000000",
        "day": date(2026, 10, 1) if postgis else "2026-10-01",
        "count": count,
        "set_aside": int((layer_id, number) == ("farmland", 1)),
        "digest": digest_,
        "name": name,
        "report": f'{{"layer": "{layer_id}", "issues": {found}}}',
    }
    connection.execute(sa.text(text), values)


@pytest.fixture
def old_store(store: str) -> str:
    first_store(store)
    return store


def run(store: str, *words: str) -> shell.Ran:
    return shell.run(words, {"BLUEPRINT_STORE": store, "PATH": "", "COLUMNS": "300"})


def test_a_store_of_the_first_revision_is_named_as_such_and_upgraded_by_the_command(old_store: str):
    refused = run(old_store, "snapshots")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "is of revision 0001" in refused.stderr
    assert "run `blueprint upgrade`" in refused.stderr
    done = json.loads(run(old_store, "upgrade", "--json").stdout)
    assert (done["before"], done["revision"], done["changed"]) == ("0001", newest_revision(), True)
    again = run(old_store, "upgrade")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert json.loads(run(old_store, "snapshots", "--json").stdout)[0]["id"] == "2026-10-02.1"


def test_an_upgraded_store_has_every_file_report_and_feature_that_it_had(old_store: str):
    upgrade_store(old_store)
    with open_service(old_store) as service, service.database.read() as connection:
        kept = deliveries(connection)
        assert [(d.layer_id, d.version) for d in kept if d.layer_id == "farmland"] == [
            ("farmland", 2),
            ("farmland", 1),
        ]
        first = kept[-1] if kept[-1].layer_id == "farmland" else kept[-2]
        assert (first.version, first.delivered_at, first.file) == (1, MOMENT, "farmland.shp")
        assert json.loads(first.report)["issues"] == [ISSUE]
        assert [vars_of(issue) for issue in issues(connection, first.id)] == [ISSUE]
        assert b"".join(read_source_file(connection, first.source_sha256)) == FILE
        sizes = sa.text("SELECT size FROM source_file WHERE name = 'boundary.shp'")
        assert connection.scalar(sizes) == len(b"the city")
        for number, wkts in ((1, (SITE, HALF)), (2, (SITE,))):
            table = service.layers.scan(connection, {"farmland": number})
            assert digest(table) == digest(features(*wkts))
            assert column(table, "attributes") == [f'{{"n":{n}}}' for n in range(len(wkts))]
            version = service.layers.version(connection, "farmland", number)
            assert version.digest == digest(table)
        boxes = service.layers.quarantined(connection, {"farmland": 1})
        assert boxes == {"farmland": [(1.0, 2.0, 3.0, 4.0)]}


def vars_of(issue: object) -> dict[str, object]:
    return {name: getattr(issue, name) for name in ISSUE}


@pytest.fixture
def upgraded(old_store: str, tmp_path: Path) -> Iterator[Town]:
    upgrade_store(old_store)
    service = open_service(old_store)
    yield Town(service, tmp_path, catalogue())
    service.close()


def test_an_upgraded_store_answers_delivers_and_publishes(upgraded: Town):
    checked = upgraded.check(SITE)
    assert checked.document.verdict == "prohibited"
    assert checked.document.findings[0].feature_ids == ["f0", "f1"]
    assert upgraded.deliver("farmland", FAR).version == 3
    upgraded.publish(site_rule("farmland", "notice"))
    with upgraded.service.database.read() as connection:
        assert load_snapshot(connection).pins == {"boundary": 1, "farmland": 3}
        assert load_check(connection, checked.document.check_id, "public") == checked.document
    again = upgraded.check(SITE, snapshot_id="2026-10-02.1").document
    assert again.findings == checked.document.findings


def test_an_upgraded_server_store_has_an_index_for_each_layer(postgis_store: str, tmp_path: Path):
    first_store(postgis_store)
    upgrade_store(postgis_store)
    with open_service(postgis_store) as service:
        Town(service, tmp_path, catalogue()).deliver("redline", SITE)
        query = (
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
            "JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam "
            "WHERE a.amname = 'gist' AND c.relname ~ '^feature' ORDER BY 1"
        )
        with service.database.read() as connection:
            indexed = list(connection.scalars(sa.text(query)))
    assert indexed == ["feature_boundary", "feature_farmland", "feature_redline"]


def test_every_run_that_was_kept_has_its_conflicts_in_an_upgraded_store(old_store: str):
    upgrade_store(old_store)
    c = CONFLICT_OF_RUN.c
    with open_service(old_store) as service, service.database.read() as connection:
        found = connection.execute(
            sa.select(c.run_id, c.rule_id, c.left_id, c.conflict_id).order_by(c.id)
        ).all()
    assert [tuple(row[:3]) for row in found] == [
        (run, rule, left)
        for run, rules in (("a", ("one", "other")), ("b", ("one",)))
        for rule in rules
        for left in ("f0", "f1")
    ]
    assert found[0].conflict_id == pair_id("one", "farmland", "f0", "zone", "z")


def test_init_upgrades_as_well(old_store: str):
    init_store(old_store)
    with open_service(old_store) as service, service.database.read() as connection:
        assert load_snapshot(connection).ref.id == "2026-10-02.1"


BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half VALUES (1)")
    op.execute("UPDATE layer SET name = 'x' WHERE id = 'zone'")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""


def test_an_upgrade_that_fails_half_way_leaves_the_store_as_it_was(
    old_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "migrations"
    shutil.copytree(bootstrap._MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    broken = BROKEN.format(before=newest_revision())
    (folder / "versions" / "9998_broken.py").write_text(broken, "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "_MIGRATIONS", folder)
        with pytest.raises(StoreUnavailable, match="nowhere"):
            upgrade_store(old_store)
    service = connect(old_store)
    with service.database.read() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        assert not tables & {"half", "delivery", "source_chunk"}
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0001"
        assert connection.scalar(sa.text("SELECT count(*) FROM source_file WHERE content = :c"),
                                 {"c": FILE}) == 1  # fmt: skip
    service.close()
    assert upgrade_store(old_store).before == "0001"
    with open_service(old_store) as reopened, reopened.database.read() as connection:
        assert reopened.layers.scan(connection, {"farmland": 1}).num_rows == 2


def test_a_store_of_a_newer_program_is_refused_by_every_door(store: str):
    init_store(store)
    service = connect(store)
    with service.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    service.close()
    for door in (open_service, upgrade_store, init_store):
        with pytest.raises(StoreUnavailable, match=r"is of revision 0999, .* newer program"):
            door(store)


def test_what_was_never_initialised_cannot_be_upgraded(store: str, tmp_path: Path):
    connect(store).close()
    if "://" in store:
        with pytest.raises(StoreUnavailable, match="is not initialised; run `blueprint init`"):
            upgrade_store(store)
    with pytest.raises(StoreUnavailable, match="no such store"):
        upgrade_store(str(tmp_path / "none.gpkg"))


def test_the_newest_revision_is_the_one_that_the_migrations_end_with():
    script = ScriptDirectory(str(bootstrap._MIGRATIONS))
    assert script.get_heads() == [newest_revision()]
