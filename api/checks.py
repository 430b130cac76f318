"""Site checks: GeoJSON in, the findings out; the same document as `blueprint check --json`."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from api.deps import AsOfQuery, ClearanceDep, Day, PlainText, ServiceDep, SnapshotQuery
from api.forms import FORMS, LangQuery, lands_on_page
from api.handed import Fields, handed_in
from api.handed_body import REQUEST_BODY
from api.problems import problems
from api.reckoning import read_apart, reckoned
from blueprint.checks.check import View, ask_site, keep_check, view_of
from blueprint.checks.handed_site import HandedSite, ProjectSaid
from blueprint.checks.site import Site
from blueprint.checks.verify import Verification, verify_kept
from blueprint.clearance import Clearance
from blueprint.documents import SiteCheck
from blueprint.service import Service
from blueprint.snapshots import pack_wanted

router = APIRouter(prefix="/site-checks", tags=["site checks"])

_MADE: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The site check; Location is where it stays",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
    303: {
        "description": "A browser's form was checked: Location is the page of the check",
        "headers": {"Location": {"schema": {"type": "string"}}},
    },
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=SiteCheck,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses={
        **_MADE,
        **problems(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
)
async def make_check(
    request: Request,
    service: ServiceDep,
    clearance: ClearanceDep,
    application_date: Annotated[
        Day | None, Query(alias="date", description="YYYY-MM-DD; today if not given")
    ] = None,
    snapshot: SnapshotQuery = None,
    as_of: AsOfQuery = None,
    crs: Annotated[
        str | None,
        Query(
            min_length=1,
            description="CRS of the coordinates, if not lon, lat: a code such as EPSG:4548, the id "
            "of a system of the catalogue, GCJ-02 or BD-09",
        ),
    ] = None,
    name: Annotated[
        PlainText | None,
        Query(description="of the site; if not given, the name in the GeoJSON, else `site`"),
    ] = None,
    layer: Annotated[
        PlainText | None, Query(description="of a file that has several: the one that draws it")
    ] = None,
    suggest: Annotated[
        bool | None, Query(description="ask for what would take prohibitions away")
    ] = None,
    lang: LangQuery = None,
) -> Response:
    """Check a site, sent as GeoJSON or as a file of the formats that surveyors and CAD write.

    Longitude first in GeoJSON, unless `crs` names a projected system.
    """
    handed = await handed_in(request)
    query = {
        "date": application_date,
        "snapshot": snapshot,
        "as_of": as_of,
        "crs": crs,
        "name": name,
        "layer": layer,
        "suggest": suggest,
    }
    asked = handed.fields.model_copy(
        update={what: said for what, said in query.items() if said is not None}
    )
    read = read_apart if handed.site.is_file else reckoned
    given = await read(service, _read, service, clearance, handed.site, asked)
    check_id, document = await reckoned(service, _check, service, asked, *given)
    there = str(request.url_for("get_check", check_id=check_id))
    later = BackgroundTask(pack_wanted, service)
    if lands_on_page(request):
        page = f"{there}?f=html" if lang is None else f"{there}?f=html&lang={lang}"
        return RedirectResponse(page, HTTPStatus.SEE_OTHER, background=later)
    return Response(
        document,
        HTTPStatus.CREATED,
        {"Location": there},
        FORMS["json"],
        background=later,
    )


def _read(
    service: Service, clearance: Clearance, handed: HandedSite, asked: Fields
) -> tuple[View, Site, ProjectSaid]:
    """A site read for the snapshot that it is checked on, whatever is published meanwhile."""
    view = view_of(service, asked.snapshot, asked.as_of, clearance)
    beside = ProjectSaid(asked.name, asked.project, asked.suggest)
    return view, *handed.drawn(view.snapshot.catalogue.city, asked.crs, asked.layer, beside)


def _check(
    service: Service, asked: Fields, view: View, site: Site, said: ProjectSaid
) -> tuple[str, str]:
    """The id of the check that is made and kept, and its document."""
    checked = ask_site(
        service, view, site, day=asked.date, project=said.figures(), suggest=said.wish()
    )
    keep_check(service, checked)
    # written here: the loop that serves everybody must not wait for it
    return checked.document.check_id, checked.document.model_dump_json()


@router.get(
    "/{check_id}/verification", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
)
def get_verification(
    check_id: PlainText, service: ServiceDep, clearance: ClearanceDep
) -> Verification:
    """The same check judged anew, on the snapshot and the rules that it cites: what differs."""
    return verify_kept(service, check_id, clearance)
