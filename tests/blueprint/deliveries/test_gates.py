"""Gates: which deliveries are refused, and that a refusal says by how much."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blueprint.catalogue import CatalogueLayer
from blueprint.deliveries.gates import Facts, facts_of, judge_delivery
from blueprint.expectations import Gates, fields_of
from layers import Issue

GOOD = Facts(read=1000, kept=1000, size=100.0, size_before=100.0, overlap_m2=0.0, gap_m2=0.0)


def layer(**changes: Any) -> CatalogueLayer:
    fields = {
        "id": "farmland",
        "name": {"zh": "农田", "en": "Farmland"},
        "department": "nrp",
        "geometry": "polygon",
    }
    return CatalogueLayer.model_validate(fields | changes)


def gated(**gates: Any) -> CatalogueLayer:
    return layer(is_coverage=True, gates=gates)


def said(facts: Facts, **gates: Any) -> list[str]:
    return [reason.en for reason in judge_delivery(gated(**gates), facts)]


CASES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    (
        {"max_quarantined_share": 0.01}, {"quarantined": 10}, {"quarantined": 11},
        "11 of 1,000 rows quarantined (1.1 %), limit 1 %",
    ),
    (
        {"max_repaired_share": 0.5}, {"repaired": 500}, {"repaired": 501},
        "501 of 1,000 rows repaired (50.1 %), limit 50 %",
    ),
    (
        {"max_missing_share": 0}, {"missing": 0}, {"missing": 1},
        "1 of 1,000 rows without a valid required value (0.1 %), limit 0 %",
    ),
    (
        {"max_duplicates_share": 0.07}, {"duplicates": 70}, {"duplicates": 71},
        "71 of 1,000 rows duplicates (7.1 %), limit 7 %",
    ),
    (
        {"max_out_of_city_share": 0.001}, {"out_of_city": 1}, {"out_of_city": 2},
        "2 of 1,000 rows out of the city (0.2 %), limit 0.1 %",
    ),
    (
        {"max_area_change_share": 0.05}, {"size": 105.0}, {"size": 94.9},
        "the total area moved by -5.10% against the version before (100 → 94.90 m²), limit ±5 %",
    ),
    (
        {"max_overlap_m2": 2}, {"overlap_m2": 2.0}, {"overlap_m2": 2.01},
        "overlaps of 2.01 m² within the layer, limit 2.00 m²",
    ),
    (
        {"max_gap_m2": 0}, {"gap_m2": 0.0}, {"gap_m2": None},
        "gaps could not be determined, but have a limit",
    ),
    (
        {"min_features": 900}, {"kept": 900}, {"kept": 899},
        "only 899 features could be kept, 900 are required",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("gates", "good", "bad", "reason"), CASES)
def test_what_is_at_the_limit_is_taken_and_what_is_beyond_is_refused(
    gates: dict[str, Any], good: dict[str, Any], bad: dict[str, Any], reason: str
) -> None:
    assert said(replace(GOOD, **good), **gates) == []
    assert said(replace(GOOD, **bad), **gates) == [reason]


def test_every_gate_has_a_case() -> None:
    assert {name for gates, *_ in CASES for name in gates} == set(Gates.model_fields)


def test_every_reason_is_given_in_both_languages() -> None:
    gates = {name: value for case in CASES for name, value in case[0].items()}
    bad = replace(GOOD, **{name: value for case in CASES for name, value in case[2].items()})
    reasons = judge_delivery(gated(**gates), bad)
    assert len(reasons) == len(CASES)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text.zh) for text in reasons)


def test_without_gates_anything_is_taken() -> None:
    assert said(Facts(read=0, kept=0)) == []


def test_a_first_delivery_has_not_moved() -> None:
    assert said(replace(GOOD, size_before=None, size=1e9), max_area_change_share=0) == []


def test_an_area_out_of_nothing_has_moved() -> None:
    [reason] = said(replace(GOOD, size_before=0.0), max_area_change_share=1)
    assert "moved by —" in reason


def test_a_line_layer_is_measured_by_its_length() -> None:
    line = layer(geometry="line", gates={"max_area_change_share": 0})
    [reason] = judge_delivery(line, replace(GOOD, size=50.0))
    assert reason.en.startswith("the total length moved by -50.00%")


@given(st.integers(1, 10_000), st.integers(0, 100), st.data())
def test_a_share_is_refused_exactly_above_its_limit(
    read: int, percent: int, data: st.DataObject
) -> None:
    rows = data.draw(st.integers(0, read))
    facts = replace(GOOD, read=read, quarantined=rows)
    refused = bool(said(facts, max_quarantined_share=percent / 100))
    assert refused == (rows * 100 > percent * read)


def test_a_row_counts_once_however_many_issues_it_has() -> None:
    facts = facts_of(
        [
            Issue(1, "missing_code", "flagged", ""),
            Issue(1, "unknown_code", "flagged", ""),
            Issue(1, "invalid_geometry", "repaired", ""),
            Issue(1, "invalid_geometry", "repaired", ""),
            Issue(2, "duplicate", "quarantined", ""),
            Issue(3, "out_of_city", "flagged", ""),
        ],
        read=3,
        kept=2,
        size=1.0,
    )
    counts = (facts.missing, facts.repaired, facts.quarantined, facts.duplicates)
    assert (*counts, facts.out_of_city) == (1, 1, 1, 1, 1)


def test_a_required_field_that_the_file_lacks_is_missing_from_every_row() -> None:
    issues = [Issue(0, "field_missing", "flagged", "no field BSM")]
    assert facts_of(issues, read=7, kept=7, size=1.0).missing == 7


FIELD = {"name": "BSM"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fields": [FIELD, {"name": "x", "sources": ["bsm"]}]}, "bsm is named by two"),
    ({"fields": [FIELD | {"codes": ["1"], "translate": {"a": "2"}}]}, "a becomes 2"),
    ({"fields": [FIELD | {"codes": ["1"], "type": "integer"}]}, "codes are text"),
    ({"fields": [FIELD | {"codes": [101]}]}, "valid string"),
    ({"fields": [{"name": "geometry"}]}, "geometry is the shape"),
    ({"geometry": "line", "is_coverage": True}, "only polygons can cover"),
    ({"gates": {"max_gap_m2": 1}}, "where is_coverage is true"),
    ({"gates": {"max_repaired_share": 1.5}}, "less than or equal to 1"),
    ({"gates": {"max_wrong_share": 0.5}}, "Extra inputs"),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_a_catalogue_that_asks_for_the_impossible_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        layer(**changes)


def test_codes_may_be_a_list_or_have_labels_and_survive_the_store() -> None:
    label = {"zh": "住宅", "en": "Housing"}
    one = layer(fields=[{"name": "c", "codes": ["0701"]}, {"name": "d", "codes": {"1": label}}])
    assert one.fields[0].codes == {"0701": None}
    assert CatalogueLayer.model_validate_json(one.model_dump_json()) == one


def test_a_required_field_may_be_named_in_short() -> None:
    one = layer(required_fields=["BSM", "MJ"], fields=[{"name": "MJ", "type": "number"}])
    found = fields_of(one.fields, one.required_fields)
    assert [(x.name, x.required, x.type) for x in found] == [
        ("MJ", True, "number"),
        ("BSM", True, None),
    ]


def test_a_catalogue_stored_before_there_were_gates_still_loads() -> None:
    stored = layer().model_dump(mode="json")
    for name in ("fields", "gates", "is_coverage", "coverage_min_width_m"):
        del stored[name]
    assert CatalogueLayer.model_validate(stored) == layer()
