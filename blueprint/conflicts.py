"""The third flow: where the plans fight (差异图斑).

For every `exclusive` rule in force: the two layers of the snapshot are packed (`conflict_sides`),
their overlaps are found in tasks by whoever works on them (`conflict.execution`), what is rounding
is dropped and counted, the rest is judged as it comes and spooled (`found_conflicts`). The run is
kept in one transaction at its end: it is there as a whole or not at all. A rule whose layer is
missing, stale or holds quarantined rows is never reported as free of conflicts.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from blueprint.catalogue import CatalogueLayer, Sensitivity
from blueprint.conflict_sides import Shelf, Side
from blueprint.coordinates import approximate_note, approximations
from blueprint.documents import Area, ConflictRule, ConflictRun, DepartmentRef
from blueprint.found_conflicts import SCHEMA, FoundConflicts, Spool
from blueprint.judge import NUMERICAL_AREA_M2, NUMERICAL_WIDTH_M, band_of, severity_rank
from blueprint.progress import Progress, Step
from blueprint.registry import Snapshot, hidden_layers, load_snapshot, now, save_run
from blueprint.rules import ExclusiveRule
from blueprint.service import Service
from blueprint.values import Bilingual
from conflict import FAILED, PART, Asked, PackedFile, Serial, Task, Workforce, plan_tasks
from layers import LayerVersion


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


def find_conflicts(
    service: Service,
    *,
    day: date | None = None,
    snapshot_id: str | None = None,
    as_of: date | None = None,
    clearance: Sensitivity = "public",
    workers: Workers | None = None,
    progress: Progress = lambda _step: None,
) -> FoundConflicts:
    """Search a snapshot, the newest unless named, and keep what is found.

    A snapshot is named by its id, or by a day on which it was in force (`as_of`). Conflicts of
    layers above `clearance` are counted but not listed. Whoever the `workers` are, this thread
    unless given, the answer is the same. `progress` is told each rule as its layers are read, then
    each part that is done.

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
            search = _Search(service, connection, snapshot, day, clearance, workers.corners)
            shelf = Shelf(
                service, connection, snapshot, search.usable, folder, by_store=workers.by_store
            )
            for rule in search.rules:
                progress(Step(rule.id))
                search.prepare(rule, shelf)
        found = search.run(workers.force, Spool(folder), progress)
        with service.database.write() as connection:
            save_run(connection, found.head, len(found), found.batches())
    return found


@dataclass(slots=True)
class _Tally:
    """What the overlaps of one rule add up to."""

    rule: ExclusiveRule
    left: Side
    right: Side
    accuracy_m: float
    bands: dict[str, int] = field(default_factory=lambda: {"real": 0, "suspected_error": 0})
    numerical: int = 0
    failed: int = 0
    untold: int = 0
    counted_m2: list[float] = field(default_factory=list)
    counted_ellipsoidal_m2: list[float] = field(default_factory=list)

    def judge(self, found: pa.Table) -> pa.Table:
        """Add what one task has found; the conflicts among it, as `found_conflicts.SCHEMA` says."""
        failed = _array(found, "kind") == FAILED
        is_drawn = np.asarray(pc.is_valid(found.column("geometry")))
        self.failed += int(failed.sum())
        self.numerical += int((~failed & ~is_drawn).sum())
        kept = found.filter(pa.array(is_drawn))
        self.untold += len(kept) - kept.column("failure").null_count
        # exact sums: the order in which tasks end does not tell
        for name in ("counted_m2", "counted_ellipsoidal_m2"):
            sums = getattr(self, name)
            sums[:] = [math.fsum([*sums, *kept.column(name).to_pylist()])]
        bands = self._bands(kept)
        for band in self.bands:
            self.bands[band] += bands.count(band)
        columns = {
            "rule": pa.repeat(self.rule.id, len(kept)),
            "left": kept.column("left"),
            "right": kept.column("right"),
            "left_id": self.left.ids.take(kept.column("left")),
            "right_id": self.right.ids.take(kept.column("right")),
            "band": pa.array(bands, pa.string()),
            "projected_m2": kept.column("area_m2"),
            "ellipsoidal_m2": kept.column("ellipsoidal_m2"),
            "width_m": kept.column("width_m"),
            "wkb": kept.column("geometry"),
        }
        return pa.table(columns).cast(SCHEMA)

    def _bands(self, kept: pa.Table) -> list[str]:
        width = _array(kept, "width_m")
        narrowest = np.minimum(
            self.left.width_m[_array(kept, "left")], self.right.width_m[_array(kept, "right")]
        )
        return [
            band_of(wide, self.accuracy_m, side)
            for wide, side in zip(width.tolist(), narrowest.tolist(), strict=True)
        ]


class _Search:
    """One run over one snapshot: rules are prepared one by one, then all are searched at once."""

    def __init__(
        self,
        service: Service,
        connection: sa.Connection,
        snapshot: Snapshot,
        day: date,
        clearance: Sensitivity,
        corners: float,
    ) -> None:
        self.snapshot, self.day, self.clearance = snapshot, day, clearance
        self.corners = corners
        pack = snapshot.rule_pack
        self.rules = sorted(pack.exclusive_rules, key=lambda r: (severity_rank(r), r.id))
        asked = {name for rule in self.rules for name in (rule.left, rule.right)}
        pins = {name: number for name, number in snapshot.pins.items() if name in asked}
        versions = service.layers.pinned(connection, pins)
        self.usable = {
            name: version for name, version in versions.items() if self._is_usable(version)
        }
        self.approximate = approximations(versions)
        self.hidden = hidden_layers(connection, snapshot, clearance)
        self.complete = day >= pack.applies_from
        self.lines: dict[str, ConflictRule] = {}
        self.tallies: dict[str, _Tally] = {}
        self.tasks: list[Task] = []

    def prepare(self, rule: ExclusiveRule, shelf: Shelf) -> None:
        """Read a rule's layers and cut its search into tasks; or say why there is none."""
        if not self.snapshot.rule_pack.bases_in_force(rule, self.day):
            self.lines[rule.id] = self._line(rule, status="not_in_force")
            return
        left = self._side(rule.left, rule.left_where, shelf)
        right = self._side(rule.right, rule.right_where, shelf)
        gap = _joined([s if isinstance(s, Bilingual) else s.gap for s in (left, right)])
        self.complete &= gap is None
        if self.hidden & {rule.left, rule.right}:
            # neither how many nor why: both would tell of what may not be seen
            status = "checked" if gap is None else "no_data"
            self.lines[rule.id] = self._line(rule, status=status, withheld=True)
        elif isinstance(left, Bilingual) or isinstance(right, Bilingual):
            self.lines[rule.id] = self._line(rule, status="no_data", reason=gap)
        else:
            accuracy = max(left.layer.accuracy_m, right.layer.accuracy_m)
            self.tallies[rule.id] = _Tally(rule, left, right, accuracy)
            self.tasks += self._tasks(rule, left, right)

    def run(self, force: Workforce, spool: Spool, progress: Progress) -> FoundConflicts:
        """Do the tasks, and put everything together."""
        for done, (task, found) in enumerate(force.run(self.tasks), start=1):
            spool.add(task.search, self.tallies[task.search].judge(found))
            progress(Step(task.search, done, len(self.tasks)))
        for name, tally in self.tallies.items():
            self.lines[name] = self._sum(tally)
        table = spool.close([rule.id for rule in self.rules])
        deciding = self.snapshot.catalogue.city.deciding_area
        return FoundConflicts(self._document(), table, deciding)

    def _is_usable(self, version: LayerVersion) -> bool:
        """Whether the version is in effect on the day, and not stale."""
        layer = self.snapshot.catalogue.by_id[version.layer_id]
        return version.effective <= self.day <= layer.stale_after(version.effective)

    def _side(self, layer_id: str, where: str | None, shelf: Shelf) -> Side | Bilingual:
        """The features of one side, or why there are none."""
        if layer_id in self.usable:
            return shelf.side(layer_id, where)
        layer = self.snapshot.catalogue.by_id[layer_id]
        return Bilingual(
            zh=f"{layer.name.zh}：缺失、未生效或已过期",
            en=f"{layer.name.en}: missing, not in effect or stale",
        )

    def _tasks(self, rule: ExclusiveRule, left: Side, right: Side) -> list[Task]:
        area = NUMERICAL_AREA_M2 if rule.forgive_slivers else 0.0
        asked = Asked(self.snapshot.catalogue.city.crs, area, NUMERICAL_WIDTH_M)
        packed = PackedFile(left.packed), PackedFile(right.packed)
        tasks = plan_tasks(rule.id, *packed, asked, most=self.corners)
        return [replace(task, left=left.source, right=right.source) for task in tasks]

    def _sum(self, tally: _Tally) -> ConflictRule:
        """The line of a rule that was searched."""
        gap = _joined([tally.left.gap, tally.right.gap, _undrawn(tally.failed)])
        self.complete &= tally.failed == 0
        line = self._line(
            tally.rule,
            status="no_data" if gap is not None else "checked",
            reason=gap,
            conflicts=tally.bands["real"],
            suspected_errors=tally.bands["suspected_error"],
            numerical_overlaps=tally.numerical,
            union=Area.of(
                math.fsum(tally.counted_m2),
                math.fsum(tally.counted_ellipsoidal_m2),
                self.snapshot.catalogue.city.deciding_area,
            ),
        )
        if tally.untold == 0:
            return line
        return line.model_copy(update={"notes": [*line.notes, _untold(tally.untold)]})

    def _line(self, rule: ExclusiveRule, **details: object) -> ConflictRule:
        catalogue = self.snapshot.catalogue
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
            "legal_bases": self.snapshot.rule_pack.bases_in_force(rule, self.day),
            "notes": [
                approximate_note(self.approximate[name], _name(catalogue.by_id[name]))
                for name in (rule.left, rule.right)
                if name in self.approximate
            ],
            "approximate": self._approximation(rule),
        }
        return ConflictRule.model_validate(fields | details)

    def _approximation(self, rule: ExclusiveRule) -> str | None:
        maps = [self.approximate[n] for n in (rule.left, rule.right) if n in self.approximate]
        return ", ".join(dict.fromkeys(maps)) or None

    def _document(self) -> ConflictRun:
        """The document of the whole run, without its conflicts."""
        return ConflictRun(
            run_id=f"run_{uuid4().hex}",
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


def _array(table: pa.Table, name: str) -> npt.NDArray[np.generic]:
    return np.asarray(table.column(name))


def _name(layer: CatalogueLayer) -> Bilingual:
    return Bilingual(zh=layer.name.zh, en=layer.name.en)


def _joined(gaps: list[Bilingual | None]) -> Bilingual | None:
    """All the reasons in one; None where there is none."""
    given = [gap for gap in gaps if gap is not None]
    if not given:
        return None
    return Bilingual(zh="；".join(g.zh for g in given), en="; ".join(g.en for g in given))


def _undrawn(count: int) -> Bilingual | None:
    """Pairs that no method could intersect: neither conflicts nor free of them."""
    if count == 0:
        return None
    return Bilingual(
        zh=f"{count} 对要素的重叠无法可靠计算，请修复图形后重新汇交",
        en=f"{count} pairs of features have no credible overlay: repair them and deliver again",
    )


def _untold(count: int) -> Bilingual:
    return Bilingual(
        zh=f"{count} 处重叠彼此共用的范围无法区分，合计面积可能偏大",
        en=f"the ground that {count} overlaps share with others could not be told apart: the "
        "area of all may be too large",
    )
