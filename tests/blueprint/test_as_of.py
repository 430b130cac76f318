"""The blueprint of a past day, on both stores: which snapshot was in force, and that it answers."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blueprint.checks.check import city_of
from blueprint.conflicts.search import find_conflicts
from blueprint.errors import AmbiguousSnapshot, NothingPublished, UnknownSnapshot
from blueprint.models import SnapshotRow
from blueprint.registry import list_snapshots, load_snapshot
from blueprint.snapshots import load_into_store

from .conftest import DAY, FAR, HALF, SITE, Town, catalogue, exclusive_rule, site_rule

RULES = (exclusive_rule("farmland", "redline"), site_rule("farmland", "prohibited"))
MINE = {"check_id", "checked_at", "run_id", "searched_at"}


@pytest.fixture
def town(town_on_either: Town) -> Town:
    return town_on_either


def publish_at(town: Town, moment: datetime) -> str:
    """Publish, and have it so that it was done at another time."""
    name = town.publish(*RULES)
    with town.service.database.write() as connection:
        change = sa.update(SnapshotRow).where(SnapshotRow.id == name)
        connection.execute(change.values(published_at=moment))
    return name


def in_force(town: Town, day: date) -> str:
    with town.service.database.read() as connection:
        return load_snapshot(connection, as_of=day).ref.id


def test_a_day_ends_at_midnight_in_the_city_not_in_greenwich(town: Town):
    early = publish_at(town, datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC))
    late = publish_at(town, datetime(2026, 3, 1, 16, 0, 0, tzinfo=UTC))
    assert in_force(town, date(2026, 3, 1)) == early
    assert in_force(town, date(2026, 3, 2)) == late
    assert in_force(town, date(9999, 12, 31)) == late
    with town.service.database.read() as connection:
        assert [ref.id for ref, _ in list_snapshots(connection, date(2026, 3, 1))] == [early]
        assert [ref.id for ref, _ in list_snapshots(connection, date(2026, 3, 2))] == [late, early]


def test_a_day_before_the_first_snapshot_is_refused_with_its_name(town: Town):
    first = publish_at(town, datetime(2026, 3, 1, 12, tzinfo=UTC))
    publish_at(town, datetime(2026, 4, 1, 12, tzinfo=UTC))
    for day in (date(2026, 2, 28), date.min):
        with pytest.raises(
            UnknownSnapshot, match=rf"^{day}: nothing was published yet; .* is {first}$"
        ):
            in_force(town, day)


def test_a_snapshot_named_twice_over_is_refused(town: Town):
    name = publish_at(town, datetime(2026, 3, 1, 12, tzinfo=UTC))
    for ask in (
        lambda: town.check(SITE, snapshot_id=name, as_of=date(2026, 3, 1)),
        lambda: find_conflicts(town.service, snapshot_id=name, as_of=date(2026, 3, 1)),
        lambda: city_of(town.service, name, date(2026, 3, 1)),
    ):
        with pytest.raises(AmbiguousSnapshot, match="give one of the two"):
            ask()


def test_where_nothing_is_published_every_day_says_so(town: Town):
    with pytest.raises(NothingPublished, match="no snapshot is published yet"):
        in_force(town, DAY)


def test_an_old_snapshot_answers_by_id_and_by_day_exactly_as_it_did(town: Town):
    town.deliver("farmland", SITE, FAR)
    town.deliver("redline", HALF)
    old = publish_at(town, datetime(2026, 3, 1, 12, tzinfo=UTC))
    checked = town.check(SITE).document
    run = find_conflicts(town.service, day=DAY)
    assert len(run.document.conflicts) == 1

    town.deliver("farmland", FAR)
    town.deliver("redline", SITE, HALF)
    town.deliver("zone", SITE)
    changed = catalogue(farmland={"update_cycle": "monthly"}, zone={"sensitivity": "internal"})
    load_into_store(town.service, changed)
    town.publish(site_rule("zone", "notice"), site_rule("redline", "notice"))
    newest = town.check(SITE).document
    assert newest.verdict != checked.verdict

    for asked in ({"snapshot_id": old}, {"as_of": date(2026, 3, 1)}, {"as_of": date(2026, 8, 1)}):
        again = town.check(SITE, **asked).document
        assert said(again) == said(checked)
        found = find_conflicts(town.service, day=DAY, **asked)
        assert found.document.model_dump(exclude=MINE) == run.document.model_dump(exclude=MINE)
        assert found.shapes.tolist() == run.shapes.tolist()


def said(document) -> dict[str, object]:
    """All of a check but its number, its time, and the name of the file that the test drew."""
    content = document.model_dump(exclude=MINE)
    return content | {"site": content["site"] | {"name": ""}}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(0, 72), min_size=1, max_size=4),
    ask=st.integers(-3, 15),
)
def test_whoever_asks_gets_the_last_one_published_by_the_end_of_the_day(town: Town, gaps, ask):
    start = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    moments, hours = [], 0
    for gap in gaps:
        hours += gap
        moments.append(start + timedelta(hours=hours))
    with town.service.database.write() as connection:
        for table in ("snapshot_layer", "snapshot"):
            connection.execute(sa.delete(sa.table(table)))
    names = [publish_at(town, moment) for moment in moments]
    day = date(2026, 3, 1) + timedelta(days=ask)
    # Shanghai is eight hours ahead all year round
    by_then = [
        name
        for name, moment in zip(names, moments, strict=True)
        if (moment + timedelta(hours=8)).date() <= day
    ]
    if by_then:
        assert in_force(town, day) == by_then[-1]
    else:
        with pytest.raises(UnknownSnapshot):
            in_force(town, day)
