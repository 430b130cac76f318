"""Commands about the sites that were checked."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import ClearanceOption, JsonOption
from blueprint.cli.terminal import out, print_json
from blueprint.errors import PlanningError

LayerArgument = Annotated[str, typer.Argument(help="Layer id, as in the catalogue.")]
OldArgument = Annotated[int, typer.Argument(metavar="OLD", help="Version to start from.", min=1)]
NewArgument = Annotated[int, typer.Argument(metavar="NEW", help="Version to come to.", min=1)]


def affected(
    layer: LayerArgument,
    before: OldArgument,
    after: NewArgument,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """List the site checks that a change of a layer concerns."""
    from rich.table import Table
    from rich.text import Text

    from blueprint.checks.affected import affected_checks

    with open_service() as service:
        found = affected_checks(service, layer, before, after, clearance)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    if found.checks:
        table = Table(title="受影响的预检 · checks to make again")
        for title in ("check", "地块 site", "申请日期", "快照 snapshot", "要素 features"):
            table.add_column(title, overflow="fold", justify="right" if "feat" in title else "left")
        for check in found.checks:
            cells = (check.check_id, check.site, str(check.application_date), check.snapshot)
            table.add_row(*map(Text, cells), str(len(check.feature_ids)))
        out.print(table)
    out.print(
        f"{found.name.both()}: {found.changed_features} changed from version {found.before} to "
        f"{found.after}, live sites within {found.reach_m:g} m: {len(found.checks)} of "
        f"{found.live_sites}",
        markup=False,
    )


def impact(
    layer: LayerArgument,
    before: OldArgument,
    after: NewArgument,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """List the site checks whose verdict differs between two versions of a layer."""
    from rich.table import Table
    from rich.text import Text

    from blueprint.checks.impact import impact_of

    with open_service() as service:
        found = impact_of(service, layer, before, after, clearance)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    if found.checks:
        table = Table(title="结论有变的预检 · checks whose verdict differs")
        for title in ("check", "地块 site", "日期 judged for", f"v{before}", f"v{after}"):
            table.add_column(title, overflow="fold")
        for check in found.checks:
            cells = (check.check_id, check.site, str(check.judged_for), check.before, check.after)
            table.add_row(*map(Text, cells))
        out.print(table)
    out.print(
        f"{found.name.both()}: from version {found.before} to {found.after}, {len(found.checks)} "
        f"verdicts differ; {found.judged} of {found.live_sites} live sites judged against snapshot "
        f"{found.snapshot}",
        markup=False,
    )


def report(
    check_id: Annotated[str, typer.Argument(metavar="CHECK_ID", help="Id of a kept site check.")],
    pdf: Annotated[Path | None, typer.Option(help="Write it as PDF.", show_default=False)] = None,
    docx: Annotated[Path | None, typer.Option(help="And as Word.", show_default=False)] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Its language.")] = "zh",
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Write the report on a site check (选址合规性分析报告) to files."""
    from blueprint.exports.check_reports import Form, bound_file, report_on
    from blueprint.whole_file import write_whole

    named: dict[Form, Path] = {}
    if pdf is not None:
        named["pdf"] = pdf
    if docx is not None:
        named["docx"] = docx
    if not named:
        message = f"{check_id}: no file to write to; name one with --pdf or --docx"
        raise PlanningError(message)
    with open_service() as service:
        bound = report_on(service, check_id, clearance, lang)
    for form, path in named.items():
        write_whole(path, bound_file(bound, form))
    if as_json:
        written = [str(path) for path in named.values()]
        print_json({"check_id": check_id, "lang": lang, "written": written})
        return
    for path in named.values():
        out.print(f"written {path}", markup=False)
