"""Conflicts: those of a kept search, page by page, and all that is known of one."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.deps import AsOfQuery, ClearanceDep, Day, PlainText, ServiceDep, SnapshotQuery, invalid
from api.forms import PAGE, ShownDep, other_form
from api.links import Link
from api.problems import problems
from api.wanted import parse_lonlat_box
from blueprint.conflicts.difference import Change
from blueprint.conflicts.ledger import ConflictFile, conflict_file
from blueprint.conflicts.life import STATES, State
from blueprint.conflicts.listing import Asked, ConflictPage, Order, list_conflicts
from blueprint.words import WORDS

router = APIRouter(prefix="/conflicts", tags=["conflicts"])
_MOST = 10_000
_JSON = "application/json"


class ConflictListing(ConflictPage):
    """A page with the way to the next one, in the same snapshot."""

    links: list[Link]


@router.get(
    "",
    response_model=ConflictListing,
    responses={**PAGE, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def list_found(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    shown: ShownDep,
    rule: Annotated[PlainText | None, Query(description="id of a rule")] = None,
    state: Annotated[State | None, Query(description="on the day")] = None,
    change: Annotated[Change | None, Query(description="with `against` alone")] = None,
    against: Annotated[
        PlainText | None, Query(description="id of an earlier snapshot to compare with")
    ] = None,
    departments: Annotated[
        PlainText | None,
        Query(description="ids, two parted by a comma: one on either side; one: on both sides"),
    ] = None,
    district: Annotated[PlainText | None, Query(description="name of a district")] = None,
    bbox: Annotated[
        str | None, Query(description="min lon, min lat, max lon, max lat: those that may meet it")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    sortby: Annotated[
        Order, Query(description="gravity: the gravest first, of these the largest")
    ] = "id",
    after: Annotated[
        PlainText | None, Query(description="those after this conflict id, in the same order")
    ] = None,
    day: Annotated[
        Day | None, Query(alias="date", description="YYYY-MM-DD, of the states; today if not given")
    ] = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
) -> ConflictListing | Response:
    """Conflicts that the last search of a snapshot found; follow `next` for those that remain."""
    if change is not None and against is None:
        raise invalid("query", "change", "give against too: a change is since another snapshot")
    page = list_conflicts(
        service,
        Asked(
            rule,
            state,
            change,
            after,
            limit,
            departments=frozenset(departments.split(",") if departments else ()),
            district=district,
            box=parse_lonlat_box(bbox),
            order=sortby,
        ),
        clearance,
        snapshot_id=snapshot,
        as_of=as_of,
        against=against,
        day=day,
    )
    given = {
        name: text for name, text in request.query_params.items() if name not in ("as_of", "f")
    }
    given |= {"snapshot": page.snapshot}
    here = str(request.url.replace(query="", fragment=""))
    links = [Link(href=f"{here}?{urlencode(given)}", rel="self", title="This page", type=_JSON)]
    if page.more_after:
        href = f"{here}?{urlencode(given | {'after': page.conflicts[-1].id})}"
        links.append(Link(href=href, rel="next", title="Next page", type=_JSON))
    links.append(other_form(links[0].href, "This page"))
    document = ConflictListing(**dict(page), links=links)
    if shown.on_page:
        onward = next((link.href for link in links if link.rel == "next"), None)
        return shown.page(
            "conflicts.html", document=document, onward=onward, states=STATES, words=WORDS
        )
    return document


@router.get(
    "/{conflict_id}",
    response_model=ConflictFile,
    responses={**PAGE, **problems(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_ACCEPTABLE)},
)
def show_conflict(
    service: ServiceDep,
    clearance: ClearanceDep,
    shown: ShownDep,
    conflict_id: PlainText,
    day: Annotated[
        Day | None, Query(alias="date", description="YYYY-MM-DD, of the state; today if not given")
    ] = None,
) -> ConflictFile | Response:
    """All that is known of a conflict: what fights, where it stands, its history."""
    document = conflict_file(service, conflict_id, clearance, day)
    if shown.on_page:
        return shown.page("conflict.html", document=document, states=STATES, words=WORDS)
    return document
