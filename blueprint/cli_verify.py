"""`blueprint verify`: whether a site check still holds, and whether the kept ones are untouched."""

from pathlib import Path
from typing import Annotated, Any

import typer

from blueprint.bootstrap import open_service
from blueprint.chain import BreakKind
from blueprint.clearance import PUBLIC
from blueprint.cli_options import ClearanceOption, JsonOption
from blueprint.errors import PlanningError
from blueprint.terminal import out, print_json
from blueprint.values import Bilingual

DIFFERS = 3
"""The exit code where something differs, or the chain is broken."""

_BREAKS: dict[BreakKind, Bilingual] = {
    "altered": Bilingual(zh="文件内容被改动", en="the document was altered"),
    "relinked": Bilingual(zh="链接被改动", en="its link was altered"),
    "missing": Bilingual(zh="之前的文件被删除", en="documents before it were deleted"),
    "twice": Bilingual(zh="序号重复", en="its place is taken twice"),
    "moved": Bilingual(zh="次序被改动", en="it does not follow the one before"),
    "end": Bilingual(zh="链尾与记录不符", en="the chain does not end where it is said to"),
    "unknown_head": Bilingual(zh="链中没有所给的链头", en="the given head is not in the chain"),
}


def verify(
    check: Annotated[
        Path | None, typer.Argument(help="Site check, the JSON document.", show_default=False)
    ] = None,
    chain: Annotated[
        bool, typer.Option("--chain", help="Follow the chain of all kept checks.")
    ] = False,
    head: Annotated[
        str | None, typer.Option(help="With --chain: a head noted earlier, which it must have.")
    ] = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Judge a site check anew from what it cites, or see that kept checks are untouched.

    Exits 0 where all is as it was, 3 where something differs, 1 where it cannot be told.
    """
    if chain == (check is not None) or (head is not None and not chain):
        message = "verify: give the JSON document of a check, or --chain, which alone takes --head"
        raise PlanningError(message)
    if check is None:
        document, sound = _chain(head, quiet=as_json)
    else:
        document, sound = _check(check, clearance, quiet=as_json)
    if as_json:
        print_json(document)
    if not sound:
        raise typer.Exit(DIFFERS)


def _check(path: Path, clearance: Any, *, quiet: bool) -> tuple[dict[str, Any], bool]:
    from blueprint.verify import read_check, verify_check
    from blueprint.verify_tables import verification_text

    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        message = f"{path.name}: is not UTF-8; give the document of a site check"
        raise PlanningError(message) from None
    with open_service() as service:
        found = verify_check(service, read_check(text, path.name), clearance)
    if not quiet:
        out.print(verification_text(found))
    return found.model_dump(mode="json"), found.status == "identical"


def _chain(noted: str | None, *, quiet: bool) -> tuple[dict[str, Any], bool]:
    from blueprint.kept_checks import follow_checks

    with open_service() as service, service.database.read() as connection:
        held, before = follow_checks(connection, noted)
    broken = held.broken
    document: dict[str, Any] = {
        "chain": "site_check",
        "status": "whole" if broken is None else "broken",
        "links": held.links,
        "before_the_chain": before,
        "head": held.head.seal,
        "break": None,
    }
    if broken is not None:
        words = _BREAKS[broken.kind]
        place = {"ordinal": broken.ordinal, "check_id": broken.name, "kind": broken.kind}
        document["break"] = place | {"text": words.model_dump()}
    if quiet:
        return document, broken is None
    if broken is None:
        out.print(f"留存链完整 · the chain of kept checks is whole: {held.links} links")
    else:
        where = f"at link {broken.ordinal} ({broken.name or 'no check'})"
        out.print(
            f"留存链断裂 · the chain is broken {where}: {words.both()}",
            markup=False,
            soft_wrap=True,
        )
    if before:
        out.print(f"另有 {before} 份早于留存链 · {before} more are from before the chain")
    out.print(f"链头 head {held.head.seal}", markup=False, soft_wrap=True)
    return document, broken is None
