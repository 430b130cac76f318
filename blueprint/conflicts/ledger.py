"""The history of conflicts as the store keeps it: steps are added, and none is ever changed.

Input: a conflict's id, and what is to become of it. Output: `ConflictFile`, all that is known of
it. A step is checked against where the conflict stands, within the transaction that keeps it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from blueprint.clearance import PUBLIC, Clearance
from blueprint.conflicts.documents import Conflict, ConflictRule, ConflictRun
from blueprint.conflicts.found import conflict_of
from blueprint.conflicts.kept_runs import overlay_rules
from blueprint.conflicts.life import (
    FOLLOWS,
    UNTOUCHED,
    VERBS,
    Entry,
    Exemption,
    Standing,
    State,
    Step,
    may_follow,
    standing_on,
)
from blueprint.errors import InvalidStep, UnknownConflict
from blueprint.models import CONFLICT_OF_RUN, ConflictEntryRow, ConflictRunRow
from blueprint.outbox import tell
from blueprint.registry import Snapshot, audit, hidden_layers, load_snapshot, now
from blueprint.service import Service
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.values import Value, document_text
from layers.models import SettingRow

_LONGEST = 500


class Sighting(Value):
    """A search that found the conflict, and how large it was."""

    run_id: str
    searched_at: datetime
    snapshot: str
    area: Area
    width_m: float


class ConflictFile(Value):
    """All that is known of one conflict: as it was found last, where it stands, its history."""

    conflict: Conflict
    rule: ConflictRule
    standing: Standing
    day: date
    history: list[Entry]
    sightings: list[Sighting]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a conflict, by whom, with what its state needs."""

    after: State
    who: str
    note: str | None = None
    department: str | None = None
    due: date | None = None
    law: str | None = None
    article: str | None = None
    until: date | None = None


def conflict_file(
    service: Service, conflict_id: str, clearance: Clearance = PUBLIC, day: date | None = None
) -> ConflictFile:
    """All that is known of a conflict, and where it stands at the end of a day, today's else.

    Raises:
        UnknownConflict: there is none of that id that this clearance may see.
    """
    with service.database.read() as connection:
        day = day or load_snapshot(connection).catalogue.city.today()
        return _file(connection, conflict_id, clearance, day)


def take_step(
    service: Service,
    conflict_id: str,
    wish: Wish,
    clearance: Clearance = PUBLIC,
    day: date | None = None,
) -> ConflictFile:
    """Add a step to a conflict's history, today's unless another day is given.

    Raises:
        UnknownConflict: there is none of that id that this clearance may see.
        InvalidStep: the state may not follow, or what it needs is missing or wrong.
    """
    with service.database.write() as connection:
        # two at once would both find the same state: the second one waits here
        connection.execute(sa.select(SettingRow).with_for_update())
        newest = load_snapshot(connection)
        day = day or newest.catalogue.city.today()
        file = _file(connection, conflict_id, clearance, day)
        _check_order(file, wish, day)
        step = _step(newest, wish, day, file.conflict.area)
        step = step.model_copy(update={"clearance": clearance})
        values = {
            "conflict_id": conflict_id,
            "at": now(),
            "day": day,
            "who": _text("--by", wish.who),
            "before": file.standing.state,
            "after": wish.after,
            "snapshot_id": newest.ref.id,
            "document": document_text(step),
        }
        connection.execute(sa.insert(ConflictEntryRow).values(values))
        audit(connection, f"conflict {VERBS[wish.after]}", conflict_id, wish.who)
        tell(connection, "conflict-changed", {"conflict_id": conflict_id})
        return _file(connection, conflict_id, clearance, day)


def is_shown(connection: sa.Connection, conflict_id: str, clearance: Clearance) -> bool:
    """Whether there is a conflict of that id that this clearance may see."""
    try:
        _seen(connection, conflict_id, clearance)
    except UnknownConflict:
        return False
    return True


def standings(
    connection: sa.Connection, ids: Iterable[str] | None, day: date, clearance: Clearance
) -> dict[str, Standing]:
    """Where conflicts stand on a day, those that anybody has worked on; of all if None."""
    return {
        name: standing_on(history, day)
        for name, history in histories(connection, ids, clearance).items()
    }


def histories(
    connection: sa.Connection, ids: Iterable[str] | None, clearance: Clearance
) -> dict[str, list[Entry]]:
    """The steps of conflicts, oldest first, of those that anybody has worked on; all if None."""
    wanted = None if ids is None else set(ids)
    found: dict[str, list[Entry]] = {}
    # all of them: people take few steps beside what a search finds
    for name, entry in _entries(connection, sa.true(), clearance):
        if wanted is None or name in wanted:
            found.setdefault(name, []).append(entry)
    return found


def history_of(connection: sa.Connection, conflict_id: str, clearance: Clearance) -> list[Entry]:
    """The steps of one conflict, oldest first."""
    row = ConflictEntryRow
    return [entry for _, entry in _entries(connection, row.conflict_id == conflict_id, clearance)]


def _entries(
    connection: sa.Connection, which: sa.ColumnElement[bool], clearance: Clearance
) -> Iterable[tuple[str, Entry]]:
    query = sa.select(ConflictEntryRow.__table__).where(which).order_by(ConflictEntryRow.id)
    for row in connection.execute(query):
        yield (
            row.conflict_id,
            Entry(
                at=row.at,
                day=row.day,
                who=row.who,
                before=row.before,
                after=row.after,
                snapshot=row.snapshot_id,
                step=Step.model_validate_json(row.document, extra="ignore").shown_to(clearance),
            ),
        )


def _file(
    connection: sa.Connection, conflict_id: str, clearance: Clearance, day: date
) -> ConflictFile:
    seen = _seen(connection, conflict_id, clearance)
    history = history_of(connection, conflict_id, clearance)
    head, conflict = seen[0]
    return ConflictFile(
        conflict=conflict,
        rule=next(line for line in head.rules if line.rule == conflict.rule),
        standing=standing_on(history, day) if history else UNTOUCHED,
        day=day,
        history=history,
        sightings=[
            Sighting(
                run_id=run.run_id,
                searched_at=run.searched_at,
                snapshot=run.snapshot.id,
                area=found.area,
                width_m=found.width_m,
            )
            for run, found in seen
        ],
    )


def _seen(
    connection: sa.Connection, conflict_id: str, clearance: Clearance
) -> list[tuple[ConflictRun, Conflict]]:
    """The searches that found the conflict, the newest first, one for each snapshot.

    Raises:
        UnknownConflict: none did that this clearance may see.
    """
    if not conflict_id.isprintable():  # half a character, which no store could be asked for
        message = f"{conflict_id!a}: is no conflict's id; take it from `blueprint conflicts`"
        raise UnknownConflict(message)
    row, run = CONFLICT_OF_RUN.c, ConflictRunRow
    columns = [column for column in row if column.name != "wkb"]
    query = sa.select(*columns, run.document).join(run, run.id == row.run_id)
    query = query.where(row.conflict_id == conflict_id).order_by(run.ordinal.desc())
    seen: dict[str, tuple[ConflictRun, Conflict]] = {}
    for found in connection.execute(query).mappings():
        head = ConflictRun.model_validate_json(found["document"], extra="ignore")
        if head.snapshot.id in seen:
            continue
        snapshot = load_snapshot(connection, head.snapshot.id)
        line = next(known for known in head.rules if known.rule == found["rule_id"])
        rule = overlay_rules(snapshot)[line.rule]
        if hidden_layers(connection, snapshot, clearance) & set(rule.asked_layers()):
            continue
        deciding = snapshot.catalogue.city.deciding_area
        seen[head.snapshot.id] = head, conflict_of(conflict_id, line, rule, dict(found), deciding)
    if not seen:
        message = (
            f"{conflict_id}: no such conflict for this clearance; `blueprint conflicts --json` "
            "lists all, --clearance asks for more"
        )
        raise UnknownConflict(message)
    return list(seen.values())


def _check_order(file: ConflictFile, wish: Wish, day: date) -> None:
    standing = file.standing
    if file.history and file.history[-1].day > day:
        message = f"{file.conflict.id}: its last step was on {file.history[-1].day}, after {day}"
        raise InvalidStep(f"{message}; see that the clock is right")
    if not may_follow(standing, wish.after):
        verbs = ", ".join(VERBS[state] for state in FOLLOWS[standing.state])
        message = f"{file.conflict.id}: is {standing.state}, which cannot become {wish.after}"
        raise InvalidStep(f"{message}; what can be done is {verbs}")


def _step(newest: Snapshot, wish: Wish, day: date, area: Area) -> Step:
    note = None if wish.note is None else _text("--note", wish.note)
    if wish.after == "assigned":
        return _assignment(newest, wish, day, note, area)
    if wish.after == "exempted":
        return _exemption(newest, wish, day, note, area)
    if wish.after == "proposed" and note is None:
        raise InvalidStep("--note: say what is proposed")
    return Step(note=note, area=area)


def _assignment(newest: Snapshot, wish: Wish, day: date, note: str | None, area: Area) -> Step:
    names = newest.catalogue.department_names
    if wish.department is None or wish.due is None:
        raise InvalidStep("assign: needs a department and a due date; give --to and --due")
    if wish.department not in names:
        message = f"{wish.department}: no such department; the catalogue has {', '.join(names)}"
        raise InvalidStep(message)
    if wish.due < day:
        raise InvalidStep(f"--due {wish.due}: is over on {day}; name a day to come")
    department = DepartmentRef(id=wish.department, name=names[wish.department])
    return Step(note=note, department=department, due=wish.due, area=area)


def _exemption(newest: Snapshot, wish: Wish, day: date, note: str | None, area: Area) -> Step:
    laws = newest.rule_pack.laws
    if wish.law is None or wish.until is None:
        raise InvalidStep("exempt: needs a legal basis and a last day; give --law and --until")
    law = laws.get(wish.law)
    if law is None:
        message = f"{wish.law}: the rule pack of snapshot {newest.ref.id} has no such law"
        raise InvalidStep(f"{message}; name one of it, or add it and publish")
    if not law.in_force_on(day):
        raise InvalidStep(f"{wish.law}: is not in force on {day}; name a law that is")
    if wish.until < day:
        raise InvalidStep(f"--until {wish.until}: is over on {day}; name a day to come")
    if not law.in_force_on(wish.until):
        message = f"--until {wish.until}: {wish.law} is in force until {law.in_force_until} only"
        raise InvalidStep(f"{message}; end the exemption with it")
    article = None if wish.article is None else _text("--article", wish.article)
    basis = Exemption.by(wish.law, law, article)
    return Step(note=note, basis=basis, until=wish.until, area=area)


def _text(option: str, text: str) -> str:
    """A text on one line, not empty and not endless."""
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST or not line.isprintable():
        raise InvalidStep(f"{option}: give it in 1 to {_LONGEST} printable characters")
    return line
