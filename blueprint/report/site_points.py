"""The boundary points of a site in its report (界址点成果表): drawn, and in a table."""

import json
from collections.abc import Sequence

import shapely

from blueprint.documents import SiteRef
from blueprint.report.boundary_points import MOST_POINTS, BoundaryPoint, boundary_points
from blueprint.report.document import Block, Grid, Plates, Section, Text, Tongue
from blueprint.report.names import POINTS
from layers.boundary_write import zone_of
from layers.errors import CannotWrite

_FOLDED, _A_SHEET = 8, 80
"""From how many rows on a table is folded, and how many rows one has: half of them a column."""
_ZONE_M = 1_000_000


def points_section(site: SiteRef, plates: Plates, say: Tongue) -> Section:
    """Every corner of the site, with the number of the zone before its easting."""
    points = boundary_points(shapely.from_geojson(json.dumps(site.geometry)))
    shift, system = _system(site.crs, say)
    told = say(
        f"{system}；X 为北坐标，Y 为东坐标，单位：米；边长为平面距离，量至下一点；每圈末行为起点。",
        f"{system}; X is the northing, Y the easting, in metres; sides are plane distances to the "
        "next point; a ring ends in the point it began with.",
    )
    blocks: list[Block] = [Text(text=told, tone="note")]
    drawn = plates.take(POINTS, say("界址点图", "Boundary points"))
    if drawn is not None:
        blocks.append(drawn)
    listed = points[:MOST_POINTS]
    rows = [_row(point, shift) for point in listed]
    blocks += [_table(rows[at : at + _A_SHEET], say) for at in range(0, len(rows), _A_SHEET)]
    left = len(points) - MOST_POINTS
    if left > 0:
        more = say(
            f"另有 {left} 行未列出；全部界址点见预检文件的 site.geometry。",
            f"{left} more rows are not listed; site.geometry of the check has every point.",
        )
        blocks.append(Text(text=more, tone="strong"))
    return Section(title=say("界址点成果表", "Boundary points"), blocks=blocks)


def _table(rows: Sequence[list[str]], say: Tongue) -> Grid:
    """The rows, of more than a few the second half beside the first."""
    head = [
        say("点号", "Point"),
        say("圈号", "Ring"),
        "X (m)",
        "Y (m)",
        say("边长 (m)", "Side (m)"),
    ]
    widths = [0.15, 0.12, 0.27, 0.29, 0.17]
    if len(rows) <= _FOLDED:
        return Grid(head=head, rows=list(rows), widths=widths, right=[2, 3, 4])
    half = -(-len(rows) // 2)
    second = [*rows[half:], *[[""] * 5] * (2 * half - len(rows))]
    folded = [[*one, *other] for one, other in zip(rows[:half], second, strict=True)]
    return Grid(head=[*head, *head], rows=folded, widths=widths * 2, right=[2, 3, 4, 7, 8, 9])


def _row(point: BoundaryPoint, shift: float) -> list[str]:
    side = "" if point.side_m is None else f"{point.side_m:.2f}"
    east = point.y_east + shift
    return [point.number, f"{point.ring}", f"{point.x_north:.3f}", f"{east:.3f}", side]


def _system(crs: str, say: Tongue) -> tuple[float, str]:
    """What eastings need before them to have their zone's number, and the system in words."""
    try:
        width, zone, prefixed = zone_of(crs)
    except CannotWrite:
        return 0.0, say(f"坐标系 {crs}", f"In {crs}")
    meridian = zone * width - (3 if width == 6 else 0)
    words = say(
        f"2000国家大地坐标系，高斯-克吕格投影，{width} 度分带，带号 {zone}，中央子午线 {meridian}°"
        f"（{crs}），Y 含带号",
        f"CGCS2000, Gauss-Krüger, {width}° zone {zone}, central meridian {meridian}° ({crs}), Y "
        "with the zone's number",
    )
    return (0.0 if prefixed else zone * _ZONE_M), words
