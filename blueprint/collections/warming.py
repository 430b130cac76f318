"""What the first questions to a service would wait for, made ready before they come.

Input: an open service. Nothing is answered, and nothing is stored but packed layers, which are made
when they are asked for too. What fails here is left to whoever asks first, who is told why.
"""

import gc
import logging
from contextlib import nullcontext

from blueprint.around import look_around, pinned_of
from blueprint.clearance import PUBLIC
from blueprint.collections.listed import open_collection
from blueprint.collections.tiles import source_of
from blueprint.conflicts.kept_runs import is_searched
from blueprint.conflicts.register import totals_of_snapshot
from blueprint.registry import hidden_layers, load_snapshot
from blueprint.service import Service

_log = logging.getLogger(__name__)


def warm_up(service: Service) -> None:
    """Open the layers that checks ask for, and what a map's first tiles and first page tell."""
    try:
        with service.database.read() as connection:
            snapshot = load_snapshot(connection)
            city, rules = snapshot.catalogue.city, snapshot.rule_pack.check_rules
            asked = {layer for rule in rules for layer in rule.asked_layers()}
            corner = (*city.bounds[:2], *city.bounds[:2])
            reach = dict.fromkeys(asked, 0.0)
            pinned = pinned_of(service, lambda: nullcontext(connection), snapshot, asked)
            look_around(service, lambda: nullcontext(connection), pinned, corner, reach)
            hidden = hidden_layers(connection, snapshot, PUBLIC)
            districts = () if city.districts is None else (city.districts.layer,)
            for name in dict.fromkeys((city.boundary_layer, *city.base_layers, *districts)):
                if name in snapshot.pins and name not in hidden:
                    source_of(service, open_collection(service, connection, snapshot, name, PUBLIC))
            if is_searched(connection, snapshot, PUBLIC):
                found = open_collection(service, connection, snapshot, "conflicts", PUBLIC)
                source_of(service, found)
        totals_of_snapshot(service, PUBLIC)
    except Exception:  # noqa: BLE001 nobody has asked yet: a service that starts is worth more
        _log.info("not warmed up", exc_info=True)
    # what is there now stays: a twelfth of a check's time was spent on going through it for garbage
    gc.collect()
    gc.freeze()
