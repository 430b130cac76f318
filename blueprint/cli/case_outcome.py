"""Commands on the outcome of a case: show, draft or issue it, and prove a document of one."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import RESTRICTED
from blueprint.cli.case_options import ByOption, CaseArgument, who_by
from blueprint.cli.options import ClearanceOption, JsonOption
from blueprint.cli.terminal import out, print_json


def outcome(
    case_id: CaseArgument,
    issue: Annotated[bool, typer.Option("--issue", help="Issue it, and keep it.")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="What it would be today.")] = False,
    pdf: Annotated[
        Path | None, typer.Option(help="Write its report as PDF.", show_default=False)
    ] = None,
    docx: Annotated[Path | None, typer.Option(help="And as Word.", show_default=False)] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="The report's language.")] = "zh",
    by: ByOption = None,
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """Show the outcome that was issued last; or issue it, or draft it. Its report goes to files."""
    from blueprint.cases.files import find_case
    from blueprint.cases.outcome import draft_outcome, issue_outcome
    from blueprint.cases.readers import reader_for
    from blueprint.cases.shown import case_outcome
    from blueprint.cli.case_tables import outcome_tables
    from blueprint.exports.case_reports import outcome_report_on
    from blueprint.exports.check_reports import Form, bound_file
    from blueprint.whole_file import write_whole

    with open_service() as service:
        who = who_by(service, by)
        if issue or draft:
            kept = (issue_outcome if issue else draft_outcome)(service, case_id, who)
        else:
            with service.database.read() as connection:
                case = find_case(connection, case_id)
                kept = case_outcome(connection, case, reader_for(clearance), who.day)
        reader = reader_for(clearance)
        files: dict[Form, Path | None] = {"pdf": pdf, "docx": docx}
        named = {form: path for form, path in files.items() if path is not None}
        if named:
            departments = None if reader.sees_whole else frozenset(reader.departments)
            bound = outcome_report_on(service, kept, lang, departments=departments)
    for form, path in named.items():
        write_whole(path, bound_file(bound, form))
    if as_json:
        print_json(kept.model_dump(mode="json"))
        return
    out.print(outcome_tables(kept))
    for path in named.values():
        out.print(f"written {path}", markup=False)


def verify(
    outcome_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Outcome, the JSON document.")
    ],
    clearance: ClearanceOption = RESTRICTED,
    as_json: JsonOption = False,
) -> None:
    """Hold the document of an outcome against what the ledger has kept.

    Exits 0 where it is as it was issued, 3 where it was altered or is not here.
    """
    from blueprint.cases.outcome_proof import read_outcome, verify_outcome
    from blueprint.cases.readers import reader_for
    from blueprint.cli.case_tables import outcome_verification_text
    from blueprint.cli.verify import DIFFERS

    document = read_outcome(outcome_file)
    with open_service() as service, service.database.read() as connection:
        found = verify_outcome(connection, document, reader_for(clearance))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(outcome_verification_text(found))
    if found.kept != "as_issued":
        raise typer.Exit(DIFFERS)
