"""What a layer of the catalogue expects of a delivery: its fields, code lists and gates.

Input: the `fields` and `gates` of a layer, as docs/catalogue.md describes. Output: values that
`layers.mapping` and `blueprint.deliveries.gates` work by.
"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from blueprint.values import Bilingual, Value
from layers import mapping
from layers.source import GEOMETRY

FieldName = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
FieldType = Literal["text", "integer", "number", "date"]
Share = Annotated[float, Field(ge=0, le=1)]
SquareMetres = Annotated[float, Field(ge=0)]


def _as_labels(codes: object) -> object:
    """A plain list of codes is a code list without labels."""
    return dict.fromkeys(codes) if isinstance(codes, list | tuple) else codes


CodeList = Annotated[dict[str, Bilingual | None], BeforeValidator(_as_labels)]


class FieldSpec(Value):
    """One standard field: which delivered field it comes from, and what its values may be."""

    name: FieldName
    sources: tuple[FieldName, ...] = ()
    required: bool = False
    type: FieldType | None = None
    codes: CodeList | None = None
    translate: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.name == GEOMETRY:
            message = f"field {self.name}: {GEOMETRY} is the shape; give the field another name"
            raise ValueError(message)
        if self.codes is not None:
            for delivered, code in self.translate.items():
                if code not in self.codes:
                    message = f"field {self.name}: {delivered} becomes {code}, which is no code"
                    raise ValueError(message)
        if (self.codes is not None or self.translate) and self.type not in {None, "text"}:
            message = f"field {self.name}: codes are text; leave its type out"
            raise ValueError(message)
        return self


class Gates(Value):
    """When a delivery is refused: shares are of the rows read, 0 to 1; what is None is no gate."""

    min_features: Annotated[int, Field(ge=0)] | None = None
    max_quarantined_share: Share | None = None
    max_repaired_share: Share | None = None
    max_missing_share: Share | None = None
    max_duplicates_share: Share | None = None
    max_out_of_city_share: Share | None = None
    max_area_change_share: Annotated[float, Field(ge=0)] | None = None
    max_overlap_m2: SquareMetres | None = None
    max_gap_m2: SquareMetres | None = None


def check_fields(layer: str, fields: tuple[FieldSpec, ...]) -> None:
    """See that no delivered field could be taken for two standard fields.

    Raises:
        ValueError: names the field.
    """
    claims = Counter(
        name for field in fields for name in {mapping.fold(n) for n in (field.name, *field.sources)}
    )
    twice = [name for name, uses in claims.items() if uses > 1]
    if twice:
        message = f"layer {layer}: {twice[0]} is named by two of its fields; a source has one"
        raise ValueError(message)


def fields_of(
    fields: tuple[FieldSpec, ...], required_fields: tuple[str, ...]
) -> tuple[mapping.Field, ...]:
    """The fields as `layers` takes them; `required_fields` is the short form of required ones."""
    named = {field.name for field in fields}
    short = [mapping.Field(name, required=True) for name in required_fields if name not in named]
    return (
        *(
            mapping.Field(
                name=field.name,
                sources=field.sources,
                required=field.required or field.name in required_fields,
                type=field.type,
                codes=None if field.codes is None else frozenset(field.codes),
                translate=field.translate,
            )
            for field in fields
        ),
        *short,
    )
