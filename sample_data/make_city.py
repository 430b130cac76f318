"""Draw the sample city anew: `python sample_data/make_city.py`.

Reads `base/`, `catalogue.yaml` and `city/recipes.csv`; writes `deliveries/`, `deliveries.yaml` and
`sites/`, beside this file or in another folder. A fixed seed gives the same geometry on every run.
Fictional, not for planning.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pyogrio
import yaml

from city.deliver import catalogue_layers, deliver, deliver_next, write_manifest
from city.drawing import Drawing, with_class
from city.faults import add_faults
from city.ground import DISTRICTS, Ground, draw_ground
from city.networks import draw_networks
from city.next_version import next_redline
from city.plans import draw_plans
from city.protection import draw_protection
from city.recipes import Recipe, cook, read_recipes
from city.sites import find_sites, write_sites

HERE = Path(__file__).resolve().parent
SEED = 20261101


def draw_city(recipes: list[Recipe]) -> tuple[Ground, Drawing]:
    """Draw every layer: ground first, then plans, protected areas, lines and the small layers."""
    grids = [r.where.split(":") for r in recipes if r.make == "grid"]
    streets = {d: [street for _, home, street in grids if home == d] for d in DISTRICTS}
    dice = [np.random.default_rng([SEED, step]) for step in range(4)]
    ground = draw_ground(HERE / "base", streets, dice[0])
    drawing: Drawing = {
        "admin_city": with_class([(ground.city, ("鹭城",))], "MC"),
        "admin_district": with_class(
            [(area, (DISTRICTS[d][0],)) for d, area in ground.districts.items()], "MC"
        ),
    }
    zones = draw_plans(ground, drawing, dice[1])
    draw_protection(ground, zones, drawing, dice[2])
    draw_networks(ground, zones, drawing, dice[3])
    cook(recipes, ground, zones, drawing, SEED)
    return ground, drawing


def chosen_folder() -> Path:
    """The folder named on the command line. Only the project's own is drawn over."""
    parser = ArgumentParser(
        description="Draw the fictional sample city anew: deliveries/, deliveries.yaml and sites/."
    )
    parser.add_argument(
        "--out", type=Path, default=HERE, metavar="FOLDER",
        help="a new or empty folder to write to; without it, the city of this checkout is replaced",
    )  # fmt: skip
    folder: Path = parser.parse_args().out.resolve()
    if folder != HERE and folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        parser.error(f"{folder} is there already and is no empty folder")
    return folder


def main() -> None:
    """Draw the city, find the sample sites, damage a few features, write everything."""
    folder = chosen_folder()
    pyogrio.set_gdal_config_options(
        {"OGR_SQLITE_PRAGMA": "page_size=1024", "OGR_CURRENT_DATE": "2026-11-01T00:00:00.000Z"}
    )
    catalogue = yaml.safe_load((HERE / "catalogue.yaml").read_text(encoding="utf-8"))
    recipes = read_recipes(HERE / "city" / "recipes.csv")
    ground, drawing = draw_city(recipes)
    sites = find_sites(ground, drawing, np.random.default_rng([SEED, 9]))
    write_sites(sites, folder / "sites")
    redline = next_redline(drawing)
    add_faults(drawing)
    layers, deliveries = catalogue_layers(catalogue), folder / "deliveries"
    rows = deliver(layers, recipes, ground, drawing, deliveries)
    write_manifest(rows, folder / "deliveries.yaml")
    deliver_next(layers, ground, "eco_redline", redline, deliveries / "eco_redline_next.geojson")


if __name__ == "__main__":
    main()
