"""Conflicts of a kept search, filtered and page by page, as a reader of some clearance sees them.

Input: a snapshot, and another one to hold it against, if any. Output: `ConflictPage`, sorted by id;
or the gravest first, of these the largest, equals by id; in the same order on every page.
With an earlier snapshot, what was found then alone is listed too; of these no place is told, and
they are in no box and no district. What could not be searched whole is said with every page: a
short list never stands for a clear one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa

from blueprint.clearance import Clearance, ClearanceText
from blueprint.conflicts.difference import AreaChange, Change, ConflictChange, difference
from blueprint.conflicts.documents import Conflict, ConflictRun, ConflictSide
from blueprint.conflicts.kept_runs import KeptRun, choose_run, kept_run
from blueprint.conflicts.ledger import standings
from blueprint.conflicts.life import UNTOUCHED, Standing, State
from blueprint.conflicts.places import NOWHERE, ConflictPlaces, Place, conflict_places
from blueprint.documents import Band
from blueprint.errors import UnknownConflict
from blueprint.registry import Snapshot, load_snapshot
from blueprint.service import Service
from blueprint.shared_documents import Area
from blueprint.values import Bilingual, Value
from layers import Bounds

Order = Literal["id", "gravity"]
SortKey = tuple[int, float, str]
"""What conflicts are sorted by."""
_GRAVEST_FIRST: tuple[str, ...] = ("prohibited", "restricted", "consult", "notice")


class ListedConflict(Value):
    """One conflict; without area, width, band and bbox it is not found any more.

    `bbox` in degrees, longitude first; `districts`: that of the largest part first.
    """

    id: str
    rule: str
    left: ConflictSide
    right: ConflictSide
    area: Area | None
    width_m: float | None
    band: Band | None
    bbox: Bounds | None
    districts: list[str]
    standing: Standing
    change: Change | None
    before: Area | None
    grown: AreaChange | None


class UnsearchedRule(Value):
    """A rule of which more conflicts may lie there than are listed, or all of them."""

    rule: str
    title: Bilingual
    status: str
    reason: Bilingual | None


class ConflictPage(Value):
    """A page of conflicts; `matched` counts those of other pages too."""

    snapshot: str
    against: str | None
    run_id: str
    searched_at: datetime
    application_date: date
    day: date
    clearance: ClearanceText
    complete: bool
    not_searched_whole: list[UnsearchedRule]
    matched: int
    more_after: bool
    conflicts: list[ListedConflict]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which conflicts are asked for, and how many of them after which.

    `departments` have both to be in it, one of them on either side if there are two; `box` is in
    degrees, longitude first.
    """

    rule: str | None = None
    state: State | None = None
    change: Change | None = None
    after: str | None = None
    limit: int = 100
    departments: frozenset[str] = frozenset()
    district: str | None = None
    box: Bounds | None = None
    order: Order = "id"


def list_conflicts(
    service: Service,
    asked: Asked,
    clearance: Clearance,
    *,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    against: str | None = None,
    day: date | None = None,
) -> ConflictPage:
    """A page of the kept search of a snapshot, the newest unless named; states of a day.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        NotSearched: no search is kept of one of the two that serves this clearance.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        run = _run(connection, snapshot, clearance)
        changes: Mapping[str, ConflictChange] = {}
        if against is not None:
            then = _run(connection, load_snapshot(connection, against), clearance)
            changes = {one.id: one for one in difference(then, run).conflicts}
        here = {one.id: one for one in run.conflicts}
        ids = sorted(here.keys() | changes.keys())
        day = day or snapshot.catalogue.city.today()
        stands = standings(connection, ids, day, clearance)
        places = conflict_places(service, connection, run)
    key = _by_gravity(run) if asked.order == "gravity" else _by_id
    listed = {
        name: _listed(here.get(name), changes.get(name), stands.get(name, UNTOUCHED))
        for name in ids
    }
    near = listed.keys() if asked.box is None else places.within(asked.box)
    found = [one for name, one in listed.items() if name in near and _is_asked(one, asked, places)]
    rest = sorted(found, key=key)
    if asked.after is not None:
        last = _place_of(asked, listed, key)
        rest = [one for one in rest if key(one) > last]
    shown = places.of([one.id for one in rest[: asked.limit]])
    head = run.head
    return ConflictPage(
        snapshot=snapshot.ref.id,
        against=against,
        run_id=head.run_id,
        searched_at=head.searched_at,
        application_date=head.application_date,
        day=day,
        clearance=clearance,
        complete=head.complete,
        not_searched_whole=unsearched(head),
        matched=len(found),
        more_after=len(rest) > asked.limit,
        conflicts=[
            one.model_copy(update=_said(shown.get(one.id, NOWHERE))) for one in rest[: asked.limit]
        ],
    )


def _by_id(one: ListedConflict) -> SortKey:
    return (0, 0.0, one.id)


def _by_gravity(run: KeptRun) -> Callable[[ListedConflict], SortKey]:
    """The gravest first, as the rules of the search say, then the largest."""
    severity = {line.rule: line.severity for line in run.head.rules}

    def place(one: ListedConflict) -> SortKey:
        said, area = severity.get(one.rule), one.area or one.before
        rank = _GRAVEST_FIRST.index(said) if said in _GRAVEST_FIRST else len(_GRAVEST_FIRST)
        return (rank, 0.0 if area is None else -area.deciding_m2, one.id)

    return place


def _place_of(
    asked: Asked, listed: Mapping[str, ListedConflict], key: Callable[[ListedConflict], SortKey]
) -> SortKey:
    """Where the page begins, wherever that conflict stands by now.

    Raises:
        UnknownConflict: it is in none of the searches, and only they say how grave it is.
    """
    after = asked.after or ""
    if asked.order == "id":
        return (0, 0.0, after)
    if after not in listed:
        raise UnknownConflict(f"{after}: is not among these conflicts; ask for the first page")
    return key(listed[after])


def _run(connection: sa.Connection, snapshot: Snapshot, clearance: Clearance) -> KeptRun:
    return kept_run(connection, choose_run(connection, snapshot, clearance), snapshot, clearance)


def _listed(
    now: Conflict | None, change: ConflictChange | None, standing: Standing
) -> ListedConflict:
    one = now or change
    assert one is not None
    return ListedConflict(
        id=one.id,
        rule=one.rule,
        left=one.left,
        right=one.right,
        area=None if now is None else now.area,
        width_m=None if now is None else now.width_m,
        band=None if now is None else now.band,
        bbox=None,
        districts=[],
        standing=standing,
        change=None if change is None else change.change,
        before=None if change is None else change.before,
        grown=None if change is None else change.grown,
    )


def _said(place: Place) -> dict[str, object]:
    return {"bbox": place.bbox, "districts": list(place.districts)}


def _is_asked(one: ListedConflict, asked: Asked, places: ConflictPlaces) -> bool:
    return (
        (asked.rule is None or one.rule == asked.rule)
        and asked.departments <= {one.left.department, one.right.department}
        and (len(asked.departments) != 1 or _is_within_one(one, asked))
        and (asked.district is None or asked.district in places.districts_of(one.id))
        and (asked.state is None or one.standing.state == asked.state)
        and (asked.change is None or one.change == asked.change)
    )


def _is_within_one(one: ListedConflict, asked: Asked) -> bool:
    """Whether both sides are of the one department that is named."""
    return asked.departments == {one.left.department, one.right.department}


def unsearched(head: ConflictRun) -> list[UnsearchedRule]:
    """The rules of a search, as its reader may see it, that were not searched whole for him."""
    return [
        UnsearchedRule(
            rule=line.rule,
            title=line.title,
            status="withheld" if line.withheld else line.status,
            reason=line.reason,
        )
        for line in head.rules
        if line.withheld or line.status != "checked"
    ]
