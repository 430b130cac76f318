"""What is said of a project: who proposes it, what for, how much of what, and where.

A project's facts are immutable; what is corrected is a new version of them.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from blueprint.cases.stages import Stage
from blueprint.rules.kinds.figures import NOTHING_SAID, Number, ProjectFigures
from blueprint.shared_documents import APPROXIMATE, Area
from blueprint.values import LONGEST_LINE, Bilingual, Slug, Value

Line = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LINE, pattern=r"\S")]
StatedNumber = Annotated[float, Field(allow_inf_nan=False)]
ProjectState = Literal["proposed", "screening", "in_progress", "completed", "withdrawn"]
PROJECT_STATES: dict[ProjectState, Bilingual] = {
    "proposed": Bilingual(zh="已提出", en="proposed"),
    "screening": Bilingual(zh="策划中", en="being screened"),
    "in_progress": Bilingual(zh="推进中", en="in progress"),
    "completed": Bilingual(zh="已完成", en="completed"),
    "withdrawn": Bilingual(zh="已撤回", en="withdrawn"),
}
ProjectType = Literal["construction", "renovation", "purchase", "information", "other"]


class ProjectSite(Value):
    """Where a project is to stand, as it was drawn, in the city's CRS."""

    crs: str
    source_crs: str
    crs_assumed: bool = Field(
        default=False, description="true where the drawing did not say its CRS"
    )
    geometry_hash: str = Field(description="of the geometry, as a site check has it")
    geometry: dict[str, Any] = Field(description="GeoJSON geometry, coordinates in `crs`")
    area: Area | None = Field(default=None, description="null: it was not measured")
    approximate: str | None = Field(default=None, description=APPROXIMATE)
    notes: list[str] = Field(default_factory=list, description="noticed when it was read")


class SaidFacts(Value):
    """What is said of a project beside its site; what is null is not known, and never nothing."""

    name: Line
    proposer: Line = Field(description="项目业主/建设单位")
    proposer_code: Line | None = Field(default=None, description="统一社会信用代码")
    purpose: Line | None = None
    type: ProjectType | None = None
    industry: Line | None = Field(default=None, description="国民经济行业, code or name")
    code: Line | None = Field(
        default=None, description="项目代码 as the central platform issued it; never made here"
    )
    stage: Stage = "generation"
    state: ProjectState = "proposed"
    site_area_m2: Number | None = Field(default=None, description="用地面积 as applied for")
    floor_area_m2: Number | None = Field(default=None, description="建筑面积")
    investment_wan: Number | None = Field(default=None, description="总投资, 万元")
    wastewater_m3_d: Number | None = Field(default=None, description="污水排放量, m³ a day")
    figures: ProjectFigures = Field(
        default=NOTHING_SAID, description="answers and figures that rules ask for"
    )
    stated: dict[Slug, bool | StatedNumber | Line] = Field(
        default_factory=dict,
        # told only where something is stated: older versions read as they always did
        exclude_if=lambda told: not told,
        description="what approvals ask beyond that, by the ids of their form's fields",
    )

    @model_validator(mode="after")
    def _one_code(self) -> Self:
        if self.figures.code is not None:
            raise ValueError("figures.code: the project's code is given as `code`, once")
        return self


class ProjectFacts(SaidFacts):
    """All that is known of a project, with its site as it is drawn; null: not drawn yet."""

    site: ProjectSite | None = None

    def said(self) -> ProjectFigures:
        """What a site check is told of the project."""
        return self.figures.model_copy(update={"code": self.code})
