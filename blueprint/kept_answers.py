"""Answers kept by the key of a request, so that one sent twice is done once.

A caller claims a key, and whoever claims it later finds the answer, or that it is at work. A claim
that has had no answer for a quarter of an hour was that of a server that is gone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa

from blueprint.access.caller import Caller
from blueprint.errors import KeyAtWork
from blueprint.models import CatalogueRow
from blueprint.service_models import KeptAnswerRow
from blueprint.values import text_hash

_GIVEN_UP = timedelta(minutes=15)
_CLAIM = sa.text(
    "INSERT INTO kept_answer (owner, key, claim, at) VALUES (:owner, :key, :claim, :at) "
    "ON CONFLICT (owner, key) DO NOTHING"
).bindparams(sa.bindparam("at", type_=KeptAnswerRow.__table__.c.at.type))

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that is this request's to answer; `view` is what its caller may see meanwhile."""

    owner: str
    key: str
    mark: str
    view: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a request was answered with.

    `fingerprint` is the request's, `same_view` whether its caller may see now what they might then.
    """

    fingerprint: str
    same_view: bool
    status: int
    headers: Headers
    body: bytes


def claim_key(
    connection: sa.Connection, caller: Caller, key: str, keep: timedelta
) -> Claim | KeptAnswer:
    """Claim a key, or find what was answered by it.

    Raises:
        KeyAtWork: a request of that key is being answered.
    """
    row, moment = KeptAnswerRow, datetime.now(UTC)
    connection.execute(sa.delete(row).where(row.at < moment - keep))
    given_up = sa.delete(row).where(row.owner == caller.name, row.key == key)
    given_up = given_up.where(row.status.is_(None), row.at < moment - _GIVEN_UP)
    connection.execute(given_up)
    claim = Claim(caller.name, key, uuid4().hex, _view(connection, caller))
    values = {"owner": caller.name, "key": key, "claim": claim.mark, "at": moment}
    if connection.execute(_CLAIM, values).rowcount:
        return claim
    query = sa.select(row.__table__).where(row.owner == caller.name, row.key == key)
    found = connection.execute(query).one()
    if found.status is None:
        message = f"{key}: a request with this key is being answered; ask again when it is"
        raise KeyAtWork(message)
    headers = [(name, value) for name, value in json.loads(found.headers)]
    same_view = found.view == claim.view
    return KeptAnswer(found.fingerprint, same_view, found.status, headers, bytes(found.body))


def keep_answer(
    connection: sa.Connection, claim: Claim, fingerprint: str, status: int, headers: Headers,
    body: bytes,
) -> None:  # fmt: skip
    """Keep what a claimed request was answered with."""
    values = {
        "fingerprint": fingerprint,
        "view": claim.view,
        "status": status,
        "headers": json.dumps([list(pair) for pair in headers]),
        "body": body,
    }
    connection.execute(sa.update(KeptAnswerRow).where(*_ours(claim)).values(values))


def release_key(connection: sa.Connection, claim: Claim) -> None:
    """Let the key be claimed again: there is no answer to keep."""
    connection.execute(sa.delete(KeptAnswerRow).where(*_ours(claim)))


def _ours(claim: Claim) -> tuple[sa.ColumnElement[bool], ...]:
    row = KeptAnswerRow
    return row.owner == claim.owner, row.key == claim.key, row.claim == claim.mark


def _view(connection: sa.Connection, caller: Caller) -> str:
    """What decides what the caller may see: the clearance, and the layers' sensitivities."""
    newest = sa.select(CatalogueRow.sha256).order_by(CatalogueRow.loaded_at.desc()).limit(1)
    return text_hash(f"{caller.clearance} {connection.scalar(newest)}")
