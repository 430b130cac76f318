"""What a rule of kind `project` may say, as docs/rules.md describes it."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from blueprint.rules.kinds.base import Filter, OverlapRule
from blueprint.rules.kinds.models import FieldName
from blueprint.values import Slug

State = Annotated[str, Field(min_length=1, max_length=64)]


class ProjectRule(OverlapRule):
    """Other projects on the site, live or approved (与其他项目重叠).

    `states` lists the states that count; without `state_field` every project of the layer does.
    Fields named by `from_field` and `until_field` hold the first and last day of a project.
    """

    kind: Literal["project"]
    layer: Slug
    where: Filter | None = None
    code_field: FieldName
    name_field: FieldName | None = None
    state_field: FieldName | None = None
    states: tuple[State, ...] = ()
    from_field: FieldName | None = None
    until_field: FieldName | None = None

    @model_validator(mode="after")
    def _says_which_states_count(self) -> Self:
        if self.state_field is not None and not self.states:
            message = f"no state of {self.state_field} counts; add states, or drop state_field"
            raise ValueError(message)
        if self.state_field is None and self.states:
            message = "states are of no field; add state_field, or take states away"
            raise ValueError(message)
        return self

    def asked_layers(self) -> Iterator[str]:
        """The layer of projects."""
        yield self.layer

    def polygon_layers(self) -> Iterator[str]:
        """Projects take ground."""
        return self.asked_layers()
