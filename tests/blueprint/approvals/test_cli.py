"""Approvals, documents, forms and files of applicants on the command line."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from blueprint.cli.app import app
from blueprint.errors import PlanningError
from tests.blueprint.conftest import Town

from .conftest import CODE, approval, pack_of
from .town import case_of, settled_town

__all__ = ["settled_town"]


@pytest.fixture
def run(settled_town: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("BLUEPRINT_STORE", settled_town.service.database.name)

    def ran(*words: str) -> Any:
        result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "--json" in words else result.stdout

    return ran


def test_approvals_are_listed_and_one_is_shown(run):
    listed = run("approvals", "list", "--json")
    assert [one["id"] for one in listed["approvals"]][-1] == "later"
    assert [one["id"] for one in run("approvals", "list", "--stage", "building", "--json")[
        "approvals"]] == ["later"]  # fmt: skip
    assert "farming" in run("approvals", "list")
    shown = run("approvals", "show", "farming", "--json")
    assert shown["needed_when"] == {"rule": "site.farmland"}
    text = run("approvals", "show", "farming")
    assert "{rule: site.farmland}" in text
    assert "未核实" in text
    assert "当日无依据" in run("approvals", "show", "farming", "--on", "1999-01-01")


def test_an_approval_that_is_not_there_is_refused_with_the_remedy(run):
    with pytest.raises(PlanningError, match="none: no such approval; `blueprint approvals list`"):
        run("approvals", "show", "none")


def test_a_pack_is_loaded_if_it_fits(run, tmp_path: Path):
    file = tmp_path / "pack.yaml"
    pack = pack_of(approval("other"), fields={})
    file.write_text(yaml.safe_dump(pack.model_dump(mode="json"), allow_unicode=True), "utf-8")
    before = run("approvals", "list", "--json")["pack"]
    assert run("approvals", "load", str(file), "--json")["approvals"] == 1
    assert [one["id"] for one in run("approvals", "list", "--json")["approvals"]] == ["other"]
    from .town import town_pack

    again = town_pack().model_dump(mode="json")
    file.write_text(yaml.safe_dump(again, allow_unicode=True), "utf-8")
    run("approvals", "load", str(file))
    assert run("approvals", "list", "--json")["pack"] == before


def test_documents_of_a_case_are_listed_with_their_counts(settled_town: Town, run):
    case = case_of(settled_town).id
    found = run("materials", case, "--json")
    assert found["counts"]["once"] < found["counts"]["asked"]
    text = run("materials", case)
    assert "尚不能确定 undecided (1)" in text
    assert "合并去重" in text
    only = run("materials", case, "--stage", "building", "--json")
    assert [one["id"] for one in only["approvals"]["needed"]] == ["later"]
    public = run("materials", case, "--clearance", "public", "--json")
    assert "m²" not in json.dumps(public["approvals"]["needed"][3]["why"])


def test_what_is_held_is_entered_listed_and_withdrawn(settled_town: Town, run):
    case = case_of(settled_town)
    words = ("applicant", "hold", "report", "--project", case.project_id, "--issued-on")
    held = run(*words, "2026-11-01", "--source", "case", "--case", case.id, "--json")
    assert run("materials", case.id, "--json")["counts"]["held"] == 1
    project = ("--project", case.project_id)
    (listed,) = run("applicant", "documents", "nobody", *project, "--json")["documents"]
    assert listed["id"] == held["id"]
    assert held["id"] in run("applicant", "documents", "nobody", *project)
    run("applicant", "withdraw", held["id"], "--note", "wrong")
    assert run("applicant", "documents", "nobody", *project, "--json")["documents"] == []


def test_a_profile_is_said_and_shown_version_by_version(run, tmp_path: Path):
    file = tmp_path / "profile.json"
    for said in ({"name": "示例置业有限公司"}, {"name": "示例置业有限公司", "credit_code": CODE}):
        file.write_text(json.dumps(said), "utf-8")
        run("applicant", "profile", "示例", "--set", str(file))
    assert CODE in run("applicant", "profile", "示例")
    versions = run("applicant", "profile", "示例", "--history", "--json")["versions"]
    assert [one["version"] for one in versions] == [1, 2]


@pytest.mark.parametrize("said", ["{", '{"name": ""}', '{"name": "a", "credit_code": "1"}', "[]"])
def test_a_profile_that_cannot_be_is_refused_in_one_line(run, tmp_path: Path, said):
    file = tmp_path / "profile.json"
    file.write_text(said, "utf-8")
    with pytest.raises(PlanningError, match=r";"):
        run("applicant", "profile", "示例", "--set", str(file))


def test_a_form_is_shown_as_a_table_as_a_schema_and_filled_in(
    settled_town: Town, run, tmp_path: Path
):
    case = case_of(settled_town).id
    schema = json.loads(run("form", case, "--schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "需填 to fill in" in run("form", case)
    file = tmp_path / "values.json"
    file.write_text('{"height": 30, "pollutes": false}', "utf-8")
    filled = run("form", case, "--fill", str(file), "--json")
    assert set(filled["changed"]) == {"height", "pollutes"}
    assert filled["changes"]
    assert run("form", case, "--json")["values"]["height"] == 30
    file.write_text('{"height": 31}', "utf-8")
    assert "已更改 changed: height" in run("form", case, "--fill", str(file))


@pytest.mark.parametrize(
    ("text", "words", "says"),
    [
        ("{", (), "is no JSON"),
        ("[]", (), "holds no values"),
        ('{"height": -1}', (), "height: -1: is beyond its minimum 0"),
        ("{}", ("--schema",), "give one of the two"),
        ("{}", ("--stage", "none"), "--stage none"),
    ],
)
def test_a_form_that_cannot_be_filled_in_so_is_refused(
    settled_town: Town, run, tmp_path: Path, text, words, says
):
    case = case_of(settled_town).id
    file = tmp_path / "values.json"
    file.write_text(text, "utf-8")
    with pytest.raises(PlanningError, match=says):
        run("form", case, "--fill", str(file), *words)
