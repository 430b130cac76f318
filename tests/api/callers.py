"""A town whose layers are of every sensitivity and of three departments, and who asks about it."""

from collections.abc import Iterator
from pathlib import Path

from blueprint.access.api_keys import add_key
from blueprint.catalogue import Catalogue
from tests.blueprint.conftest import Town, catalogue, exclusive_rule, site_rule, town_in

LAYERS = {
    "boundary": ("public", "planning"),
    "zone": ("public", "planning"),
    "farmland": ("internal", "planning"),
    "redline": ("internal", "water"),
    "plan": ("restricted", "water"),
    "barracks": ("restricted", "army"),
}
"""Layer → sensitivity and department."""

SEEN = {
    "anonymous": {"boundary", "zone"},
    "applicant": {"boundary", "zone"},
    "planner": {"boundary", "zone", "farmland", "redline"},
    "officer of water": {"boundary", "zone", "redline", "plan"},
    "officer of the army": {"boundary", "zone", "barracks"},
    "approver": set(LAYERS),
    "administrator": set(LAYERS),
}
"""Who asks → the layers that he may see."""

CLEARANCE = {
    "anonymous": "public",
    "applicant": "public",
    "planner": "internal",
    "officer of water": "public+water",
    "officer of the army": "public+army",
    "approver": "restricted",
    "administrator": "restricted",
}

_ROLES = {
    "applicant": ("applicant", ()),
    "planner": ("planner", ()),
    "officer of water": ("officer", ("water",)),
    "officer of the army": ("officer", ("army",)),
    "approver": ("approver", ()),
    "administrator": ("administrator", ()),
}

PLACES = {
    "zone": "POLYGON ((1000 1000, 1200 1000, 1200 1200, 1000 1200, 1000 1000))",
    "farmland": "POLYGON ((1000 1000, 1040 1000, 1040 1200, 1000 1200, 1000 1000))",
    "redline": "POLYGON ((1050 1000, 1090 1000, 1090 1200, 1050 1200, 1050 1000))",
    "plan": "POLYGON ((1100 1000, 1140 1000, 1140 1200, 1100 1200, 1100 1000))",
    "barracks": "POLYGON ((1150 1000, 1190 1000, 1190 1200, 1150 1200, 1150 1000))",
}
"""Beside each other, all on the zone."""


def tree() -> Catalogue:
    """The catalogue of such a town."""
    document = catalogue().model_dump(mode="json")
    for name in ("water", "army"):
        document["departments"].append({"id": name, "name": {"zh": f"{name}局", "en": name}})
    for layer in document["themes"][0]["subthemes"][0]["layers"]:
        if layer["id"] in LAYERS:
            sensitivity, department = LAYERS[layer["id"]]
            layer |= {"sensitivity": sensitivity, "department": department, "coverage": "city"}
    return Catalogue.model_validate(document)


def settled_town(store: str, folder: Path) -> Iterator[Town]:
    """The town with a feature in each layer, a rule on each, and a rule of the zone with each."""
    for town in town_in(store, folder, tree()):
        for layer, place in PLACES.items():
            town.deliver(layer, place, attributes=[{"secret": f"{layer} detail"}])
        others = [layer for layer in PLACES if layer != "zone"]
        town.publish(
            *(site_rule(layer, department=LAYERS[layer][1]) for layer in PLACES),
            *(exclusive_rule("zone", layer) for layer in others),
        )
        yield town


def keys_of(town: Town) -> dict[str, dict[str, str]]:
    """The headers that each caller sends."""
    headers: dict[str, dict[str, str]] = {"anonymous": {}}
    for name, (role, departments) in _ROLES.items():
        _, text = add_key(town.service, name, role, departments=departments)
        headers[name] = {"X-Api-Key": text}
    return headers
