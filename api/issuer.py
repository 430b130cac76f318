"""Bearer tokens of an OpenID Connect issuer: whose key signed them, and what they say.

Input: a token. Output: its claims, once signature, issuer, audience and times are right, and the
caller that they make. Keys come from the issuer's own discovery document, are kept for an hour, and
are fetched again when a token names one that is not known. Only algorithms of two keys are taken:
with one that signs and checks by the same key, the published key would sign tokens of anybody's.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from http.client import HTTPException
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel

from blueprint.access.caller import MAY, ROLES, Caller, Role
from blueprint.access.settings import Issuer

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
LEEWAY_S = 60
"""How far the issuer's clock may be from ours."""

_FRESH_S, _USABLE_S, _APART_S = 3600.0, 86_400.0, 10.0
_PATIENCE_S = 5.0
_LARGEST_ANSWER = 1 << 20
_LONGEST_TOKEN, _LONGEST_NAME = 16_384, 200
_DEPARTMENT = re.compile(r"[a-z][a-z0-9_]{0,47}", re.ASCII)
_DISCOVERY = "/.well-known/openid-configuration"


class TokenRefused(Exception):
    """A token is not believed; the text says why without repeating any of it."""


class IssuerUnavailable(Exception):
    """The issuer's keys cannot be had, so that nothing can be said of a token."""


class Keyring:
    """The keys of one issuer; safe for threads."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = monotonic) -> None:
        self.issuer = issuer
        self._clock = clock
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._fetched = self._tried = float("-inf")
        self._failed = False

    def claims_of(self, token: str) -> dict[str, Any]:
        """What a token says that is believed.

        Raises:
            TokenRefused: it is not believed.
            IssuerUnavailable: its key is not known and cannot be asked for.
        """
        keys = self._keys_for(_key_id(token))
        aud: jwt.ClaimsOption = {"essential": True, "value": self.issuer.audience}
        iss: jwt.ClaimsOption = {"essential": True, "value": self.issuer.url}
        needed: jwt.ClaimsOption = {"essential": True}
        rules = jwt.JWTClaimsRegistry(leeway=LEEWAY_S, iss=iss, aud=aud, exp=needed, sub=needed)
        try:
            claims = jwt.decode(token, keys, ALGORITHMS).claims
            rules.validate(claims)
            _refuse_strange_name(claims["sub"])
        except ExpiredTokenError:
            raise TokenRefused("the token has expired; sign in again") from None
        except (JoseError, ValueError, TypeError) as error:
            name = type(error).__name__.removesuffix("Error")
            raise TokenRefused(f"the token is not one for this service ({name})") from None
        return claims

    def _keys_for(self, key_id: str | None) -> KeySet:
        with self._lock:
            now = self._clock()
            known = self._keys is not None and _has(self._keys, key_id)
            fresh = now - self._fetched < _FRESH_S
            if not (known and fresh) and now - self._tried >= _APART_S:
                self._fetch(now)
            if self._keys is not None and now - self._fetched >= _USABLE_S:
                self._keys = None
            if self._keys is not None and _has(self._keys, key_id):
                return self._keys
            if self._failed or self._keys is None:
                message = "the issuer of tokens does not answer; try again later"
                raise IssuerUnavailable(message)
        raise TokenRefused("the token was signed with a key that its issuer does not publish")

    def _fetch(self, now: float) -> None:
        self._tried = now
        try:
            self._keys = _published(self.issuer.url)
        except (OSError, HTTPException, JoseError, ValueError, LookupError, TypeError):
            self._failed = True
        else:
            self._failed, self._fetched = False, now


def _published(issuer: str) -> KeySet:
    """The keys that an issuer publishes for signatures.

    Raises:
        OSError, HTTPException: it does not answer.
        JoseError, ValueError, LookupError, TypeError: it does not answer as an issuer does.
    """
    said = _Discovery.model_validate(_get(issuer.rstrip("/") + _DISCOVERY))
    if said.issuer != issuer:
        raise ValueError(said.issuer)
    if urlsplit(issuer).scheme == "https" != urlsplit(said.jwks_uri).scheme:
        raise ValueError(said.jwks_uri)
    keys = _Keys.model_validate(_get(said.jwks_uri)).keys
    pairs = [key for key in keys if key.get("kty") in ("RSA", "EC")]
    signing: Any = [key for key in pairs if key.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": signing})


class _Discovery(BaseModel):
    """What is needed of an issuer's discovery document."""

    issuer: str
    jwks_uri: str


class _Keys(BaseModel):
    """What is needed of a set of keys."""

    keys: list[dict[str, Any]]


def _refuse_strange_name(subject: str) -> None:
    """Two people must not come to one name: what could not be written as it is is refused."""
    if not subject.isprintable() or len(subject) > _LONGEST_NAME:
        raise TokenRefused("the token's subject is no name of 1 to 200 printable characters")


def caller_from(claims: dict[str, Any], issuer: Issuer) -> Caller:
    """The caller that claims make: of several roles the one that may do most, else the public's."""
    named = {
        issuer.roles[text] for text in _texts(claims, issuer.role_claim) if text in issuer.roles
    }
    role: Role = max(named, key=ROLES.index, default="applicant")
    own = frozenset[str]()
    if role == "officer":
        said = _texts(claims, issuer.department_claim)
        own = frozenset(text for text in said if _DEPARTMENT.fullmatch(text))
    return Caller(f"user {claims['sub']}", role, own, MAY[role])


def _texts(claims: dict[str, Any], path: str) -> list[str]:
    """The texts of a claim, of that name or down a path of names with dots."""
    found: object = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return found.replace(",", " ").split()
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


class _Header(BaseModel):
    """What is needed of a token's header."""

    alg: str
    kid: str | None = None


def _key_id(token: str) -> str | None:
    """The id of the key that a token says it was signed with.

    Raises:
        TokenRefused: it is no token.
    """
    refused = TokenRefused("the token is no signed token of a kind that is believed")
    if len(token) > _LONGEST_TOKEN:
        raise refused
    head = token.split(".", maxsplit=1)[0]
    try:
        header = _Header.model_validate_json(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        raise refused from None
    if header.alg not in ALGORITHMS:
        raise refused
    return header.kid


def _has(keys: KeySet, key_id: str | None) -> bool:
    """Whether one key is meant: of that id, or the only one."""
    return len(keys.keys) == 1 if key_id is None else any(key.kid == key_id for key in keys)


class _NoRedirect(HTTPRedirectHandler):
    """Another address than the one that was configured is not asked."""

    def redirect_request(self, *_: object) -> None:
        """Leave the answer as it is: an error."""


def _get(url: str) -> Any:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http"):
        raise ValueError(url)
    near = parts.hostname in ("127.0.0.1", "::1", "localhost")
    handlers = (_NoRedirect, ProxyHandler({})) if near else (_NoRedirect,)
    with build_opener(*handlers).open(url, timeout=_PATIENCE_S) as answer:
        text = answer.read(_LARGEST_ANSWER + 1)
    if len(text) > _LARGEST_ANSWER:
        raise ValueError(url)
    return json.loads(text)
