"""Which documents a project has to hand in (材料清单): each asked once, those that are held not.

Input: what is known of the project, the approvals that it needs or may need, what is held. Output:
`MaterialsList`. Algorithm:
    1. every document that each of the approvals asks for, on its own condition;
    2. the same kind is one line, unless it is made for each approval;
    3. a line is held where an entry counts on the day; else a result where an approval of the same
       course gives it no later than it is asked for; else it is to be handed in.
Counts add up over the stages, since a line counts where it is asked for first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from blueprint.approvals.documents import (
    ApprovalsNeeded,
    AskedBy,
    Counts,
    DocumentLine,
    HeldRef,
    MaterialsList,
    StageCounts,
)
from blueprint.approvals.held import HeldEntry, best_of, last_day
from blueprint.approvals.kinds import DocumentKind
from blueprint.approvals.known import Knowledge
from blueprint.approvals.needed import decider_for, department_ref
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.stages import STAGES, Stage
from blueprint.catalogue import Catalogue
from blueprint.values import Bilingual


@dataclass(frozen=True, slots=True)
class _Line:
    """A document with those that ask for it."""

    kind: str
    asked_by: tuple[AskedBy, ...]


def materials_of(
    known: Knowledge,
    approvals: ApprovalsNeeded,
    catalogue: Catalogue,
    held: Sequence[HeldEntry] = (),
) -> MaterialsList:
    """The list of a project; `held` is what is held of it and of its applicant."""
    given = {name for one in approvals.needed for name in known.pack.by_id[one.id].gives}
    desk = _Desk(known.pack, approvals.day, catalogue, held, frozenset(given))
    documents = [desk.line(line) for line in _lines(known, approvals, catalogue)]
    stages = {one.stage for one in (*approvals.needed, *approvals.undecided)}
    return MaterialsList(
        approvals=approvals,
        documents=documents,
        counts=_counts(documents, certain=True),
        at_most=_counts(documents, certain=False),
        by_stage=[_of_stage(documents, stage) for stage in STAGES if stage in stages],
    )


def _lines(known: Knowledge, approvals: ApprovalsNeeded, catalogue: Catalogue) -> list[_Line]:
    """Every document that is asked for, in the order of the stages and of the pack."""
    decider = decider_for(known, catalogue)
    asked: dict[tuple[str, str], list[AskedBy]] = {}
    needed = {one.id for one in approvals.needed}
    place = {one.id: number for number, one in enumerate(known.pack.approvals)}
    told = [*approvals.needed, *approvals.undecided]
    for line in sorted(told, key=lambda one: (STAGES.index(one.stage), place[one.id])):
        for document in known.pack.by_id[line.id].documents:
            answer = decider.decide(document.when, line.stage)
            if answer.holds is False:
                continue
            certain = line.id in needed and answer.holds is True
            open_ = [*([] if line.id in needed else line.why)]
            open_ += answer.why if document.when != "always" else []
            by = AskedBy(
                approval=line.id,
                title=line.title,
                stage=line.stage,
                certain=certain,
                why=open_ or line.why,
            )
            reusable = known.pack.documents[document.id].reusable
            asked.setdefault((document.id, "" if reusable else line.id), []).append(by)
    return [_Line(kind, tuple(by)) for (kind, _), by in asked.items()]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What tells where a document that is asked for comes from."""

    pack: ApprovalsPack
    day: date
    catalogue: Catalogue
    held: Sequence[HeldEntry]
    given: frozenset[str]

    def line(self, line: _Line) -> DocumentLine:
        """A document as it is listed."""
        kind = self.pack.documents[line.kind]
        giver = self.pack.givers.get(line.kind)
        stage = _first_stage(line.asked_by)
        entries = [one for one in self.held if one.document.kind == line.kind]
        best, others = best_of(entries if kind.reusable else [], kind, self.day)
        is_result = (
            giver is not None
            and line.kind in self.given
            and STAGES.index(giver.stage) <= STAGES.index(stage)
        )
        department = giver.department if giver is not None else kind.department
        return DocumentLine(
            id=line.kind,
            title=kind.title,
            made_by=kind.made_by,
            department=None if department is None else department_ref(self.catalogue, department),
            licence=kind.licence,
            stage=stage,
            certain=any(one.certain for one in line.asked_by),
            asked_by=list(line.asked_by),
            status="held" if best is not None else "result" if is_result else "to_hand_in",
            comes_from=None if giver is None else giver.id,
            held=None if best is None else _ref(best, kind),
            not_counted=[_ref(entry, kind, why) for entry, why in others],
        )


def _ref(entry: HeldEntry, kind: DocumentKind, why: Bilingual | None = None) -> HeldRef:
    return HeldRef(
        id=entry.id,
        source=entry.document.source,
        number=entry.document.number,
        valid_until=last_day(entry.document, kind),
        not_counted=why,
    )


def _first_stage(asked_by: Iterable[AskedBy]) -> Stage:
    return min((one.stage for one in asked_by), key=STAGES.index)


def _counts(
    documents: Iterable[DocumentLine], *, certain: bool, stage: Stage | None = None
) -> Counts:
    """The counts of some documents: of what is certain alone, or of all; of a stage, or of all.

    A document counts in the first stage in which those that are counted ask for it.
    """
    asked, counted = 0, []
    for line in documents:
        by = [one for one in line.asked_by if one.certain or not certain]
        asked += sum(stage in (None, one.stage) for one in by)
        if by and stage in (None, _first_stage(by)):
            counted.append(line.status)
    return Counts(
        asked=asked,
        once=len(counted),
        results=counted.count("result"),
        held=counted.count("held"),
        to_hand_in=counted.count("to_hand_in"),
    )


def _of_stage(documents: Sequence[DocumentLine], stage: Stage) -> StageCounts:
    return StageCounts(
        stage=stage,
        counts=_counts(documents, certain=True, stage=stage),
        at_most=_counts(documents, certain=False, stage=stage),
    )
