"""Conflicts of a snapshot as features, as a reader of some clearance sees them.

They come from the kept search that serves the reader best. What is withheld is not there; that
rules were withheld or not searched whole is said with the collection, for a short list is not a
clear one. States are those of a day, so that under one snapshot features change as people work on
them, and the digest with them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from blueprint.around import Features
from blueprint.clearance import Clearance
from blueprint.conflicts.attributes import conflict_attributes, standing_attributes
from blueprint.conflicts.documents import ConflictRun
from blueprint.conflicts.kept_runs import choose_run, kept_run, seen_head
from blueprint.conflicts.ledger import standings
from blueprint.conflicts.life import UNTOUCHED, Standing
from blueprint.conflicts.listing import unsearched
from blueprint.conflicts.places import conflict_places
from blueprint.errors import NotSearched
from blueprint.registry import Snapshot
from blueprint.service import Service
from blueprint.values import Bilingual, text_hash
from conflict import Shapes
from layers.attributes import parse_attributes

_SAID = 2
"""Raised whenever the features of a search would say more or other things."""


@dataclass(frozen=True, slots=True)
class ConflictSource:
    """What a search found, as a reader may see it.

    `found` stands for the conflicts that he sees, `digest` for these and where they stand.
    """

    run: ConflictRun
    found: str
    standings: Mapping[str, Standing]
    notice: Bilingual | None

    @property
    def digest(self) -> str:
        """Over all that the features are and say."""
        said = {name: standing_attributes(self.standings[name]) for name in self.standings}
        return text_hash(json.dumps([self.found, said], ensure_ascii=False, sort_keys=True))


def conflict_source(
    connection: sa.Connection, snapshot: Snapshot, clearance: Clearance, day: date
) -> ConflictSource | None:
    """The search that serves this clearance best; None: none does."""
    try:
        run = choose_run(connection, snapshot, clearance)
    except NotSearched:
        return None
    seen = seen_head(connection, run, snapshot, clearance)
    shown = [line.rule for line in seen.rules if not line.withheld]
    found = text_hash(json.dumps([_SAID, run.run_id, *shown]))
    stands = standings(connection, None, day, clearance)
    return ConflictSource(run, found, stands, _notice(seen))


def found_conflicts(
    service: Service,
    connection: sa.Connection,
    source: ConflictSource,
    snapshot: Snapshot,
    clearance: Clearance,
) -> Features:
    """The conflicts of a search, by id, in the plane of the city, as if nobody had worked on them.

    They are many, and stay what they are.
    """
    run = kept_run(connection, source.run, snapshot, clearance)
    untouched, lines = standing_attributes(UNTOUCHED), run.lines
    places = conflict_places(service, connection, run)
    texts = [
        json.dumps(
            conflict_attributes(one, lines[one.rule], run.head)
            | {"districts": "、".join(places.districts_of(one.id))}
            | untouched,
            ensure_ascii=False,
        )
        for one in run.conflicts
    ]
    ids = [one.id for one in run.conflicts]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp)
    names, said = (pa.array(c, pa.string()).take(pa.array(order)) for c in (ids, texts))
    return Features(Shapes.from_geometries(run.shapes(connection)[order]), names, said, names)


def with_standings(found: Features, standings: Mapping[str, Standing]) -> Features:
    """The same, with where they stand; people work on few beside what a search finds."""
    touched = pc.is_in(found.ids, pa.array(list(standings), pa.string()))
    if not pc.any(touched).as_py():
        return found
    rows = np.flatnonzero(touched.to_numpy(zero_copy_only=False))
    pairs = zip(found.ids_of(rows), found.attributes_of(rows), strict=True)
    texts = [
        json.dumps(
            parse_attributes(text) | standing_attributes(standings[name]), ensure_ascii=False
        )
        for name, text in pairs
    ]
    said = pc.replace_with_mask(found.attributes, touched, pa.array(texts, pa.string()))
    return Features(found.shapes, found.ids, said, found.hashes)


def _notice(seen: ConflictRun) -> Bilingual | None:
    """Which rules more conflicts may lie under than are there; None: none."""
    rules = unsearched(seen)
    if not rules:
        return None
    zh, en = (
        "; ".join(texts) for texts in zip(*((r.title.zh, r.title.en) for r in rules), strict=True)
    )
    return Bilingual(
        zh=f"以下规则未(完整)检查或对您不公开, 未列出差异不等于没有差异: {zh}",
        en=f"not searched whole, or withheld; that nothing is listed does not mean clear: {en}",
    )
