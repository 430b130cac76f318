"""Record what the description of the API shows: answers of a service over the sample city.

    make demo && .venv/bin/python -m tests.api.record_examples demo/blueprint.gpkg

It works on a copy of the store, asks as a caller of each kind would, and writes
`api/examples.json`: by operation, one answer, its lists cut to the first two. Bodies are those that
the description itself gives. What an earlier recording has and this one does not ask stays.
"""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from api import create_app
from api.description import bodies
from blueprint.access.api_keys import add_key
from blueprint.access.caller import Role
from blueprint.bootstrap import open_service

EXAMPLES = Path(__file__).parents[2] / "api" / "examples.json"
SITES = Path(__file__).parents[2] / "sample_data" / "sites"
HERE = "http://127.0.0.1:8000"
_KEPT_CORNERS = 4
_KEPT = 2
_PATIENCE_S = 60


@dataclass
class Recorder:
    """A service, who asks it, and what it has answered so far, by operation."""

    client: TestClient
    store: str
    operations: dict[str, tuple[str, str, Any]]
    found: dict[str, Any]

    def key_of(self, role: Role, *departments: str) -> dict[str, str]:
        """The header of a new caller."""
        with open_service(self.store) as service:
            name = "-".join(("example", role, *departments))
            _, text = add_key(service, name, role, departments=departments)
        return {"X-Api-Key": text}

    def ask(self, operation: str, headers: dict[str, str], **more: Any) -> Any:
        """Ask for one operation, its path filled in by keyword, and keep the answer."""
        method, template, body = self.operations[operation]
        answer = self._ask(method, template, headers, more, body)
        if answer.status_code >= 400:
            sys.exit(f"record_examples: {operation}: {answer.status_code} {answer.text[:400]}")
        document = answer.json() if answer.content else None
        if document is not None:
            self.found[operation] = shortened(document)
        return document

    def _ask(
        self, method: str, template: str, headers: dict[str, str], more: dict[str, Any], body: Any
    ) -> Response:
        sent = {name: more.pop(name) for name in ("json", "content", "params") if name in more}
        if body is not None and not sent.keys() & {"json", "content"}:
            sent["json"] = body
        return self.client.request(method, template.format(**more), headers=headers, **sent)


def shortened(value: Any) -> Any:
    """A document whose lists have no more than two members, and whose rings few corners."""
    if isinstance(value, dict):
        return {
            name: _corners(one) if name == "coordinates" else shortened(one)
            for name, one in value.items()
        }
    return [shortened(one) for one in value[:_KEPT]] if isinstance(value, list) else value


def _corners(value: Any) -> Any:
    """Coordinates with a few corners a ring, which stays closed."""
    if not isinstance(value, list) or not value or not isinstance(value[0], list):
        return value
    if isinstance(value[0][0], list):
        return [_corners(one) for one in value[:_KEPT]]
    whole = len(value) <= _KEPT_CORNERS + 1
    return value if whole else [*value[:_KEPT_CORNERS], value[0]]


def play(recorder: Recorder) -> None:
    """Ask everything that the description is to show."""
    staff = recorder.key_of("administrator")
    recorder.ask("landing", {})
    _play_blueprint(recorder, staff)
    _play_case(recorder, staff)
    _play_applicant(recorder, staff)
    _play_work(recorder, staff)


def _play_blueprint(recorder: Recorder, staff: dict[str, str]) -> None:
    (snapshot, *_) = recorder.ask("list_all_snapshots", staff)["snapshots"]
    recorder.ask(
        "show_snapshot_changes",
        staff,
        snapshot_id=snapshot["id"],
        params={"against": snapshot["id"]},
    )
    recorder.ask("show_layers", {})
    found = recorder.ask("list_found", {}, params={"rule": "exclusive.farmland_redline"})
    for step in bodies()["take_conflict_step"].values():
        recorder.ask(
            "take_conflict_step",
            staff,
            conflict_id=found["conflicts"][0]["id"],
            json=step["value"],
        )


def _play_case(recorder: Recorder, staff: dict[str, str]) -> None:
    ask = recorder.ask
    parent = ask("make_project", staff)["id"]
    project = ask("make_project", staff)["id"]
    ask("list_projects", staff)
    ask("make_project_version", staff, project_id=project)
    facts = recorder.operations["make_project"][2]["facts"]
    ask(
        "make_project_version",
        staff,
        project_id=project,
        json={"facts": facts, "site": _site_drawn()},
    )
    ask("show_project", staff, project_id=project)
    ask("list_project_versions", staff, project_id=project)
    phase = recorder.operations["link_project"][2] | {"parent_id": parent}
    link = ask("link_project", staff, project_id=project, json=phase)
    ask("show_project_lineage", staff, project_id=project)
    ask("show_project_duplicates", staff, project_id=project)
    case = ask("make_case", staff, project_id=project)["id"]
    ask("make_screening", staff, case_id=case, json={})
    ask("show_case_findings", staff, case_id=case)
    made = ask("make_check", staff, json=_site_drawn(), params={"name": "示例厂房北移"})
    said = {"check_id": made["check_id"], "note": "申请人提交的比选方案"}
    ask("attach_case_check", staff, case_id=case, json=said)
    ask("list_case_checks", staff, case_id=case)
    ask("ask_case_departments", staff, case_id=case)
    for one in ask("list_case_consultations", staff, case_id=case)["consultations"]:
        ask("make_case_opinion", recorder.key_of("officer", one["department"]["id"]), case_id=case)
    ask("list_case_opinions", staff, case_id=case)
    ask("make_case_outcome", staff, case_id=case, json={})
    ask("show_case_outcome", staff, case_id=case)
    ask("show_case_outcome_as", staff, case_id=case, suffix="json")
    ask("show_case_changes", staff, case_id=case)
    ask("show_case", staff, case_id=case)
    ask("list_all_cases", staff)
    event = {"item": "planning_permit", "status": 1, "at": "2026-09-21T09:00:00+08:00"}
    ask("note_case_events", staff, case_id=case, json={"events": [event]})
    ask("list_case_events", staff, case_id=case)
    ask("show_case_clock", staff, case_id=case)
    ask("supervise_cases", staff)
    ask("show_case_materials", staff, case_id=case)
    ask("show_case_form", staff, case_id=case)
    ask("fill_case", staff, case_id=case, json={"values": {"height_m": 24}})
    ask("get_case_exports", staff, case_id=case, params={"f": "json"})
    ask("get_project_exports", staff, project_id=project, params={"f": "json"})
    number = link["links"][0]["id"] if "links" in link else link["id"]
    ask("undo_project_link", staff, project_id=project, link_id=number)
    ask("explain_project_code", staff, code="2111-522323-04-01-342068")


def _site_drawn() -> dict[str, Any]:
    """A site of the sample city about which departments have to be asked."""
    drawn = json.loads((SITES / "consult.geojson").read_text("utf-8"))
    (feature,) = drawn.get("features", [drawn])
    shape: dict[str, Any] = feature.get("geometry", feature)
    return shape


def _play_applicant(recorder: Recorder, staff: dict[str, str]) -> None:
    ask = recorder.ask
    ask("say_applicant", staff, applicant_id="me")
    ask("show_applicant", staff, applicant_id="me")
    ask("list_applicant_versions", staff, applicant_id="me")
    held = ask("hold_applicant_document", staff, applicant_id="me")
    ask("list_applicant_documents", staff, applicant_id="me")
    ask(
        "withdraw_applicant_document",
        staff,
        applicant_id="me",
        document_id=held["id"],
    )


def _play_work(recorder: Recorder, staff: dict[str, str]) -> None:
    ask = recorder.ask
    ask("list_processes", staff)
    ask("describe_process", staff, process_id="site-check")
    brought = (SITES / "clear.txt").read_bytes()
    upload = ask("bring_file", staff, content=brought, params={"name": "clear.txt"})
    ask("show_upload", staff, upload_id=upload["id"])
    later = staff | {"Prefer": "respond-async"}
    job = ask("execute_process", later, process_id="site-check")
    ask("list_my_jobs", staff)
    until = time.monotonic() + _PATIENCE_S
    while ask("show_job", staff, job_id=job["jobID"])["status"] in {"accepted", "running"}:
        if time.monotonic() > until:
            sys.exit("record_examples: the job was not done in a minute")
        time.sleep(0.1)
    ask("show_results", staff, job_id=job["jobID"])
    ask("dismiss_job", staff, job_id=job["jobID"])
    webhook = ask("make_webhook", staff)["id"]
    for operation in ("show_webhook", "renew_secret", "wake_webhook", "list_deliveries"):
        ask(operation, staff, webhook_id=webhook)
    ask("show_webhooks", staff)


@contextmanager
def recorder_of(store: Path) -> Iterator[Recorder]:
    """A recorder over a copy of a store."""
    with TemporaryDirectory(prefix="blueprint-examples-") as folder:
        copy = Path(folder, "blueprint.gpkg")
        shutil.copy(store, copy)
        app = create_app(str(copy))
        operations = {
            operation["operationId"]: (method.upper(), path, _body(app.openapi(), operation))
            for path, methods in app.openapi()["paths"].items()
            for method, operation in methods.items()
        }
        with TestClient(app, base_url=HERE) as client:
            yield Recorder(client, str(copy), operations, {})


def _body(document: dict[str, Any], operation: dict[str, Any]) -> Any:
    """The first example that the description gives of a JSON body; None: it gives none."""
    content = operation.get("requestBody", {}).get("content", {})
    shape = content.get("application/json", {})
    given = shape.get("example") or next(iter(shape.get("examples", {}).values()), None)
    if given is not None:
        return given.get("value", given)
    name = shape.get("schema", {}).get("$ref", "").rpartition("/")[2]
    known = document["components"]["schemas"].get(name, {}).get("examples")
    return known[0] if known else None


def main() -> None:
    """Record over the store that is named."""
    with recorder_of(Path(sys.argv[1])) as recorder:
        play(recorder)
        kept = json.loads(EXAMPLES.read_text("utf-8"))
        known = {
            name: one
            for name, one in (kept | recorder.found).items()
            if name in recorder.operations or name == "problems"
        }
    EXAMPLES.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{len(recorder.found)} answers recorded, {len(known)} in all\n")


if __name__ == "__main__":
    main()
