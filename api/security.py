"""What the description of the API says of who may call what: as the policy has it."""

import re
from http import HTTPStatus
from typing import Any

from api.policy import POLICY, Policy
from api.problems import problems

_CONVERTER = re.compile(r":\w+}")
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the issuer that the service is configured for; or an API key",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "A key that an administrator has made",
    },
}


def secure(document: dict[str, Any]) -> None:
    """Add the ways to say who calls, and to each operation which it needs and how it refuses."""
    document["components"]["securitySchemes"] = _SCHEMES
    for (method, template), policy in POLICY.items():
        path = document["paths"].get(_CONVERTER.sub("}", template), {})
        operation = path.get(method.lower())
        if operation is not None:
            _describe(operation, policy, takes_body=method in ("POST", "PUT", "PATCH"))


def _describe(operation: dict[str, Any], policy: Policy, *, takes_body: bool) -> None:
    named: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
    # an empty one: nobody has to say who he is
    is_open = "applicant" in policy.roles and not policy.named
    operation["security"] = [{}, *named] if is_open else named
    more = [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS]
    if takes_body:
        more.append(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    every = problems(*more)
    for status in more:
        operation["responses"].setdefault(str(int(status)), every[int(status)])
