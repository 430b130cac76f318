"""What is drawn of a kept check is what was answered, or nothing."""

import pytest
import shapely
from typer.testing import CliRunner

from blueprint.bootstrap import open_service
from blueprint.cli.app import app
from blueprint.errors import CannotVerify, UnknownCheck
from blueprint.exports.check_reports import bound_file, drawn_check, report_on
from blueprint.report.site_report import site_report
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import HALF, SITE, Town, catalogue, site_rule


def test_the_shapes_of_a_kept_check_are_those_that_it_was_answered_with(town_on_either: Town):
    town = town_on_either
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    made = town.check(SITE)
    town.deliver("farmland", "POLYGON ((0 0, 9 0, 9 9, 0 0))")
    town.publish(site_rule("farmland"))
    drawn = drawn_check(town.service, made.document.check_id, "public")
    assert drawn.document == made.document
    assert [shapely.to_wkb(shape) for _, shape in drawn.overlaps] == [
        shapely.to_wkb(shape) for _, shape in made.overlaps
    ]
    assert len(drawn.overlaps) == 1


def test_nothing_is_drawn_of_a_layer_that_is_no_longer_public(town: Town):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    name = town.check(SITE).document.check_id
    load_into_store(town.service, catalogue(farmland={"sensitivity": "restricted"}))
    for ask in (drawn_check, lambda *who: report_on(*who, "zh")):
        with pytest.raises(UnknownCheck):
            ask(town.service, name, "public")


def test_a_check_whose_answer_comes_out_otherwise_is_not_drawn_and_the_report_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    name = town.check(SITE).document.check_id
    monkeypatch.setattr("blueprint.checks.redrawn._extent", lambda finding: object())
    with pytest.raises(CannotVerify, match=r"site\.farmland come out otherwise"):
        drawn_check(town.service, name, "public")
    bound = report_on(town.service, name, "public", "en")
    assert bound.drawings == {}
    assert any("nothing is drawn" in text for text in bound.report.texts())


def test_what_could_not_be_judged_is_told_and_never_clear(town: Town):
    town.publish(site_rule("farmland"))
    check = town.check(SITE).document
    for lang, says in (("zh", "不等于“未涉及”"), ("en", "does not mean that they are clear")):
        texts = " ".join(site_report(check, "0" * 64, lang).texts())
        assert says in texts
        assert ("已检测且未涉及" if lang == "zh" else "Checked and not met") not in texts


def test_the_command_line_writes_the_same_bytes_twice(town: Town, tmp_path, monkeypatch):
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    name = town.check(SITE).document.check_id
    monkeypatch.setenv("BLUEPRINT_STORE", town.service.database.name)
    files = [tmp_path / name for name in ("one.pdf", "one.docx")]
    command = ["report", name, "--pdf", str(files[0]), "--docx", str(files[1]), "--lang", "en"]
    assert CliRunner().invoke(app, command).exit_code == 0
    with open_service() as service:
        bound = report_on(service, name, "public", "en")
    assert [file.read_bytes() for file in files] == [
        bound_file(bound, "pdf"),
        bound_file(bound, "docx"),
    ]
    without = CliRunner().invoke(app, ["report", name])
    assert without.exit_code == 1
    assert "--pdf or --docx" in str(without.exception)
