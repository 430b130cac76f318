"""Commands about applicants: what is known of them, and which documents are held already."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption, day_of
from blueprint.cli.terminal import out, print_json
from blueprint.errors import InvalidProfile

applicant_app = typer.Typer(
    help="Applicants (一企一档): their profile, and the documents that are held of them.",
    no_args_is_help=True,
)

ApplicantArgument = Annotated[
    str, typer.Argument(metavar="APPLICANT", help="The name by which it calls the service.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so; the user if left out.")]
ProjectOption = Annotated[
    str | None, typer.Option(help="Of this project, not of the applicant at large.")
]
_DAY = ["%Y-%m-%d"]


@applicant_app.command()
def profile(
    applicant: ApplicantArgument,
    file: Annotated[
        Path | None, typer.Option("--set", help="JSON object: what is known of it now.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Every version.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is known of an applicant, or say it anew."""
    from blueprint.approvals.profiles import find_profile, profile_versions, save_profile
    from blueprint.cli.approval_tables import profile_table

    with open_service() as service:
        if file is not None:
            said = _profile(file)
            with service.database.write() as connection:
                save_profile(connection, applicant, said, _who(by))
        with service.database.read() as connection:
            versions = [find_profile(connection, applicant)]
            if history:
                versions = profile_versions(connection, applicant)
    if as_json:
        told = [one.model_dump(mode="json") for one in versions]
        print_json({"versions": told} if history else told[0])
    else:
        for one in versions:
            out.print(profile_table(one))


@applicant_app.command()
def documents(
    applicant: ApplicantArgument, project: ProjectOption = None, as_json: JsonOption = False
) -> None:
    """List the documents that are held of an applicant, and of a project."""
    from blueprint.approvals.held import Holder, held_of
    from blueprint.approvals.kept import current_approvals
    from blueprint.cli.approval_tables import held_table

    with open_service() as service, service.database.read() as connection:
        entries = held_of(connection, Holder(applicant, project))
        pack = current_approvals(connection)
    if as_json:
        print_json({"documents": [one.model_dump(mode="json") for one in entries]})
    else:
        out.print(held_table(entries, pack))


@applicant_app.command()
def hold(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Of the approvals pack.")],
    applicant: Annotated[
        str | None, typer.Option("--of", help="Of this applicant, for all of its projects.")
    ] = None,
    project: ProjectOption = None,
    source: Annotated[
        str, typer.Option(help="licence: of the licence library; case: of a case; desk.")
    ] = "desk",
    number: Annotated[str | None, typer.Option(help="Its number.")] = None,
    issued_by: Annotated[str | None, typer.Option(help="Who issued it.")] = None,
    issued_on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day of issue.")
    ] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Its last day.")
    ] = None,
    case_id: Annotated[str | None, typer.Option("--case", help="The case it is of.")] = None,
    sha256: Annotated[str | None, typer.Option(help="Of its file.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter that a document is held: an electronic licence, or one of an earlier case."""
    from blueprint.approvals.held import Holder, hold_document, read_held
    from blueprint.approvals.kept import current_approvals

    said = {
        "kind": kind,
        "source": source,
        "number": number,
        "issued_by": issued_by,
        "issued_on": day_of(issued_on),
        "valid_until": day_of(valid_until),
        "case_id": case_id,
        "sha256": sha256,
    }
    document = read_held(said)
    with open_service() as service, service.database.write() as connection:
        pack = current_approvals(connection)
        entry = hold_document(connection, pack, document, Holder(applicant, project), _who(by))
    _told(entry.model_dump(mode="json"), as_json=as_json)


@applicant_app.command()
def withdraw(
    held_id: Annotated[str, typer.Argument(metavar="ID", help="As `documents` lists it.")],
    note: Annotated[str, typer.Option(help="Why it counts no more.")],
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Enter that a document which was entered is not held, or no more."""
    from blueprint.approvals.held import withdraw_document

    with open_service() as service, service.database.write() as connection:
        entry = withdraw_document(connection, held_id, _who(by), note)
    _told(entry.model_dump(mode="json"), as_json=as_json)


def _told(entry: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(entry)
    else:
        out.print(f"{entry['id']} {entry['document']['kind']}", markup=False)


def _profile(file: Path) -> Any:
    from blueprint.approvals.profiles import read_profile

    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError as problem:
        raise InvalidProfile(f"{file}: is no JSON ({problem}); mend it") from None
    return read_profile(said)


def _who(by: str | None) -> str:
    from blueprint.audit_log import actor_name

    return by or actor_name()
