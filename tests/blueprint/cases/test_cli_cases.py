"""Projects and cases on the command line, by the same documents as over HTTP."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint.cli.app import app
from blueprint.errors import PlanningError
from tests.blueprint.conftest import placed

from .town import EAST, SITE, case_town


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    for town in case_town(str(folder / "store.gpkg"), folder):
        town.service.close()
    return folder


class Shell:
    """A user at a shell, without a process for each command."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store.gpkg"

    def run(self, *words: str) -> str:
        environment = {"BLUEPRINT_STORE": str(self.store), "COLUMNS": "160"}
        ran = CliRunner().invoke(app, words, env=environment, catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    def told(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def refused(self, *words: str) -> str:
        with pytest.raises(PlanningError) as refusal:
            self.run(*words)
        return str(refusal.value)

    def draw(self, name: str, wkt: str) -> str:
        import geopandas

        path = self.folder / name
        geopandas.GeoDataFrame({"n": [1]}, geometry=[placed(wkt)], crs="EPSG:4548").to_file(path)
        return str(path)


@pytest.fixture
def shell(published: Path, tmp_path: Path) -> Shell:
    shutil.copytree(published, tmp_path / "town")
    return Shell(tmp_path / "town")


SAID = ("--set", "name=示例厂房", "--set", "proposer=示例置业有限公司",
        "--set", "figures.height_m=30", "--set", "investment_wan=1800")  # fmt: skip


def case_of(shell: Shell) -> tuple[str, str]:
    site = shell.draw("site.gpkg", SITE)
    project = shell.told("project", "add", *SAID, "--site", site, "--by", "示例")["id"]
    return project, shell.told("case", "open", project)["id"]


def test_a_project_is_added_revised_listed_and_shown(shell: Shell):
    site = shell.draw("site.gpkg", SITE)
    made = shell.told("project", "add", *SAID, "--site", site, "--by", "示例")
    assert (made["owner"], made["facts"]["figures"]["height_m"]) == ("示例", 30)
    project = made["id"]
    revised = shell.told("project", "revise", project, "--set", "code=2111-522323-04-01-342068",
                         "--set", "investment_wan=")  # fmt: skip
    facts = revised["facts"]
    assert (facts["code"], facts["investment_wan"]) == ("2111-522323-04-01-342068", None)
    assert facts["site"] == made["facts"]["site"]
    listed = shell.told("project", "list", "--text", "厂房")
    assert [one["id"] for one in listed["projects"]] == [project]
    assert shell.told("project", "list", "--state", "withdrawn")["matched"] == 0
    assert shell.told("project", "show", project, "--version", "1")["facts"] == made["facts"]
    said = shell.told("project", "show", project, "--versions")
    assert [one["version"] for one in said] == [1, 2]
    for words in (("project", "list"), ("project", "show", project),
                  ("project", "show", project, "--versions")):  # fmt: skip
        assert "示例厂房" in shell.run(*words)


def test_a_case_goes_from_its_screening_to_its_outcome(shell: Shell):
    project, case = case_of(shell)
    assert shell.told("case", "screen", case)["asked"] is None
    asked = shell.told("case", "ask", case, "--workdays", "3")
    assert set(asked["asked"]) == {"planning", "farming", "water", "survey", "army"}
    for name in ("planning", "farming", "survey", "army"):
        words = ("--department", name, "--answer", "agree", "--prefilled", "--by", name)
        assert shell.told("case", "answer", case, *words)["department"]["id"] == name
    opinion = shell.folder / "opinion.json"
    opinion.write_text(json.dumps({"answer": "agree_with_conditions", "conditions": [
        {"text": "限高", "figure": "height_m", "relation": "at_most", "limit": 24}]}))  # fmt: skip
    words = ("--department", "water", "--opinion", str(opinion), "--law", "a_law:第二条")
    kept = shell.told("case", "answer", case, *words)
    assert kept["basis"][0]["legal"]["article"] == "第二条"
    assert shell.told("case", "outcome", case, "--draft")["number"] is None
    issued = shell.told("case", "outcome", case, "--issue")
    assert issued["outcome"]["verdict"] == "conditional"
    assert shell.told("case", "outcome", case) == issued
    public = shell.told("case", "outcome", case, "--clearance", "public")["outcome"]
    assert (public["audience"], public["issued_by"]) == ("applicant", None)
    shell.told("project", "revise", project, "--site", shell.draw("east.gpkg", EAST))
    (line,) = shell.told("case", "list", "--department", "water")["cases"]
    standing = line["standing"]
    assert (standing["findings"], standing["outcome_stands"]) == ("superseded", False)
    assert shell.told("case", "review")["judged"] == 0
    for words in (("case", "list"), ("case", "show", case), ("case", "outcome", case),
                  ("case", "show", case, "--findings"), ("case", "review")):  # fmt: skip
        assert shell.run(*words)
    assert "不满足" in shell.run("case", "outcome", case)


def test_tables_show_whom_to_ask_with_the_articles_in_force(shell: Shell):
    _, case = case_of(shell)
    shown = shell.run("case", "screen", case, "--ask")
    assert "禁止 prohibited" in shown
    assert "《某法》第一条" in shown
    assert "已征求 asked" in shown
    shown = shell.run("case", "show", case)
    assert "待反馈" in shown
    assert "未核实" in shown


def test_a_department_is_shown_its_own_findings_and_a_stranger_none(shell: Shell):
    _, case = case_of(shell)
    shell.run("case", "screen", case, "--ask")
    words = ("case", "show", case, "--findings", "--clearance")
    copies = shell.told(*words, "public+water")["copies"]
    assert [f["layer"] for f in copies[0]["findings"]["check"]["findings"]] == ["zone"]
    public = shell.told(*words, "public")["copies"][0]["findings"]["check"]
    withheld = {f["layer"] for f in public["findings"] if f["withheld"]}
    assert withheld == {"barracks", "redline"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("project", "add", "--set", "name"), "write FACT=VALUE"),
        (("project", "add", "--set", "name=甲"), "proposer: Field required"),
        (("project", "list", "--stage", "soon"), "there are generation, land"),
        (("project", "list", "--state", "gone"), "a project is proposed"),
        (("project", "list", "--bbox", "1,2"), "write four numbers"),
        (("project", "show", "pj_none"), "no such project; `blueprint project list`"),
        (("case", "show", "cs_none"), "no such case; `blueprint case list`"),
        (("case", "list", "--state", "gone"), "a case is opened"),
        (("case", "open", "pj_none"), "no such project"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(shell: Shell, words: tuple[str, ...], why: str):
    refused = shell.refused(*words)
    assert why in refused
    assert "\n" not in refused


def test_a_check_made_elsewhere_is_attached_to_a_case(shell: Shell):
    _, case = case_of(shell)
    screened = shell.told("case", "screen", case)["check_id"]
    assert "is a screening of this case" in shell.refused("case", "attach", case, screened)
    _, other = case_of(shell)
    check = shell.told("case", "screen", other)["check_id"]
    made = shell.told("case", "attach", case, check, "--note", "比选方案", "--by", "示例")
    assert (made["check_id"], made["who"], made["same_site"]) == (check, "示例", True)
    assert [one["check_id"] for one in shell.told("case", "checks", case)] == [check]
    assert shell.told("case", "checks", case, "--clearance", "internal") == []
    assert "比选方案" in shell.run("case", "checks", case)
    assert "is attached already" in shell.refused("case", "attach", case, check)
    assert "no such site check" in shell.refused("case", "attach", case, "chk_none")
