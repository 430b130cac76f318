"""Other projects on a site, in checks."""

from typing import Any

import jsonschema
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint.checks.figures import figures_from_options
from blueprint.checks.schema import site_check_schema
from blueprint.cli.tables import check_tables
from blueprint.cli.terminal import out
from blueprint.documents import Finding
from blueprint.errors import InvalidRulePack
from blueprint.rules.kinds.figures import ProjectFigures

from .conftest import FAR, HALF, SITE, Town, line, site_rule

SQUARE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
LEFT = "POLYGON ((900 900, 1020 900, 1020 1200, 900 1200, 900 900))"


def project_rule(layer: str = "zone", **fields: Any) -> dict[str, Any]:
    reads = {"code_field": "XMDM", "name_field": "MC", "state_field": "XMZT", "states": ["已批"]}
    kind = {"id": f"project.{layer}", "kind": "project"} | reads
    return site_rule(layer, "notice") | kind | fields


def project(code: str | None, state: str | None = "已批", name: str = "某项目") -> dict[str, Any]:
    return {"XMDM": code, "XMZT": state, "MC": name}


def found_by(town: Town, wkt: str = SQUARE, **options: Any) -> list[Finding]:
    return town.check(wkt, **options).document.findings


def own(code: str) -> ProjectFigures:
    return figures_from_options([], {"code": code})


def test_each_live_project_is_told_with_its_code_and_share_and_the_dead_are_not(
    town_on_either: Town,
):
    town = town_on_either
    projects = [project("A-1"), project("B-2", name="学校"), project("C-3", "已撤销"), project("D")]
    town.deliver("zone", HALF, LEFT, SQUARE, FAR, attributes=projects)
    town.publish(project_rule())
    checked = town.check(SQUARE)
    (finding,) = checked.document.findings
    assert (finding.outcome, finding.relation, finding.share) == ("notice", "overlaps", 0.7)
    told = [(one.code, one.name, one.state, one.share) for one in finding.projects]
    assert told == [("A-1", "某项目", "已批", 0.5), ("B-2", "学校", "已批", 0.2)]
    assert line(checked, "zone").status == "hit"
    jsonschema.validate(checked.document.model_dump(mode="json"), site_check_schema())


def test_ones_own_project_is_left_out_by_its_code_which_the_document_repeats(town: Town):
    town.deliver("zone", HALF, LEFT, attributes=[project("A-1"), project("B-2")])
    town.publish(project_rule())
    (finding,) = found_by(town, project=own("a1"))
    assert [one.code for one in finding.projects] == ["B-2"]
    assert finding.share == 0.2
    document = town.check(SQUARE, project=own("a1")).document
    assert document.project.code == "a1"
    assert "code" not in town.check(SQUARE).document.model_dump()["project"]


def test_a_site_on_ones_own_project_alone_is_clear(town: Town):
    town.deliver("zone", HALF, attributes=[project("A-1")])
    town.publish(project_rule())
    checked = town.check(SQUARE, project=own("A-1"))
    assert (checked.document.verdict, line(checked, "zone").status) == ("pass", "clear")


def test_a_project_in_an_unknown_state_is_never_clear(town: Town):
    town.deliver("zone", HALF, attributes=[project("A-1", None)])
    town.publish(project_rule())
    (finding,) = found_by(town)
    assert finding.outcome == "no_data"
    assert town.check(SQUARE).document.verdict == "incomplete"
    assert found_by(town, project=own("A-1")) == []


def test_an_old_snapshot_still_has_the_projects_of_its_day(town: Town):
    town.deliver("zone", HALF, attributes=[project("A-1")])
    before = town.publish(project_rule())
    town.deliver("zone", HALF, attributes=[project("A-1", "已撤销")])
    town.publish(project_rule())
    assert found_by(town) == []
    (finding,) = found_by(town, snapshot_id=before)
    assert [one.code for one in finding.projects] == ["A-1"]


def test_a_layer_never_delivered_is_no_data(town: Town):
    town.publish(project_rule())
    assert town.check(SQUARE).document.verdict == "incomplete"


def test_projects_that_may_not_be_seen_are_withheld_and_no_code_makes_them_go(town: Town):
    town.deliver("barracks", HALF, attributes=[project("A-1")])
    town.publish(project_rule("barracks"))
    plain, tried = found_by(town), found_by(town, project=own("A-1"))
    assert plain == tried
    (finding,) = plain
    assert finding.withheld
    assert (finding.projects, finding.feature_ids, finding.area) == ([], [], None)
    assert found_by(town, project=own("A-1"), clearance="restricted") == []


def test_a_thin_overlap_with_a_neighbouring_project_may_be_an_error(town: Town):
    thin = "POLYGON ((1099.7 900, 1200 900, 1200 1200, 1099.7 1200, 1099.7 900))"
    town.deliver("zone", thin, attributes=[project("A-1")])
    town.publish(project_rule(severity="consult"))
    assert [f.outcome for f in found_by(town)] == ["notice"]
    town.publish(project_rule(severity="consult", forgive_slivers=False))
    assert [f.outcome for f in found_by(town)] == ["consult"]


def test_a_site_is_moved_off_a_project_that_restricts_it(town: Town):
    town.deliver("zone", HALF, LEFT, attributes=[project("A-1"), project("B-2", "已撤销")])
    town.publish(project_rule(severity="restricted"))
    trim, shift = town.check(SQUARE, suggest=True).document.suggestions
    assert (trim.verdict, shift.verdict) == ("pass", "pass")
    assert shift.move.east_m == pytest.approx(-50.01, abs=2e-4)


def test_the_table_names_each_project(town: Town, capsys: pytest.CaptureFixture[str]):
    town.deliver("zone", HALF, attributes=[project("A-1", name="学校")])
    town.publish(project_rule())
    out.print(check_tables(town.check(SQUARE).document))
    shown = capsys.readouterr().out
    assert "A-1 · 学校 · 已批" in shown


def test_a_layer_of_lines_holds_no_projects(town: Town):
    with pytest.raises(InvalidRulePack, match="holds no polygons"):
        town.publish(project_rule("metro"))


BOXES = st.lists(
    st.tuples(*[st.integers(900, 1150)] * 2, *[st.integers(1, 300)] * 2, st.sampled_from("ABC")),
    min_size=1,
    max_size=6,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BOXES)
def test_shares_of_projects_never_exceed_the_whole_nor_fall_short_of_it_together(town: Town, boxes):
    wkts = [shapely.box(x, y, x + w, y + h).wkt for x, y, w, h, _ in boxes]
    town.deliver("zone", *wkts, attributes=[project(box[-1]) for box in boxes])
    town.publish(project_rule())
    for finding in found_by(town, SITE):
        codes = [one.code for one in finding.projects]
        assert len(codes) == len(set(codes))
        shares = [one.share for one in finding.projects]
        assert all(0 < share <= 1 for share in shares)
        assert max(shares) - 1e-6 <= finding.share <= min(1, sum(shares)) + 1e-6
