"""Which approvals a project needs (需办事项), each with why.

Input: what is known of the project and what a site check found (`Knowledge`), a stage or the whole
course, the day of the application. Output: `ApprovalsNeeded`. Algorithm: every approval of the span
whose condition holds is needed; where a figure, a layer or an answer is missing that could decide,
it is undecided and listed as such; one whose every legal basis is out of force on the day is told
apart. The order is the pack's.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from blueprint.approvals.decide import Decider
from blueprint.approvals.documents import ApprovalLine, ApprovalsNeeded, Span
from blueprint.approvals.fit import layers_of_theme
from blueprint.approvals.kinds import Approval
from blueprint.approvals.known import Knowledge
from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.seen import Answer
from blueprint.catalogue import Catalogue
from blueprint.shared_documents import DepartmentRef
from blueprint.values import Bilingual


def needed_approvals(
    known: Knowledge, span: Span, day: date, catalogue: Catalogue
) -> ApprovalsNeeded:
    """Every approval of the span: needed, undecided, without a basis on the day, or not needed."""
    decider = decider_for(known, catalogue)
    needed: list[ApprovalLine] = []
    undecided: list[ApprovalLine] = []
    lapsed: list[ApprovalLine] = []
    not_needed: list[str] = []
    for approval in approvals_of(known.pack, span):
        answer = decider.decide(approval.needed_when, approval.stage)
        if answer.holds is False:
            not_needed.append(approval.id)
            continue
        line = _line(known.pack, approval, answer, day, catalogue)
        if not line.legal_bases:
            lapsed.append(line)
        elif answer.holds:
            needed.append(line)
        else:
            undecided.append(line)
    check = known.check
    return ApprovalsNeeded(
        pack=known.pack.ref,
        day=day,
        span=span,
        check_id=None if check is None else check.check_id,
        snapshot=None if check is None else check.snapshot.id,
        needed=needed,
        undecided=undecided,
        not_in_force=lapsed,
        not_needed=not_needed,
        notes=list(_notes(catalogue, [*needed, *undecided])),
    )


def decider_for(known: Knowledge, catalogue: Catalogue) -> Decider:
    """What decides conditions of a city."""
    return Decider(known, lambda theme: layers_of_theme(catalogue, theme))


def approvals_of(pack: ApprovalsPack, span: Span) -> Iterator[Approval]:
    """The approvals of a stage, or of all stages, in the order of the pack."""
    return (one for one in pack.approvals if span in ("whole", one.stage))


def department_ref(catalogue: Catalogue, department: str) -> DepartmentRef:
    """A department by its id; one that the catalogue has not is called by that."""
    name = catalogue.department_names.get(department)
    return DepartmentRef(id=department, name=name or Bilingual(zh=department, en=department))


def _line(
    pack: ApprovalsPack, approval: Approval, answer: Answer, day: date, catalogue: Catalogue
) -> ApprovalLine:
    return ApprovalLine(
        id=approval.id,
        title=approval.title,
        stage=approval.stage,
        parallel=approval.parallel,
        department=department_ref(catalogue, approval.department),
        why=list(answer.why),
        legal_bases=pack.bases_in_force(approval, day),
        statutory=pack.limit_on(approval.statutory, day),
        promised=pack.limit_on(approval.promised, day),
    )


def _notes(catalogue: Catalogue, lines: Iterable[ApprovalLine]) -> Iterator[Bilingual]:
    """What limits the whole answer."""
    ids = {line.department.id for line in lines}
    strange = sorted(ids - catalogue.department_names.keys())
    if strange:
        names = ", ".join(strange)
        yield Bilingual(
            zh=f"图层目录中没有部门 {names}；请加载本市的审批事项清单",
            en=f"the catalogue has no department {names}; load an approvals pack of this city",
        )
