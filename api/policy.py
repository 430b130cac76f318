"""Who may call what: one row for every route, and nothing that has no row.

Input: a method and a path. Output: the route that they lead to, by the same templates in the same
order as the router goes by, and its row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, compile_path

from blueprint.access.caller import ROLES, Caller, Role, Scope

RouteKey = tuple[str, str]
"""A method and the template of a path."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The roles that may call a route, and the scope that they need for it; None: none.

    `weighs`: the route itself sees to it that a body is not too large. `named`: only those who say
    who they are may call.
    """

    roles: frozenset[Role]
    scope: Scope | None
    weighs: bool = False
    named: bool = False

    def admits(self, caller: Caller) -> bool:
        """Whether the caller may call."""
        known = not (self.named and caller.is_anonymous)
        asked = self.scope is None or self.scope in caller.scopes
        return known and caller.role in self.roles and asked


ANYONE = frozenset(ROLES)
STAFF = ANYONE - {"applicant"}
APPROVAL = frozenset[Role]({"approver", "administrator"})
ADMINISTRATOR = frozenset[Role]({"administrator"})

_OPEN, _READ, _CHECK = (Policy(ANYONE, scope) for scope in (None, "read", "check"))
_CHANGE, _MANAGE = Policy(STAFF, "change"), Policy(ADMINISTRATOR, "manage")
_STAFF_READ = Policy(STAFF, "read")
_OWN = Policy(ANYONE, "check", named=True)
_EXPORT = Policy(APPROVAL, "check")
_APPROVE = Policy(APPROVAL, "change")
_NOTE = Policy(frozenset[Role]({"officer", "approver", "administrator"}), "change")
_ANSWER = Policy(frozenset[Role]({"officer"}), "change")

POLICY: Mapping[RouteKey, Policy] = {
    ("GET", "/"): _OPEN,
    ("GET", "/healthz"): _OPEN,
    ("GET", "/livez"): _OPEN,
    ("GET", "/readyz"): _OPEN,
    ("GET", "/metrics"): Policy(ADMINISTRATOR, "observe"),
    ("GET", "/conformance"): _OPEN,
    ("GET", "/api"): _OPEN,
    ("GET", "/openapi.json"): _OPEN,
    ("GET", "/openapi-3.0.json"): _OPEN,
    ("GET", "/app/{path:path}"): _OPEN,
    ("GET", "/docs"): _OPEN,
    ("GET", "/docs/assets/{path:path}"): _OPEN,
    ("GET", "/caller"): _OPEN,
    ("GET", "/catalogue"): _READ,
    ("GET", "/layers"): _READ,
    ("GET", "/rules"): _READ,
    ("GET", "/snapshots"): _READ,
    ("GET", "/snapshots/{snapshot_id}/changes"): _READ,
    ("GET", "/supervision"): _READ,
    ("GET", "/deliveries"): _STAFF_READ,
    ("GET", "/deliveries/{number}"): _STAFF_READ,
    ("GET", "/deliveries/{number}/places"): _STAFF_READ,
    ("GET", "/collections"): _READ,
    ("GET", "/collections/{collection_id}"): _READ,
    ("GET", "/collections/{collection_id}/queryables"): _READ,
    ("GET", "/collections/{collection_id}/items"): _READ,
    ("GET", "/collections/{collection_id}/items/{feature_id:path}"): _READ,
    ("GET", "/tileMatrixSets"): _OPEN,
    ("GET", "/tileMatrixSets/{tileMatrixSetId}"): _OPEN,
    ("GET", "/collections/{collection_id}/tiles"): _READ,
    ("GET", "/collections/{collection_id}/tiles/{tileMatrixSetId}"): _READ,
    ("GET", "/collections/{collection_id}/tiles/{tileMatrixSetId}/tilejson.json"): _READ,
    (
        "GET",
        "/collections/{collection_id}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    ): _READ,
    ("GET", "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"): _READ,
    ("POST", "/site-checks"): _CHECK,
    ("GET", "/site-checks/{check_id}.{suffix}"): _CHECK,
    ("GET", "/site-checks/{check_id}"): _CHECK,
    ("GET", "/site-checks/{check_id}/verification"): _CHECK,
    ("GET", "/conflicts"): _READ,
    ("GET", "/conflicts/{conflict_id}"): _READ,
    ("GET", "/conflict-totals"): _READ,
    ("POST", "/conflicts/{conflict_id}/steps"): _CHANGE,
    ("GET", "/projects"): _OWN,
    ("POST", "/projects"): _OWN,
    ("GET", "/projects/{project_id}"): _OWN,
    ("GET", "/projects/{project_id}/versions"): _OWN,
    ("POST", "/projects/{project_id}/versions"): _OWN,
    ("POST", "/projects/{project_id}/cases"): _OWN,
    ("GET", "/projects/{project_id}/lineage"): _OWN,
    ("POST", "/projects/{project_id}/lineage"): _OWN,
    ("POST", "/projects/{project_id}/lineage/{link_id}/undoing"): _OWN,
    ("GET", "/projects/{project_id}/duplicates"): _OWN,
    ("GET", "/projects/{project_id}/exports.{suffix}"): _EXPORT,
    ("GET", "/projects/{project_id}/exports"): _EXPORT,
    ("GET", "/codes/{code}"): _READ,
    ("GET", "/cases"): _OWN,
    ("GET", "/cases/{case_id}"): _OWN,
    ("GET", "/cases/{case_id}/exports.{suffix}"): _EXPORT,
    ("GET", "/cases/{case_id}/exports"): _EXPORT,
    ("POST", "/cases/{case_id}/screening"): _APPROVE,
    ("GET", "/cases/{case_id}/findings"): _OWN,
    ("GET", "/cases/{case_id}/changes"): _OWN,
    ("GET", "/cases/{case_id}/checks"): _OWN,
    ("POST", "/cases/{case_id}/checks"): _APPROVE,
    ("GET", "/cases/{case_id}/consultations"): _OWN,
    ("POST", "/cases/{case_id}/consultations"): _APPROVE,
    ("GET", "/cases/{case_id}/opinions"): _OWN,
    ("POST", "/cases/{case_id}/opinions"): _ANSWER,
    ("GET", "/cases/{case_id}/outcome.{suffix}"): _OWN,
    ("GET", "/cases/{case_id}/outcome"): _OWN,
    ("POST", "/cases/{case_id}/outcome"): _APPROVE,
    ("GET", "/cases/{case_id}/clock"): _OWN,
    ("GET", "/cases/{case_id}/clock/chart"): _OWN,
    ("GET", "/cases/{case_id}/events"): _OWN,
    ("POST", "/cases/{case_id}/events"): _NOTE,
    ("GET", "/clock/supervision"): _CHANGE,
    ("GET", "/approvals"): _READ,
    ("GET", "/approvals/{approval_id}"): _READ,
    ("GET", "/cases/{case_id}/materials"): _OWN,
    ("GET", "/cases/{case_id}/form"): _OWN,
    ("PUT", "/cases/{case_id}/form"): _OWN,
    ("GET", "/applicants/{applicant_id}/profile"): _OWN,
    ("GET", "/applicants/{applicant_id}/profile/versions"): _OWN,
    ("PUT", "/applicants/{applicant_id}/profile"): _OWN,
    ("GET", "/applicants/{applicant_id}/documents"): _OWN,
    ("POST", "/applicants/{applicant_id}/documents"): _APPROVE,
    ("POST", "/applicants/{applicant_id}/documents/{document_id}/withdrawal"): _APPROVE,
    ("GET", "/processes"): _OPEN,
    ("GET", "/processes/{process_id}"): _OPEN,
    ("POST", "/processes/{process_id}/execution"): _CHECK,  # some ask for more
    ("GET", "/jobs"): _CHECK,
    ("GET", "/jobs/{job_id}"): _CHECK,
    ("DELETE", "/jobs/{job_id}"): _CHECK,
    ("GET", "/jobs/{job_id}/results"): _CHECK,
    ("POST", "/uploads"): replace(_CHANGE, weighs=True),
    ("GET", "/uploads/{upload_id}"): _CHANGE,
    ("DELETE", "/uploads/{upload_id}"): _CHANGE,
    ("GET", "/webhooks"): _MANAGE,
    ("POST", "/webhooks"): _MANAGE,
    ("GET", "/webhooks/{webhook_id}"): _MANAGE,
    ("DELETE", "/webhooks/{webhook_id}"): _MANAGE,
    ("POST", "/webhooks/{webhook_id}/secret"): _MANAGE,
    ("POST", "/webhooks/{webhook_id}/enabling"): _MANAGE,
    ("GET", "/webhooks/{webhook_id}/deliveries"): _MANAGE,
}
"""Which layers and findings a caller then sees is up to its clearance, on every road alike."""


class Routes:
    """The routes of an application, in the order in which they are tried; HEAD is as GET."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = [
            (key, compile_path(key[1])[0], is_mount) for key, is_mount in _enumerated(app)
        ]

    def __iter__(self) -> Iterator[RouteKey]:
        return (key for key, _, _ in self._routes)

    def find(self, method: str, path: str) -> RouteKey | None:
        """The route that a request comes to; None: there is none, or not by this method."""
        for key, template, is_mount in self._routes:
            # what is mounted looks at the method itself
            if (is_mount or key[0] == method) and template.match(path):
                return key
        return None


def _enumerated(app: FastAPI) -> Iterator[tuple[RouteKey, bool]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            yield ("GET", f"{route.path}/{{path:path}}"), True
        else:
            for method in sorted(set(route.methods or ()) - {"HEAD"}):
                yield (method, route.path or ""), False
