"""The exchange tables: what is known is in them, what is not is left empty and said."""

import csv
import io
import json
import zipfile
from datetime import date
from hashlib import sha256
from typing import Any

import openpyxl
import pytest
import shapely

from blueprint.cases.files import open_case
from blueprint.cases.projects import revise_project
from blueprint.errors import PlanningError, UnknownCase, UnknownProject
from blueprint.exchange import Exchange, exchange_file, exchange_of
from blueprint.exchange.columns import BY_NAME, TABLES
from blueprint.exchange.package import exchange_document, form_of
from layers.boundary_txt import read_boundary_txt
from tests.blueprint.conftest import Town, placed

from .conftest import Library, facts_of

SQUARE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
HOLED = (
    "POLYGON ((2000 2000, 2100 2000, 2100 2100, 2000 2100, 2000 2000), "
    "(2020 2020, 2040 2020, 2040 2040, 2020 2040, 2020 2020))"
)
CODES = [f"2111-350203-04-01-00000{n}" for n in range(1, 6)]


@pytest.fixture
def town(kept_town: Town, library: Library) -> Town:
    return kept_town


def made(town: Town, library: Library, letter: str, **more: Any) -> Exchange:
    return exchange_of(town.service, library.connection, library.ids[letter], **more)


def rows(exchange: Exchange, table: str) -> list[dict[str, Any]]:
    """A table's rows as its CSV has them: null is None, and everything else a text."""
    with zipfile.ZipFile(io.BytesIO(exchange_file(exchange, "zip"))) as archive:
        data = archive.read(f"{table}.csv")
    assert data.startswith(b"\xef\xbb\xbf")
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert reader.fieldnames == [column.name for column in BY_NAME[table].columns]
    return [{k: v or None for k, v in row.items()} for row in reader]


@pytest.fixture
def family(library: Library) -> Library:
    library.add("P", name="示例产业园", code=CODES[0], area=10000, invest=500.5, site=SQUARE,
                industry="47", purpose="标准厂房", proposer_code="91350200MA00000000")  # fmt: skip
    library.add("A", name="=示例产业园一期", code=CODES[1].replace("-", ""), area=4000)
    library.add("B", name="示例产业园二期", site=HOLED)
    library.link("phase P A", scope="一期厂房")
    library.link("phase P B")
    return library


def test_a_root_has_its_own_code_twice_and_its_works_have_it_as_their_projects(
    town: Town, family: Library
):
    found = rows(made(town, family, "P"), "SPGL_XMJBXXB")
    told = [(row["XMMC"], row["XMDM"], row["GCDM"], row["QJDGCDM"], row["GCFW"]) for row in found]
    assert told == [
        ("示例产业园", CODES[0], CODES[0], None, None),
        ("=示例产业园一期", CODES[0], CODES[1], CODES[0], "一期厂房"),
        ("示例产业园二期", CODES[0], None, CODES[0], None),
    ]


def test_what_the_project_states_is_there_and_nothing_else_is_made_up(town: Town, family: Library):
    first, second, _ = rows(made(town, family, "P"), "SPGL_XMJBXXB")
    filled = {name: value for name, value in first.items() if value is not None}
    assert filled == {
        "DFSJZJ": f"{family.ids['P']}.1",
        "XMDM": CODES[0],
        "XMMC": "示例产业园",
        "GCDM": CODES[0],
        "GBHY": "47",
        "ZTZE": "500.5",
        "JSGMJNR": "标准厂房",
        "YDMJ": "10000",
        "JSDW": "示例置业有限公司",
        "JSDWDM": "91350200MA00000000",
        "SJYXBS": "1",
    }
    assert second["ZTZE"] is second["JZMJ"] is None


def test_every_empty_column_is_told_with_how_often_and_why(town: Town, family: Library):
    exchange = made(town, family, "P")
    notes = {(note.table, note.column): note.text.en for note in exchange.notes}
    for spec, table in exchange.tables:
        for column in spec.columns:
            empty = sum(row.get(column.name) is None for row in table)
            assert ((spec.name, column.name) in notes) == (empty > 0)
    assert notes["SPGL_XMJBXXB", "GCDM"] == (
        "empty in 1 of 3 rows: no code was issued by the central platform yet; none is invented"
    )
    assert notes["SPGL_XMDWXXB", "DWLX"] == (
        "empty in 3 of 3 rows: its table of codes is not at hand; none is invented"
    )


@pytest.mark.parametrize(
    ("links", "asked", "whole", "earlier"),
    [
        (["split P A"], "A", 0, [0]),
        (["change P A"], "A", 1, [0]),
        (["replace P A"], "A", 1, [0]),
        (["phase P A", "phase A B"], "B", 0, [1]),
        (["merge P B", "merge A B"], "B", 2, [0, 1]),
        (["phase P A", "change P B"], "A", 2, [0]),
        ([], "A", 1, []),
    ],
    ids=["split", "change", "replace", "phase of a phase", "merger", "parent changed", "none"],
)
def test_codes_follow_the_lineage(town: Town, library: Library, links, asked, whole, earlier):
    for letter, code in zip("PAB", CODES, strict=False):
        library.add(letter, code=code)
    for link in links:
        library.link(link)
    exchange = made(town, library, asked)
    row = rows(exchange, "SPGL_XMJBXXB")[0]
    assert row["XMDM"] == CODES[whole]
    assert (row["QJDGCDM"] or "").split(",") == ([CODES[n] for n in earlier] or [""])
    assumed = [n for n in exchange.notes if n.column == "QJDGCDM" and "assumed" in n.text.en]
    assert len(assumed) == (len(earlier) > 1)


def test_a_code_that_is_not_written_as_one_is_not_passed_on(town: Town, library: Library):
    library.add("P", code="2113-350203-04-01-000001")
    exchange = made(town, library, "P")
    (row,) = rows(exchange, "SPGL_XMJBXXB")
    assert (row["XMDM"], row["GCDM"]) == (None, None)
    assert any("there is no month 13" in note.text.en for note in exchange.notes)


def test_units_are_told_with_their_credit_codes(town: Town, family: Library):
    found = rows(made(town, family, "P"), "SPGL_XMDWXXB")
    assert [row["DWTYSHXYDM"] for row in found] == ["91350200MA00000000", None, None]
    assert {row["DWMC"] for row in found} == {"示例置业有限公司"}


def test_boundary_points_come_as_the_surveyors_file_and_draw_the_site_again(
    town: Town, family: Library
):
    exchange = made(town, family, "P")
    found = rows(exchange, "SPGL_XMYDHXJZXXB")
    assert [row["JZWJXH"] for row in found] == ["1", "2"]
    files = {file.name: file.data for file in exchange.attachments}
    assert [row["JZWJFJ"] for row in found] == list(files)
    for row, wkt in zip(found, (SQUARE, HOLED), strict=True):
        file = read_boundary_txt(files[row["JZWJFJ"]], row["JZWJMC"])
        assert file.crs == "EPSG:4527"
        assert file.header["数据产生单位"] == "示例置业有限公司"
        (parcel,) = file.parcels
        drawn = shapely.transform(parcel.geometry, lambda xy: xy - (39_000_000, 0))
        assert drawn.symmetric_difference(placed(wkt)).area == 0


def test_a_case_has_its_project_alone_and_the_day_on_which_it_applied(town: Town, family: Library):
    case = open_case(family.connection, family.ids["P"], "land", "desk", date(2026, 11, 20))
    exchange = exchange_of(town.service, family.connection, case_id=case.id)
    (row,) = rows(exchange, "SPGL_XMJBXXB")
    assert row["SBSJ"] is not None
    assert row["SBSJ"][:4].isdigit()
    assert exchange.case_id == case.id


def test_control_lines_are_those_of_the_newest_snapshot_that_may_be_seen(
    town_on_either: Town,
):
    town = town_on_either
    tree = town.catalogue.model_dump(mode="json", exclude_none=True)
    layers = tree["themes"][0]["subthemes"][0]["layers"]
    for layer in layers:
        if layer["id"] in {"redline", "barracks", "zone"}:
            layer["control_total"] = {"at_least_km2": 1}
    from blueprint.catalogue import Catalogue
    from blueprint.snapshots import load_into_store

    tree["city"]["division"] = "350200"
    load_into_store(town.service, Catalogue.model_validate(tree))
    town.deliver("redline", SQUARE, effective=date(2026, 11, 1))
    town.deliver("barracks", SQUARE)
    town.publish()
    with town.service.database.write() as connection:
        library = Library(connection, {})
        library.add("P")
        whole, public = (made(town, library, "P", **c) for c in ({}, {"clearance": "public"}))
    found = rows(whole, "SPGL_DFGHKZXXXB")
    assert [row["KZXWJMC"] for row in found] == ["图层redline", "图层barracks"]
    assert found[0]["KZXSYKSSJ"] == "2026-11-01"
    assert {row["XZQHDM"] for row in found} == {"350200"}
    assert [row["KZXWJMC"] for row in rows(public, "SPGL_DFGHKZXXXB")] == ["图层redline"]
    assert "barracks" not in exchange_document(public).model_dump_json()


def test_the_manifest_has_the_hash_of_every_file_and_says_what_was_seen(
    town: Town, family: Library
):
    data = exchange_file(made(town, family, "P"), "zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        listed = {one["file"]: one["sha256"] for one in manifest["tables"]}
        listed |= {one["file"]: one["sha256"] for one in manifest["attachments"]}
        assert set(archive.namelist()) == {*listed, "manifest.json"}
        for name, digest in listed.items():
            assert sha256(archive.read(name)).hexdigest() == digest
    assert [one["name"] for one in manifest["tables"]] == [spec.name for spec in TABLES]
    (documents,) = [one for one in manifest["tables"] if one["name"] == "SPGL_XMQTFJXXB"]
    assert [c["name"] for c in documents["columns"] if not c["seen"]] == ["FJMC", "FJLX", "FJID"]


def test_the_same_content_gives_the_same_file(town: Town, family: Library):
    first, second = (exchange_file(made(town, family, "P"), "zip") for _ in range(2))
    assert first == second
    revise_project(family.connection, family.ids["P"], facts_of("另名"), "desk")
    assert exchange_file(made(town, family, "P"), "zip") != first


def test_the_workbook_and_the_json_say_what_the_csv_says(town: Town, family: Library):
    exchange = made(town, family, "P")
    book = openpyxl.load_workbook(io.BytesIO(exchange_file(exchange, "xlsx")))
    document = json.loads(exchange_file(exchange, "json"))
    assert book.sheetnames == [*(spec.name for spec in TABLES), "说明 About"]
    for table in document["tables"]:
        by_csv = rows(exchange, table["name"])
        assert [
            {k: None if v is None else str(v) for k, v in row.items()} for row in table["rows"]
        ] == by_csv
        head, *lines = book[table["name"]].iter_rows()
        names = [cell.value.split("\n")[1] for cell in head]
        assert names == [column["name"] for column in table["columns"]]
        shown = [[None if c.value is None else str(c.value) for c in line] for line in lines]
        assert shown == [list(row.values()) for row in by_csv]


def test_a_name_like_a_formula_is_a_text(town: Town, family: Library):
    book = openpyxl.load_workbook(io.BytesIO(exchange_file(made(town, family, "P"), "xlsx")))
    sheet = book["SPGL_XMJBXXB"]
    (cell,) = [c for c in sheet[3] if c.value == "=示例产业园一期"]
    assert cell.data_type == "s"
    assert isinstance(sheet["X2"].value, (int, float))


def test_what_is_not_there_is_not_exported(town: Town, library: Library):
    with pytest.raises(UnknownProject):
        exchange_of(town.service, library.connection, "pj_none")
    with pytest.raises(UnknownCase):
        exchange_of(town.service, library.connection, case_id="cs_none")


def test_the_form_is_told_by_the_files_name(tmp_path):
    assert form_of(tmp_path / "x.ZIP") == "zip"
    with pytest.raises(PlanningError, match=r"x\.csv: name a file that ends in"):
        form_of(tmp_path / "x.csv")


def test_every_table_has_each_column_once():
    for spec in TABLES:
        names = [column.name for column in spec.columns]
        assert len(names) == len(set(names))
        assert names[:2] == ["LSH", "DFSJZJ"]
