"""`blueprint impact`: whose verdict differs between two versions of a layer."""

import json
from contextlib import nullcontext
from datetime import timedelta

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from blueprint.checks.impact import Impact, impact_of
from blueprint.cli import sites as cli_sites
from blueprint.errors import NothingPublished
from blueprint.models import AuditRow, SiteCheckRow
from blueprint.snapshots import load_into_store
from layers import UnknownLayer
from layers.errors import UnknownVersion
from tests.blueprint.conftest import DAY, FAR, HALF, SITE, Town, catalogue, site_rule


@pytest.fixture
def town(town_on_either: Town) -> Town:
    load_into_store(town_on_either.service, catalogue(farmland={"id_field": "bsm"}))
    return town_on_either


def deliver(town: Town, **features: str) -> None:
    town.deliver("farmland", *features.values(), attributes=[{"bsm": name} for name in features])


def verdicts(found: Impact) -> dict[str, tuple[str, str]]:
    return {check.check_id: (check.before, check.after) for check in found.checks}


def test_a_verdict_that_the_new_version_changes_is_listed_and_another_is_not(town: Town) -> None:
    deliver(town, a=FAR)
    deliver(town, a=FAR, b=HALF)
    town.publish(site_rule("farmland"))
    changed, same = town.check(SITE).document, town.check(FAR).document
    clear = impact_of(town.service, "farmland", 1, 2)
    hit = changed.verdict
    assert set(verdicts(clear)) == {changed.check_id}
    before, after = verdicts(clear)[changed.check_id]
    assert (after, before == after) == (hit, False)
    assert verdicts(impact_of(town.service, "farmland", 2, 1)) == {changed.check_id: (hit, before)}
    assert verdicts(impact_of(town.service, "farmland", 2, 2)) == {}
    assert (clear.live_sites, clear.judged, same.verdict) == (2, 1, hit)


def test_a_change_on_the_site_that_leaves_the_verdict_is_judged_but_not_listed(town: Town) -> None:
    deliver(town, a=HALF)
    deliver(town, a=SITE)
    town.publish(site_rule("farmland"))
    town.check(SITE)
    found = impact_of(town.service, "farmland", 1, 2)
    assert (found.judged, found.checks) == (1, [])


def test_each_verdict_is_what_a_check_of_the_published_version_says(town: Town) -> None:
    deliver(town, a=FAR)
    town.publish(site_rule("farmland"))
    first = town.check(SITE).document
    deliver(town, a=FAR, b=SITE)
    found = impact_of(town.service, "farmland", 1, 2)  # the second one is not published yet
    town.publish(site_rule("farmland"))
    second = town.check(SITE).document
    assert verdicts(found) == {first.check_id: (first.verdict, second.verdict)}


def test_nothing_is_stored(town: Town) -> None:
    deliver(town, a=FAR)
    deliver(town, a=SITE)
    town.publish(site_rule("farmland"))
    town.check(SITE)

    def rows() -> list[int | None]:
        with town.service.database.read() as connection:
            counts = (sa.select(sa.func.count()).select_from(t) for t in (SiteCheckRow, AuditRow))
            return [connection.scalar(count) for count in counts]

    before = rows()
    assert len(impact_of(town.service, "farmland", 1, 2).checks) == 1
    assert rows() == before


def test_a_version_of_another_age_has_every_site_judged_on_a_day_that_it_is_in_effect(
    town: Town,
) -> None:
    later = DAY + timedelta(days=3)
    deliver(town, a=FAR)
    town.deliver("farmland", FAR, attributes=[{"bsm": "a"}], effective=later)
    town.publish(site_rule("farmland"))
    town.check(SITE)
    found = impact_of(town.service, "farmland", 1, 2)
    # not listed: that the new version says nothing of the day before is no change of the ground
    assert (found.judged, found.checks) == (1, [])


def test_what_the_caller_may_not_see_is_not_told(town: Town) -> None:
    for wkt in (FAR, SITE):
        town.deliver("barracks", wkt)
    deliver(town, a=FAR)
    deliver(town, a=SITE)
    town.publish(site_rule("barracks"), site_rule("farmland"))
    with pytest.raises(UnknownLayer):
        impact_of(town.service, "barracks", 1, 2)
    town.check(SITE, clearance="internal")
    assert impact_of(town.service, "farmland", 1, 2).live_sites == 0
    assert impact_of(town.service, "farmland", 1, 2, "internal").live_sites == 1


def test_without_a_version_or_a_snapshot_it_is_refused(town: Town) -> None:
    deliver(town, a=FAR)
    with pytest.raises(NothingPublished):
        impact_of(town.service, "farmland", 1, 1)
    town.publish(site_rule("farmland"))
    with pytest.raises(UnknownVersion, match="farmland: has no version 9"):
        impact_of(town.service, "farmland", 1, 9)


def test_the_command_answers_as_a_table_and_as_a_document(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(town, a=FAR)
    deliver(town, a=FAR, b=HALF)
    town.publish(site_rule("farmland"))
    check = town.check(SITE).document
    monkeypatch.setattr(cli_sites, "open_service", lambda: nullcontext(town.service))
    app = typer.Typer()
    app.command()(cli_sites.impact)
    answer = CliRunner().invoke(app, ["farmland", "1", "2", "--json"])
    assert answer.exit_code == 0
    expected = impact_of(town.service, "farmland", 1, 2).model_dump(mode="json")
    assert json.loads(answer.stdout) == expected
    shown = " ".join(CliRunner().invoke(app, ["farmland", "1", "2"]).stdout.split())
    assert "from version 1 to 2, 1 verdicts differ; 1 of 1 live sites judged" in shown
    assert check.site.name in shown
