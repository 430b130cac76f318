"""The third flow: where the plans fight (差异图斑).

For every `exclusive` and `matrix` rule in force: the two layers of the snapshot are packed
(`conflict_sides`), their overlaps are found in tasks by whoever works on them
(`conflict.execution`), starting from what an earlier search has found (`kept_overlaps`), and
spooled (`found_conflicts`); what is rounding is dropped and counted, the rest is judged
(`rule_search`): cut out by design (`windows`), or a conflict, between two plans with its difference
(`differences`). The run is kept in one transaction at its end: it is there as a whole or not at
all. A rule whose layer is missing, stale or holds quarantined rows is never reported as free of
conflicts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer
from blueprint.clearance import PUBLIC, Clearance
from blueprint.conflicts.districts import Districts
from blueprint.conflicts.documents import ConflictRule, ConflictRun
from blueprint.conflicts.found import FoundConflicts, RuleConflicts
from blueprint.conflicts.rule_search import RuleSearch, classes_of
from blueprint.conflicts.run_rows import save_run
from blueprint.conflicts.search_words import undivided, undrawn, untold
from blueprint.conflicts.sides import Classes, Shelf, Side
from blueprint.conflicts.windows import windows_of
from blueprint.coordinates import approximate_note, approximations
from blueprint.judge import severity_rank
from blueprint.kept_overlaps import KeptOverlaps
from blueprint.progress import Progress, Step
from blueprint.registry import Snapshot, hidden_layers, load_snapshot, now
from blueprint.rules.pack import MatrixRule, OverlayRule
from blueprint.service import Service
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.spool import Spool
from blueprint.values import Bilingual, joined
from blueprint.whole_layers import WholeLayers
from conflict import PART, Serial, Task, Workforce


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work of a search, and where they find the features.

    `shared` is a folder that all of them reach under the same path; a folder of this machine unless
    given. With `by_store`, they read from the store instead, each as its BLUEPRINT_STORE says.
    A part of the work has about `corners` corners.
    """

    force: Workforce = field(default_factory=Serial)
    shared: Path | None = None
    by_store: bool = False
    corners: float = PART

    @property
    def are_here(self) -> bool:
        """Whether all of them work on this machine, with its folders."""
        return self.shared is None and not self.by_store


def find_conflicts(  # noqa: PLR0913 each is one choice of a search
    service: Service,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Clearance = PUBLIC,
    workers: Workers | None = None,
    afresh: bool = False,
    progress: Progress = lambda _step: None,
    also: Callable[[sa.Connection, ConflictRun], None] = lambda _connection, _run: None,
) -> FoundConflicts:
    """Search a snapshot, the newest unless named, and keep what is found.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`). Conflicts of
    layers above `clearance` are counted but not listed. Whoever the `workers` are, this thread
    unless given, and whether it starts from an earlier search or `afresh`, the answer is the same.
    `progress` is told each rule as its layers are read, then each part that is done; `also` does
    more in the transaction that keeps the search.

    Raises:
        NothingPublished, UnknownSnapshot, AmbiguousSnapshot: there is no such snapshot.
        ExecutionError: the workers could not do it; nothing is kept.
        OSError: there is no room for what is searched or found; nothing is kept.
    """
    workers = workers or Workers()
    with TemporaryDirectory(prefix="blueprint-", dir=workers.shared) as name:
        folder = Path(name)
        with service.database.read() as connection:
            snapshot = load_snapshot(connection, snapshot_id, as_of)
            day = day or snapshot.catalogue.city.today()
            cases = service.cases.path if service.cases and workers.are_here else None
            run = _Run(service, connection, snapshot, day, clearance, cases)
            shelf = Shelf(run.layers, folder, by_store=workers.by_store)
            for rule in run.rules:
                progress(Step(rule.id))
                run.prepare(rule, shelf, None if afresh else service.overlaps)
        found = run.search(workers, Spool(folder), service.overlaps, progress)
        with service.database.write() as connection:
            found = save_run(service, connection, found)
            also(connection, found.head)
    return found


class _Run:
    """One run over one snapshot: rules are prepared one by one, then all are searched at once."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        day: date,
        clearance: Clearance,
        cases: Path | None,
    ) -> None:
        self.id = f"run_{uuid4().hex}"
        self.snapshot, self.day, self.clearance = snapshot, day, clearance
        self.cases = cases
        pack = snapshot.rule_pack
        self.rules = sorted(pack.overlay_rules, key=lambda r: (severity_rank(r), r.id))
        asked = {name for rule in self.rules for name in rule.asked_layers()}
        self.layers = WholeLayers(service, connection, snapshot, day, asked)
        self.approximate = approximations(self.layers.versions)
        self.hidden = hidden_layers(connection, snapshot, clearance)
        self.secret = hidden_layers(connection, snapshot, PUBLIC)
        self.complete = day >= pack.applies_from
        self.lines: dict[str, ConflictRule] = {}
        self.searches: dict[str, RuleSearch] = {}

    def prepare(self, rule: OverlayRule, shelf: Shelf, kept: KeptOverlaps | None) -> None:
        """Read a rule's layers for its search, or say why there is none."""
        if not self.snapshot.rule_pack.bases_in_force(rule, self.day):
            self.lines[rule.id] = self._line(rule, status="not_in_force")
            return
        classes = classes_of(rule)
        left = self._side(shelf, rule.left, rule.left_where, classes[0])
        right = self._side(shelf, rule.right, rule.right_where, classes[1])
        crs = self.snapshot.catalogue.city.crs
        windows, districts, further = None, None, None
        if isinstance(rule, MatrixRule):
            districts, further = Districts.of(rule.districts, self.layers, crs)
        else:
            windows, further = windows_of(rule, self.layers, crs)
        gap = joined([*(s if isinstance(s, Bilingual) else s.gap for s in (left, right)), further])
        self.complete &= gap is None
        if self.hidden & set(rule.asked_layers()):
            # neither how many nor why: both would tell of what may not be seen
            status = "checked" if gap is None else "no_data"
            self.lines[rule.id] = self._line(rule, status=status, withheld=True)
        elif isinstance(left, Bilingual) or isinstance(right, Bilingual):
            self.lines[rule.id] = self._line(rule, status="no_data", reason=gap)
        else:
            # cases are made to be passed on: none is kept of what the public may not see
            cases = None if self.secret & set(rule.asked_layers()) else self.cases
            search = RuleSearch(rule, left, right, crs, cases)
            search.judge.windows, search.judge.districts, search.gap = windows, districts, gap
            if kept is not None:
                search.go_on_from(kept.find(search.name))
            self.searches[rule.id] = search

    def search(
        self, workers: Workers, spool: Spool, kept: KeptOverlaps, progress: Progress
    ) -> FoundConflicts:
        """Do the tasks and judge what they find.

        There is a second round where earlier searches are gone on with: what the first one has
        found tells what else has to be looked at.
        """
        tasks = [t for search in self.searches.values() for t in search.tasks(workers.corners)]
        self._do(tasks, workers.force, spool, progress)
        more: list[Task] = []
        for search in self.searches.values():
            more += search.recount()
        self._do(more, workers.force, spool, progress)
        by_rule = tuple(self._judged(spool, kept))
        deciding = self.snapshot.catalogue.city.deciding_area
        rules = {rule.id: rule for rule in self.rules}
        return FoundConflicts(self._document(), by_rule, rules, deciding)

    def _do(self, tasks: list[Task], force: Workforce, spool: Spool, progress: Progress) -> None:
        for done, (task, found) in enumerate(force.run(tasks), start=1):
            self.searches[task.search].saw(found)
            spool.add(task.search, found)
            progress(Step(task.search, done, len(tasks)))

    def _judged(self, spool: Spool, kept: KeptOverlaps) -> Iterator[RuleConflicts]:
        """The conflicts of every rule, in the order of the rules; lines are written meanwhile."""
        for name, search in self.searches.items():
            overlaps = search.overlaps(spool)
            yield search.conflicts(overlaps, spool)
            search.keep(kept, self.id, overlaps)
            self.lines[name] = self._sum(search)

    def _side(
        self, shelf: Shelf, layer_id: str, where: str | None, classes: Classes
    ) -> Side | Bilingual:
        """The features of one side, or why there are none."""
        return self.layers.untimely(layer_id) or shelf.side(layer_id, where, classes)

    def _sum(self, search: RuleSearch) -> ConflictRule:
        """The line of a rule that was searched."""
        tally, differences = search.judge.tally, search.judge.differences
        deciding = self.snapshot.catalogue.city.deciding_area
        undividable = 0 if differences is None else differences.untold
        gap = joined([search.gap, undrawn(tally.failed), undivided(undividable)])
        self.complete &= tally.failed == 0 and undividable == 0
        line = self._line(
            search.rule,
            status="no_data" if gap is not None else "checked",
            reason=gap,
            conflicts=tally.real,
            suspected_errors=tally.suspected_errors,
            numerical_overlaps=tally.numerical,
            union=Area.of(tally.union_m2, tally.union_ellipsoidal_m2, deciding),
            matrix=None if differences is None else differences.totals(deciding),
        )
        if search.judge.windows is not None:
            area = Area.of(tally.by_design_m2, tally.by_design_ellipsoidal_m2, deciding)
            cut = {"by_design": tally.by_design, "by_design_area": area}
            line = line.model_copy(update=cut)
        if tally.untold == 0:
            return line
        return line.model_copy(update={"notes": [*line.notes, untold(tally.untold)]})

    def _line(self, rule: OverlayRule, **details: object) -> ConflictRule:
        catalogue, approximate = self.snapshot.catalogue, self._approximate(rule)
        left, right = catalogue.by_id[rule.left], catalogue.by_id[rule.right]
        departments = [
            DepartmentRef(id=name, name=catalogue.department_names[name])
            for name in dict.fromkeys([left.department, right.department, rule.department])
        ]
        fields = {
            "rule": rule.id,
            "title": rule.title,
            "left": rule.left,
            "right": rule.right,
            "left_name": _name(left),
            "right_name": _name(right),
            "left_department": left.department,
            "right_department": right.department,
            "severity": rule.severity,
            "departments": departments,
            "layers": list(dict.fromkeys(rule.asked_layers())),
            "legal_bases": self.snapshot.rule_pack.bases_in_force(rule, self.day),
            "notes": [
                approximate_note(maps, _name(catalogue.by_id[name]))
                for name, maps in approximate.items()
            ],
            "approximate": ", ".join(dict.fromkeys(approximate.values())) or None,
        }
        return ConflictRule.model_validate(fields | details)

    def _approximate(self, rule: OverlayRule) -> dict[str, str]:
        """The layers in a web map's coordinates, and in which, as the reader may know it."""
        asked = dict.fromkeys(rule.asked_layers())
        if self.hidden & set(asked):
            return {}
        return {name: self.approximate[name] for name in asked if name in self.approximate}

    def _document(self) -> ConflictRun:
        """The document of the whole run, without its conflicts."""
        return ConflictRun(
            run_id=self.id,
            searched_at=now(),
            snapshot=self.snapshot.ref,
            rule_pack=self.snapshot.rule_pack_ref,
            application_date=self.day,
            clearance=self.clearance,
            city_notice=self.snapshot.catalogue.city.notice,
            crs=self.snapshot.catalogue.city.crs,
            complete=self.complete,
            rules=[self.lines[rule.id] for rule in self.rules],
            conflicts=[],
        )


def _name(layer: CatalogueLayer) -> Bilingual:
    return Bilingual(zh=layer.name.zh, en=layer.name.en)
