"""What an approval item promises (审批事项时限): whose it is, in which stage, by when."""

from pydantic import Field

from blueprint.calendars.calendar import MOST_DAYS, Unit
from blueprint.cases.stages import Stage
from blueprint.clock.events import ItemId
from blueprint.rules.legal import LegalBasis
from blueprint.values import Bilingual, Value


class Limit(Value):
    """A number of days, and of which days (办结时限、办结时限单位)."""

    days: int = Field(ge=0, le=MOST_DAYS)
    unit: Unit = "working"
    bases: tuple[LegalBasis, ...] = ()


class ItemLimits(Value):
    """An approval item (审批事项) as the clock knows it; a limit that is null is not known."""

    item: ItemId
    title: Bilingual
    department: str | None = Field(default=None, description="id in the catalogue")
    stage: Stage | None = None
    statutory: Limit | None = Field(default=None, description="法定办结时限")
    promised: Limit | None = Field(default=None, description="承诺办结时限")
