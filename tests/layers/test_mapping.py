"""Delivered attributes → standard fields: which column, type and code, and what is told."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.mapping import FILE, Field, Mapped, map_fields


def mapped(columns: dict[str, list[Any]], *fields: Field, id_field: str | None = None) -> Mapped:
    return map_fields(pa.table(columns), fields, id_field)


def values(found: Mapped, name: str) -> list[Any]:
    return found.rows.column(name).to_pylist()


def kinds(found: Mapped) -> list[tuple[int, str]]:
    return [(row, kind) for row, kind, _ in found.issues]


BSM = Field("BSM", ("标识码", "OBJECT_ID"))


def test_a_field_takes_its_source_and_the_report_says_so() -> None:
    found = mapped({"标识码": ["1", "2"]}, BSM)
    assert found.rows.column_names == ["BSM"]
    assert values(found, "BSM") == ["1", "2"]
    assert found.notes == ("BSM from 标识码",)


def test_a_column_that_has_the_name_is_the_field_and_needs_no_note() -> None:
    found = mapped({"标识码": ["old"], "BSM": ["new"]}, BSM)
    assert values(found, "BSM") == ["new"]
    assert values(found, "标识码") == ["old"]
    assert found.notes == ()


def test_an_exact_source_is_taken_before_a_name_that_only_resembles() -> None:
    found = mapped({"bsm": ["lower"], "OBJECT_ID": ["exact"]}, BSM)
    assert values(found, "BSM") == ["exact"]
    assert values(found, "bsm_delivered") == ["lower"]
    assert "bsm as delivered is kept as bsm_delivered: the name is a field's" in found.notes


@pytest.mark.parametrize("name", ["bsm", "ＢＳＭ", " BSM ", "object_id", "标识码 "])
def test_case_width_and_blanks_of_a_name_do_not_matter(name: str) -> None:
    assert values(mapped({name: ["1"]}, BSM), "BSM") == ["1"]


def test_columns_that_no_field_asks_for_pass_through_unchanged() -> None:
    columns = {"geometry": [b"\x01"], "n": [1], "备注": [" as is "], "BSM": ["1"]}
    found = mapped(columns, BSM)
    assert sorted(found.rows.column_names) == sorted(columns)
    assert {name: values(found, name) for name in columns} == columns
    assert found.issues == []


def test_the_geometry_is_never_taken_for_a_field() -> None:
    found = mapped({"geometry": [b"\x01"]}, Field("shape", ("geometry",), required=True))
    assert found.rows.column_names == ["geometry"]
    assert kinds(found) == [(FILE, "field_missing")]


def test_a_column_goes_to_one_field_only() -> None:
    found = mapped({"a": ["1"]}, Field("x", ("a",)), Field("y", ("a",)))
    assert found.rows.column_names == ["x"]
    assert "y is not in the file" in found.notes


def test_a_required_field_that_is_absent_is_one_issue_that_names_what_is_there() -> None:
    found = mapped({"编号": ["1", "2"], "n": [1, 2]}, Field("BSM", ("标识码",), required=True))
    [(row, kind, detail)] = found.issues
    assert (row, kind) == (FILE, "field_missing")
    assert detail == "no field BSM (or 标识码); the file has 编号, n"


def test_an_absent_id_field_is_an_issue_of_its_own() -> None:
    [(row, kind, detail)] = mapped({"n": [1]}, id_field="BSM").issues
    assert (row, kind) == (FILE, "field_missing")
    assert detail == "no field BSM; the file has n; ids are made of the content"
    assert mapped({"n": [1], "BSM": ["1"]}, id_field="BSM").issues == []


def test_an_empty_required_value_is_missing_whatever_it_is_made_of() -> None:
    found = mapped(
        {"t": ["", " ", None, "x"], "n": [0, None, 1, 2], "f": [float("nan"), 0.0, 1.0, None]},
        *(Field(name, required=True) for name in "tnf"),
    )
    assert kinds(found) == [
        (0, "missing_code"), (0, "missing_code"), (1, "missing_code"), (1, "missing_code"),
        (2, "missing_code"), (3, "missing_code"),
    ]  # fmt: skip


CODES = frozenset({"0701", "0702"})
LAND = Field("YDDM", codes=CODES, translate={"居住": "0701"}, required=True)


def test_values_are_held_against_the_code_list_and_kept_as_delivered() -> None:
    found = mapped({"YDDM": ["0701", "9999", None, " 0702 ", "０７０１"]}, LAND)
    assert values(found, "YDDM") == ["0701", "9999", None, "0702", "0701"]
    assert kinds(found) == [(1, "unknown_code"), (2, "missing_code")]
    assert found.issues[0][2] == "YDDM “9999” is not in its code list"


def test_a_delivered_value_is_translated_and_counted() -> None:
    found = mapped({"YDDM": ["居住", "居住", "0702"]}, LAND)
    assert values(found, "YDDM") == ["0701", "0701", "0702"]
    assert found.notes == ("YDDM: 2 values became “居住” → 0701",)
    assert found.issues == []


def test_a_number_is_held_against_codes_as_text() -> None:
    found = mapped({"c": [101.0, 102.5, None]}, Field("c", codes=frozenset({"101"})))
    assert values(found, "c") == ["101", "102.5", None]
    assert kinds(found) == [(1, "unknown_code")]


def test_a_code_list_over_dictionaries_and_chunks_is_the_same() -> None:
    chunks = [pa.array(["0701", "x"]).dictionary_encode(), pa.array(["居住"]).dictionary_encode()]
    found = map_fields(pa.table({"YDDM": pa.chunked_array(chunks)}), [LAND])
    assert values(found, "YDDM") == ["0701", "x", "0701"]
    assert kinds(found) == [(1, "unknown_code")]


CONVERSIONS: list[tuple[str, list[Any], list[Any], list[int]]] = [
    ("integer", ["1", " 2 ", "３", "4.0", "five", "", None], [1, 2, 3, 4, None, None, None], [4]),
    ("integer", [1.0, 2.5, float("nan"), float("inf")], [1, None, None, None], [1, 3]),
    ("integer", [True, False], [1, 0], []),
    ("number", ["1.5", "-2e3", "1,234", "nan", "1_0"], [1.5, -2000.0, None, None, None], [2, 3, 4]),
    ("number", [3, None], [3, None], []),
    ("text", [101.0, 1.5, None], ["101", "1.5", None], []),
    ("text", [1, 2], ["1", "2"], []),
    (
        "date",
        ["2026-11-23", "2026/1/2", "2026年1月2日", "20261123", "2026-02-30", "2026-11-23T08:00:00"],
        [dt.date(2026, 11, 23), dt.date(2026, 1, 2), dt.date(2026, 1, 2), dt.date(2026, 11, 23),
         None, dt.date(2026, 11, 23)],
        [4],
    ),
    ("date", [20261123, 7], [dt.date(2026, 11, 23), None], [1]),
    ("date", [dt.datetime(2026, 11, 23, 23, 59)], [dt.date(2026, 11, 23)], []),  # noqa: DTZ001
]  # fmt: skip


@pytest.mark.parametrize(("kind", "delivered", "expected", "bad"), CONVERSIONS)
def test_values_get_the_type_of_their_field(
    kind: Any, delivered: list[Any], expected: list[Any], bad: list[int]
) -> None:
    found = mapped({"x": delivered}, Field("x", type=kind))
    assert values(found, "x") == expected
    assert kinds(found) == [(row, "bad_value") for row in bad]


def test_a_value_that_does_not_convert_is_kept_beside_its_field() -> None:
    found = mapped({"MJ": ["12.5", "about 3", "7"]}, Field("MJ", type="number", required=True))
    assert values(found, "MJ") == [12.5, None, 7.0]
    assert values(found, "MJ_delivered") == [None, "about 3", None]
    assert found.sparse == ("MJ_delivered",)
    assert found.issues == [
        (1, "bad_value", "MJ “about 3” is no number; kept as MJ_delivered"),
    ]


def test_a_kept_value_takes_no_name_that_the_file_uses() -> None:
    found = mapped({"MJ": ["x"], "mj_delivered": ["y"]}, Field("MJ", type="number"))
    assert values(found, "mj_delivered") == ["y"]
    assert values(found, "MJ_delivered2") == ["x"]


def test_a_hostile_long_value_is_quoted_in_part() -> None:
    found = mapped({"c": ["x" * 5000]}, Field("c", codes=frozenset({"1"})))
    assert len(found.issues[0][2]) < 100
    assert values(found, "c") == ["x" * 5000]


def test_a_file_without_rows_or_fields_stays_as_it_is() -> None:
    none = pa.table({"c": pa.array([], pa.string()), "n": pa.array([], pa.string())})
    wanted = [Field("c", codes=CODES, required=True), Field("n", type="integer")]
    found = map_fields(none, wanted)
    assert (found.rows.num_rows, found.issues) == (0, [])
    rows = pa.table({"a": [1, 2]})
    assert map_fields(rows, []).rows == rows


cells = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["0701", "12", "2026-01-01"]))
specs = st.sampled_from(
    [
        Field("A", ("a", "x")), Field("A", ("b",), required=True, codes=CODES),
        Field("A", ("c",), type="number"), Field("A", type="date"), Field("b", ("A",)),
    ]
)  # fmt: skip


@given(
    st.lists(st.tuples(cells, cells, cells), max_size=20),
    st.lists(specs, max_size=2, unique_by=lambda spec: spec.name),
)
def test_no_value_is_lost_and_no_row_moves(
    rows: list[tuple[Any, ...]], fields: list[Field]
) -> None:
    table = pa.table(
        {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate("Abc")}
    )
    found = map_fields(table, fields)
    assert found.rows.num_rows == len(rows)
    assert len(set(found.rows.column_names)) == found.rows.num_columns >= table.num_columns
    told = {(row, kind) for row, kind, _ in found.issues}
    for at, row in enumerate(found.rows.to_pylist()):
        said = sum(bool(cell and cell.strip()) for cell in rows[at])
        kept = sum(cell is not None and bool(str(cell).strip()) for cell in row.values())
        assert kept == said
        assert ((at, "bad_value") in told) == any(row.get(name) for name in found.sparse)
