"""The approvals pack that a store goes by: the last one loaded, else the one of the service.

What was loaded stays, so that an old list can be explained by the pack that it cites.
"""

from functools import lru_cache

import sqlalchemy as sa

from blueprint.approvals.fit import check_fit
from blueprint.approvals.pack import ApprovalsPack
from blueprint.approvals.pack_file import SHIPPED_APPROVALS, load_approvals
from blueprint.cases.models import ApprovalsPackRow
from blueprint.errors import NothingPublished
from blueprint.registry import audit, current_catalogue, load_snapshot, now
from blueprint.rules.pack import RulePack
from blueprint.service import Service
from blueprint.values import document_text


def load_into_store(service: Service, pack: ApprovalsPack, who: str) -> None:
    """Make a pack the one that counts, if it fits the city's catalogue and its rules.

    Raises:
        InvalidApprovals: it names a department, a layer or a rule that is not there.
        NothingPublished: no catalogue is loaded.
    """
    with service.database.write() as connection:
        _, catalogue = current_catalogue(connection)
        check_fit(pack, catalogue, _newest_rules(connection))
        values = {
            "at": now(),
            "who": who,
            "sha256": pack.ref.sha256,
            "document": document_text(pack),
        }
        connection.execute(sa.insert(ApprovalsPackRow).values(values))
        audit(connection, "approvals load", pack.ref.sha256, f"{pack.id} {pack.version}")


def current_approvals(connection: sa.Connection) -> ApprovalsPack:
    """The pack that counts."""
    query = sa.select(ApprovalsPackRow.document).order_by(ApprovalsPackRow.ordinal.desc()).limit(1)
    document = connection.scalar(query)
    return _shipped() if document is None else _kept(document)


def _newest_rules(connection: sa.Connection) -> RulePack | None:
    try:
        return load_snapshot(connection).rule_pack
    except NothingPublished:
        return None


@lru_cache(maxsize=1)
def _shipped() -> ApprovalsPack:
    return load_approvals(SHIPPED_APPROVALS)


@lru_cache(maxsize=4)
def _kept(document: str) -> ApprovalsPack:
    return ApprovalsPack.model_validate_json(document, extra="ignore")
