"""What maps are drawn on: a page of pixels (`page.Page`) or a sheet of vectors (`sheet.Sheet`)."""

from typing import Protocol

from blueprint.report.lettering import Lettering, Script
from blueprint.report.page import Align, Box, Look, Shapes, Spot
from layers import Geometries


class Surface(Protocol):
    """Takes shapes and lines of text in points, each on top of what is there already."""

    letters: Lettering

    def draw(self, shapes: Shapes, look: Look, inside: Box | None = None) -> None:
        """Draw polygons and lines; what lies outside `inside` is cut."""

    def draw_parts(
        self, parts: Geometries, dimension: int, look: Look, inside: Box | None = ...
    ) -> None:
        """Draw those parts that have the dimension; points as discs."""

    def plate(self, box: Box, look: Look, radius: float = 2.5) -> None:
        """Draw a box with rounded corners."""

    def write(
        self, at: Spot, text: str, script: Script, align: Align = "left", *, upright: bool = False
    ) -> None:
        """Write one line; `at` is the middle of its height, at its left end unless aligned."""

    def disc(self, centre: Spot, number: int, colour: str) -> None:
        """Write a number in a disc."""
