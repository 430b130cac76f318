"""Commands about rule packs: what rules there are, what one says, whether they stand on good law.

The rules are those of a pack file, the shipped one unless named, or those that a snapshot pins.
`audit` exits 1 where a rule does not hold on the day or might be struck down; remarks alone exit 0.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from blueprint.bootstrap import open_service
from blueprint.catalogue import load_catalogue
from blueprint.cli.options import AsOfOption, JsonOption, day_of
from blueprint.cli.terminal import REFUSED, out, print_json
from blueprint.errors import PlanningError
from blueprint.rules.audited import AuditPart
from blueprint.rules.pack import SHIPPED_PACK, RulePack
from blueprint.rules.pack_file import load_rule_pack

rules_app = typer.Typer(
    help="The rules: list them, show one, audit their legal bases.", no_args_is_help=True
)

_CLOCK = ZoneInfo("Asia/Shanghai")
"""By which a day begins for a pack that no catalogue gives a city to."""

PackOption = Annotated[
    Path | None,
    typer.Option("--rules", help="Rule pack, YAML; the one that comes with the service."),
]
PinnedOption = Annotated[
    str | None, typer.Option("--snapshot", help="The rules that this snapshot pins.")
]
OnOption = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d"], help="Day in question; today if not given."),
]

ApprovalsOption = Annotated[
    Path | None,
    typer.Option(help="Approvals pack, YAML; the one that comes with the service."),
]
CatalogueOption = Annotated[
    Path | None,
    typer.Option(help="Catalogue, YAML: whose departments and layers approvals have to name."),
]


@rules_app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option(help="Of this kind alone.")] = None,
    layer: Annotated[str | None, typer.Option(help="That ask for this layer alone.")] = None,
    on: OnOption = None,
    rules: PackOption = None,
    snapshot: PinnedOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the rules with kind, severity and whether they are in force on the day."""
    from blueprint.cli.rule_tables import rule_line, rules_table

    pack, today = _pack(rules, snapshot, as_of)
    day = day_of(on) or today
    found = [
        rule
        for rule in pack.rules
        if kind in (None, rule.kind) and (layer is None or layer in rule.asked_layers())
    ]
    if as_json:
        print_json([rule_line(pack, rule, day) for rule in found])
    elif found:
        out.print(rules_table(pack, found, day))
    else:
        out.print("没有规则 · no rule")


@rules_app.command()
def show(
    rule: Annotated[str, typer.Argument(help="Id of the rule, as `rules list` gives it.")],
    on: OnOption = None,
    rules: PackOption = None,
    snapshot: PinnedOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one rule: all that it says, and its legal bases as they stand on the day."""
    from blueprint.cli.rule_tables import rule_document, rule_text

    pack, today = _pack(rules, snapshot, as_of)
    day = day_of(on) or today
    found = next((one for one in pack.rules if one.id == rule), None)
    if found is None:
        message = f"{rule}: no such rule in {pack.id} {pack.version}; `rules list` names them"
        raise PlanningError(message)
    if as_json:
        print_json(rule_document(pack, found, day))
    else:
        out.print(rule_text(pack, found, day))


@rules_app.command()
def audit(
    on: OnOption = None,
    rules: PackOption = None,
    snapshot: PinnedOption = None,
    as_of: AsOfOption = None,
    approvals: ApprovalsOption = None,
    catalogue: CatalogueOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report whose basis lapsed, is a pilot alone, departs from higher law or is unverified.

    Rules, approvals, their limits and documents and the grounds of the clock are looked at; of a
    file of rules the rules alone, of a snapshot no approvals, unless those are named too. Exits 1
    if there is a problem; remarks alone exit 0.
    """
    from blueprint.cli.rule_tables import audit_text
    from blueprint.rules.audit import audit_rules

    pack, today = _pack(rules, snapshot, as_of)
    pinned = (snapshot, as_of) != (None, None)
    beside = _beside(pack, rules, approvals, catalogue, pinned=pinned)
    found = audit_rules(pack, day_of(on) or today, beside)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(audit_text(found))
    if found.problems:
        raise typer.Exit(REFUSED)


def _beside(
    pack: RulePack,
    rules: Path | None,
    approvals: Path | None,
    catalogue: Path | None,
    *,
    pinned: bool,
) -> list[AuditPart]:
    """What is audited beside the rules: approvals, and the grounds of the clock.

    Approvals are made for the rules of a city: the shipped ones need not fit rules that are named.
    """
    from blueprint.approvals.audit import parts_of
    from blueprint.approvals.pack_file import SHIPPED_APPROVALS, load_approvals
    from blueprint.clock.law_file import audit_part, clock_law

    if approvals is None and rules is not None:
        return []
    clock = audit_part(clock_law())
    if approvals is None and pinned:
        return [clock]
    tree = None if catalogue is None else load_catalogue(catalogue)
    parts = parts_of(load_approvals(approvals or SHIPPED_APPROVALS), pack, tree)
    return [*parts, clock]


def _pack(
    rules: Path | None, snapshot: str | None, as_of: datetime | None
) -> tuple[RulePack, date]:
    """The pack that is asked about, and today in its city."""
    if snapshot is None and as_of is None:
        return load_rule_pack(rules or SHIPPED_PACK), datetime.now(_CLOCK).date()
    if rules is not None:
        message = f"{rules}, and a snapshot: both name rules; give one of the two"
        raise PlanningError(message)
    from blueprint.registry import load_snapshot

    with open_service() as service, service.database.read() as connection:
        pinned = load_snapshot(connection, snapshot, day_of(as_of))
    return pinned.rule_pack, pinned.catalogue.city.today()
