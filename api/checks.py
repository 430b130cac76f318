"""Site checks: GeoJSON in, the findings out; the same document as `blueprint check --json`."""

import json
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.deps import AsOfQuery, ClearanceDep, Day, PlainText, ServiceDep, SnapshotQuery, is_plain
from api.problems import problem, problems
from blueprint.check import check_site, city_of
from blueprint.clearance import Clearance
from blueprint.coordinates import resolve
from blueprint.documents import SiteCheck
from blueprint.figures import figures_of, wish_of
from blueprint.kinds.figures import ProjectFigures
from blueprint.service import Service
from blueprint.shown_checks import show_check
from blueprint.site import site_of
from blueprint.snapshots import pack_wanted
from blueprint.verify import Verification, verify_kept
from layers import read_geojson
from layers.source import with_crs

router = APIRouter(prefix="/site-checks", tags=["site checks"])
_LARGEST_BODY = 10 << 20

_POLYGON = {
    "type": "Polygon",
    "coordinates": [
        [[118.09, 24.60], [118.092, 24.60], [118.092, 24.602], [118.09, 24.602], [118.09, 24.60]]
    ],
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/geo+json": {
                "schema": {
                    "type": "object",
                    "description": "Feature(Collection) or polygon; a member `project` may hold "
                    "the applicant's answers and the project's figures, a member `suggest` ask for "
                    "what would take prohibitions and restrictions away",
                    "properties": {
                        "project": ProjectFigures.model_json_schema(),
                        "suggest": {"type": "boolean", "default": False},
                    },
                },
                "example": _POLYGON,
            }
        },
    }
}
_MADE: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "The site check; Location is where it stays",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=SiteCheck,
    openapi_extra=_BODY,
    responses={
        **_MADE,
        **problems(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
)
async def make_check(
    request: Request,
    response: Response,
    background: BackgroundTasks,
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
) -> SiteCheck | Response:
    """Check a site. Longitude first, unless `crs` names a projected system."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY:
            detail = "the body is over 10 MiB; simplify the site's boundary"
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "SiteTooLarge", detail)
    check = await run_in_threadpool(
        _check, service, clearance, bytes(body), application_date, (snapshot, as_of), crs, name
    )
    background.add_task(pack_wanted, service)
    response.headers["Location"] = str(request.url_for("get_check", check_id=check.check_id))
    return check


def _check(
    service: Service,
    clearance: Clearance,
    body: bytes,
    day: date | None,
    asked: tuple[str | None, date | None],
    crs: str | None,
    name: str | None,
) -> SiteCheck:
    snapshot_id, as_of = asked
    city = city_of(service, snapshot_id, as_of)
    named, system = resolve(crs, city)
    source = with_crs(read_geojson(body, "request body"), named)
    source = replace(source, name=name or _name_in(body))
    site = site_of(source, city, system)
    said = json.loads(body.decode("utf-8-sig"))
    return check_site(
        service,
        site,
        day=day,
        snapshot_id=snapshot_id,
        as_of=as_of,
        clearance=clearance,
        project=figures_of(said.get("project")),
        suggest=wish_of(said.get("suggest")),
    ).document


def _name_in(body: bytes) -> str:
    """The name that a GeoJSON document, found sound before, gives its site."""
    document = json.loads(body.decode("utf-8-sig"))
    of_feature = document.get("properties") if document["type"] == "Feature" else document
    name = of_feature.get("name") if isinstance(of_feature, dict) else None
    return name if isinstance(name, str) and is_plain(name) else "site"


@router.get("/{check_id}", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def get_check(check_id: PlainText, service: ServiceDep, clearance: ClearanceDep) -> SiteCheck:
    """A site check as it was answered; an officer's part of one that was made for more."""
    return show_check(service, check_id, clearance)


@router.get(
    "/{check_id}/verification", responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
)
def get_verification(
    check_id: PlainText, service: ServiceDep, clearance: ClearanceDep
) -> Verification:
    """The same check judged anew, on the snapshot and the rules that it cites: what differs."""
    return verify_kept(service, check_id, clearance)
