"""What the applicant says of the project: answers to questions, and figures (项目指标).

What is not said is None or absent, never a guess.
"""

from typing import Annotated

from pydantic import Field

from blueprint.rules.kinds.models import Figure, YesNo
from blueprint.values import Slug, Value

Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class ProjectFigures(Value):
    """The project's answers and figures; what is not given is not known."""

    answers: dict[Slug, YesNo] = Field(default_factory=dict)
    code: Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S")] | None = Field(
        default=None,
        # told only where it is given: other documents read as they always did
        exclude_if=lambda told: told is None,
        description="the project's own code, so that it is no other project",
    )
    floor_area_ratio: Number | None = Field(default=None, description="容积率")
    height_m: Number | None = Field(default=None, description="of the building over the ground")
    ground_m: float | None = Field(
        default=None, allow_inf_nan=False, description="ground elevation, the airports' datum"
    )
    building_density: Share | None = Field(default=None, description="建筑密度, 0 to 1")
    green_ratio: Share | None = Field(default=None, description="绿地率, 0 to 1")
    setback_m: Number | None = Field(default=None, description="退线")
    use: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="land-use code or name, as the plan writes it"
    )

    def of(self, figure: Figure) -> float | str | None:
        """One figure; None: it is not given."""
        value: float | str | None = getattr(self, figure)
        return value


NOTHING_SAID = ProjectFigures()
"""An applicant who has said nothing yet."""
