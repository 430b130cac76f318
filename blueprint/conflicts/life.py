"""The working life of a conflict: its states, which may follow which, and where it stands on a day.

open → assigned (to a department, by a day) → proposed (how to settle it) → accepted; or exempted,
on a legal basis until a day. Input: the entries of its history, oldest first. Output: `Standing`.
An exemption holds through its last day; from the next one on the conflict is open again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from blueprint.clearance import PUBLIC, Clearance, ClearanceText, covers
from blueprint.rules.legal import Law
from blueprint.shared_documents import Area, DepartmentRef
from blueprint.values import Bilingual, Value

State = Literal["open", "assigned", "proposed", "accepted", "exempted"]

STATES: Mapping[State, Bilingual] = {
    "open": Bilingual(zh="待处理", en="open"),
    "assigned": Bilingual(zh="已交办", en="assigned"),
    "proposed": Bilingual(zh="已提方案", en="proposed"),
    "accepted": Bilingual(zh="已采纳", en="accepted"),
    "exempted": Bilingual(zh="已豁免", en="exempted"),
}
"""What the states are called."""

FOLLOWS: Mapping[State, tuple[State, ...]] = {
    "open": ("assigned", "exempted"),
    "assigned": ("assigned", "proposed", "exempted", "open"),
    "proposed": ("accepted", "assigned", "exempted", "open"),
    "accepted": ("open",),
    "exempted": ("exempted", "open"),
}
"""Which states may follow which."""

VERBS: Mapping[State, str] = {
    "open": "reopen",
    "assigned": "assign",
    "proposed": "propose",
    "accepted": "accept",
    "exempted": "exempt",
}
"""What the command line calls the way to a state."""


class Exemption(Value):
    """The legal basis of an exemption."""

    law: str
    title: Bilingual
    number: str | None
    article: str | None

    @classmethod
    def by(cls, name: str, law: Law, article: str | None) -> "Exemption":
        """One by a law of a rule pack."""
        return cls(law=name, title=law.title, number=law.number, article=article)


class Step(Value):
    """What a step says besides who took it; only what belongs to its state is there."""

    note: str | None = None
    clearance: ClearanceText = Field(default=PUBLIC, description="of whoever wrote the note")
    department: DepartmentRef | None = None
    due: date | None = None
    basis: Exemption | None = None
    until: date | None = None
    area: Area | None = Field(default=None, description="of the conflict when it was taken")

    def shown_to(self, clearance: Clearance) -> "Step":
        """The step for a reader: what was written or measured with more clearance is withheld."""
        if covers(clearance, self.clearance):
            return self
        return self.model_copy(update={"note": None, "area": None})


class Entry(Value):
    """A step in the history of a conflict; `who` is an office or a role."""

    at: datetime
    day: date = Field(description="in the city")
    who: str
    before: State
    after: State
    snapshot: str = Field(description="the newest one when it was taken")
    step: Step


class Standing(Value):
    """Where a conflict stands on a day, since when, by whom."""

    state: State = "open"
    lapsed: bool = Field(default=False, description="open because an exemption has ended")
    overdue: bool = Field(default=False, description="the day by which it was due is over")
    since: date | None = None
    who: str | None = None
    note: str | None = None
    department: DepartmentRef | None = None
    due: date | None = None
    basis: Exemption | None = None
    until: date | None = None
    area: Area | None = None


UNTOUCHED = Standing()
"""Of a conflict that nobody has worked on."""


def standing_on(history: Iterable[Entry], day: date) -> Standing:
    """Where a conflict with that history, oldest first, stands at the end of `day`."""
    taken = [entry for entry in history if entry.day <= day]
    if not taken:
        return UNTOUCHED
    last = taken[-1]
    lapsed = last.step.until is not None and day > last.step.until
    if lapsed:
        return Standing(state="open", lapsed=True, until=last.step.until, basis=last.step.basis)
    assigned = _assignment(taken)
    due = None if assigned is None else assigned.due
    return Standing(
        state=last.after,
        overdue=last.after in ("assigned", "proposed") and due is not None and day > due,
        since=last.day,
        who=last.who,
        note=last.step.note,
        department=None if assigned is None else assigned.department,
        due=due,
        basis=last.step.basis,
        until=last.step.until,
        area=last.step.area,
    )


def _assignment(taken: Sequence[Entry]) -> Step | None:
    """Whose it is; nobody's once it was opened again, or exempted."""
    for entry in reversed(taken):
        if entry.after in ("open", "exempted"):
            return None
        if entry.after == "assigned":
            return entry.step
    return None


def may_follow(standing: Standing, after: State) -> bool:
    """Whether a state may follow; what lapsed may be closed like what is open."""
    return after in FOLLOWS[standing.state] or (standing.lapsed and after == "open")
