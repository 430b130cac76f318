"""Who calls: the public, a machine by its key, or a person by an issuer's token.

A key comes in the header `X-Api-Key`, or as bearer token, which a token of an issuer always is.
Neither is ever taken from an address: those are logged and passed on.
"""

from contextlib import suppress
from hashlib import sha256
from hmac import compare_digest
from http import HTTPStatus

from fastapi import Request

from api.issuer import IssuerUnavailable, Keyring, TokenRefused, caller_from
from blueprint.access.api_keys import PREFIX, find_key, mark_used
from blueprint.access.caller import MAY, Caller
from blueprint.access.settings import Access
from blueprint.registry import now
from blueprint.service import Service
from layers import StoreUnavailable

LOCAL_PREFIX = f"{PREFIX}local_"
"""What the administrator's key of a server's life begins with."""

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="blueprint"'}


class Refusal(Exception):
    """A request that is not let in; all that its answer says."""

    def __init__(
        self, status: HTTPStatus, kind: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.headers = status, kind, detail, headers
        self.is_news = True


class Identity:
    """Finds callers by what one service and its environment know."""

    def __init__(self, service: Service, access: Access) -> None:
        self._service, self._access = service, access
        self._keyring = None if access.issuer is None else Keyring(access.issuer)

    def find(self, request: Request) -> Caller:
        """Who calls; whoever says nothing is the public.

        Raises:
            Refusal: what was said of the caller is not believed, or cannot be looked at.
        """
        bearer = request.headers.getlist("authorization")
        keys = request.headers.getlist("x-api-key")
        if not bearer and not keys:
            return Caller.anonymous(address_of(request))
        if len(bearer) + len(keys) > 1:
            detail = "more than one of Authorization and X-Api-Key; give one, once"
            raise Refusal(HTTPStatus.BAD_REQUEST, "AmbiguousCaller", detail)
        if keys:
            return self._by_key(keys[0].strip())
        scheme, _, text = bearer[0].strip().partition(" ")
        if scheme.lower() != "bearer":
            raise _unbelieved("only bearer tokens and API keys are taken")
        text = text.strip()
        return self._by_key(text) if text.startswith(PREFIX) else self._by_token(text)

    def _by_key(self, text: str) -> Caller:
        if text.startswith(LOCAL_PREFIX):
            kept = self._access.local_key_sha256 or ""
            if compare_digest(sha256(text.encode()).hexdigest(), kept):
                scopes = MAY["administrator"]
                return Caller("local administrator", "administrator", scopes=scopes)
            raise _unbelieved("the key is not the one that this server was started with")
        with self._service.database.read() as connection:
            key = find_key(connection, text)
        if key is None:
            raise _unbelieved("there is no such API key")
        if not key.usable_at(now()):
            ended = "was revoked" if key.revoked_at else f"ended {key.expires_at:%Y-%m-%d %H:%MZ}"
            raise _unbelieved(f"the API key {key.id} {ended}; ask for another one")
        with suppress(StoreUnavailable):  # whoever may ask is not refused for a note about it
            mark_used(self._service, key)
        return key.caller

    def _by_token(self, token: str) -> Caller:
        if self._keyring is None:
            raise _unbelieved("no issuer of tokens is configured here; give an API key")
        try:
            return caller_from(self._keyring.claims_of(token), self._keyring.issuer)
        except TokenRefused as error:
            raise _unbelieved(str(error), 'error="invalid_token"') from None
        except IssuerUnavailable as error:
            wait = {"Retry-After": "10"}
            unavailable = HTTPStatus.SERVICE_UNAVAILABLE
            raise Refusal(unavailable, "IssuerUnavailable", str(error), wait) from None


def is_told(request: Request) -> bool:
    """Whether a caller says who it is, so that something has to be looked up."""
    return "authorization" in request.headers or "x-api-key" in request.headers


def address_of(request: Request) -> str:
    """Where a caller calls from, as far as is known."""
    return request.client.host if request.client else ""


def _unbelieved(detail: str, more: str = "") -> Refusal:
    challenge = ", ".join(filter(None, (CHALLENGE["WWW-Authenticate"], more)))
    headers = {"WWW-Authenticate": challenge}
    return Refusal(HTTPStatus.UNAUTHORIZED, "Unauthenticated", detail, headers)
