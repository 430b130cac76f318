"""What takes long and can be asked for as a job: each process with its inputs and its one output.

`run` does the work and hands what it came to (`Work.keep`) over in the transaction that keeps what
it brought about. That is a reference, small and without findings: `show` reads what is behind it
for whoever asks, by their clearance of that day.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, Field, ValidationError

from blueprint.access.caller import Caller, Scope
from blueprint.access.rights import require_delivery
from blueprint.checks.batch import (
    BatchError,
    BatchResult,
    Day,
    Name,
    SiteBatch,
    batch_outcome,
    batch_result,
    check_batch,
    features_of,
)
from blueprint.checks.kept import save_check
from blueprint.clearance import Clearance
from blueprint.conflicts.kept_runs import run_of
from blueprint.conflicts.search import Workers, find_conflicts
from blueprint.deliveries.ingest import ingest_layer
from blueprint.deliveries.kept import find_delivery
from blueprint.deliveries.manifest import Request
from blueprint.deliveries.report import IngestReport
from blueprint.errors import InvalidInputs, UnknownProcess
from blueprint.progress import Progress
from blueprint.registry import current_catalogue, load_snapshot
from blueprint.service import Service
from blueprint.snapshots import pack_wanted
from blueprint.values import Bilingual, Slug, Value
from blueprint.work.uploads import delete_upload, find_upload, upload_as_file, upload_of
from conflict import Threads
from layers import UnknownLayer

Outcome = Mapping[str, Any]


class ConflictSearch(Value):
    """What is asked of a search: the snapshot, the day, and whether to use an earlier one."""

    snapshot: Annotated[Name | None, Field(description="id; the newest if not given")] = None
    date: Annotated[Day | None, Field(description="whose laws apply; today if not given")] = None
    afresh: Annotated[bool, Field(description="use nothing of an earlier search")] = False


class ConflictsFound(Value):
    """The search: its document without its conflicts, which GET /conflicts lists."""

    run_id: str
    snapshot: str
    complete: bool
    conflicts: int
    withheld_rules: int


class FileDelivery(Value):
    """What is asked to be ingested: an upload, as the next version of a layer."""

    layer: Annotated[Slug, Field(description="id, as in the catalogue")]
    file: Annotated[Name, Field(description="id of a file brought by POST /uploads before")]
    source_layer: Annotated[Name | None, Field(description="layer within the file")] = None
    crs: Annotated[Name | None, Field(description="where the file is silent or wrong")] = None
    encoding: Annotated[Name | None, Field(description="character set of the attributes")] = None
    effective: Annotated[Day | None, Field(description="in effect since; today")] = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a process works with: for whose eyes, whom it tells how far it is, who takes over."""

    service: Service
    clearance: Clearance
    progress: Progress
    keep: Callable[[sa.Connection, Outcome], None]


@dataclass(frozen=True, slots=True)
class Process:
    """One process; `look` refuses at once what could not be done later.

    `files` are those of its inputs that are ids of uploads.
    """

    id: str
    title: Bilingual
    description: Bilingual
    inputs: type[Value]
    output: str
    result: type[BaseModel]
    at_once: bool
    scope: Scope
    look: Callable[[Service, Caller, Any], None]
    run: Callable[[Work, Any], None]
    show: Callable[[sa.Connection, Outcome, Clearance], BaseModel]
    files: frozenset[str] = frozenset()

    def inputs_of(self, given: Mapping[str, Any]) -> Value:
        """The inputs, checked.

        Raises:
            InvalidInputs: one is missing, unknown or wrong.
        """
        try:
            return self.inputs.model_validate(given)
        except ValidationError as problem:
            first = problem.errors(include_input=False)[0]
            where = ".".join(str(step) for step in first["loc"]) or "inputs"
            message = f"{where}: {first['msg']}; see /processes/{self.id}"
            raise InvalidInputs(" ".join(message.split())) from None


def process_of(process_id: str) -> Process:
    """The process of that id.

    Raises:
        UnknownProcess: there is none.
    """
    found = PROCESSES.get(process_id)
    if found is None:
        raise UnknownProcess(f"{process_id!a}: no such process; there are {', '.join(PROCESSES)}")
    return found


def _look_for_snapshot(service: Service, _caller: Caller, asked: Any) -> None:
    with service.database.read() as connection:
        load_snapshot(connection, asked.snapshot)


def _search(work: Work, asked: ConflictSearch) -> None:
    find_conflicts(
        work.service,
        day=asked.date,
        snapshot_id=asked.snapshot,
        clearance=work.clearance,
        workers=Workers(Threads()),
        afresh=asked.afresh,
        progress=work.progress,
        also=lambda connection, head: work.keep(connection, {"run_id": head.run_id}),
    )


def _show_search(
    connection: sa.Connection, outcome: Outcome, clearance: Clearance
) -> ConflictsFound:
    run = run_of(connection, outcome["run_id"], clearance)
    return ConflictsFound(
        run_id=run.head.run_id,
        snapshot=run.head.snapshot.id,
        complete=run.head.complete,
        conflicts=len(run.conflicts),
        withheld_rules=sum(line.withheld for line in run.head.rules),
    )


def _look_at_sites(service: Service, caller: Caller, asked: SiteBatch) -> None:
    features_of(asked)
    _look_for_snapshot(service, caller, asked)


def _check_sites(work: Work, asked: SiteBatch) -> None:
    snapshot, answers = check_batch(work.service, asked, work.clearance, work.progress)
    with work.service.database.write() as connection:
        for _, answer in answers:
            if not isinstance(answer, BatchError):
                save_check(connection, answer)
        work.keep(connection, batch_outcome(snapshot, answers))
    pack_wanted(work.service)


def _look_at_delivery(service: Service, caller: Caller, asked: FileDelivery) -> None:
    with service.database.read() as connection:
        find_upload(connection, asked.file, caller)
        _, catalogue = current_catalogue(connection)
    layer = catalogue.by_id.get(asked.layer)
    if layer is None or not layer.visible_to(caller.clearance):
        raise UnknownLayer(f"{asked.layer}: not in the catalogue; name a layer that is")
    require_delivery(caller, layer)


def _take_in(work: Work, asked: FileDelivery) -> None:
    database = work.service.database

    def keep(connection: sa.Connection, report: IngestReport) -> None:
        if report.status == "taken":  # one that was refused may be asked for again otherwise
            delete_upload(connection, asked.file)
        work.keep(connection, {"delivery": report.delivery})

    with ExitStack() as stack:
        with database.read() as connection:
            upload = upload_of(connection, asked.file)
            path = stack.enter_context(upload_as_file(connection, upload))
        request = Request(asked.layer, path, asked.source_layer, asked.crs, asked.encoding)
        ingest_layer(work.service, request, asked.effective, progress=work.progress, also=keep)


def _show_delivery(
    connection: sa.Connection, outcome: Outcome, clearance: Clearance
) -> IngestReport:
    return find_delivery(connection, outcome["delivery"], clearance)


PROCESSES: dict[str, Process] = {
    process.id: process
    for process in (
        Process(
            id="blueprint-conflicts",
            title=Bilingual(zh="差异图斑查找", en="Search a snapshot for conflicts"),
            description=Bilingual(
                zh="按管控规则查找一个蓝图快照中各图层之间的矛盾；结果见 /conflicts",
                en="Where the layers of a snapshot fight by its rules; GET /conflicts lists them",
            ),
            inputs=ConflictSearch,
            output="search",
            result=ConflictsFound,
            at_once=False,
            scope="change",
            look=_look_for_snapshot,
            run=_search,
            show=_show_search,
        ),
        Process(
            id="site-check",
            title=Bilingual(zh="批量选址预检", en="Check a batch of sites"),
            description=Bilingual(
                zh="逐一检查要素集合中的每个地块；有误的地块单独列出，不影响其他地块",
                en="A check for each feature of a collection; one that cannot be checked is named "
                "with the reason and holds up no other",
            ),
            inputs=SiteBatch,
            output="checks",
            result=BatchResult,
            at_once=True,
            scope="check",
            look=_look_at_sites,
            run=_check_sites,
            show=batch_result,
        ),
        Process(
            id="ingest",
            title=Bilingual(zh="图层数据入库", en="Take a delivery in"),
            description=Bilingual(
                zh="把先前上传的文件作为图层的下一版本入库，或说明退回的理由",
                en="An uploaded file becomes the next version of a layer, or is refused with the "
                "reason",
            ),
            inputs=FileDelivery,
            output="report",
            result=IngestReport,
            at_once=False,
            scope="change",
            look=_look_at_delivery,
            run=_take_in,
            show=_show_delivery,
            files=frozenset({"file"}),
        ),
    )
}
