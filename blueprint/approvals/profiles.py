"""The applicant's file (一企一档): what is known of an organisation, version by version.

An applicant is known by the name under which it calls the service. What is said of it stays; what
changes is a new version. The file is of an organisation: a contact is an office or a role, and no
person is named in it.
"""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from blueprint.approvals.credit_code import PATTERN, as_credit_code
from blueprint.cases.facts import Line
from blueprint.cases.models import ProfileRow
from blueprint.errors import InvalidProfile, UnknownApplicant
from blueprint.registry import audit, now
from blueprint.values import Value, document_text
from layers.models import SettingRow

CreditCode = Annotated[
    str,
    AfterValidator(as_credit_code),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["91350200M0000LUC97"]}),
]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+() -]{5,30}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,120}$")]


class ApplicantProfile(Value):
    """What is known of an organisation that applies; what is null is not known."""

    name: Line = Field(description="of the organisation")
    credit_code: CreditCode | None = Field(default=None, description="统一社会信用代码")
    address: Line | None = None
    contact_role: Line | None = Field(
        default=None, description="an office or a role, never a person's name"
    )
    contact_phone: Phone | None = None
    contact_email: Email | None = None


class ProfileVersion(Value):
    """A profile as it was said to be at one version."""

    applicant: str
    version: int
    at: datetime
    who: str
    profile: ApplicantProfile


def read_profile(said: object) -> ApplicantProfile:
    """A profile from a mapping.

    Raises:
        InvalidProfile: something of it cannot be.
    """
    try:
        return ApplicantProfile.model_validate(said)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "profile"
        raise InvalidProfile(f"{where}: {first['msg']}; correct it or leave it out") from None


def save_profile(
    connection: sa.Connection, applicant: str, profile: ApplicantProfile, who: str
) -> ProfileVersion:
    """Say what an applicant is; the same again makes no version."""
    # two at once would both make the same version: the second one waits here
    connection.execute(sa.select(SettingRow).with_for_update())
    before = newest_profile(connection, applicant)
    if before is not None and before.profile == profile:
        return before
    row = {
        "applicant": applicant,
        "version": 1 if before is None else before.version + 1,
        "at": now(),
        "who": who,
        "document": document_text(profile),
    }
    connection.execute(sa.insert(ProfileRow).values(row))
    audit(connection, "applicant profile", applicant, f"version {row['version']}")
    return find_profile(connection, applicant)


def newest_profile(connection: sa.Connection, applicant: str) -> ProfileVersion | None:
    """What an applicant is said to be; None: nothing is said."""
    versions = profile_versions(connection, applicant)
    return versions[-1] if versions else None


def find_profile(connection: sa.Connection, applicant: str) -> ProfileVersion:
    """What an applicant is said to be.

    Raises:
        UnknownApplicant: nothing is said of one of that name.
    """
    found = newest_profile(connection, applicant)
    if found is None:
        raise unknown_applicant(applicant)
    return found


def profile_versions(connection: sa.Connection, applicant: str) -> list[ProfileVersion]:
    """All that was said of an applicant, oldest first."""
    row = ProfileRow
    query = sa.select(row.applicant, row.version, row.at, row.who, row.document)
    query = query.where(row.applicant == applicant).order_by(row.version)
    return [_version(found) for found in connection.execute(query)] if _plain(applicant) else []


def profile_by_code(connection: sa.Connection, credit_code: str) -> ProfileVersion | None:
    """The applicant whose newest profile has a credit code; None: none, or more than one has."""
    names = connection.scalars(sa.select(ProfileRow.applicant).distinct()).all()
    newest = (newest_profile(connection, name) for name in names)
    found = [one for one in newest if one and one.profile.credit_code == credit_code]
    return found[0] if len(found) == 1 else None


def unknown_applicant(applicant: str) -> UnknownApplicant:
    """The same words for an applicant that is not known and for one that is not the caller's."""
    return UnknownApplicant(f"{applicant}: no file is kept of it; PUT the profile to begin one")


def _plain(text: str) -> bool:
    return text.isprintable()


def _version(row: sa.Row[*tuple[Any, ...]]) -> ProfileVersion:
    profile = ApplicantProfile.model_validate_json(row.document, extra="ignore")
    return ProfileVersion(
        applicant=row.applicant, version=row.version, at=row.at, who=row.who, profile=profile
    )
