"""The limits of approvals (事项时限) as the clock takes them: from an approvals pack, on a day.

Input: an approvals pack. Output: `ItemLimits`. A limit by law whose basis is not in force on the
day is none: the item then has no statutory limit, rather than one that nobody can cite.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from blueprint.approvals.kinds import Approval
from blueprint.approvals.kinds import Limit as ApprovalLimit
from blueprint.approvals.pack import ApprovalsPack
from blueprint.cases.stages import Stage
from blueprint.clock.limits import ItemLimits, Limit
from blueprint.rules.legal import Law, bases_standing
from blueprint.values import Bilingual


def limits_from(
    pack: ApprovalsPack, items: Iterable[str], day: date, stage: Stage
) -> dict[str, ItemLimits]:
    """The limits of items as they stand on `day`, in their order.

    Of an item that is no approval of the pack its id is all that is known; it is of `stage`.
    """
    return {
        item: _limits(pack, pack.by_id[item], day)
        if item in pack.by_id
        else ItemLimits(item=item, title=Bilingual(zh=item, en=item), stage=stage)
        for item in items
    }


def _limits(pack: ApprovalsPack, approval: Approval, day: date) -> ItemLimits:
    return ItemLimits(
        item=approval.id,
        title=approval.title,
        department=approval.department,
        stage=approval.stage,
        statutory=_limit(pack.laws, approval.statutory, day),
        promised=_limit(pack.laws, approval.promised, day),
    )


def _limit(laws: Mapping[str, Law], limit: ApprovalLimit | None, day: date) -> Limit | None:
    if limit is None:
        return None
    standing = bases_standing(laws, limit.bases, day)
    if limit.bases and not standing:
        return None
    return Limit(days=limit.days, unit=limit.unit, bases=tuple(standing))
