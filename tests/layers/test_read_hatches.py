"""Hatches of a drawing become the polygons that they fill; none of their boundaries is lost."""

from collections.abc import Callable
from math import pi
from pathlib import Path

import ezdxf
import pyarrow as pa
import pytest
import shapely
from ezdxf.entities import Hatch

from layers.description import Description

Read = Callable[..., tuple[Description, pa.Table]]
Corners = list[tuple[float, ...]]


def square(x: float, y: float, side: float) -> Corners:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


@pytest.fixture
def hatched(tmp_path: Path, rows_of: Read) -> Callable[..., list[object]]:
    def draw(*fills: Callable[[Hatch], object], block: bool = False) -> list[object]:
        """A drawing with a hatch for each of `fills`; its geometries as they are read."""
        drawing = ezdxf.new("R2010")
        space = drawing.blocks.new("B") if block else drawing.modelspace()
        if block:
            drawing.modelspace().add_blockref("B", (0, 0))
        for fill in fills:
            fill(space.add_hatch(dxfattribs={"layer": "地块"}))
        path = tmp_path / "drawing.dxf"
        drawing.saveas(path)
        return rows_of(path)[1].column("geometry").to_pylist()

    return draw


def paths(*rings: Corners) -> Callable[[Hatch], None]:
    def fill(hatch: Hatch) -> None:
        for at, ring in enumerate(rings):
            hatch.paths.add_polyline_path(ring, is_closed=True, flags=1 if at == 0 else 16)

    return fill


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize(
    ("rings", "expected"),
    [
        ([square(0, 0, 10)], "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"),
        (
            [square(0, 0, 10), square(2, 2, 2)],
            "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))",
        ),
        (
            [square(2, 2, 2), square(0, 0, 10)],
            "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))",
        ),
        (
            [square(0, 0, 10), square(20, 0, 10)],
            "MULTIPOLYGON (((0 0, 10 0, 10 10, 0 10, 0 0)), ((20 0, 30 0, 30 10, 20 10, 20 0)))",
        ),
        (
            [square(0, 0, 10), square(2, 2, 6), square(4, 4, 2)],
            (
                "MULTIPOLYGON (((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 8, 8 8, 8 2, 2 2)), "
                "((4 4, 6 4, 6 6, 4 6, 4 4)))"
            ),
        ),
    ],
    ids=["square", "hole", "hole drawn first", "two parts", "island in a hole"],
)
def test_boundaries_are_nested_as_they_lie(
    hatched: Callable[..., list[object]], rings: list[Corners], expected: str, block: bool
) -> None:
    (wkb,) = hatched(paths(*rings), block=block)
    assert shapely.equals(shapely.from_wkb(wkb), shapely.from_wkt(expected))


def test_a_bulged_boundary_is_drawn_in_short_pieces(hatched: Callable[..., list[object]]) -> None:
    (wkb,) = hatched(paths([(0, 0, 1), (100, 0, 1)], square(40, -10, 20)))
    assert shapely.from_wkb(wkb).area == pytest.approx(pi * 50**2 - 400, rel=1e-4)


def test_boundaries_of_arcs_and_edges_are_joined(hatched: Callable[..., list[object]]) -> None:
    def half_disc_and_ellipse(hatch: Hatch) -> None:
        edges = hatch.paths.add_edge_path()
        edges.add_line((0, 0), (100, 0))
        edges.add_arc((50, 0), 50, 0, 180)
        edges = hatch.paths.add_edge_path()
        edges.add_ellipse((300, 0), (50, 0), 0.5, 0, 360)

    (wkb,) = hatched(half_disc_and_ellipse)
    assert shapely.from_wkb(wkb).area == pytest.approx(pi * 50**2 / 2 + pi * 50 * 25, rel=1e-3)


def test_a_hatch_with_a_boundary_that_is_not_closed_is_no_geometry_but_a_row(
    hatched: Callable[..., list[object]],
) -> None:
    def open_edges(hatch: Hatch) -> None:
        hatch.paths.add_polyline_path(square(0, 0, 10), is_closed=True)
        edges = hatch.paths.add_edge_path()
        edges.add_line((20, 0), (30, 0))
        edges.add_line((30, 5), (20, 5))

    whole, broken = hatched(paths(square(0, 0, 10)), open_edges)
    assert shapely.from_wkb(whole).area == 100
    assert shapely.from_wkb(broken, on_invalid="ignore") is None
    assert b"boundaries" in broken  # type: ignore[operator]


def test_a_bulged_closed_polyline_stays_a_closed_line(tmp_path: Path, rows_of: Read) -> None:
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_lwpolyline([(0, 0, 0, 0, 1), (100, 0, 0, 0, 1)], close=True)
    drawing.saveas(tmp_path / "arcs.dxf")
    _, rows = rows_of(tmp_path / "arcs.dxf")
    line = shapely.from_wkb(rows.column("geometry")[0].as_py())
    assert line.is_closed
    assert shapely.Polygon(line).area == pytest.approx(pi * 50**2, rel=1e-4)
