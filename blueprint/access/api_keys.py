"""Keys by which machines call (API 密钥): made once, kept by their hash, with an end.

A key is `bpk_`, its id and 32 bytes of chance in hex. The store has the SHA-256 of its text alone:
what is drawn from 2^256 needs no slow hash, for nobody can try them all. Its id may be told.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import get_args

import sqlalchemy as sa

from blueprint.access.caller import MAY, Caller, Role, Scope
from blueprint.errors import InvalidKey, NothingPublished, UnknownKey
from blueprint.models import ApiKeyRow
from blueprint.registry import audit, current_catalogue, now
from blueprint.service import Service

PREFIX = "bpk_"
_KEY = re.compile(rf"{PREFIX}([0-9a-f]{{12}})_[0-9a-f]{{64}}", re.ASCII)
_LONGEST_DAYS = 3 * 366
_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the store has it; without its text, which is nowhere."""

    id: str
    name: str
    role: Role
    departments: frozenset[str]
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def usable_at(self, moment: datetime) -> bool:
        """Whether it opens anything then."""
        return self.revoked_at is None and moment < self.expires_at

    @property
    def caller(self) -> Caller:
        """Who calls with it."""
        name = f"key {self.id} ({self.name})"
        return Caller(name, self.role, self.departments, self.scopes)


def add_key(
    service: Service,
    name: str,
    role: Role,
    *,
    departments: Collection[str] = (),
    scopes: Collection[str] | None = None,
    days: int = 90,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which cannot be had again.

    `scopes` are all that the role may have unless they are given.

    Raises:
        InvalidKey: the name, a department, a scope or the number of days cannot be.
    """
    allowed = MAY[role]
    wanted = frozenset[str](allowed if scopes is None else scopes)
    if beyond := sorted(wanted - allowed):
        may = ", ".join(sorted(allowed))
        raise InvalidKey(f"--scope {beyond[0]}: is not for {role}; it may have {may}")
    if not name.isprintable() or not 0 < len(name.strip()) <= 100:
        raise InvalidKey("--name: give it in 1 to 100 printable characters")
    if not 0 < days <= _LONGEST_DAYS:
        raise InvalidKey(f"--days {days}: give 1 to {_LONGEST_DAYS}")
    if (role == "officer") != bool(departments):
        raise InvalidKey("--department: an officer needs one, and nobody else has any")
    id_ = secrets.token_hex(6)
    text = f"{PREFIX}{id_}_{secrets.token_hex(32)}"
    made = now()
    key = ApiKey(
        id=id_,
        name=name.strip(),
        role=role,
        departments=frozenset(departments),
        scopes=allowed & wanted,
        created_at=made,
        expires_at=made + timedelta(days=days),
        revoked_at=None,
        last_used_at=None,
    )
    with service.database.write() as connection:
        _refuse_strange(connection, key.departments)
        values = {
            "id": key.id,
            "name": key.name,
            "role": key.role,
            "departments": ",".join(sorted(key.departments)),
            "scopes": ",".join(sorted(key.scopes)),
            "sha256": _hash(text),
            "created_at": key.created_at,
            "expires_at": key.expires_at,
        }
        connection.execute(sa.insert(ApiKeyRow).values(values))
        audit(connection, "key add", key.id, f"{key.role} {key.name}, until {key.expires_at}")
    return key, text


def list_keys(connection: sa.Connection) -> list[ApiKey]:
    """Every key, the newest first."""
    query = sa.select(ApiKeyRow.__table__).order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id)
    return [_key(row) for row in connection.execute(query).mappings()]


def revoke_key(service: Service, key_id: str) -> ApiKey:
    """End a key at once.

    Raises:
        UnknownKey: there is none of that id.
    """
    with service.database.write() as connection:
        row = _row(connection, key_id)
        if row is None:
            raise UnknownKey(f"{key_id}: no such key; `blueprint keys list` lists them")
        key = _key(row)
        if key.revoked_at is None:
            revoke = sa.update(ApiKeyRow).where(ApiKeyRow.id == key_id)
            key = replace(key, revoked_at=now())
            connection.execute(revoke.values(revoked_at=key.revoked_at))
            audit(connection, "key revoke", key_id, key.name)
        return key


def find_key(connection: sa.Connection, text: str) -> ApiKey | None:
    """The key of that text, usable or not; None: there is none."""
    found = _KEY.fullmatch(text)
    row = None if found is None else _row(connection, found[1])
    # the id is no secret, the rest is: its comparison takes as long wherever the two part
    kept = "" if row is None else str(row["sha256"])
    return _key(row) if row is not None and compare_digest(_hash(text), kept) else None


def mark_used(service: Service, key: ApiKey) -> None:
    """Note that a key was used, to the minute: a row is not written for every call."""
    moment = now()
    if key.last_used_at is None or moment - key.last_used_at >= _USED_EVERY:
        with service.database.write() as connection:
            use = sa.update(ApiKeyRow).where(ApiKeyRow.id == key.id)
            connection.execute(use.values(last_used_at=moment))


def is_any_usable(connection: sa.Connection) -> bool:
    """Whether any key opens anything now."""
    return any(key.usable_at(now()) for key in list_keys(connection))


def _refuse_strange(connection: sa.Connection, departments: frozenset[str]) -> None:
    if not departments:
        return
    try:
        _, catalogue = current_catalogue(connection)
    except NothingPublished as error:
        raise InvalidKey(f"--department: {error}") from None
    if strange := sorted(departments - catalogue.department_names.keys()):
        known = ", ".join(catalogue.department_names)
        raise InvalidKey(f"--department {strange[0]}: the catalogue has {known}")


def _row(connection: sa.Connection, key_id: str) -> sa.RowMapping | None:
    query = sa.select(ApiKeyRow.__table__).where(ApiKeyRow.id == key_id)
    return connection.execute(query).mappings().one_or_none()


def _key(said: sa.RowMapping) -> ApiKey:
    scopes = frozenset(said["scopes"].split(",")) & frozenset(get_args(Scope))
    return ApiKey(
        id=said["id"],
        name=said["name"],
        role=said["role"],
        departments=frozenset(said["departments"].split(",")) - {""},
        scopes=scopes,
        created_at=said["created_at"],
        expires_at=said["expires_at"],
        revoked_at=said["revoked_at"],
        last_used_at=said["last_used_at"],
    )


def _hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
