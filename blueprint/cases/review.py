"""Cases held against the newest snapshot: which would be told something else, and what.

Input: a case, or all of them. Output: `Changes`, the findings that appear, go or differ, and the
verdicts. Of all cases only those are judged that a changed layer comes near, found by their sites
(`LiveSites`); where rules, catalogue or the age of a layer changed, all are. A case whose verdict
differs can be flagged: a step of its ledger, and an event for whoever wants to be told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from blueprint.cases.consultations import Asked, pending
from blueprint.cases.copies import Judges, department_copy
from blueprint.cases.documents import Changes, Flag, Screening
from blueprint.cases.files import By, CaseHead, add_step, find_case, list_cases
from blueprint.cases.ledger import FLAG, Ledger, ledger_of, ledgers_of
from blueprint.cases.projects import Project, find_project, projects_by_id
from blueprint.cases.questions import asked_departments, content_of, keyed
from blueprint.cases.readers import Reader
from blueprint.cases.screen import desk_for, frozen_findings, questions_of, take_turn
from blueprint.cases.sites import site_of_project
from blueprint.checks.affected import changed_ground, layer_reach
from blueprint.checks.impact import concerns_all_sites
from blueprint.checks.live_sites import LiveSites
from blueprint.clearance import RESTRICTED
from blueprint.diff import diff_layer
from blueprint.documents import SiteCheck
from blueprint.errors import InvalidCase
from blueprint.outbox import tell
from blueprint.progress import Progress, Step
from blueprint.registry import Snapshot, hidden_layers, load_snapshot
from blueprint.service import Service
from blueprint.values import Value


class CaseChanges(Changes):
    """What a case would be told today; `departments`: whom to ask then, for approval staff."""

    case_id: str
    site_changed: bool
    figures_changed: bool
    departments: Asked | None = None


class Review(Value):
    """Cases that would be told something else; `judged` of `live` cases were judged."""

    snapshot: str
    live: int
    judged: int
    cases: list[CaseChanges]


@dataclass(frozen=True, slots=True)
class _Live:
    """A case that was screened, with its ledger and its project."""

    case: CaseHead
    ledger: Ledger
    project: Project

    @property
    def screening(self) -> Screening:
        told = self.ledger.screening
        assert told is not None
        return told.said


def changes_of(service: Service, case_id: str, reader: Reader) -> list[CaseChanges]:
    """What a case would be told today, in each of the copies that are the reader's.

    Raises:
        UnknownCase: there is none of that id.
        InvalidCase: it was not screened, or its project has no site any more.
    """
    with service.database.read() as connection:
        case = find_case(connection, case_id)
        ledger = ledger_of(connection, case_id)
        if ledger.screening is None:
            raise InvalidCase(f"{case_id}: is not screened yet, so that nothing has changed")
        live = _Live(case, ledger, find_project(connection, case.project_id))
        return list(_changes(service, connection, live, load_snapshot(connection), reader))


def review_cases(
    service: Service, flag: By | None = None, progress: Progress = lambda _step: None
) -> Review:
    """The cases that the newest snapshot would tell something else; flagged, if by anybody.

    Raises:
        NothingPublished: there is no snapshot.
    """
    found: list[CaseChanges] = []
    with service.database.read() as connection:
        newest = load_snapshot(connection)
        live = _live_cases(connection)
        earlier = [one for one in live if one.screening.snapshot.id != newest.ref.id]
        judged = _concerned(service, connection, earlier, newest)
        for done, one in enumerate(judged):
            progress(Step(one.project.facts.name, done, len(judged)))
            found += _changes(service, connection, one, newest, Reader("approval"))
    differing = [one for one in found if one.is_any]
    if flag is not None:
        _flag(service, found, flag)
    return Review(snapshot=newest.ref.id, live=len(live), judged=len(judged), cases=differing)


def _live_cases(connection: sa.Connection) -> list[_Live]:
    """The screened cases of projects that are not withdrawn, the newest first."""
    cases = list_cases(connection)
    ledgers = ledgers_of(connection, (case.id for case in cases))
    projects = projects_by_id(connection, (case.project_id for case in cases))
    return [
        _Live(case, ledgers[case.id], projects[case.project_id])
        for case in cases
        if case.id in ledgers
        and ledgers[case.id].screening is not None
        and projects[case.project_id].facts.state != "withdrawn"
        and projects[case.project_id].facts.site is not None
    ]


def _concerned(
    service: Service, connection: sa.Connection, cases: list[_Live], newest: Snapshot
) -> list[_Live]:
    """Those of the cases that something that changed since their screening may concern."""
    by_snapshot: dict[str, list[_Live]] = {}
    for one in cases:
        by_snapshot.setdefault(one.screening.snapshot.id, []).append(one)
    near: set[str] = set()
    for name, some in by_snapshot.items():
        old = load_snapshot(connection, name)
        changed = _changed_layers(old, newest)
        before, after = (service.layers.pinned(connection, one.pins) for one in (old, newest))
        if concerns_all_sites(old, newest, before, after, changed):
            near |= {one.case.id for one in some}
        else:
            near |= _near(service, some, old, newest, changed)
    return [one for one in cases if one.case.id in near]


def _near(
    service: Service, cases: Iterable[_Live], old: Snapshot, new: Snapshot, changed: list[str]
) -> set[str]:
    """The cases whose sites what changed in the layers comes near."""
    sites = LiveSites(
        (one.case.id, site_of_project(one.project.id, one.project.facts).geometry) for one in cases
    )
    near: set[str] = set()
    for layer in changed:
        found = diff_layer(service, layer, old.pins[layer], new.pins[layer], RESTRICTED)
        _, shapes = changed_ground(found)
        near |= set(sites.touched_by(shapes, layer_reach(new.rule_pack, layer)))
    return near


def _changed_layers(old: Snapshot, new: Snapshot) -> list[str]:
    names = sorted({*old.pins, *new.pins})
    return [name for name in names if old.pins.get(name) != new.pins.get(name)]


def _changes(
    service: Service, connection: sa.Connection, live: _Live, newest: Snapshot, reader: Reader
) -> Iterator[CaseChanges]:
    """What each of the reader's copies would be today."""
    desk = desk_for(newest, live.project, live.case)
    judges = Judges(service, connection, desk)
    site = live.project.facts.site
    for audience, department, clearance in reader.copies():
        kept = frozen_findings(connection, live.case.id, audience, department)
        if kept is None:
            continue
        today = judges.check(clearance)
        if department is not None:
            today = _own(judges, department, today, kept[1].check)
        departments = None
        if reader.is_approval:
            asked, _ = questions_of(judges, today, newest)
            again = live.screening.model_copy(update={"departments": asked})
            departments = pending(live.ledger, again)
        hidden = hidden_layers(connection, newest, clearance)
        layers = set(_since(connection, live, newest)) - hidden
        told = _held_against(kept[1].check, today, live.screening, layers)
        yield CaseChanges(
            **told,
            case_id=live.case.id,
            site_changed=site is None or site.geometry_hash != live.screening.geometry_hash,
            figures_changed=live.project.facts.said() != live.screening.figures,
            departments=departments,
        )


def _own(judges: Judges, department: str, today: SiteCheck, kept: SiteCheck) -> SiteCheck:
    """A department's part of a check: the findings that it was asked about, or would be."""
    snapshot = judges.snapshot
    asked = asked_departments(judges.check(RESTRICTED), snapshot).get(department, ())
    return department_copy(today, {*keyed(kept.findings), *asked}, snapshot)


def _since(connection: sa.Connection, live: _Live, newest: Snapshot) -> list[str]:
    return _changed_layers(load_snapshot(connection, live.screening.snapshot.id), newest)


def _held_against(
    kept: SiteCheck, today: SiteCheck, screening: Screening, layers: set[str]
) -> dict[str, object]:
    before, after = keyed(kept.findings), keyed(today.findings)
    changed = [
        key
        for key in before.keys() & after.keys()
        if content_of(before[key]) != content_of(after[key])
    ]
    appeared, gone = after.keys() - before.keys(), before.keys() - after.keys()
    concerned = {after[key].layer for key in (*changed, *appeared)}
    concerned |= {before[key].layer for key in gone}
    return {
        "screening": screening.screening,
        "before": screening.snapshot.id,
        "after": today.snapshot.id,
        "verdict_before": kept.verdict,
        "verdict_after": today.verdict,
        "appeared": sorted(appeared),
        "gone": sorted(gone),
        "changed": sorted(changed),
        "layers": sorted(concerned & layers),
        "rules_changed": today.rule_pack.sha256 != screening.rule_pack.sha256,
    }


def _flag(service: Service, found: Iterable[CaseChanges], by: By) -> None:
    """Flag the cases whose verdict differs, each once for a snapshot; take back what holds no more.

    What a project's owner has changed since is no news of the blueprint's.
    """
    with service.database.write() as connection:
        take_turn(connection)
        for one in found:
            if one.site_changed or one.figures_changed:
                continue
            ledger = ledger_of(connection, one.case_id)
            last = ledger.flags[-1].said if ledger.flags else None
            same = last is not None and last.screening == one.screening
            if same and last is not None and last.after == one.after:
                continue
            flagged = same and last is not None and last.differs
            if one.differs or flagged:
                said = Flag(**{name: getattr(one, name) for name in Flag.model_fields})
                add_step(connection, one.case_id, FLAG, said, by)
            if one.differs:
                subject = {"case_id": one.case_id, "before": one.before, "after": one.after}
                tell(connection, "case-would-differ", subject)
