"""What the description shows as examples is taken by the service, as it stands."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.description import PARAMETERS
from blueprint.bootstrap import open_service
from blueprint.conflicts.search import find_conflicts

from .record_examples import Recorder, play, recorder_of

PATHS = PARAMETERS | {"suffix": "json"}


@pytest.fixture(scope="module")
def recorder(sample_geopackage: str) -> Iterator[Recorder]:
    with recorder_of(Path(sample_geopackage)) as recorder:
        with open_service(recorder.store) as service:
            find_conflicts(service)
        yield recorder


def test_the_bodies_that_are_shown_are_taken(recorder: Recorder):
    play(recorder)
    sent = {name for name, (method, _, body) in recorder.operations.items() if body is not None}
    assert sent <= recorder.found.keys()
    for body in recorder.client.app.openapi()["paths"]["/site-checks"]["post"]["requestBody"][
        "content"
    ]["application/geo+json"]["examples"].values():
        answer = recorder.client.post("/site-checks", json=body["value"])
        assert answer.is_success, answer.text


def text_of(parameter: dict[str, Any]) -> str:
    example = parameter["example"]
    return ",".join(map(str, example)) if isinstance(example, list) else str(example)


def test_the_queries_that_are_shown_are_understood(recorder: Recorder):
    headers = recorder.key_of("approver")
    asked = 0
    for path, methods in recorder.client.app.openapi()["paths"].items():
        shown = [
            one
            for one in methods.get("get", {}).get("parameters", [])
            if one["in"] == "query" and "example" in one
        ]
        if not shown:
            continue
        needed = {one["name"]: text_of(one) for one in shown if one["required"]}
        address = path.format_map(PATHS | {"job_id": "job_1", "upload_id": "up_1"})
        for one in shown:
            params = needed | {one["name"]: text_of(one)}
            answer = recorder.client.get(address, params=params, headers=headers)
            # the snapshot, the case that is shown may not be there
            assert answer.is_success or answer.status_code == 404, (address, one, answer.text)
            asked += 1
    assert asked > 50
