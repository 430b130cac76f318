"""What a snapshot's rules ask of every site alike: worked out once for a day and a reader.

Input: a snapshot, the application date and the layers that the reader may not see. Output:
`Standing`: the rules in force, how far their layers reach, what is pinned of these, and which of
them can be believed wherever the site lies. A city has some hundreds of layers, and a site meets
few of them: to look at the others anew with every check took most of its time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from blueprint.around import Connect, Pinned, pinned_of
from blueprint.availability import believed, untimely
from blueprint.catalogue import Catalogue
from blueprint.checks.desk import Desk
from blueprint.coordinates import approximations
from blueprint.documents import LayerLine
from blueprint.judge import reach_of, severity_rank
from blueprint.rules.pack import RulePack, SiteCheckRule, SiteRule
from blueprint.service import Service


@dataclass(frozen=True)
class Standing:
    """What is so for every site; `rules` gravest first, as they are before anybody has answered.

    `accuracy_m` has the rules whose layers may all be seen, `reach_m` every layer that is asked.
    `later_layers`: layers that came into effect after the day count.
    """

    catalogue: Catalogue
    pack: RulePack
    day: date
    later_layers: bool
    hidden: frozenset[str]
    rules: list[SiteCheckRule]
    accuracy_m: Mapping[str, float]
    reach_m: Mapping[str, float]
    pinned: Pinned

    @cached_property
    def approximate(self) -> dict[str, str]:
        """The layers that were delivered in a web map's coordinates, with the map's name."""
        return approximations(self.pinned.versions)

    @cached_property
    def covering(self) -> list[str]:
        """The layers of which it is asked how much of the site they cover."""
        own = {layer for layer in self.reach_m if self.catalogue.by_id[layer].coverage == "own"}
        return sorted(own | {self.catalogue.city.boundary_layer})

    @cached_property
    def sound(self) -> frozenset[str]:
        """The layers that speak for the whole city on the day: nothing of them lies in quarantine.

        They can be believed on any site that the layer which bounds the city covers.
        """
        by_id, pinned = self.catalogue.by_id, self.pinned
        return frozenset(
            layer
            for layer, version in pinned.versions.items()
            if by_id[layer].coverage == "city"
            and not pinned.quarantined.get(layer)
            and untimely(by_id[layer], version, self.day, later_counts=self.later_layers) is None
        )

    @cached_property
    def rules_on(self) -> dict[str, list[str]]:
        """The ids of the rules to which each layer's silence counts, in the catalogue's order."""
        by_layer: dict[str, list[str]] = {}
        for rule in self.rules:
            for layer in believed(rule, self.pinned.versions):
                by_layer.setdefault(layer, []).append(rule.id)
        return {x.id: by_layer[x.id] for x in self.catalogue.layers() if x.id in by_layer}

    @cached_property
    def clear_lines(self) -> dict[str, LayerLine]:
        """What is said of a sound layer whose features are off the site."""
        lines = {}
        for layer in self.sound & self.rules_on.keys():
            version, visible = self.pinned.versions[layer], layer not in self.hidden
            lines[layer] = LayerLine(
                layer=layer,
                name=self.catalogue.titles[layer],
                status="clear",
                version=version.version if visible else None,
                effective=version.effective if visible else None,
                approximate=self.approximate.get(layer) if visible else None,
                covered_share=1.0,
                rules=self.rules_on[layer],
            )
        return lines


def standing_of(service: Service, connect: Connect, desk: Desk) -> Standing:
    """What is so for every site at a desk of this snapshot, day and reader; made when first asked.

    `connect` is asked for a connection only where something is not known here yet.
    """
    snapshot = desk.snapshot
    # what is kept holds both documents, so nothing else can have their place in memory
    documents = id(snapshot.catalogue), id(snapshot.rule_pack)
    pins, asked = frozenset(snapshot.pins.items()), (desk.day, desk.later_layers, desk.hidden)
    key = snapshot.ref, pins, *documents, *asked
    found: Standing = service.standing.get(key, lambda: _made(service, connect, desk))
    return found


def _made(service: Service, connect: Connect, desk: Desk) -> Standing:
    snapshot = desk.snapshot
    catalogue, pack = snapshot.catalogue, snapshot.rule_pack
    gravest_first = sorted(pack.site_rules, key=lambda rule: (severity_rank(rule), rule.id))
    others = [rule for rule in pack.check_rules if not isinstance(rule, SiteRule)]
    rules = [rule for rule in (*gravest_first, *others) if pack.is_in_force(rule, desk.day)]
    accuracy_m = _accuracies(rules, desk)
    reach_m = {catalogue.city.boundary_layer: 0.0}
    for rule in rules:
        further = accuracy_m.get(rule.id, 0.0)
        for layer in rule.asked_layers():
            reach_m[layer] = max(reach_m.get(layer, 0.0), reach_of(rule) + further)
    pinned = pinned_of(service, connect, snapshot, reach_m)
    asked = desk.day, desk.later_layers, desk.hidden
    return Standing(catalogue, pack, *asked, rules, accuracy_m, reach_m, pinned)


def _accuracies(rules: Iterable[SiteCheckRule], desk: Desk) -> dict[str, float]:
    """How far off the layers of each rule may be, m; without rules on one that may not be seen."""
    by_id = desk.snapshot.catalogue.by_id
    return {
        rule.id: max(by_id[layer].accuracy_m for layer in rule.asked_layers())
        for rule in rules
        if desk.sees(rule)
    }
