"""Codes, lineage and exchange tables, as a user at a shell meets them."""

import json
import zipfile
from pathlib import Path

import pytest

from blueprint.bootstrap import open_service
from tests.blueprint.cli.test_cli import Desk
from tests.blueprint.conftest import BOUNDARY, SITE, catalogue

from .conftest import Library

CODE = "2111-522323-04-01-342068"
BY = ("--by", "多规办")


@pytest.fixture(scope="module")
def ids(desk: Desk) -> dict[str, str]:
    with open_service(str(desk.store)) as service, service.database.write() as connection:
        library = Library(connection, {})
        library.add("P", name="示例产业园", code=CODE, area=1000, site=SITE)
        library.add("A", name="示例产业园一期", area=600)
        library.add("B", name="示例产业园二期", area=600, code="2113-522323-04-01-342068")
        return library.ids


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("lineage"))
    desk.answer("init")
    tree = desk.write("catalogue.yaml", catalogue().model_dump(mode="json"))
    desk.answer("catalogue", "load", tree)
    desk.answer("ingest", "boundary", desk.draw("boundary.gpkg", BOUNDARY))
    return desk


def test_a_code_is_explained_without_a_store(tmp_path: Path):
    desk = Desk(tmp_path)
    found = desk.answer("code", "explain", CODE.replace("-", ""))
    assert found["code"] == CODE
    shown = desk.run("code", "explain", CODE).stdout
    assert "未校验：校验码算法未公开" in shown
    assert "贵州省黔西南布依族苗族自" in shown
    wrong = desk.run("code", "explain", "2113-522323-04-01-342068").stdout
    assert "there is no month 13" in wrong


def test_a_code_is_checked_and_a_wrong_one_refused_in_one_line(tmp_path: Path):
    desk = Desk(tmp_path)
    assert desk.answer("code", "check", CODE, "2019-440605-47-03-031018") == [
        CODE,
        "2019-440605-47-03-031018",
    ]
    assert "group 2 has 5 digits" in desk.refused("code", "check", "2111-52232-04-01-342068")


def test_an_algorithm_that_is_not_installed_is_named(tmp_path: Path):
    done = Desk(tmp_path).run("code", "check", CODE, BLUEPRINT_CHECK_DIGIT="somebodys")
    assert done.returncode == 1
    assert "BLUEPRINT_CHECK_DIGIT somebodys: no installed package" in done.stderr


def test_the_codes_of_the_library_are_checked_together(desk: Desk, ids: dict[str, str]):
    done = desk.run("code", "check")
    assert done.returncode == 1
    assert f"{ids['B']} 2113-522323-04-01-342068: year and month 2113" in done.stderr
    assert "3 projects, 1 without a code, 1 wrong" in done.stdout


def test_projects_are_linked_shown_checked_and_unlinked(desk: Desk, ids: dict[str, str]):
    for letter in "AB":
        linked = desk.answer(
            "lineage", "link", "phase", ids["P"], ids[letter], *BY, "--scope", f"{letter} 区"
        )
        assert (linked["kind"], linked["who"]) == ("phase", "多规办")
    shown = desk.run("lineage", "show", ids["P"]).stdout
    assert "分期 示例产业园一期" in shown
    assert "不守恒" in shown
    held = desk.run("lineage", "check", ids["P"])
    assert held.returncode == 1
    assert "200 平方米，自" in held.stdout
    assert "which comes from it" in desk.refused(
        "lineage", "link", "split", ids["A"], ids["P"], *BY
    )
    assert "reason: " in desk.refused(
        "lineage", "link", "split", ids["A"], ids["P"], *BY, "--reason", " "
    )
    undone = desk.answer("lineage", "undo", str(linked["id"]), *BY, "--reason", "登记错误")
    assert undone["undone"]["reason"] == "登记错误"
    assert desk.run("lineage", "check", ids["P"]).returncode == 0
    assert "登记错误" in desk.run("lineage", "show", ids["P"]).stdout
    assert "was undone on" in desk.refused("lineage", "undo", str(linked["id"]), *BY)


def test_what_looks_the_same_is_listed(desk: Desk, ids: dict[str, str]):
    found = desk.answer("lineage", "duplicates", ids["P"])
    assert {one["project_id"] for one in found["duplicates"]} == {ids["A"], ids["B"]}
    assert "相似度" in desk.run("lineage", "duplicates", ids["P"]).stdout
    assert "no such project" in desk.refused("lineage", "duplicates", "pj_none")


def test_the_exchange_tables_go_to_the_file_named(desk: Desk, ids: dict[str, str], tmp_path: Path):
    path = tmp_path / "x.zip"
    made = desk.answer("exchange", ids["P"], "--out", str(path))
    assert made["rows"]["SPGL_XMYDHXJZXXB"] == 1
    assert "SPGL_XMJBXXB.csv" in zipfile.ZipFile(path).namelist()
    assert "is there" in desk.refused("exchange", ids["P"], "--out", str(path))
    shown = desk.run("exchange", ids["P"], "--out", str(path), "--replace").stdout
    assert "SPGL_XMDWXXB" in shown
    desk.run("exchange", ids["P"], "--out", str(tmp_path / "x.json"))
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["project_id"] == ids["P"]
    assert "ends in .zip" in desk.refused("exchange", ids["P"], "--out", str(tmp_path / "x.txt"))
    assert "cs_none: no such case" in desk.refused(
        "exchange", "cs_none", "--out", str(tmp_path / "y.zip")
    )
