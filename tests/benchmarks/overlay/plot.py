"""How the cost grows with the city: one picture, two panels."""

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

_COLOURS = {
    "ours": "#b2182b",
    "geos": "#4d4d4d",
    "shapely": "#2166ac",
    "duckdb": "#d8a200",
    "sedonadb": "#e08214",
    "postgis": "#1b7837",
    "geopandas": "#7b3294",
}
_SITES = ("ours", "ours_geometry", "geos", "shapely", "duckdb", "sedonadb", "postgis", "clip")
_PLANS = (
    "ours2",
    "ours_geometry2",
    "geos_crossing2",
    "shapely2",
    "duckdb",
    "sedonadb",
    "postgis",
    "overlay",
)


def draw_growth(cities: list[dict[str, Any]], file: Path) -> None:
    """Milliseconds a site, and seconds for the two land-use plans, by the number of features."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.4), layout="constrained")
    _panel(axes[0], cities, "sites", _SITES, "milliseconds a site (all sites' time / sites)")
    axes[0].set_title("A site against all layers")
    _panel(axes[1], cities, "plans", _PLANS, "seconds")
    axes[1].set_title("Two land-use plans, every pair of different class")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=110, metadata={"Software": None})
    plt.close(figure)


def _panel(
    axes: Axes, cities: list[dict[str, Any]], contest: str, names: tuple[str, ...], unit: str
) -> None:
    for name in names:
        drawn = [
            (city["features"], run["whole_s"] * (1000 / city["sites"] if contest == "sites" else 1))
            for city in cities
            if (run := city["results"].get(contest, {}).get(name))
        ]
        if not drawn:
            continue
        run = next(
            city["results"][contest][name]
            for city in cities
            if name in city["results"].get(contest, {})
        )
        ours = run["tool"] == "ours"
        axes.plot(
            *zip(*drawn, strict=True),
            marker="o",
            markersize=4,
            linewidth=2.4 if ours else 1.3,
            linestyle="--" if "geometry" in name or run["tool"] == "geos" else "-",
            color=_COLOURS[run["tool"]],
            label=run["title"],
        )
    axes.set(xscale="log", yscale="log", xlabel="features of the city", ylabel=unit)
    plain = FuncFormatter(lambda value, _: f"{value:,.6g}")
    for axis, ticks in ((axes.xaxis, (1.0,)), (axes.yaxis, (1.0, 2.0, 5.0))):
        axis.set_major_locator(LogLocator(subs=ticks))
        axis.set_major_formatter(plain)
        axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, which="both", linewidth=0.4, alpha=0.5)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.13), ncols=2, frameon=False)
