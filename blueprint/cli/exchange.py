"""`blueprint exchange`: the national exchange tables of a project or a case, as a file."""

from pathlib import Path
from typing import Annotated

import typer

from blueprint.bootstrap import open_service
from blueprint.cli.options import JsonOption
from blueprint.cli.terminal import out, print_json


def exchange(
    name: Annotated[str, typer.Argument(metavar="PROJECT|CASE", help="Id, pj_… or cs_….")],
    out_file: Annotated[
        Path, typer.Option("--out", help="File to write: .zip (CSV tables), .xlsx or .json.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a file that is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the national exchange tables, filled from what the store knows."""
    from blueprint.exchange import exchange_file, exchange_of
    from blueprint.exchange.package import form_of
    from blueprint.exports.formats import refuse_to_overwrite
    from blueprint.whole_file import write_whole

    form = form_of(out_file)
    refuse_to_overwrite(out_file, replace=replace)
    case = name if name.startswith("cs_") else None
    with open_service() as service, service.database.read() as connection:
        service.refuse_own_file(out_file)
        made = exchange_of(service, connection, None if case else name, case)
    write_whole(out_file, exchange_file(made, form))
    counts = {spec.name: len(rows) for spec, rows in made.tables}
    if as_json:
        print_json({"file": str(out_file), "rows": counts, "notes": len(made.notes)})
        return
    for table, count in counts.items():
        out.print(f"{table} {count}", markup=False, highlight=False)
    out.print(f"written {out_file}; its notes say what is left empty and why", markup=False)
