"""Site checks as they are kept: each as it was answered, linked to the one kept before.

Every function takes an open connection, so that the caller says what commits together.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import closing

import sqlalchemy as sa
from pydantic import ValidationError

from blueprint.catalogue import Catalogue
from blueprint.chain import Head, Held, Kept, Link, follow, start_of
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.errors import CannotVerify, UnknownCheck
from blueprint.kept_chain import add_link, chain_head, moment_of, raw, readable
from blueprint.models import SiteCheckRow
from blueprint.outbox import tell
from blueprint.registry import audit, current_catalogue
from blueprint.values import document_text, text_hash

_CHAIN = "site_check"
_READ_AT_ONCE = 200


def save_check(connection: sa.Connection, check: SiteCheck, text: str | None = None) -> None:
    """Keep a site check as it was answered, as the last link of the chain.

    `text` is its canonical text, where the caller has that already.
    """
    document = document_text(check) if text is None else text
    link = add_link(
        connection, _CHAIN, document, lambda: _last(connection), lambda: _from_before(connection)
    )
    values = {
        "id": check.check_id,
        "checked_at": check.checked_at,
        "snapshot_id": check.snapshot.id,
        "clearance": check.clearance,
        "document": document,
        "ordinal": link.ordinal,
        "sha256": link.sha256,
        "previous": link.previous,
        "seal": link.seal,
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
        if hidden & _shown_in(check, today):
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


def _shown_in(check: SiteCheck, catalogue: Catalogue) -> set[str]:
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


def follow_checks(connection: sa.Connection, noted: str | None = None) -> tuple[Held, int]:
    """Follow the chain of all kept checks; how many are from before there was one.

    `noted` is the seal of an earlier head, which has to be among those of the chain.
    """
    hashes = list(_from_before(connection))
    start = start_of(hashes)
    end = chain_head(connection, _CHAIN) or start
    with closing(_chained(connection)) as kept:
        return follow(kept, start, end, noted), len(hashes)


def _last(connection: sa.Connection) -> Head | None:
    """The last link that is kept."""
    query = sa.select(SiteCheckRow.ordinal, SiteCheckRow.seal)
    query = query.where(SiteCheckRow.ordinal.is_not(None))
    row = connection.execute(query.order_by(SiteCheckRow.ordinal.desc()).limit(1)).first()
    return None if row is None else Head(row.ordinal, row.seal or "")


def _from_before(connection: sa.Connection) -> Iterator[str]:
    """The hashes of the checks that have no link."""
    query = sa.select(raw(connection, SiteCheckRow.document))
    query = query.where(SiteCheckRow.ordinal.is_(None))
    for text in connection.scalars(query.execution_options(yield_per=_READ_AT_ONCE)):
        yield text_hash(readable(text) or "")


def _chained(connection: sa.Connection) -> Generator[Kept, None, None]:
    row = SiteCheckRow
    columns = (row.document, row.id, row.snapshot_id, row.clearance, row.checked_at)
    link = (row.ordinal, row.sha256, row.previous, row.seal)
    query = sa.select(*(raw(connection, column) for column in (*columns, *link)))
    query = query.where(row.ordinal.is_not(None)).order_by(row.ordinal)
    with connection.execute(query.execution_options(yield_per=_READ_AT_ONCE)) as rows:
        for one in rows:
            document, *beside, ordinal, sha256, previous, seal = map(readable, one)
            name = beside[0]
            # a hash that was taken out is none that could be right
            hashes = (sha256 or "", previous or "", seal or "")
            try:
                place = Link(int(ordinal or ""), *hashes)
            except ValueError:
                yield Kept(name, None, Link(0, *hashes))
            else:
                yield Kept(name, _sealed(document, beside), place)


def _sealed(document: str | None, beside: list[str | None]) -> str | None:
    """What was sealed: the document, if the columns beside it still say what it says.

    They decide who is shown the document, and as which.
    """
    try:
        said = json.loads(document or "")
        of_document = [said["check_id"], said["snapshot"]["id"], said["clearance"]]
        moments = (moment_of(said["checked_at"]), moment_of(beside[3]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return document if of_document == beside[:3] and moments[0] == moments[1] else None
