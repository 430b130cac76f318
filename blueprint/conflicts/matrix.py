"""What a matrix rule's conflicts are and add up to (两规差异): by difference, district and cell.

Input: the rule, the classes of either side's features, and portion by portion the conflicts, as
`conflict.SCHEMA` has them, each with its band. Output: which difference each one is
(`kinds_of`), and `MatrixTotals`. Ground that several conflicts share is counted once, for the first
of them, so totals of one rule add up and no share is ever over 100 %; a conflict that lies in two
districts is one in each, and one that reaches beyond them all one in none.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from blueprint.catalogue import Calibre
from blueprint.conflicts.districts import Districts
from blueprint.conflicts.documents import (
    CellTotal,
    DifferenceTotal,
    DistrictTotal,
    MatrixTotals,
    Total,
)
from blueprint.conflicts.sides import Numbered
from blueprint.numerical import NUMERICAL_AREA_M2
from blueprint.rules.kinds.matrix import MatrixRule
from blueprint.shared_documents import Area

_ROUNDING_M2 = 1.0
"""What a difference may have beyond all districts by rounding alone."""
Key = tuple[Any, ...]


@dataclass(slots=True)
class _Sum:
    conflicts: int = 0
    suspected_errors: int = 0
    m2: float = 0.0
    ellipsoidal_m2: float = 0.0

    def count(self, suspected: npt.NDArray[np.bool_]) -> None:
        self.suspected_errors += int(suspected.sum())
        self.conflicts += int((~suspected).sum())

    def measure(self, m2: Iterable[float], ellipsoidal_m2: Iterable[float]) -> None:
        self.m2 = math.fsum([self.m2, *m2])
        self.ellipsoidal_m2 = math.fsum([self.ellipsoidal_m2, *ellipsoidal_m2])


class Differences:
    """The conflicts of one matrix rule, summed up as they come; `districts` if they are known.

    `untold` counts the conflicts of which the part in a district could not be told.
    """

    def __init__(
        self, rule: MatrixRule, left: Numbered, right: Numbered, districts: Districts | None
    ) -> None:
        self.rule, self.untold = rule, 0
        self._left, self._right, self._districts = left, right, districts
        self._names = [one.id for one in rule.differences]
        cells = [
            [self._names.index(name) if name in self._names else -1 for name in row]
            for row in (
                [rule.table[a.id][b.id] for b in rule.right_classes] for a in rule.left_classes
            )
        ]
        self._cells = np.array(cells, dtype=np.int64)
        self._all = 0 if districts is None else len(districts.names)
        self._sums: dict[Key, _Sum] = defaultdict(_Sum)

    def kinds_of(self, conflicts: pa.Table) -> dict[str, pa.Array]:
        """The difference and the two classes of each conflict, by their ids."""
        a, b, difference = self._numbers(conflicts)
        return {
            "difference": pa.array([self._names[n] for n in difference.tolist()], pa.string()),
            "left_class": pa.array([self.rule.left_classes[n].id for n in a.tolist()], pa.string()),
            "right_class": pa.array(
                [self.rule.right_classes[n].id for n in b.tolist()], pa.string()
            ),
        }

    def add(self, conflicts: pa.Table, suspected: npt.NDArray[np.bool_]) -> None:
        """Add a portion, with which of them are suspected errors; its shapes if by district."""
        a, b, difference = self._numbers(conflicts)
        m2 = _numbers(conflicts, "counted_m2")
        ellipsoidal = _numbers(conflicts, "counted_ellipsoidal_m2")
        for kind, columns in (("difference", (difference,)), ("cell", (a, b))):
            for key, rows in _groups(*columns):
                total = self._sums[kind, *key]
                total.count(suspected[rows])
                total.measure(m2[rows], ellipsoidal[rows])
        if self._districts is not None and len(conflicts):
            self._divide(conflicts, difference, suspected)

    def totals(self, deciding: Calibre) -> MatrixTotals:
        """All that was added, differences and cells in the order of the rule, districts in theirs.

        Cells that agree, or that no conflict was found in, are left out.
        """
        rule = self.rule
        return MatrixTotals(
            differences=[
                DifferenceTotal(
                    difference=one.id,
                    title=one.title,
                    severity=rule.severity_of(one.id),
                    districts=self._by_district(number, deciding),
                    # what lies in no district is in the sum, and has no part in the share
                    **self._told(("difference", number), deciding, ("district", number, self._all)),
                )
                for number, one in enumerate(rule.differences)
            ],
            cells=[
                CellTotal(
                    left_class=one.name,
                    right_class=other.name,
                    difference=rule.table[one.id][other.id],
                    **self._told(("cell", a, b), deciding, None),
                )
                for a, one in enumerate(rule.left_classes)
                for b, other in enumerate(rule.right_classes)
                if ("cell", a, b) in self._sums
            ],
        )

    def _divide(
        self, conflicts: pa.Table, difference: npt.NDArray[np.int64], suspected: npt.NDArray[Any]
    ) -> None:
        """Add a portion to the totals by district: the last one is that of all districts."""
        assert self._districts is not None
        geometry, counted = conflicts.column("geometry"), conflicts.column("counted")
        whole = self._districts.inside(geometry, _numbers(conflicts, "ellipsoidal_m2"))
        more = np.flatnonzero(whole.more)
        for (n, district), at in _groups(difference[whole.row[more]], whole.district[more]):
            self._sums["district", n, district].count(suspected[whole.row[more[at]]])
        within = np.zeros(len(conflicts))
        all_ = whole.district == self._all
        within[whole.row[all_]] = whole.m2[all_]
        beyond = _numbers(conflicts, "area_m2") - within > NUMERICAL_AREA_M2
        beyond[whole.failed] = False
        for (n,), at in _groups(difference[beyond]):
            self._sums["beyond", n].count(suspected[beyond][at])
        failed = set(whole.failed.tolist())
        part = np.asarray(pc.is_valid(counted))
        some = np.flatnonzero(part & (_numbers(conflicts, "counted_m2") > 0))
        shared = self._districts.inside(
            counted.take(some), _numbers(conflicts, "counted_ellipsoidal_m2")[some]
        )
        failed |= set(some[shared.failed].tolist())
        all_of_it = ~part[whole.row]
        rows = np.concatenate([whole.row[all_of_it], some[shared.row]])
        places = np.concatenate([whole.district[all_of_it], shared.district])
        m2 = np.concatenate([whole.m2[all_of_it], shared.m2])
        ellipsoidal = np.concatenate([whole.ellipsoidal_m2[all_of_it], shared.ellipsoidal_m2])
        for (n, district), at in _groups(difference[rows], places):
            self._sums["district", n, district].measure(m2[at], ellipsoidal[at])
        self.untold += len(failed)

    def _by_district(self, number: int, deciding: Calibre) -> list[DistrictTotal]:
        """Every district, with a difference or without, and what lies in none."""
        if self._districts is None:
            return []
        keys = [("district", number, place) for place in range(self._all)]
        found = [
            DistrictTotal(district=name, **self._told(key, deciding, key))
            for key, name in zip(keys, self._districts.names, strict=True)
        ]
        whole = self._sums["difference", number]
        inside = self._sums["district", number, self._all]
        counted = self._sums["beyond", number]
        beyond = _Sum(
            counted.conflicts,
            counted.suspected_errors,
            max(0.0, whole.m2 - inside.m2),
            max(0.0, whole.ellipsoidal_m2 - inside.ellipsoidal_m2),
        )
        if beyond.m2 > _ROUNDING_M2:
            total = _told(beyond, deciding, None)
            found.append(DistrictTotal(district=None, **total.model_dump()))
        return found

    def _told(self, key: Key, deciding: Calibre, within: Key | None) -> dict[str, Any]:
        """A sum as a document has it, with the share that the sum of `within`, a district's, has.

        A sum of a district ends its key with the district's place; all together have the last.
        """
        share = None
        if within is not None and self._districts is not None:
            of, part = self._districts, self._sums[within]
            ground, m2 = (
                (of.m2, part.m2)
                if deciding == "projected"
                else (of.ellipsoidal_m2, part.ellipsoidal_m2)
            )
            share = _share(m2, float(ground[within[-1]]))
        return _told(self._sums[key], deciding, share).model_dump()

    def _numbers(self, conflicts: pa.Table) -> tuple[Numbered, Numbered, npt.NDArray[np.int64]]:
        a = self._left[np.asarray(conflicts.column("left"))]
        b = self._right[np.asarray(conflicts.column("right"))]
        return a, b, self._cells[a, b]


def _told(sum_: _Sum, deciding: Calibre, share: float | None) -> Total:
    return Total(
        conflicts=sum_.conflicts,
        suspected_errors=sum_.suspected_errors,
        area=Area.of(sum_.m2, sum_.ellipsoidal_m2, deciding),
        share=share,
    )


def _share(m2: float, ground_m2: float) -> float | None:
    """The share of a district's ground that what lies in it has; None: it has no ground."""
    # rounding alone could make it more than all
    return min(1.0, round(m2 / ground_m2, 6)) if ground_m2 else None


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(table.column(name), dtype=np.float64)


def _groups(*columns: npt.NDArray[Any]) -> list[tuple[Key, npt.NDArray[np.intp]]]:
    """Equal rows of equally long columns: the values, and the places that have them, ascending."""
    if len(columns[0]) == 0:
        return []
    values, of = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    of = of.reshape(-1)
    return [(tuple(v), np.flatnonzero(of == n)) for n, v in enumerate(values.tolist())]
