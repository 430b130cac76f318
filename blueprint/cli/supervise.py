"""The command about rules on whole layers."""

from blueprint.bootstrap import open_service
from blueprint.clearance import PUBLIC
from blueprint.cli.options import (
    AsOfOption,
    ClearanceOption,
    DateOption,
    JsonOption,
    SnapshotOption,
    day_of,
)
from blueprint.cli.terminal import out, print_json


def supervise(
    day: DateOption = None,
    snapshot: SnapshotOption = None,
    as_of: AsOfOption = None,
    clearance: ClearanceOption = PUBLIC,
    as_json: JsonOption = False,
) -> None:
    """Hold whole layers against control totals, partitions, and what has to lie inside what."""
    from blueprint.cli.rule_tables import supervision_table
    from blueprint.supervise import supervise as look

    with open_service() as service:
        found = look(
            service,
            day=day_of(day),
            snapshot_id=snapshot,
            as_of=day_of(as_of),
            clearance=clearance,
        )
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        out.print(supervision_table(found))
