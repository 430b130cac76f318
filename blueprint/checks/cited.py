"""What a site check cites, as it lies in this store: there, unaltered, and the same."""

import sqlalchemy as sa

from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify
from blueprint.models import CatalogueRow, RulePackRow, SnapshotRow
from blueprint.registry import Snapshot, load_snapshot, snapshot_digest
from blueprint.service import Service
from blueprint.values import text_hash


def cited_snapshot(service: Service, connection: sa.Connection, check: SiteCheck) -> Snapshot:
    """The snapshot that a check cites, with its catalogue, rules and layer versions.

    Raises:
        CannotVerify: one of them is not in this store, or is not what the check or its own hash
            says.
    """
    row = connection.execute(
        sa.select(SnapshotRow).where(SnapshotRow.id == check.snapshot.id)
    ).first()
    if row is None:
        raise _cannot(check, f"snapshot {check.snapshot.id}", "is not in this store")
    pack = f"rule pack {check.rule_pack.id} {check.rule_pack.version}"
    for what, table, digest in (
        (f"the catalogue of {check.snapshot.id}", CatalogueRow, row.catalogue_sha256),
        (pack, RulePackRow, row.rule_pack_sha256),
    ):
        text = connection.scalar(sa.select(table.document).where(table.sha256 == digest))
        if text is None:
            raise _cannot(check, what, "is no longer in this store")
        if text_hash(text) != digest:
            raise _cannot(check, what, "was altered in this store")
    snapshot = load_snapshot(connection, check.snapshot.id)
    if check.rule_pack != snapshot.rule_pack_ref:
        here = snapshot.rule_pack_ref
        why = f"is not what the snapshot pins here ({here.id} {here.version} {here.sha256[:16]})"
        raise _cannot(check, f"{pack} {check.rule_pack.sha256[:16]}", why)
    if check.snapshot != snapshot.ref:
        why = f"is another one here ({snapshot.ref.digest[:16]}, {snapshot.ref.published_at})"
        raise _cannot(check, f"snapshot {check.snapshot.id} {check.snapshot.digest[:16]}", why)
    versions = service.layers.pinned(connection, snapshot.pins)
    if versions.keys() != snapshot.pins.keys():
        lost = ", ".join(sorted(snapshot.pins.keys() - versions.keys()))
        raise _cannot(check, f"snapshot {check.snapshot.id}", f"has lost layers here: {lost}")
    if snapshot_digest(row.catalogue_sha256, row.rule_pack_sha256, versions) != row.digest:
        raise _cannot(check, f"snapshot {check.snapshot.id}", "was altered in this store")
    return snapshot


def _cannot(check: SiteCheck, what: str, why: str) -> CannotVerify:
    remedy = "verify it against the store that answered, or a copy from before"
    return CannotVerify(f"{check.check_id}: cites {what}, which {why}; {remedy}")
