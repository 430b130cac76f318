"""Many sites at once: a FeatureCollection in, a check for each feature, all kept together.

A feature that cannot be checked is named with the reason and holds up no other. The checks are kept
at the end, in one transaction: a batch that was stopped has left none behind.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, Field

from blueprint.catalogue import City
from blueprint.checks.check import View, ask_site, view_of
from blueprint.checks.figures import figures_of, wish_of
from blueprint.checks.shown import check_shown
from blueprint.checks.site import Site, site_of
from blueprint.clearance import Clearance
from blueprint.coordinates import resolve
from blueprint.documents import SiteCheck, Verdict
from blueprint.errors import InvalidInputs, PlanningError, UnknownCheck
from blueprint.progress import Progress, Step
from blueprint.service import Service
from blueprint.values import Value, is_plain
from conflict.errors import OverlayError
from layers import StoreUnavailable, read_shapes
from layers.errors import DataError
from layers.georeference import System
from layers.source import with_crs

MOST_SITES = 500
_LONGEST_NAME = 200
Day = date  # a field of that name hides it


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError("give it without control characters")
    return text


_EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "示例地块"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[118.0, 24.5], [118.001, 24.5], [118.001, 24.501], [118.0, 24.501],
                     [118.0, 24.5]]
                ],
            },
        }
    ],
}  # fmt: skip
Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME), AfterValidator(_plain)]
"""A short text that a database and a line can hold."""


class SiteBatch(Value):
    """What is asked: the sites, and for which snapshot and day."""

    sites: Annotated[
        dict[str, Any],
        Field(
            description="GeoJSON FeatureCollection, one site a feature, at most 500; a feature may "
            "have `project` and `suggest` as the body of POST /site-checks has",
            examples=[_EXAMPLE],
        ),
    ]
    crs: Annotated[Name | None, Field(description="of the coordinates, if not lon, lat")] = None
    date: Annotated[Day | None, Field(description="application date; today if not given")] = None
    snapshot: Annotated[Name | None, Field(description="the newest if not given")] = None


class BatchError(Value):
    """Why one site could not be checked."""

    kind: str
    detail: str


class BatchLine(Value):
    """What became of one feature, counted from 0: its check, or the error."""

    index: int
    name: str
    check_id: str | None = None
    verdict: Verdict | None = None
    complete: bool | None = None
    error: BatchError | None = None


class BatchResult(Value):
    """Every feature in its order; the whole check lies at /site-checks/{check_id}."""

    snapshot: str
    checked: int
    failed: int
    sites: list[BatchLine]


Answered = tuple[str, SiteCheck | BatchError]
"""A site's name, and its check or why there is none."""


def features_of(batch: SiteBatch) -> list[dict[str, Any]]:
    """The features of a batch, of which each is looked at when it is its turn.

    Raises:
        InvalidInputs: it is no FeatureCollection, or has none or too many of them.
    """
    features = batch.sites.get("features")
    if batch.sites.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise InvalidInputs("sites: is no GeoJSON FeatureCollection; put each site into a feature")
    if not 1 <= len(features) <= MOST_SITES:
        message = f"sites: has {len(features)} features; give 1 to {MOST_SITES}, others in a job"
        raise InvalidInputs(f"{message} of their own")
    return features


def check_batch(
    service: Service, batch: SiteBatch, clearance: Clearance, progress: Progress
) -> tuple[str, list[Answered]]:
    """The snapshot that all sites are held against, and every site's answer; none is kept.

    Raises:
        InvalidInputs: it is no batch.
        NothingPublished, UnknownSnapshot: there is no such snapshot.
        StoreUnavailable: the store does not answer.
    """
    features = features_of(batch)
    # one snapshot for all, whatever is published meanwhile
    view = view_of(service, batch.snapshot, None, clearance)
    city = view.snapshot.catalogue.city
    named, system = resolve(batch.crs, city)

    def answers() -> Iterator[Answered]:
        for index, feature in enumerate(features):
            name = _name_of(feature, index)
            progress(Step(name, index, len(features)))
            try:
                site = _site_of(feature, name, city, named, system)
                yield name, _ask(service, view, batch, feature, site)
            except StoreUnavailable:
                raise
            except (PlanningError, DataError, OverlayError) as problem:
                yield name, BatchError(kind=type(problem).__name__, detail=str(problem))

    return view.snapshot.ref.id, list(answers())


def batch_outcome(snapshot: str, answers: list[Answered]) -> dict[str, Any]:
    """What is remembered of a batch: the checks by their ids, and the errors."""
    lines = [
        {"name": name, "error": answer.model_dump()}
        if isinstance(answer, BatchError)
        else {"name": name, "check_id": answer.check_id}
        for name, answer in answers
    ]
    return {"snapshot": snapshot, "sites": lines}


def batch_result(
    connection: sa.Connection, outcome: Mapping[str, Any], clearance: Clearance
) -> BatchResult:
    """A remembered batch, as far as its reader may see it now."""
    lines = [
        _line(connection, index, kept, clearance) for index, kept in enumerate(outcome["sites"])
    ]
    failed = sum(line.error is not None for line in lines)
    return BatchResult(
        snapshot=outcome["snapshot"], checked=len(lines) - failed, failed=failed, sites=lines
    )


def _line(
    connection: sa.Connection, index: int, kept: Mapping[str, Any], clearance: Clearance
) -> BatchLine:
    name = kept["name"]
    if "error" in kept:
        return BatchLine(index=index, name=name, error=BatchError.model_validate(kept["error"]))
    try:
        check = check_shown(connection, kept["check_id"], clearance)
    except UnknownCheck as problem:
        error = BatchError(kind=type(problem).__name__, detail=str(problem))
        return BatchLine(index=index, name=name, error=error)
    return BatchLine(
        index=index,
        name=name,
        check_id=check.check_id,
        verdict=check.verdict,
        complete=check.complete,
    )


def _ask(
    service: Service, view: View, batch: SiteBatch, feature: dict[str, Any], site: Site
) -> SiteCheck:
    return ask_site(
        service,
        view,
        site,
        day=batch.date,
        project=figures_of(feature.get("project")),
        suggest=wish_of(feature.get("suggest")),
    ).document


def _site_of(
    feature: object, name: str, city: City, named: str | None, system: System | None
) -> Site:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InvalidInputs(f"{name}: is no GeoJSON feature; give it a type and a geometry")
    alone: dict[str, Any] = {
        "type": "Feature",
        "properties": {},
        "geometry": feature.get("geometry"),
    }
    source = read_shapes(json.dumps(alone).encode(), name)
    return site_of(replace(with_crs(source, named), name=name), city, system)


def _name_of(feature: object, index: int) -> str:
    """The name that a feature gives itself, where it can stand on a line; else its place."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    sound = isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()
    return name if isinstance(name, str) and sound else f"site {index}"
