"""Sending one message: signed by the Standard Webhooks convention, to an address looked at before.

    webhook-id          the event's id, the same at every attempt
    webhook-timestamp   seconds since 1970, of this attempt
    webhook-signature   v1,BASE64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}")), one a secret

No redirect is followed and no proxy asked; of the answer nothing but its status is read.
"""

import base64
import hmac
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer

from blueprint.errors import InvalidWebhook
from blueprint.events.places import Place, place_of

_SECONDS = 10.0
_SECONDS_IN_ALL = 20.0


@dataclass(frozen=True, slots=True)
class Answered:
    """How an attempt went: the status of the answer, or why there was none."""

    status: int | None
    error: str | None = None

    @property
    def is_well(self) -> bool:
        """Whether the message was taken."""
        return self.status is not None and 200 <= self.status < 300


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header that proves who sent a message, for each secret one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    macs = [hmac.new(key, signed, sha256).digest() for key in keys]
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


def post(
    url: str, secrets: Sequence[str], message_id: str, timestamp: int, body: bytes
) -> Answered:
    """Send a message once; whatever goes wrong is told and not raised."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "blueprint-webhooks",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, message_id, timestamp, body),
    }
    try:
        place = place_of(url)
        connection = _Secure(place) if place.secure else _Plain(place)
        connection.connect()
    except InvalidWebhook as problem:
        return Answered(None, str(problem))
    except OSError as problem:
        return Answered(None, _reason(problem))
    # each read has its own time; one that drips has this
    end = Timer(_SECONDS_IN_ALL, _cut, [connection.sock])
    end.start()
    try:
        connection.request("POST", place.path, body, headers)
        status = connection.getresponse().status
    except (OSError, HTTPException) as problem:
        return Answered(None, _reason(problem))
    else:
        told = None if 200 <= status < 300 else f"answered {status}"
        return Answered(status, told)
    finally:
        end.cancel()
        connection.close()


def _reason(problem: Exception) -> str:
    text = " ".join(str(problem).split())[:200]
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Plain(HTTPConnection):
    """A connection to the address that was looked at, whatever the name leads to by now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=_SECONDS)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self._place.address, self._place.port), _SECONDS)


class _Secure(HTTPSConnection):
    """The same with TLS, whose certificate is the name's."""

    def __init__(self, place: Place) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(place.host, place.port, timeout=_SECONDS, context=self._trust)
        self._place = place

    def connect(self) -> None:
        plain = socket.create_connection((self._place.address, self._place.port), _SECONDS)
        try:
            self.sock = self._trust.wrap_socket(plain, server_hostname=self._place.host)
        except BaseException:
            plain.close()
            raise
