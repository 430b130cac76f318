"""Rows of cases: their approval items, what happened to these, and what departments answered.

An event that was undone, and an opinion that a later one took the place of, stay in the tables and
are not valid any more (SJYXBS 0), with the reason. What only this service knows of has no status
code there: that an entry was undone, that a decision was delivered.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from blueprint.approvals.held import HeldEntry
from blueprint.cases.documents import ANSWERS, Basis, Opinion
from blueprint.cases.files import CaseHead
from blueprint.cases.ledger import Told
from blueprint.clock.events import NotedEvent, Status, standing
from blueprint.clock.limits import ItemLimits
from blueprint.exchange.columns import TableName
from blueprint.exchange.documents import Content, Row
from blueprint.exchange.project_rows import ProjectRows
from blueprint.exchange.sources import CaseItem, Sources

NOT_VALID = 0
OTHER_PROCEDURE = 8
"""TBCX: 其他, which asks for the name of the procedure; other numbers are not known here."""
WORKING_DAYS = 1
"""TBCXSXLX: 工作日; other numbers are not known here."""

_OF_OURS = {Status.UNDONE, Status.DELIVERED}
_APPROVED = {Status.APPROVED, Status.APPROVED_INCOMPLETE}
_UNDONE = "该条办理记录已被撤销"


class CaseRows:
    """What the tables have of cases."""

    def __init__(self, sources: Sources, projects: ProjectRows) -> None:
        self._sources, self._projects = sources, projects

    def tables(self) -> dict[TableName, Sequence[Row]]:
        """The rows of every table of cases."""
        items = [item for item in self._sources.items if _exported(item)]
        return {
            "SPGL_XMSPSXBLXXB": [self._item(item) for item in items],
            "SPGL_XMSPSXBLXXXXB": list(_each(self._events, items)),
            "SPGL_XMSPSXBLTBCXXXB": list(_each(self._procedures, items)),
            "SPGL_XMSPSXPFWJXXB": list(_each(self._decisions, items)),
            "SPGL_XMQTFJXXB": list(map(self._document, self._sources.held)),
            "SPGL_XMQQYJXXB": list(self._opinions()),
        }

    def _item(self, item: CaseItem) -> Row:
        department = item.limits.department
        names = self._sources.catalogue.department_names
        return {
            **self._of_item(item, _instance(item)),
            "SPSXBM": item.limits.item,
            "SPBMMC": names[department].zh if department in names else None,
            "BLSPSLBM": item.case.id,
            "SXBLSX": _working_days(item.limits),
        }

    def _events(self, item: CaseItem) -> Iterator[Row]:
        for event in _exported(item):
            yield {
                **self._of_event(item, event),
                "BLR": event.who,
                "BLZT": int(event.status),
                "BLYJ": event.note,
                "BLSJ": self._sources.local(event.at),
            }

    def _procedures(self, item: CaseItem) -> Iterator[Row]:
        for event in _exported(item):
            if event.status == Status.SPECIAL_BEGUN:
                yield {
                    **self._of_event(item, event),
                    "TBCX": None if event.name is None else OTHER_PROCEDURE,
                    "TBCXMC": event.name,
                    "TBCXKSSJ": self._sources.local(event.at),
                    "TBCXSXLX": WORKING_DAYS
                    if event.days is not None and event.unit == "working"
                    else None,
                    "TBCXSX": event.days,
                }

    def _decisions(self, item: CaseItem) -> Iterator[Row]:
        for event in _exported(item):
            if event.status not in _APPROVED:
                continue
            own: dict[str, Content] = {
                **self._of_event(item, event),
                "PFRQ": self._sources.local(event.at).date(),
                "PFWH": None if event.notice is None else event.notice.number,
            }
            given = self._given(item)
            if not given:
                yield own
            for entry in given:
                said, kinds = entry.document, self._sources.approvals.documents
                yield {
                    **own,
                    "DFSJZJ": f"{own['DFSJZJ']}.{entry.id}",
                    "PFRQ": said.issued_on or own["PFRQ"],
                    "PFWH": said.number or own["PFWH"],
                    "PFWJBT": kinds[said.kind].title.zh,
                    "PFWJYXQX": said.valid_until,
                }

    def _given(self, item: CaseItem) -> list[HeldEntry]:
        """The documents that came out of an approval in its case."""
        approval = self._sources.approvals.by_id.get(item.limits.item)
        gives = () if approval is None else approval.gives
        return [
            entry
            for entry in self._sources.held
            if entry.document.case_id == item.case.id and entry.document.kind in gives
        ]

    def _document(self, entry: HeldEntry) -> Row:
        kind = self._sources.approvals.documents.get(entry.document.kind)
        return {
            **self._projects.own(entry.id),
            "GCDM": self._projects.codes[self._sources.view.project.id],
            "FJMC": entry.document.kind if kind is None else kind.title.zh,
            "FJID": entry.id,
        }

    def _opinions(self) -> Iterator[Row]:
        newest = {
            (case.id, told.said.department.id): told.said.version
            for case, told in self._sources.opinions
        }
        for case, told in self._sources.opinions:
            yield self._opinion(case, told, newest[case.id, told.said.department.id])

    def _opinion(self, case: CaseHead, told: Told[Opinion], newest: int) -> Row:
        said = told.said
        key = f"{case.id}.{said.department.id}.{said.version}"
        row: dict[str, Content] = {
            **self._projects.own(f"{case.id}.{told.step.number}"),
            "XMDM": self._projects.whole_code(case.project_id),
            "QQYJSLBM": key,
            "BLDWMC": said.department.name.zh,
            "FKSJ": self._sources.local(told.step.at),
            "BLR": told.step.who,
            "QQYJ": opinion_text(said),
        }
        if said.version != newest:
            row |= {"SJYXBS": NOT_VALID, "SJWXYY": f"已由该部门第 {newest} 版意见替代"}
        return row

    def _of_item(self, item: CaseItem, key: str) -> dict[str, Content]:
        return {
            **self._projects.own(key),
            "GCDM": self._projects.codes[item.case.project_id],
            "SPSXSLBM": _instance(item),
        }

    def _of_event(self, item: CaseItem, event: NotedEvent) -> dict[str, Content]:
        row = self._of_item(item, f"{item.case.id}.{event.number}")
        if event.number not in {one.number for one in standing(item.events)}:
            row |= {"SJYXBS": NOT_VALID, "SJWXYY": _UNDONE}
        return row


def opinion_text(opinion: Opinion) -> str:
    """A department's answer in one text: what it says, on which conditions, on what that rests."""
    parts = [ANSWERS[opinion.answer].zh]
    conditions = [one.text for one in opinion.conditions]
    if conditions:
        numbered = [f"{number}. {text}" for number, text in enumerate(conditions, start=1)]
        parts.append(f"条件：{'；'.join(numbered)}")
    bases = [_basis_text(one) for one in opinion.basis]
    if bases:
        parts.append(f"依据：{'；'.join(bases)}")
    return "。".join(parts)


def _basis_text(basis: Basis) -> str:
    legal = basis.legal
    cited = "" if legal is None else f"《{legal.title.zh}》{legal.article or ''}"
    return "，".join(part for part in (cited, basis.text) if part)


def _exported(item: CaseItem) -> list[NotedEvent]:
    """The events that have a status code of the standard."""
    return [event for event in item.events if event.status not in _OF_OURS]


def _each(rows: Callable[[CaseItem], Iterator[Row]], items: Iterable[CaseItem]) -> Iterator[Row]:
    for item in items:
        yield from rows(item)


def _instance(item: CaseItem) -> str:
    """SPSXSLBM: one item in one case."""
    return f"{item.case.id}.{item.limits.item}"


def _working_days(limits: ItemLimits) -> int | None:
    """SXBLSX: what is promised, else what the law sets; of working days alone."""
    limit = limits.promised or limits.statutory
    return limit.days if limit is not None and limit.unit == "working" else None
