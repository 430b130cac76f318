import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from blueprint.cli.app import app
from tests import shell
from tests.blueprint.conftest import catalogue, placed, rule_pack, site_rule

SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
BOUNDARY = "POLYGON ((0 0, 10000 0, 10000 10000, 0 10000, 0 0))"


class Desk:
    """A user at a shell: a folder, a store, and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store.gpkg"

    def run(self, *words: str, **environment: str) -> shell.Ran:
        return shell.run(words, self.environment(**environment), self.folder)

    def environment(self, **more: str) -> dict[str, str]:
        return os.environ | {"BLUEPRINT_STORE": str(self.store), "COLUMNS": "140"} | more

    def answer(self, *words: str) -> object:
        """The JSON that a command prints, and nothing else."""
        ran = self.run(*words, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def refused(self, *words: str) -> str:
        """The one line with which a command refuses."""
        ran = self.run(*words)
        assert ran.returncode == 1, (ran.stdout, ran.stderr)
        assert ran.stdout == ""
        assert ran.stderr.startswith("error ")
        assert ran.stderr.count("\n") == 1, ran.stderr
        return ran.stderr

    def write(self, name: str, content: object) -> str:
        path = self.folder / name
        path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        return str(path)

    def draw(self, name: str, *wkts: str) -> str:
        import geopandas

        shapes = [placed(wkt) for wkt in wkts]
        frame = geopandas.GeoDataFrame({"n": range(len(wkts))}, geometry=shapes, crs="EPSG:4548")
        path = self.folder / name
        frame.to_file(path)
        return str(path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="module")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = Desk(tmp_path_factory.mktemp("town"))
    desk.answer("init")
    tree = desk.write("catalogue.yaml", catalogue().model_dump(mode="json"))
    desk.answer("catalogue", "load", tree)
    desk.answer("ingest", "boundary", desk.draw("boundary.gpkg", BOUNDARY))
    desk.answer("ingest", "zone", desk.draw("zone.gpkg", SITE))
    pack = rule_pack(site_rule("zone")).model_dump(mode="json")
    desk.answer("publish", "--rules", desk.write("pack.yaml", pack))
    return desk.folder


@pytest.fixture
def town_desk(published_folder: Path, tmp_path: Path) -> Desk:
    folder = tmp_path / "town"
    shutil.copytree(published_folder, folder)
    return Desk(folder)


def test_the_whole_way_from_an_empty_folder_to_a_verdict_in_json(town_desk: Desk):
    site = town_desk.draw("site.gpkg", SITE)
    document = town_desk.answer("check", site)
    assert document["verdict"] == "restricted"
    (listed,) = town_desk.answer("snapshots")
    assert document["snapshot"]["id"] == listed["id"]
    assert town_desk.answer("conflicts")["conflicts"] == []
    assert town_desk.answer("catalogue", "show")["versions"] == {"boundary": 1, "zone": 1}


def test_tables_are_for_people_and_show_the_verdict_in_both_languages(town_desk: Desk):
    ran = town_desk.run("check", town_desk.draw("site.gpkg", SITE))
    assert "限制 restricted" in ran.stdout
    assert "椭球" in ran.stdout
    assert ran.stderr == ""


def test_a_check_exits_with_0_whatever_the_verdict(town_desk: Desk):
    assert town_desk.run("check", town_desk.draw("site.gpkg", SITE)).returncode == 0


def test_answers_and_figures_are_given_as_options_and_kept_in_the_document(town_desk: Desk):
    site = town_desk.draw("site.gpkg", SITE)
    document = town_desk.answer("check", site, "--height", "45", "--far", "1.8", "--use", "0701")
    assert document["project"]["height_m"] == 45
    assert document["project"]["use"] == "0701"
    assert "rules do not ask this" in town_desk.refused("check", site, "--answer", "pollutes=no")
    assert "write question=yes" in town_desk.refused("check", site, "--answer", "pollutes")


def test_a_pack_with_two_mistakes_is_refused_with_a_line_for_each(town_desk: Desk):
    pack = rule_pack(site_rule("zone")).model_dump(mode="json")
    pack["rules"][0] |= {"severity": "harsh", "layer": "No Slug"}
    ran = town_desk.run("publish", "--rules", town_desk.write("faulty.yaml", pack))
    lines = ran.stderr.splitlines()
    assert (ran.returncode, len(lines)) == (1, 2)
    assert all(line.startswith("error faulty.yaml:") for line in lines)


def test_a_snapshots_rules_are_listed_audited_and_held_against_its_layers(town_desk: Desk):
    (published,) = town_desk.answer("snapshots")
    listed = town_desk.answer("rules", "list", "--snapshot", published["id"])
    assert [rule["id"] for rule in listed] == ["site.zone"]
    assert town_desk.answer("rules", "audit", "--snapshot", published["id"])["problems"] == 0
    assert town_desk.answer("supervise")["rules"] == []


def test_help_lists_every_command(desk: Desk):
    shown = desk.run("--help").stdout
    commands = (
        "init",
        "catalogue",
        "ingest",
        "deliveries",
        "delivery",
        "diff",
        "export",
        "copy",
        "upgrade",
        "publish",
        "snapshots",
        "conflicts",
        "check",
        "rules",
        "supervise",
        "serve",
        "code",
        "lineage",
        "exchange",
        "project",
        "case",
    )
    assert [name for name in commands if name not in shown] == []


def test_every_command_can_answer_in_json():
    def helped(*words: str) -> str:
        return CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "140"}).stdout

    commands = [("init",), ("catalogue", "load"), ("catalogue", "show"), ("ingest",),
                ("ingest-all",), ("deliveries",), ("delivery",), ("diff",), ("export",),
                ("copy",), ("upgrade",), ("publish",), ("snapshots",), ("conflicts",), ("check",),
                ("keys", "add"), ("keys", "list"), ("keys", "revoke"), ("audit", "list"),
                ("audit", "verify"), ("supervise",),
                ("rules", "list"), ("rules", "show"), ("rules", "audit"),
                ("code", "explain"), ("code", "check"), ("lineage", "show"), ("lineage", "link"),
                ("lineage", "undo"), ("lineage", "check"), ("lineage", "duplicates"),
                ("project", "add"), ("project", "revise"), ("project", "list"),
                ("project", "show"), ("case", "open"), ("case", "screen"), ("case", "ask"),
                ("case", "answer"), ("case", "outcome"), ("case", "list"), ("case", "show"),
                ("case", "review"), ("exchange",), ("serve",), ("demo",)]  # fmt: skip
    assert [words for words in commands if "--json" not in helped(*words)] == []


def test_the_demo_runs_again_over_itself_but_not_over_work_done_since(desk: Desk):
    first = desk.answer("demo", "--out", "demo")
    assert first["layers"] == 275
    assert (first["projects"], first["cases"]) == (30, 32)
    assert set(first["verdicts"].values()) == {"pass", "consult", "prohibited", "incomplete"}
    assert desk.answer("demo", "--out", "demo")["verdicts"] == first["verdicts"]
    desk.store = desk.folder / "demo" / "blueprint.gpkg"
    desk.answer("project", "add", "--set", "name=甲", "--set", "proposer=乙")
    assert "worked with since" in desk.refused("demo", "--out", "demo")
    desk.answer("publish")
    assert "worked with since" in desk.refused("demo", "--out", "demo")
    assert len(desk.answer("snapshots")) == 2


def test_a_wrong_option_exits_with_2(desk: Desk):
    assert desk.run("check", "--no-such-option").returncode == 2


@pytest.mark.parametrize(
    "words", [("snapshots",), ("publish",), ("check", "site.gpkg"), ("ingest", "zone", "x.gpkg")]
)
def test_without_a_store_every_command_says_to_run_init(desk: Desk, words):
    assert "blueprint init" in desk.refused(*words)
    assert not desk.store.exists()


def test_a_file_that_is_no_store_is_left_as_it_is(desk: Desk):
    desk.store.write_text("my diary")
    assert "not a GeoPackage" in desk.refused("init")
    assert desk.store.read_text() == "my diary"


@pytest.mark.parametrize(
    ("store", "says"),
    [
        ("mysql://host/name", "postgresql"),
        ("postgresql://nobody:x@127.0.0.1:1/none", "127.0.0.1"),
        ("no/such/folder/store.gpkg", "folder"),
    ],
)
def test_a_store_that_cannot_be_reached_is_one_line(desk: Desk, store, says):
    ran = desk.run("init", BLUEPRINT_STORE=store)
    assert ran.returncode == 1
    assert says in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ":x@" not in ran.stderr


def test_another_working_crs_than_the_stores_is_refused(town_desk: Desk):
    assert "EPSG:4548" in town_desk.refused("init", "--crs", "EPSG:4549")
    assert "projected" in town_desk.refused("init", "--crs", "EPSG:4490")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("site.geojson", b"rubbish", "is not GeoJSON"),
        ("site.geojson", b"", "is not GeoJSON"),
        ("site.gpkg", b"rubbish", "is not a GeoPackage"),
        ("site.shp", b"rubbish", "is not a shapefile"),
        ("site.dxf", b"rubbish", "is not a DXF"),
        ("site.txt", b"rubbish", "site.txt"),
        ("site.zip", b"rubbish", "is not a zip"),
        ("site.docx", b"rubbish", "not a format"),
    ],
)
def test_rubbish_is_refused_in_one_line_that_names_the_file(town_desk: Desk, name, content, says):
    (town_desk.folder / name).write_bytes(content)
    said = town_desk.refused("check", name)
    assert name in said
    assert says in said


def test_the_store_itself_is_no_site_and_no_delivery(town_desk: Desk):
    assert "store itself" in town_desk.refused("check", "store.gpkg")
    assert "store itself" in town_desk.refused("ingest", "zone", "store.gpkg")


def test_a_missing_site_file_is_named(town_desk: Desk):
    assert "none.geojson" in town_desk.refused("check", "none.geojson")


def test_an_unknown_layer_is_refused_and_nothing_is_written(town_desk: Desk):
    file = town_desk.draw("more.gpkg", SITE)
    assert "nowhere: not in the catalogue" in town_desk.refused("ingest", "nowhere", file)
    assert town_desk.answer("catalogue", "show")["versions"] == {"boundary": 1, "zone": 1}


def test_a_rule_naming_an_unknown_layer_is_refused_and_nothing_is_published(town_desk: Desk):
    pack = rule_pack(site_rule("nowhere")).model_dump(mode="json")
    said = town_desk.refused("publish", "--rules", town_desk.write("bad.yaml", pack))
    assert "rule site.nowhere: layer nowhere" in said
    assert len(town_desk.answer("snapshots")) == 1


def test_a_faulty_catalogue_is_refused_and_the_old_one_stays(town_desk: Desk):
    assert "catalogue.yaml" in town_desk.refused(
        "catalogue", "load", town_desk.write("catalogue.yaml", {"city": {}})
    )
    assert town_desk.answer("catalogue", "show")["city"]["id"] == "town"


def test_a_delivery_in_another_city_is_refused_naming_the_crs(town_desk: Desk):
    path = town_desk.folder / "far.geojson"
    path.write_text('{"type": "Point", "coordinates": [2.35, 48.85]}')
    said = town_desk.refused("ingest", "station", "far.geojson")
    assert "far.geojson" in said
    assert "--crs" in said


def test_an_ingest_in_json_reports_every_issue(town_desk: Desk):
    bow_tie = "POLYGON ((0 0, 100 100, 100 0, 0 100, 0 0))"
    report = town_desk.answer("ingest", "zone", town_desk.draw("zone2.gpkg", bow_tie, SITE))
    assert report["version"] == 2
    assert report["repaired"] == 1
    assert [issue["kind"] for issue in report["issues"]] == ["invalid_geometry"]


def test_a_check_leaves_its_files_where_told(town_desk: Desk):
    ran = town_desk.run("check", town_desk.draw("site.gpkg", SITE), "--out", "out")
    assert ran.returncode == 0, ran.stderr
    names = sorted(path.name for path in (town_desk.folder / "out").iterdir())
    assert names == ["site.geojson", "site.json", "site.png"]


def test_conflicts_go_to_the_file_named(town_desk: Desk):
    ran = town_desk.run("conflicts", "--out", "fights.gpkg")
    assert ran.returncode == 0, ran.stderr
    assert (town_desk.folder / "fights.gpkg").stat().st_size > 0
    assert "folder" in town_desk.refused("conflicts", "--out", "no/such/fights.gpkg").lower()


def test_a_public_address_is_refused_while_nobody_could_say_who_he_is(town_desk: Desk):
    assert "loopback" in town_desk.refused("serve", "--host", "0.0.0.0")  # noqa: S104
    assert "loopback" in town_desk.refused("serve", "--host", "example.org")


def test_a_fault_of_ours_is_one_line_too(town_desk: Desk):
    environment = town_desk.environment(PYTHONPATH=str(_broken(town_desk.folder)))
    ran = shell.anew(("snapshots",), environment)
    assert ran.returncode == 70
    assert ran.stderr.startswith("fault ")
    assert ran.stderr.count("\n") == 1


def _broken(folder: Path) -> Path:
    """A folder whose sitecustomize breaks the listing of snapshots."""
    (folder / "sitecustomize.py").write_text(
        "import blueprint.registry\n"
        "def broken(_):\n    raise KeyError('lost')\n"
        "blueprint.registry.list_snapshots = broken\n"
    )
    return folder
