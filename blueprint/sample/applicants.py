"""What is known and held of the applicants of a sample city: read from a file, taken in.

Input: a YAML file of applicants with profile and documents, and of projects' documents by slug.
Every entry is made by the same verb as on the command line and over HTTP.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from blueprint.approvals.held import HeldDocument, Holder, hold_document
from blueprint.approvals.kept import current_approvals
from blueprint.approvals.profiles import ApplicantProfile, save_profile
from blueprint.errors import InvalidProfile
from blueprint.service import Service
from blueprint.values import Slug, Value, load_yaml


class SampleApplicant(Value):
    """An applicant by the name it calls by: its profile, and what is held of it."""

    profile: ApplicantProfile
    documents: list[HeldDocument] = Field(default_factory=list)


class SampleApplicants(Value):
    """The whole file."""

    applicants: dict[str, SampleApplicant]
    projects: dict[Slug, list[HeldDocument]] = Field(default_factory=dict)


def read_applicants(path: Path) -> SampleApplicants:
    """A sample's file.

    Raises:
        InvalidProfile: it is missing or malformed; the text names the place.
    """
    return load_yaml(path, SampleApplicants, InvalidProfile)


def load_applicants(
    service: Service, sample: SampleApplicants, projects: Mapping[str, str], who: str = "sample"
) -> None:
    """Take applicants and documents in; `projects` has the projects' ids by slug.

    Raises:
        PlanningError: a document cannot be held like that.
    """
    with service.database.write() as connection:
        pack = current_approvals(connection)
        for name, applicant in sample.applicants.items():
            save_profile(connection, name, applicant.profile, who)
            for document in applicant.documents:
                hold_document(connection, pack, document, Holder(applicant=name), who)
        for slug, documents in sample.projects.items():
            for document in documents:
                holder = Holder(project_id=projects[slug])
                hold_document(connection, pack, document, holder, who)
