"""The register of conflicts: each with where it stands, what became of it, and where it lies.

Input: a kept search as its reader may see it, and, if there is one, what has changed since an
earlier one. Output: `Notes`, what there is to say of each conflict besides what the search found;
and `Register`, all of them with their shapes and totals, for workbook and atlas. What is withheld
from the reader is in no line and in no total.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa

from blueprint.clearance import Clearance
from blueprint.conflicts.difference import ConflictChange, ConflictDifference
from blueprint.conflicts.documents import Conflict, ConflictRule, ConflictRun
from blueprint.conflicts.kept_runs import KeptRun, choose_run, kept_run, run_of
from blueprint.conflicts.ledger import standings
from blueprint.conflicts.life import STATES, UNTOUCHED, Standing
from blueprint.conflicts.totals import ConflictTotals, DistrictMap, district_map, totals_of
from blueprint.errors import PlanningError
from blueprint.registry import hidden_layers, load_snapshot
from blueprint.service import Service
from layers import Geometries


@dataclass(frozen=True, slots=True)
class Note:
    """What there is to say of one conflict besides what the search found.

    `districts`: that of its largest part first. `change` None: there is no earlier search.
    """

    standing: Standing = UNTOUCHED
    districts: tuple[str, ...] = ()
    change: ConflictChange | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    """Of a whole search: where conflicts stand and what became of them by their ids, and a map."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    changes: Mapping[str, ConflictChange] = field(default_factory=dict)
    districts: DistrictMap | None = None

    def of(self, conflicts: Sequence[Conflict], shapes: Geometries) -> list[Note]:
        """What there is to say of some conflicts, whose shapes are given in their order."""
        places: Iterable[tuple[str, ...]] = ((),) * len(conflicts)
        if self.districts is not None and len(conflicts):
            places = self.districts.of(shapes)
        return [
            Note(self.standings.get(one.id, UNTOUCHED), place, self.changes.get(one.id))
            for one, place in zip(conflicts, places, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One conflict, its rule, and what there is to say of it."""

    conflict: Conflict
    rule: ConflictRule
    note: Note


@dataclass(frozen=True, slots=True)
class Register:
    """The lines of a search in its order, their shapes in the city's CRS, and the totals.

    `day` is that of the states.
    """

    head: ConflictRun
    day: date
    lines: Sequence[RegisterLine]
    shapes: Geometries
    totals: ConflictTotals
    difference: ConflictDifference | None = None

    def only(self, rules: Collection[str], states: Collection[str]) -> "Register":
        """The lines of some rules in some states, none named for all; the totals stay the whole's.

        Raises:
            PlanningError: the search has no such rule, or there is no such state.
        """
        for name in states:
            if name not in STATES:
                raise PlanningError(f"{name}: no such state; there are {', '.join(STATES)}")
        for name in rules:
            if name not in {line.rule for line in self.head.rules}:
                message = f"{name}: the search has no such rule; `blueprint rules list` has them"
                raise PlanningError(message)
        rows = [
            row
            for row, line in enumerate(self.lines)
            if (not rules or line.conflict.rule in rules)
            and (not states or line.note.standing.state in states)
        ]
        return replace(self, lines=[self.lines[row] for row in rows], shapes=self.shapes[rows])


def notes_on(
    service: Service,
    run_id: str,
    clearance: Clearance,
    day: date | None = None,
    difference: ConflictDifference | None = None,
) -> Notes:
    """What there is to say of a kept search's conflicts; states of a day, the city's today else."""
    with service.database.read() as connection:
        return _notes(service, connection, run_of(connection, run_id, clearance), day, difference)


def register_of(
    service: Service,
    run_id: str,
    clearance: Clearance,
    day: date | None = None,
    difference: ConflictDifference | None = None,
) -> Register:
    """The register of a kept search; states are those of a day, the city's today else."""
    with service.database.read() as connection:
        run = run_of(connection, run_id, clearance)
        shapes = run.shapes(connection)
        notes = _notes(service, connection, run, day, difference)
        totals = totals_of(run, shapes, district_map(service, connection, run))
    rules = run.lines
    lines = [
        RegisterLine(one, rules[one.rule], note)
        for one, note in zip(run.conflicts, notes.of(run.conflicts, shapes), strict=True)
    ]
    day = day or run.snapshot.catalogue.city.today()
    return Register(run.head, day, lines, shapes, totals, difference)


def kept_register(
    service: Service,
    clearance: Clearance,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    day: date | None = None,
) -> Register:
    """The register of the kept search of a snapshot, the newest unless named.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        NotSearched: no search of it is kept that serves this clearance.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        run_id = choose_run(connection, snapshot, clearance, day).run_id
    return register_of(service, run_id, clearance, day)


@dataclass(frozen=True, slots=True)
class _KeptTotals:
    """What a search adds up to, as it is kept in memory."""

    totals: ConflictTotals

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        lines = len(self.totals.rules) + len(self.totals.departments)
        return 2_000 * (lines + len(self.totals.districts or ()))


def totals_of_snapshot(
    service: Service,
    clearance: Clearance,
    snapshot_id: str | None = None,
    as_of: date | None = None,
) -> ConflictTotals:
    """What the kept search of a snapshot, the newest unless named, adds up to.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        NotSearched: no search of it is kept that serves this clearance.
    """
    with service.database.read() as connection:
        snapshot = load_snapshot(connection, snapshot_id, as_of)
        head = choose_run(connection, snapshot, clearance)
        hidden = hidden_layers(connection, snapshot, clearance)

        def made() -> _KeptTotals:
            run = kept_run(connection, head, snapshot, clearance)
            districts = district_map(service, connection, run)
            return _KeptTotals(totals_of(run, run.shapes(connection), districts))

        # a search that is kept does not change; who sees less of it may
        key = ("conflict totals", head.run_id, clearance, hidden)
        kept: _KeptTotals = service.sources.get(key, made)
        return kept.totals


def _notes(
    service: Service,
    connection: sa.Connection,
    run: KeptRun,
    day: date | None,
    difference: ConflictDifference | None,
) -> Notes:
    day = day or run.snapshot.catalogue.city.today()
    stands = standings(connection, (one.id for one in run.conflicts), day, run.head.clearance)
    changes = {} if difference is None else {one.id: one for one in difference.conflicts}
    districts = district_map(service, connection, run)
    return Notes(stands, changes, districts if isinstance(districts, DistrictMap) else None)
