"""A project's figures in words, with their units."""

from blueprint.report.document import Tongue
from blueprint.rules.kinds.figure_names import figure_name, figure_unit
from blueprint.rules.kinds.figures import ProjectFigures

_GIVEN = (
    *("use", "floor_area_ratio", "height_m", "ground_m"),
    *("building_density", "green_ratio", "setback_m"),
)


def figure_words(figure: str, value: float | str, say: Tongue) -> str:
    """A figure's value with its unit."""
    unit = say.of(figure_unit(figure))
    shown = f"{value:,g}" if isinstance(value, float) else value
    return f"{shown} {unit}".strip()


def figure_rows(figures: ProjectFigures, say: Tongue) -> list[tuple[str, str]]:
    """The figures that are given, each by its name."""
    given = {name: getattr(figures, name) for name in _GIVEN}
    return [
        (_capital(say.of(figure_name(name))), figure_words(name, value, say))
        for name, value in given.items()
        if value is not None
    ]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
