"""Site checks as they are kept: each as it was answered, linked to the one kept before.

Every function takes an open connection, so that the caller says what commits together.
"""

import json

import sqlalchemy as sa
from pydantic import ValidationError

from blueprint.catalogue import Catalogue
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify, UnknownCheck
from blueprint.kept_chain import KeptChain, Texts, moment_of
from blueprint.models import SiteCheckRow
from blueprint.outbox import tell
from blueprint.registry import audit, current_catalogue
from blueprint.values import document_text


def save_check(connection: sa.Connection, check: SiteCheck, text: str | None = None) -> None:
    """Keep a site check as it was answered, as the last link of the chain.

    `text` is its canonical text, where the caller has that already.
    """
    document = document_text(check) if text is None else text
    values = {
        "id": check.check_id,
        "checked_at": check.checked_at,
        "snapshot_id": check.snapshot.id,
        "clearance": check.clearance,
        "document": document,
        **_CHAIN.add(connection, [document])[0],
    }
    connection.execute(sa.insert(SiteCheckRow).values(values))
    audit(connection, "check", check.check_id, f"{check.site.name}: {check.verdict}")
    tell(connection, "finding-stored", {"check_id": check.check_id})


def load_check(
    connection: sa.Connection,
    check_id: str,
    clearance: Clearance,
    reader: Clearance | None = None,
) -> SiteCheck:
    """A site check as it was answered, if it was made for this clearance.

    One that shows a layer which its reader, of this clearance unless another is given, may no
    longer see is not given out.

    Raises:
        UnknownCheck: there is none that the caller may see.
        CannotVerify: it was altered, so that it cannot be read.
    """
    document = kept_text(connection, check_id, clearance)
    check = None if document is None else read_kept(document, check_id)
    if check:
        _, today = current_catalogue(connection)
        hidden = today.hidden_from(reader or clearance)
        if hidden & shown_in(check, today):
            check = None
    if not check:
        raise unknown_check(check_id)
    return check


def read_kept(document: str, check_id: str) -> SiteCheck:
    """A check from the text that was kept of it.

    Raises:
        CannotVerify: it was altered, so that it cannot be read.
    """
    try:
        return SiteCheck.model_validate_json(document, extra="ignore")
    except ValidationError:
        message = (
            f"{check_id}: was altered in this store and cannot be read; take it from a copy from "
            "before (`blueprint verify --chain` tells from where on checks were altered)"
        )
        raise CannotVerify(message) from None


def unknown_check(check_id: str) -> UnknownCheck:
    """The same words for a check that is not there and for one that is not the caller's."""
    return UnknownCheck(
        f"{check_id}: no such site check; POST the site to /site-checks to make one"
    )


def made_for(connection: sa.Connection, check_id: str) -> Clearance | None:
    """The clearance that a kept check was made for; None: none was kept."""
    query = sa.select(SiteCheckRow.clearance).where(SiteCheckRow.id == check_id)
    found: str | None = connection.scalar(query)
    return None if found is None else Clearance(found)


def shown_in(check: SiteCheck, catalogue: Catalogue) -> set[str]:
    """The layers of which a check shows features, or may show edges by suggested outlines.

    All layers that a rule asks for shape what it comes to.
    """
    rules = {finding.rule for finding in check.findings if finding.feature_ids}
    shown = {e.layer for e in check.layers if e.numerical_overlaps or e.status == "error"}
    if check.robustness is not None:
        rules |= {one.rule for one in check.robustness.decided_by}
        shown |= {miss.layer for miss in check.robustness.near_misses}
    shown |= {e.layer for e in check.layers if rules & set(e.rules)}
    shown |= {finding.layer for finding in check.findings if finding.feature_ids}
    if check.suggestions:
        shown |= {catalogue.city.boundary_layer, *(e.layer for e in check.layers if e.version)}
    return shown


def kept_text(connection: sa.Connection, check_id: str, clearance: Clearance) -> str | None:
    """The text of a site check that was made for this clearance; None: none was kept."""
    query = sa.select(SiteCheckRow.document)
    query = query.where(SiteCheckRow.id == check_id, SiteCheckRow.clearance == clearance)
    found: str | None = connection.scalar(query)
    return found


def _agrees(texts: Texts) -> bool:
    """Whether the columns beside the document still say what it says.

    They decide who is shown the document, and as which.
    """
    document, *beside, checked_at = texts
    try:
        said = json.loads(document or "")
        of_document = [said["check_id"], said["snapshot"]["id"], said["clearance"]]
        moments = (moment_of(said["checked_at"]), moment_of(checked_at))
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
    return of_document == beside and moments[0] == moments[1]


_CHAIN = KeptChain(
    "site_check",
    SiteCheckRow,
    (
        *(SiteCheckRow.document, SiteCheckRow.id, SiteCheckRow.snapshot_id),
        *(SiteCheckRow.clearance, SiteCheckRow.checked_at),
    ),
    document=lambda texts: texts[0],
    called=lambda texts: texts[1],
    agrees=_agrees,
    read_at_once=200,
)
follow_checks = _CHAIN.follow
"""Follow the chain of all kept checks: `KeptChain.follow`."""
