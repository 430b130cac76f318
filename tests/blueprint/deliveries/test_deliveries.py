"""Deliveries as the command line lists and shows them, taken and refused."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint.cli.app import app
from blueprint.deliveries.kept import find_delivery, list_deliveries
from blueprint.deliveries.report import IngestReport
from blueprint.snapshots import load_into_store
from blueprint.values import document_text
from layers import Issue, UnknownDelivery
from layers.delivered import source_of
from layers.deliveries import read_source_file, refuse
from layers.versions import Refusal
from tests.blueprint.conftest import FAR, HALF, SITE, Town, catalogue

REASON = "11 of 1,000 rows quarantined (1.1 %), limit 1 %"
HOSTILE = "a[b]c<script>.zip"


def refusal(layer: str, content: bytes = b"not a layer") -> Refusal:
    """A delivery that was refused at a gate, with two issues."""
    source, when = source_of(HOSTILE, content), datetime(2026, 11, 23, 8, tzinfo=UTC)
    issues = (
        Issue(0, "field_missing", "flagged", "no field BSM"),
        Issue(3, "invalid_geometry", "repaired", "Self-intersection", "A[1]", 2.5),
    )
    report = IngestReport(
        layer=layer,
        file=HOSTILE,
        source_sha256=source.sha256,
        delivered_at=when,
        effective=date(2026, 11, 23),
        kinds={"field_missing": 1, "invalid_geometry": 1},
        read=1000,
    )
    text = document_text(report)
    return Refusal(layer, source, None, when, date(2026, 11, 23), REASON, text, issues)


def refused_delivery(town: Town, layer: str = "zone") -> int:
    with town.service.database.write() as connection:
        return refuse(connection, refusal(layer))


def run(town: Town, *words: str) -> tuple[int, str, str]:
    store = {"BLUEPRINT_STORE": town.service.database.name, "COLUMNS": "160"}
    done = CliRunner(env=store).invoke(app, list(words))
    return done.exit_code, done.stdout, done.stderr


def answer(town: Town, *words: str) -> Any:
    code, stdout, stderr = run(town, *words, "--json")
    assert code == 0, stderr
    return json.loads(stdout)


def test_every_delivery_is_listed_the_newest_first(town: Town) -> None:
    town.deliver("zone", SITE, HALF)
    number = refused_delivery(town)
    listed = answer(town, "deliveries")
    assert [(line["layer"], line["status"], line["version"]) for line in listed] == [
        ("zone", "refused", None),
        ("zone", "taken", 1),
        ("boundary", "taken", 1),
    ]
    assert (listed[0]["delivery"], listed[0]["refused"]) == (number, REASON)
    assert [line["layer"] for line in answer(town, "deliveries", "--layer", "boundary")] == [
        "boundary"
    ]
    assert [line["delivery"] for line in answer(town, "deliveries", "--refused")] == [number]


def test_a_delivery_is_shown_with_its_version_and_its_counts(town: Town) -> None:
    town.deliver("zone", SITE, FAR)
    number = answer(town, "deliveries", "--layer", "zone")[0]["delivery"]
    shown = answer(town, "delivery", str(number))
    assert (shown["delivery"], shown["version"], shown["status"]) == (number, 1, "taken")
    assert (shown["read"], shown["kept"], shown["reasons"]) == (2, 2, [])


def test_a_refused_delivery_says_why_and_lists_its_issues(town: Town) -> None:
    number = str(refused_delivery(town))
    shown = answer(town, "delivery", number, "--issues")
    assert shown["reasons"] == [{"zh": REASON, "en": REASON}]
    assert [(issue["row"], issue["kind"]) for issue in shown["issues"]] == [
        (0, "field_missing"),
        (3, "invalid_geometry"),
    ]
    code, stdout, _ = run(town, "delivery", number, "--issues")
    assert code == 0
    assert "退回 refused" in stdout
    assert HOSTILE in stdout
    assert "A[1]" in stdout


def test_a_delivery_has_a_page(town: Town, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    code, _, stderr = run(town, "delivery", str(refused_delivery(town)), "--report", str(page))
    assert code == 0, stderr
    assert REASON in page.read_text("utf-8")
    assert "<script>" not in page.read_text("utf-8")


def test_an_ingest_writes_the_page_of_its_report(town: Town, tmp_path: Path) -> None:
    page, file = tmp_path / "page.html", town.draw(SITE)
    code, stdout, stderr = run(town, "ingest", "zone", str(file), "--report", str(page))
    assert code == 0, stderr
    assert "zone version 1: 1 of 1 features kept" in stdout
    assert file.name in page.read_text("utf-8")


def test_a_page_that_cannot_be_written_is_told_before_anything_is_ingested(
    town: Town, tmp_path: Path
) -> None:
    page = tmp_path / "none" / "page.html"
    code, _, _ = run(town, "ingest", "zone", str(town.draw(SITE)), "--report", str(page))
    assert code == 1
    assert answer(town, "deliveries", "--layer", "zone") == []


def test_deliveries_of_a_layer_above_the_clearance_are_not_there(town: Town) -> None:
    town.deliver("barracks", SITE)
    with town.service.database.read() as connection:
        number = list_deliveries(connection, layer="barracks")[0].id
        seen = list_deliveries(connection, clearance="internal")
        assert "barracks" not in {record.layer_id for record in seen}
        assert find_delivery(connection, number).layer == "barracks"
        with pytest.raises(UnknownDelivery) as hidden:
            find_delivery(connection, number, "internal")
        with pytest.raises(UnknownDelivery) as absent:
            find_delivery(connection, 10**6, "internal")
    assert str(hidden.value).partition(":")[2] == str(absent.value).partition(":")[2]


def test_a_store_without_deliveries_of_a_layer_says_so(town: Town) -> None:
    assert run(town, "deliveries", "--layer", "metro")[1].strip() == "no delivery"


def expect(town: Town, **changes: Any) -> None:
    """Load the town's catalogue with these changes to its layers."""
    load_into_store(town.service, catalogue(**changes))


def test_a_delivery_beyond_a_gate_is_refused_kept_and_explained(town: Town) -> None:
    expect(town, zone={"gates": {"max_area_change_share": 0.05}})
    town.deliver("zone", SITE, FAR)
    code, _, stderr = run(town, "ingest", "zone", str(town.draw(SITE)))
    assert code == 1
    assert "is refused" in stderr
    assert "limit ±5 %" in stderr
    [refused] = answer(town, "deliveries", "--refused")
    shown = answer(town, "delivery", str(refused["delivery"]))
    assert "limit ±5 %" in shown["reasons"][0]["en"]
    assert "上限为 ±5 %" in shown["reasons"][0]["zh"]
    with town.service.database.read() as connection:
        assert town.service.layers.versions(connection)["zone"].version == 1
        kept = b"".join(read_source_file(connection, refused["source_sha256"]))
    assert kept == (town.folder / refused["file"]).read_bytes()


def test_a_file_that_cannot_be_read_is_kept_as_a_refused_delivery(town: Town) -> None:
    file = town.folder / "broken.geojson"
    file.write_text("{", "utf-8")
    code, _, stderr = run(town, "ingest", "zone", str(file))
    assert code == 1
    assert "broken.geojson" in stderr
    [refused] = answer(town, "deliveries", "--refused")
    assert refused["file"] == "broken.geojson"


def test_a_manifest_goes_on_after_a_refused_delivery_and_says_so(town: Town) -> None:
    expect(town, zone={"gates": {"min_features": 2}})
    (town.folder / "deliveries").mkdir()
    lines = []
    for layer in ("zone", "plan"):
        file = town.draw(SITE)
        file.rename(town.folder / "deliveries" / file.name)
        lines.append({"layer": layer, "file": file.name})
    manifest = town.folder / "manifest.yaml"
    manifest.write_text(json.dumps(lines), "utf-8")
    code, stdout, stderr = run(town, "ingest-all", str(manifest))
    assert code == 1
    assert "1 layers, 1 features" in stdout
    assert "is refused" in stderr
    assert [line["layer"] for line in answer(town, "deliveries")][:2] == ["plan", "zone"]


def test_a_delivery_is_mapped_and_its_coverage_looked_through(town: Town) -> None:
    field = {"name": "BSM", "sources": ["标识码"], "required": True, "codes": ["A", "B"]}
    expect(town, zone={"fields": [field], "is_coverage": True, "coverage": "own"})
    rows = [{"标识码": "A"}, {"标识码": "x"}]
    report = town.deliver("zone", SITE, HALF, attributes=rows)
    assert report.mapping == ("BSM from 标识码",)
    assert report.kinds == {"overlap": 1, "unknown_code": 1}
    assert report.coverage is not None
    # the right-hand half of a square of 100 by 100 m
    assert report.coverage.overlap_m2 == pytest.approx(5000)
