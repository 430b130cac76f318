"""The sample city as the page is tried on it: two snapshots, both searched, a conflict assigned."""

from datetime import timedelta
from pathlib import Path

from blueprint.bootstrap import init_store
from blueprint.catalogue import load_catalogue
from blueprint.conflicts.ledger import Wish, take_step
from blueprint.conflicts.listing import Asked, list_conflicts
from blueprint.conflicts.search import find_conflicts
from blueprint.deliveries.ingest import ingest_all, ingest_layer
from blueprint.deliveries.manifest import Request, read_manifest
from blueprint.rules.pack import SHIPPED_PACK
from blueprint.rules.pack_file import load_rule_pack
from blueprint.snapshots import load_into_store, publish

SAMPLE = Path(__file__).parents[2] / "sample_data"


def make_city(store: str) -> None:
    """Load the city into a store that is not there yet."""
    tree = load_catalogue(SAMPLE / "catalogue.yaml")
    effective = tree.city.today() - timedelta(days=28)
    with init_store(store, tree.city.crs) as service:
        load_into_store(service, tree)
        for _ in ingest_all(service, read_manifest(SAMPLE / "deliveries.yaml"), effective):
            pass
        pack = load_rule_pack(SHIPPED_PACK)
        publish(service, pack)
        find_conflicts(service, clearance="restricted")
        newer = SAMPLE / "deliveries" / "eco_redline_next.geojson"
        ingest_layer(service, Request("eco_redline", newer), effective + timedelta(days=1))
        publish(service, pack)
        find_conflicts(service, clearance="restricted")
        asked = Asked(rule="exclusive.farmland_redline", limit=1)
        found = list_conflicts(service, asked, "public").conflicts
        for one in found:
            due = tree.city.today() + timedelta(days=30)
            wish = Wish(
                "assigned", "多规合一办公室", "请核对两条线的边界", department="nrp", due=due
            )
            take_step(service, one.id, wish)
