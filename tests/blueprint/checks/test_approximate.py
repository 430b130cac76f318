"""What rests on a web map's coordinates says so, in every answer."""

from dataclasses import replace

import sqlalchemy as sa

from blueprint.checks.check import check_site
from blueprint.conflicts.search import find_conflicts
from layers.models import LayerVersionRow
from tests.blueprint.conftest import (
    BOUNDARY,
    DAY,
    FAR,
    HALF,
    SITE,
    Town,
    exclusive_rule,
    line,
    site_rule,
)


def approximate(town: Town, *layers: str) -> None:
    """Make the layers' versions ones that were delivered in GCJ-02."""
    with town.service.database.write() as connection:
        change = sa.update(LayerVersionRow).where(LayerVersionRow.layer_id.in_(layers))
        connection.execute(change.values(approximate="GCJ-02"))


def test_a_finding_on_an_approximate_layer_says_so(town: Town) -> None:
    town.deliver("farmland", HALF)
    town.deliver("redline", HALF)
    approximate(town, "farmland")
    town.publish(site_rule("farmland"), site_rule("redline"))
    checked = town.check(SITE)
    by_layer = {finding.layer: finding for finding in checked.document.findings}
    assert by_layer["farmland"].approximate == "GCJ-02"
    (note,) = by_layer["farmland"].notes
    assert "由 GCJ-02 坐标近似换算而来" in note.zh
    assert "converted from GCJ-02, approximate" in note.en
    assert (by_layer["redline"].approximate, by_layer["redline"].notes) == (None, [])
    assert line(checked, "farmland").approximate == "GCJ-02"
    assert line(checked, "redline").approximate is None
    assert checked.document.notes == []


def test_a_layer_that_is_clear_says_so_too(town: Town) -> None:
    town.deliver("farmland", FAR)
    approximate(town, "farmland")
    town.publish(site_rule("farmland"))
    checked = town.check(SITE)
    assert (line(checked, "farmland").status, checked.document.verdict) == ("clear", "pass")
    assert line(checked, "farmland").approximate == "GCJ-02"
    assert "GCJ-02" in checked.document.notes[0].en


def test_a_city_bounded_by_an_approximate_layer_says_so(town: Town) -> None:
    town.deliver("farmland", FAR)
    approximate(town, "boundary")
    town.publish(site_rule("farmland"))
    assert "图层boundary" in town.check(SITE).document.notes[0].zh


def test_a_site_drawn_on_a_web_map_labels_the_whole_check(town: Town) -> None:
    town.deliver("farmland", HALF)
    town.publish(site_rule("farmland"))
    site = replace(town.site(SITE), approximate="BD-09")
    document = check_site(town.service, site, day=DAY).document
    assert document.site.approximate == "BD-09"
    assert "地块边界由 BD-09" in document.notes[0].zh
    (finding,) = document.findings
    assert finding.approximate == "BD-09"
    assert "地块边界由 BD-09" in finding.notes[-1].zh


def test_a_conflict_rule_names_the_approximate_side(town: Town) -> None:
    town.deliver("farmland", HALF)
    town.deliver("redline", HALF)
    approximate(town, "redline")
    town.publish(exclusive_rule("farmland", "redline"))
    (rule,) = find_conflicts(town.service, day=DAY).document.rules
    assert rule.approximate == "GCJ-02"
    (note,) = rule.notes
    assert "图层redline" in note.zh


def test_a_snapshots_digest_tells_an_approximate_version_from_another(town: Town) -> None:
    town.deliver("farmland", BOUNDARY)
    first = town.publish(site_rule("farmland"))
    approximate(town, "farmland")
    second = town.publish(site_rule("farmland"))
    digests = {
        town.check(SITE, snapshot_id=name).document.snapshot.digest for name in (first, second)
    }
    assert len(digests) == 2
