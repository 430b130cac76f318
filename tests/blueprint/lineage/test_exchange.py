"""The exchange tables: what is known is in them, what is not is left empty and said."""

import csv
import io
import json
import zipfile
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely

from blueprint.approvals.held import HeldDocument, Holder, hold_document
from blueprint.approvals.kept import current_approvals
from blueprint.cases.documents import Basis, Condition, Opinion
from blueprint.cases.files import add_step, open_case
from blueprint.cases.projects import revise_project
from blueprint.clock.events import StatusEvent
from blueprint.clock.law_file import load_clock_law
from blueprint.clock.store import add_events
from blueprint.errors import PlanningError, UnknownCase, UnknownProject
from blueprint.exchange import Exchange, exchange_file, exchange_of
from blueprint.exchange.columns import BY_NAME, TABLES, TableSpec
from blueprint.exchange.package import exchange_document, form_of
from blueprint.rules.legal import Citation
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual
from layers.boundary_txt import read_boundary_txt
from tests.blueprint.conftest import Town, placed, rule_pack, site_rule

from .conftest import BY, Library, facts_of

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


def event(day: int, status: int, item: str = "site_opinion", **more: Any) -> StatusEvent:
    """At nine o'clock in the city's morning, which is one in UTC."""
    at = datetime.fromisoformat(f"2026-11-{day:02}T01:00:00+00:00")
    return StatusEvent(item=item, status=status, at=at, **more)


@pytest.fixture
def case_id(family: Library) -> str:
    return open_case(family.connection, family.ids["P"], "land", "window").id


def note(library: Library, case_id: str, *events: StatusEvent) -> list[int]:
    law = load_clock_law()
    noted = add_events(library.connection, case_id, events, law, "window", BY_NOW)
    return [one.number for one in noted]


BY_NOW = datetime.fromisoformat("2026-11-30T00:00:00+00:00")


def test_events_have_their_status_codes_by_the_citys_clock(
    town: Town, family: Library, case_id: str
):
    note(family, case_id, event(2, 1), event(3, 3), event(3, 8), event(5, 11, note="同意选址"))
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    found = rows(exchange, "SPGL_XMSPSXBLXXXXB")
    assert [(row["BLZT"], row["BLSJ"], row["BLR"], row["BLYJ"]) for row in found] == [
        ("1", "2026-11-02 09:00:00", "window", None),
        ("3", "2026-11-03 09:00:00", "window", None),
        ("8", "2026-11-03 09:00:00", "window", None),
        ("11", "2026-11-05 09:00:00", "window", "同意选址"),
    ]
    assert {row["SPSXSLBM"] for row in found} == {f"{case_id}.site_opinion"}
    assert {row["GCDM"] for row in found} == {CODES[0]}
    (item,) = rows(exchange, "SPGL_XMSPSXBLXXB")
    assert (item["SPSXBM"], item["SPSXSLBM"]) == ("site_opinion", f"{case_id}.site_opinion")
    assert (item["BLSPSLBM"], item["SXBLSX"]) == (case_id, "5")


def test_what_only_this_service_knows_of_is_not_exported(town: Town, family: Library, case_id: str):
    note(family, case_id, event(2, 1), event(3, 3), event(5, 11), event(6, 20))
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    assert [row["BLZT"] for row in rows(exchange, "SPGL_XMSPSXBLXXXXB")] == ["1", "3", "11"]


def test_an_event_that_was_undone_stays_and_is_not_valid(town: Town, family: Library, case_id: str):
    _, wrong = note(family, case_id, event(2, 1), event(3, 5))
    note(family, case_id, event(4, 0, undoes=wrong), event(4, 3))
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    found = rows(exchange, "SPGL_XMSPSXBLXXXXB")
    assert [(row["BLZT"], row["SJYXBS"], row["SJWXYY"]) for row in found] == [
        ("1", "1", None),
        ("5", "0", "该条办理记录已被撤销"),
        ("3", "1", None),
    ]


def test_a_special_procedure_is_told_as_far_as_its_codes_are_known(
    town: Town, family: Library, case_id: str
):
    ground = {"special": "other", "ground": "expert_review"}
    note(
        family,
        case_id,
        event(2, 1),
        event(3, 3),
        event(4, 9, **ground, days=10, name="专家评审"),
        event(9, 10),
        event(10, 9, **ground, days=7, unit="calendar"),
    )
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    found = rows(exchange, "SPGL_XMSPSXBLTBCXXXB")
    names = ("TBCX", "TBCXMC", "TBCXKSSJ", "TBCXSXLX", "TBCXSX")
    assert [[row[name] for name in names] for row in found] == [
        ["8", "专家评审", "2026-11-04 09:00:00", "1", "10"],
        [None, None, "2026-11-10 09:00:00", None, "7"],
    ]
    assert any(n.column == "TBCX" and "empty in 1 of 2" in n.text.en for n in exchange.notes)


def test_a_decision_has_the_number_and_the_days_of_what_came_out_of_it(
    town: Town, family: Library, case_id: str
):
    note(family, case_id, event(2, 1), event(3, 3), event(5, 11))
    pack = current_approvals(family.connection)
    (kind,) = pack.by_id["site_opinion"].gives
    given = HeldDocument(kind=kind, source="case", case_id=case_id, number="用字第1号",
                         issued_on=date(2026, 11, 6), valid_until=date(2029, 11, 5))  # fmt: skip
    holder = Holder(project_id=family.ids["P"])
    entry = hold_document(family.connection, pack, given, holder, "window")
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    (decision,) = rows(exchange, "SPGL_XMSPSXPFWJXXB")
    assert (decision["PFRQ"], decision["PFWH"]) == ("2026-11-06", "用字第1号")
    assert decision["PFWJYXQX"] == "2029-11-05"
    assert decision["PFWJBT"] == pack.documents[kind].title.zh
    (document,) = rows(exchange, "SPGL_XMQTFJXXB")
    assert (document["FJID"], document["FJMC"]) == (entry.id, pack.documents[kind].title.zh)


def test_a_decision_without_a_document_has_its_day_alone(town: Town, family: Library, case_id: str):
    note(family, case_id, event(2, 1), event(3, 3), event(5, 13))
    note(family, case_id, event(2, 1, "filing"), event(3, 3, "filing"), event(6, 12, "filing"))
    exchange = exchange_of(town.service, family.connection, case_id=case_id)
    (decision,) = rows(exchange, "SPGL_XMSPSXPFWJXXB")
    assert decision["SPSXSLBM"] == f"{case_id}.filing"
    assert (decision["PFRQ"], decision["PFWH"]) == ("2026-11-06", None)


def opinion(version: int, answer: str, **more: Any) -> Opinion:
    planning = DepartmentRef(id="planning", name=Bilingual(zh="规划局", en="Planning"))
    said = {"basis": [], "conditions": [], "note": "内部备注", "late": False} | more
    return Opinion(department=planning, version=version, request=1, screening=1, answer=answer,
                   findings={}, clearance="public+planning", **said)  # fmt: skip


def test_opinions_are_told_whole_and_a_later_one_takes_the_place_of_an_earlier_one(
    town: Town, family: Library, case_id: str
):
    law = rule_pack(site_rule("zone")).basis(Citation(law="a_law", article="第一条"))
    condition = Condition(text="限高 24 米", basis=None, findings=["f"])
    first = opinion(1, "disagree", basis=[Basis(text="占用绿线", legal=law)])
    second = opinion(2, "agree_with_conditions", conditions=[condition], basis=[Basis(legal=law)])
    for said in (first, second):
        add_step(family.connection, case_id, "opinion", said, BY, "planning")
    exchange = exchange_of(town.service, family.connection, family.ids["P"])
    found = rows(exchange, "SPGL_XMQQYJXXB")
    assert [(row["QQYJ"], row["SJYXBS"], row["SJWXYY"]) for row in found] == [
        ("不同意。依据：《某法》第一条，占用绿线", "0", "已由该部门第 2 版意见替代"),
        ("有条件同意。条件：1. 限高 24 米。依据：《某法》第一条", "1", None),
    ]
    assert {row["BLDWMC"] for row in found} == {"规划局"}
    assert {row["XMDM"] for row in found} == {CODES[0]}
    assert {row["BLR"] for row in found} == {BY.who}
    assert "内部备注" not in exchange_document(exchange).model_dump_json()


def test_a_project_has_the_items_of_all_its_cases(town: Town, family: Library, case_id: str):
    other = open_case(family.connection, family.ids["P"], "construction", "window").id
    of_a_phase = open_case(family.connection, family.ids["A"], "land", "window").id
    for case in (case_id, other, of_a_phase):
        note(family, case, event(2, 1))
    found = rows(made(town, family, "P"), "SPGL_XMSPSXBLXXB")
    assert [row["BLSPSLBM"] for row in found] == [case_id, other]


def page_of(spec: TableSpec) -> str:
    """What docs/exchange.md says of one table."""
    lines = [f"## {spec.name}", "", f"{spec.title.zh}: {spec.title.en}.", ""]
    lines += ["| column | 名称 | | where it is empty |", "|---|---|---|---|"]
    for column in spec.columns:
        source = "seen" if column.seen else "*assumed*"
        lines.append(f"| {column.name} | {column.zh} | {source} | {column.why.en} |")
    return "\n".join([*lines, ""])


def test_the_docs_list_every_column_and_whether_it_was_seen():
    page = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text("utf-8")
    tables = "\n".join(map(page_of, TABLES))
    assert page[page.index("## ") :] == tables
