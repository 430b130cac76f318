"""A town whose layers ask several departments, one of them of a secret layer; and a case in it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from blueprint.catalogue import Catalogue
from tests.blueprint.conftest import DAY, Town, catalogue, site_rule, town_in

SECRET = "secret-bunker-7"
"""What no answer may hold but those for approval staff and the army."""

LAYERS = {
    "farmland": ("public", "planning"),
    "zone": ("public", "water"),
    "redline": ("internal", "survey"),
    "barracks": ("restricted", "army"),
}
PLACES = {
    "farmland": "POLYGON ((1000 1000, 1030 1000, 1030 1100, 1000 1100, 1000 1000))",
    "zone": "POLYGON ((1040 900, 1060 900, 1060 1200, 1040 1200, 1040 900))",
    "redline": "POLYGON ((1060 900, 1065 900, 1065 1200, 1060 1200, 1060 900))",
    "barracks": "POLYGON ((1080 1020, 1095 1020, 1095 1060, 1080 1060, 1080 1020))",
}
SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
EAST = "POLYGON ((1035 1000, 1100 1000, 1100 1100, 1035 1100, 1035 1000))"
"""The same off the farmland: nothing else that is met is another."""
CLEAR = "POLYGON ((3000 3000, 3100 3000, 3100 3100, 3000 3100, 3000 3000))"


def tree() -> Catalogue:
    """The catalogue of such a town."""
    document = catalogue().model_dump(mode="json")
    for name in ("water", "army", "farming", "survey"):
        document["departments"].append({"id": name, "name": {"zh": f"{name}局", "en": name}})
    for layer in document["themes"][0]["subthemes"][0]["layers"]:
        if layer["id"] in LAYERS:
            sensitivity, department = LAYERS[layer["id"]]
            layer |= {"sensitivity": sensitivity, "department": department, "coverage": "city"}
    return Catalogue.model_validate(document)


def rules(*more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The farmland prohibits, the zone restricts, of the barracks the army is to be consulted."""
    return [
        site_rule("farmland", "prohibited", ask_also=["farming"]),
        site_rule("zone", department="water"),
        site_rule("redline", department="survey"),
        site_rule("barracks", "consult", department="army"),
        *map(dict, more),
    ]


def case_town(store: str, folder: Path, effective: date = DAY) -> Iterator[Town]:
    """The town, published."""
    for town in town_in(store, folder, tree()):
        town.effective = effective
        for layer, place in PLACES.items():
            said = SECRET if layer == "barracks" else layer
            town.deliver(layer, place, attributes=[{"detail": said}])
        town.publish(*rules())
        yield town


def later(days: int) -> date:
    """So many days after the town's day."""
    return DAY + timedelta(days=days)
