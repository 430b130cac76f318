import pytest

from blueprint.exports.dossier import scene_of
from blueprint.snapshots import load_into_store
from tests.blueprint.conftest import Town, catalogue, site_rule

SITE = "POLYGON ((1000 1000, 1100 1000, 1100 1100, 1000 1100, 1000 1000))"
ASTRIDE = "POLYGON ((9900 0, 10100 0, 10100 100, 9900 100, 9900 0))"
NEAR = "POLYGON ((1050 900, 1200 900, 1200 1200, 1050 1200, 1050 900))"


def shown(scene) -> list[str]:
    return [layer.name.en for layer in scene.context]


def test_a_map_shows_the_asked_layers_with_the_outcome_of_their_gravest_finding(town: Town):
    town.deliver("zone", NEAR)
    town.publish(site_rule("zone", "consult"))
    scene = scene_of(town.service, town.check(SITE))
    assert [(layer.name.en, layer.outcome) for layer in scene.context] == [("zone", "consult")]
    assert len(scene.overlaps) == 1


def test_a_map_shows_the_part_of_the_site_beyond_the_city_and_nothing_of_one_inside(town: Town):
    town.deliver("zone", NEAR)
    town.publish(site_rule("zone"))
    astride = scene_of(town.service, town.check(ASTRIDE))
    assert astride.uncovered.area == pytest.approx(10_000, abs=0.1)
    assert scene_of(town.service, town.check(SITE)).uncovered is None


@pytest.mark.parametrize("when", ["from the start", "since"])
def test_a_map_for_the_public_draws_no_layer_that_is_restricted(town: Town, when: str):
    layer = "barracks" if when == "from the start" else "redline"
    town.deliver(layer, NEAR)
    town.publish(site_rule(layer, "consult"))
    load_into_store(town.service, catalogue(redline={"sensitivity": "restricted"}))
    scene = scene_of(town.service, town.check(SITE))
    assert layer not in shown(scene)
    assert scene.overlaps == []
    assert layer in shown(scene_of(town.service, town.check(SITE, clearance="restricted")))


def test_a_map_shows_the_citys_own_layers_for_orientation(town: Town):
    town.deliver("farmland", NEAR)
    tree = catalogue()
    city = tree.city.model_copy(update={"map_layers": ("farmland",)})
    load_into_store(town.service, tree.model_copy(update={"city": city}))
    town.deliver("zone", "POLYGON ((5000 5000, 5100 5000, 5100 5100, 5000 5100, 5000 5000))")
    town.publish(site_rule("zone"))
    assert shown(scene_of(town.service, town.check(SITE))) == ["farmland"]
