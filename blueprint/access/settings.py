"""How callers prove who they are, and how much they may ask, as the environment says.

BLUEPRINT_OIDC_ISSUER and BLUEPRINT_OIDC_AUDIENCE name whose tokens are believed;
BLUEPRINT_OIDC_ROLE_CLAIM, _DEPARTMENT_CLAIM and _ROLES how a token says what someone is;
BLUEPRINT_LIMITS how many requests of a minute are answered, BLUEPRINT_MAX_BODY_MIB how large one
may be.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from blueprint.access.caller import ROLES, Role
from blueprint.errors import InvalidAccess

LOCAL_KEY = "BLUEPRINT_LOCAL_KEY_SHA256"
"""Where a server tells its workers the hash of the administrator's key of its life."""

_LIMIT = re.compile(r"(\w+)=(\d+)(?:/([1-9]\d*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed, for whom they must be made, and what in them says what."""

    url: str
    audience: str
    role_claim: str = "roles"
    department_claim: str = "departments"
    roles: Mapping[str, Role] = field(default_factory=lambda: {role: role for role in ROLES})


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests of a minute are answered, and how many of them may be POSTs."""

    requests: int
    posts: int


DEFAULT_LIMITS: Mapping[Role, Limit] = {
    "applicant": Limit(1_200, 120),
    "planner": Limit(12_000, 600),
    "officer": Limit(12_000, 600),
    "approver": Limit(12_000, 1_200),
}
"""An administrator has none."""


@dataclass(frozen=True, slots=True)
class Access:
    """What the environment says; `limits` has no row for a role without one."""

    issuer: Issuer | None = None
    limits: Mapping[Role, Limit] = field(default_factory=lambda: DEFAULT_LIMITS)
    largest_body: int = 10 << 20
    local_key_sha256: str | None = None


def access_from(environment: Mapping[str, str] = os.environ) -> Access:
    """What an environment says.

    Raises:
        InvalidAccess: a variable cannot be understood, or one is missing that another needs.
    """
    return Access(
        issuer=_issuer(environment),
        limits=_limits(environment.get("BLUEPRINT_LIMITS", "")),
        largest_body=_largest_body(environment.get("BLUEPRINT_MAX_BODY_MIB") or "10"),
        local_key_sha256=environment.get(LOCAL_KEY) or None,
    )


def _issuer(environment: Mapping[str, str]) -> Issuer | None:
    url = environment.get("BLUEPRINT_OIDC_ISSUER", "")
    audience = environment.get("BLUEPRINT_OIDC_AUDIENCE", "")
    if not url:
        return None
    parts = urlsplit(url)
    on_this_machine = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or on_this_machine):
        message = f"BLUEPRINT_OIDC_ISSUER {url}: give an https address"
        raise InvalidAccess(message)
    if not audience:
        message = (
            "BLUEPRINT_OIDC_AUDIENCE: say for whom tokens must be made; any would do otherwise"
        )
        raise InvalidAccess(message)
    return Issuer(
        url=url,
        audience=audience,
        role_claim=environment.get("BLUEPRINT_OIDC_ROLE_CLAIM") or "roles",
        department_claim=environment.get("BLUEPRINT_OIDC_DEPARTMENT_CLAIM") or "departments",
        roles=_roles(environment.get("BLUEPRINT_OIDC_ROLES", "")),
    )


def _roles(text: str) -> Mapping[str, Role]:
    """`name=role,…`: what the issuer calls a role, and which it is; the same names unless given."""
    known: dict[str, Role] = {role: role for role in ROLES}
    if not text:
        return known
    found: dict[str, Role] = {}
    for pair in text.split(","):
        name, _, role = (part.strip() for part in pair.rpartition("="))
        if not name or role not in known:
            message = f"BLUEPRINT_OIDC_ROLES {pair}: write NAME=ROLE, of {', '.join(known)}"
            raise InvalidAccess(message)
        found[name] = known[role]
    return found


def _largest_body(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 4096):
        raise InvalidAccess(f"BLUEPRINT_MAX_BODY_MIB {text}: give 1 to 4096")
    return int(text) << 20


def _limits(text: str) -> Mapping[Role, Limit]:
    """`role=requests/posts,…` instead of the usual ones; 0: none; `off`: none at all."""
    if text == "off":
        return {}
    limits = dict(DEFAULT_LIMITS)
    names: dict[str, Role] = {role: role for role in ROLES}
    for part in filter(None, (one.strip() for one in text.split(","))):
        found = _LIMIT.fullmatch(part)
        if found is None or found[1] not in names:
            message = f"BLUEPRINT_LIMITS {part}: write ROLE=REQUESTS/POSTS a minute, or off"
            raise InvalidAccess(message)
        requests = int(found[2])
        limits[names[found[1]]] = Limit(requests, int(found[3] or requests))
        if not requests:
            del limits[names[found[1]]]
    return limits
