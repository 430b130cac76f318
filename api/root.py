"""What is here, and whether it is well."""

from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from api.deps import ClearanceDep, ServiceDep
from api.forms import PAGE, VARY, ShownDep, other_form
from api.links import Link
from api.openapi30 import MEDIA_TYPE
from api.page import PREFIX, is_built
from api.problems import problems
from blueprint.conflicts.kept_runs import is_searched
from blueprint.errors import NothingPublished
from blueprint.registry import load_snapshot
from blueprint.shared_documents import SnapshotRef
from blueprint.values import Bilingual

PATH, PATH_30 = "/api", "/openapi-3.0.json"
router = APIRouter(tags=["service"])


_OGC = "http://www.opengis.net/spec"
CONFORMS_TO = [
    f"{_OGC}/ogcapi-features-1/1.0/conf/core",
    f"{_OGC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_OGC}/ogcapi-features-1/1.0/conf/html",
    f"{_OGC}/ogcapi-features-1/1.0/conf/oas30",
    f"{_OGC}/ogcapi-features-2/1.0/conf/crs",
    f"{_OGC}/ogcapi-features-3/1.0/conf/queryables",
    f"{_OGC}/ogcapi-features-3/1.0/conf/filter",
    f"{_OGC}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_OGC}/cql2/1.0/conf/cql2-text",
    f"{_OGC}/cql2/1.0/conf/cql2-json",
    f"{_OGC}/cql2/1.0/conf/basic-cql2",
    f"{_OGC}/cql2/1.0/conf/advanced-comparison-operators",
    f"{_OGC}/cql2/1.0/conf/basic-spatial-functions",
    f"{_OGC}/ogcapi-processes-1/1.0/conf/core",
    f"{_OGC}/ogcapi-processes-1/1.0/conf/ogc-process-description",
    f"{_OGC}/ogcapi-processes-1/1.0/conf/json",
    f"{_OGC}/ogcapi-processes-1/1.0/conf/job-list",
    f"{_OGC}/ogcapi-processes-1/1.0/conf/dismiss",
    f"{_OGC}/ogcapi-tiles-1/1.0/conf/core",
    f"{_OGC}/ogcapi-tiles-1/1.0/conf/tileset",
    f"{_OGC}/ogcapi-tiles-1/1.0/conf/tilesets-list",
    f"{_OGC}/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    f"{_OGC}/ogcapi-tiles-1/1.0/conf/mvt",
    f"{_OGC}/tms/2.0/conf/tilematrixset",
    f"{_OGC}/tms/2.0/conf/json-tilematrixset",
    f"{_OGC}/tms/2.0/conf/tilesetmetadata",
    f"{_OGC}/tms/2.0/conf/json-tilesetmetadata",
]


class Landing(BaseModel):
    """The service in short."""

    title: str
    title_en: str
    notice: Bilingual | None
    snapshot: SnapshotRef
    links: list[Link]


class Health(BaseModel):
    """`snapshot` is null while nothing is published: then no question can be answered."""

    status: Literal["ok"]
    snapshot: str | None


_MOVED: dict[int | str, dict[str, Any]] = {
    307: {
        "description": "A browser that asks for no form of its own is sent to the web page",
        "headers": {"Location": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/",
    response_model=Landing,
    responses={**PAGE, **_MOVED, **problems(HTTPStatus.NOT_ACCEPTABLE)},
)
def landing(
    request: Request, service: ServiceDep, clearance: ClearanceDep, shown: ShownDep
) -> Landing | Response:
    """What is here: the city, its newest snapshot, and the doors to it."""
    # a browser that goes somewhere says so; programs that ask for HTML get the page of the standard
    goes = request.headers.get("upgrade-insecure-requests") == "1"
    asks_plainly = shown.on_page and "f" not in request.query_params
    if goes and asks_plainly and is_built(request.app.state.page):
        # relative: whatever prefix the service lies behind
        return RedirectResponse("app/", headers={"Vary": f"{VARY}, Upgrade-Insecure-Requests"})
    with service.database.read() as connection:
        snapshot = load_snapshot(connection)
        searched = is_searched(connection, snapshot, clearance)
    base = str(request.base_url).rstrip("/")
    links = [
        Link(href=f"{base}/", rel="self", title="This page"),
        other_form(f"{base}/", "This page, to be read"),
        Link(href=f"{base}/collections", rel="data", title="Layers"),
        Link(
            href=f"{base}/tileMatrixSets",
            rel="http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
            title="The grid of tiles",
        ),
        *(
            Link(href=f"{base}/conformance", rel=rel, title="What this keeps to")
            for rel in ("conformance", "http://www.opengis.net/def/rel/ogc/1.0/conformance")
        ),
        Link(href=f"{base}/site-checks", rel="site-checks", title="POST a site, get its findings"),
        Link(
            href=f"{base}/processes",
            rel="http://www.opengis.net/def/rel/ogc/1.0/processes",
            title="What can be asked for as a job",
        ),
        Link(
            href=f"{base}/jobs",
            rel="http://www.opengis.net/def/rel/ogc/1.0/job-list",
            title="Your jobs",
        ),
        Link(
            href=f"{base}{PATH_30}",
            rel="service-desc",
            title="The API, for programs",
            type=MEDIA_TYPE,
        ),
        Link(
            href=f"{base}/openapi.json",
            rel="service-desc",
            title="The same as OpenAPI 3.1",
            type="application/vnd.oai.openapi+json;version=3.1",
        ),
        Link(href=f"{base}/docs", rel="service-doc", title="The API", type="text/html"),
    ]
    if is_built(request.app.state.page):
        there = f"{base}{PREFIX}/"
        links.append(Link(href=there, rel="service", title="The web page", type="text/html"))
    if searched:
        links.append(Link(href=f"{base}/conflicts", rel="conflicts", title="Where the plans fight"))
    city = snapshot.catalogue.city
    document = Landing(
        title=city.name.zh,
        title_en=city.name.en,
        notice=city.notice,
        snapshot=snapshot.ref,
        links=links,
    )
    return shown.page("landing.html", document=document, links=links) if shown.on_page else document


class Conformance(BaseModel):
    """The standards that are kept to, class by class."""

    conforms_to: list[str] = Field(serialization_alias="conformsTo")


@router.get(
    "/conformance",
    response_model=Conformance,
    responses={**PAGE, **problems(HTTPStatus.NOT_ACCEPTABLE)},
)
def conformance(shown: ShownDep) -> Conformance | Response:
    """The conformance classes of OGC API standards that this service keeps to."""
    document = Conformance(conforms_to=CONFORMS_TO)
    return shown.page("conformance.html", document=document) if shown.on_page else document


@router.get("/healthz", responses=problems())
def health(service: ServiceDep) -> Health:
    """Whether the store answers; 503 if it does not."""
    with service.database.read() as connection:
        try:
            snapshot = load_snapshot(connection).ref.id
        except NothingPublished:
            snapshot = None
    return Health(status="ok", snapshot=snapshot)
