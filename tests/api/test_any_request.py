"""Requests of any kind that the description allows or forbids: none is a fault of the service."""

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks
from starlette.types import ASGIApp, Receive, Scope, Send

from api import create_app

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
EXAMPLES = 15
"""For each operation; more were tried by hand."""


class Served:
    """The application that is asked: known only once its store is."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


SERVED = Served()
API = schemathesis.openapi.from_dict(create_app("nowhere.gpkg").openapi())
API.app = SERVED
OPERATIONS = {found.ok().label: found.ok() for found in API.get_all_operations()}


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_is_answered_by_a_fault_or_by_what_is_not_described(
    town_client: TestClient, label: str
):
    SERVED.app = town_client.app
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    requests = st.one_of(*(OPERATIONS[label].as_strategy(generation_mode=mode) for mode in modes))

    @given(requests)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    ask()
