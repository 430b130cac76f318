"""Which kept checks and cases a new snapshot would answer differently, and an event for each.

The newest check of every site that what changed comes near is judged by either snapshot, for its
own day, as `impact` does for one layer. Where rules, catalogue, or the age of a layer changed, all
are. The events are written together at the end.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from blueprint.cases.files import By
from blueprint.checks.affected import affected_checks
from blueprint.checks.impact import concerns_all_sites, judged_by_both
from blueprint.checks.live_sites import newest_checks
from blueprint.clearance import RESTRICTED
from blueprint.errors import PlanningError
from blueprint.outbox import is_wanted, tell
from blueprint.progress import Progress, Step
from blueprint.registry import Snapshot, load_snapshot
from blueprint.service import Service
from blueprint.values import Bilingual, Value
from blueprint.verdict_watch import PROCESS, SERVICE
from blueprint.work.processes import Process, Work
from layers.errors import DataError

_log = logging.getLogger(__name__)


class SnapshotPair(Value):
    """The two snapshots, by their ids."""

    before: str
    after: str


class VerdictsFound(Value):
    """How many verdicts differ."""

    differ: int


def changed_verdicts(
    service: Service, pair: SnapshotPair, progress: Progress = lambda _step: None
) -> Iterator[str]:
    """The ids of the checks whose verdict differs between two snapshots.

    Raises:
        UnknownSnapshot: there is no such snapshot.
    """
    with service.database.read() as connection:
        old, new = (load_snapshot(connection, name) for name in (pair.before, pair.after))
        before, after = (service.layers.pinned(connection, one.pins) for one in (old, new))
        live = newest_checks(connection, RESTRICTED)
        changed = [
            name
            for name in sorted({*old.pins, *new.pins})
            if old.pins.get(name) != new.pins.get(name)
        ]
        if not concerns_all_sites(old, new, before, after, changed):
            near = _near(service, old, new, changed)
            live = [check for check in live if check.check_id in near]
        later = (after[name].effective for name in changed if name in after)
        since = max(later, default=date.min)
        for done, check in enumerate(live):
            progress(Step(check.site, done, len(live)))
            try:
                found = judged_by_both(service, connection, (old, new), since, check)
            except (PlanningError, DataError) as problem:
                # one that cannot be judged any more holds up no other
                _log.warning("%s: cannot be judged: %s", check.check_id, problem)
                continue
            if found.before != found.after:
                yield check.check_id


def _near(service: Service, old: Snapshot, new: Snapshot, changed: list[str]) -> set[str]:
    near: set[str] = set()
    for name in changed:
        found = affected_checks(service, name, old.pins[name], new.pins[name], RESTRICTED)
        near |= {check.check_id for check in found.checks}
    return near


def _tell(work: Work, asked: SnapshotPair) -> None:
    from blueprint.cases.review import review_cases

    with work.service.database.read() as connection:
        wanted = is_wanted(connection, "verdict-would-differ")
        today = load_snapshot(connection).catalogue.city.today()
    found = list(changed_verdicts(work.service, asked, work.progress)) if wanted else []
    review_cases(work.service, By(SERVICE, today), work.progress)
    with work.service.database.write() as connection:
        for check_id in found:
            subject = {"check_id": check_id, **asked.model_dump()}
            tell(connection, "verdict-would-differ", subject)
        work.keep(connection, {"differ": len(found)})


def _show(_connection: sa.Connection, outcome: Mapping[str, Any], _clearance: Any) -> VerdictsFound:
    return VerdictsFound.model_validate(outcome)


VERDICTS = Process(
    id=PROCESS,
    title=Bilingual(zh="结论变化", en="Verdicts that would differ"),
    description=Bilingual(zh="新快照发布后自动执行", en="done when a snapshot is published"),
    inputs=SnapshotPair,
    output="verdicts",
    result=VerdictsFound,
    at_once=False,
    scope="manage",
    look=lambda *_: None,
    run=_tell,
    show=_show,
)
"""Nobody asks for it over HTTP."""
