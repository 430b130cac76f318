"""The layer catalogue (图层目录): city, departments, and the tree theme → sub-theme → layer.

Input: a YAML file as docs/catalogue.md describes. Output: `Catalogue`, checked as a whole: every
id once, every owner known, the boundary layer there.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from blueprint.clearance import Clearance, Sensitivity, sees
from blueprint.coordinates import CoordinateSystems
from blueprint.errors import InvalidCatalogue
from blueprint.expectations import FieldSpec, Gates, check_fields
from blueprint.values import Bilingual, Slug, Value, load_yaml

UpdateCycle = Literal["continuous", "monthly", "quarterly", "yearly", "five_yearly"]
_FRESH_FOR: dict[UpdateCycle, timedelta] = {
    "continuous": timedelta(days=62),
    "monthly": timedelta(days=62),
    "quarterly": timedelta(days=184),
    "yearly": timedelta(days=2 * 366),
    "five_yearly": timedelta(days=2 * 1827),
}
"""Two cycles: one delivery may be late; a second one missing makes the layer stale."""

Calibre = Literal["projected", "ellipsoidal"]

LayerName = Annotated[str, StringConstraints(pattern=r"""^[^"'/\\%]{1,20}$""")]
"""A layer's Chinese name as desktop GIS lists it: PostgreSQL keeps 63 bytes of a name."""


def _is_timezone(name: str) -> str:
    if name not in available_timezones():
        message = f"{name} is no time zone; write one such as Asia/Shanghai"
        raise ValueError(message)
    return name


class Department(Value):
    """A unit that owns layers or is asked about findings."""

    id: Slug
    name: Bilingual


class ControlTotal(Value):
    """The issued size of a control line, km²."""

    at_least_km2: float | None = None
    at_most_km2: float | None = None


class LayerTitle(Value):
    """A layer's name; the Chinese one is what QGIS lists."""

    zh: LayerName
    en: str


class CatalogueLayer(Value):
    """One layer: whose it is, what it holds, who may see it, how often it is renewed."""

    id: Slug
    name: LayerTitle
    department: Slug
    code: str | None = None
    geometry: Literal["polygon", "line", "point"]
    sensitivity: Sensitivity = "public"
    update_cycle: UpdateCycle = "yearly"
    coverage: Literal["city", "own"] = "city"
    accuracy_m: Annotated[float, Field(gt=0)] = 0.5
    id_field: str | None = None
    required_fields: tuple[str, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    is_coverage: bool = False
    coverage_min_width_m: Annotated[float, Field(ge=0)] = 0.001
    gates: Gates = Gates()
    control_total: ControlTotal | None = None

    def visible_to(self, clearance: Clearance) -> bool:
        """Whether someone of that clearance may see the layer's features."""
        return sees(clearance, self.sensitivity, self.department)

    def stale_after(self, effective: date) -> date:
        """The last day on which a version effective since `effective` may still be relied on."""
        # no calendar goes beyond year 9999
        return effective + min(_FRESH_FOR[self.update_cycle], date.max - effective)

    @model_validator(mode="after")
    def _expects_what_can_be(self) -> Self:
        check_fields(self.id, self.fields)
        if self.is_coverage and self.geometry != "polygon":
            message = f"layer {self.id}: only polygons can cover; take is_coverage away"
            raise ValueError(message)
        if not self.is_coverage and (
            self.gates.max_overlap_m2 is not None or self.gates.max_gap_m2 is not None
        ):
            message = f"layer {self.id}: overlaps and gaps are looked for where is_coverage is true"
            raise ValueError(message)
        return self


class Subtheme(Value):
    """子专题."""

    id: str
    name: Bilingual
    layers: tuple[CatalogueLayer, ...]


class Theme(Value):
    """专题."""

    id: str
    name: Bilingual
    subthemes: tuple[Subtheme, ...]


class Districts(Value):
    """The layer that draws the city's districts, and its field of their names."""

    layer: Slug
    field: Annotated[str, Field(min_length=1)]


class City(Value):
    """The city: its working CRS, its frame in that CRS, and the layer that bounds it."""

    id: Slug
    name: Bilingual
    notice: Bilingual | None = None
    division: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = Field(
        default=None, exclude_if=lambda told: told is None
    )
    crs: str
    bounds: tuple[float, float, float, float]
    boundary_layer: Slug
    map_layers: tuple[Slug, ...] = ()
    # told only where it is given: a catalogue that does not know it keeps its hash
    base_layers: tuple[Slug, ...] = Field(default=(), exclude_if=lambda told: not told)
    districts: Districts | None = None
    deciding_area: Calibre = "ellipsoidal"
    timezone: Annotated[str, AfterValidator(_is_timezone)] = "Asia/Shanghai"
    coordinate_systems: CoordinateSystems = ()

    def today(self) -> date:
        """The day it is in the city: laws come into force by its clock."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    def day_of(self, moment: datetime) -> date:
        """The day of the city's to which a moment belongs; the moment has its zone."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()


class Catalogue(Value):
    """The whole catalogue."""

    city: City
    departments: tuple[Department, ...]
    themes: tuple[Theme, ...]

    def layers(self) -> Iterator[CatalogueLayer]:
        """Every layer, in the order of the tree."""
        for theme in self.themes:
            for subtheme in theme.subthemes:
                yield from subtheme.layers

    @cached_property
    def by_id(self) -> dict[str, CatalogueLayer]:
        """Layers by their id."""
        return {layer.id: layer for layer in self.layers()}

    def hidden_from(self, clearance: Clearance) -> frozenset[str]:
        """The layers that someone of this clearance may not see."""
        if clearance not in self.hidden:
            hidden = frozenset(x.id for x in self.layers() if not x.visible_to(clearance))
            self.hidden[clearance] = hidden
        return self.hidden[clearance]

    @cached_property
    def hidden(self) -> dict[Clearance, frozenset[str]]:
        """What `hidden_from` has told already; every request asks it."""
        return {}

    @cached_property
    def titles(self) -> dict[str, Bilingual]:
        """Layers' names in both languages, by id."""
        return {x.id: Bilingual(zh=x.name.zh, en=x.name.en) for x in self.layers()}

    @cached_property
    def department_names(self) -> dict[str, Bilingual]:
        """Departments' names by their id."""
        return {department.id: department.name for department in self.departments}

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for what, ids in (
            ("layer", [layer.id for layer in self.layers()]),
            ("layer name", [layer.name.zh for layer in self.layers()]),
            ("department", [department.id for department in self.departments]),
            ("theme", [theme.id for theme in self.themes]),
            ("sub-theme", [sub.id for theme in self.themes for sub in theme.subthemes]),
        ):
            twice = [name for name, uses in Counter(ids).items() if uses > 1]
            if twice:
                message = f"{what} {twice[0]} is there twice; give each its own"
                raise ValueError(message)
        for layer in self.layers():
            if layer.department not in self.department_names:
                message = f"layer {layer.id}: department {layer.department} is not listed; add it"
                raise ValueError(message)
        for field in ("map_layers", "base_layers"):
            for name in getattr(self.city, field):
                if name not in self.by_id:
                    message = f"city.{field}: {name} is no layer of the catalogue"
                    raise ValueError(message)
        _refuse_strange_districts(self)
        boundary = self.by_id.get(self.city.boundary_layer)
        if boundary is None or boundary.geometry != "polygon":
            message = f"city.boundary_layer: {self.city.boundary_layer} is no polygon layer"
            raise ValueError(message)
        return self


def _refuse_strange_districts(catalogue: Catalogue) -> None:
    if catalogue.city.districts is None:
        return
    layer = catalogue.by_id.get(catalogue.city.districts.layer)
    if layer is None or layer.geometry != "polygon":
        message = f"city.districts: {catalogue.city.districts.layer} is no polygon layer"
        raise ValueError(message)


def load_catalogue(path: Path) -> Catalogue:
    """Read and check a catalogue file.

    Raises:
        InvalidCatalogue: with the place in the file and what is wrong there.
    """
    return load_yaml(path, Catalogue, InvalidCatalogue)
