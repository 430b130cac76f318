"""OGC API - Features, Part 2: coordinates in every CRS that is named, in the order of its axes."""

import re
from functools import cache

import numpy as np
import pyproj
import pytest
import shapely

from tests.conformance.api import (
    GEOJSON,
    Api,
    Features,
    NotApplicable,
    feature_path,
    items_path,
    shape_of,
)
from tests.conformance.classes import CRS
from tests.conformance.registry import stands_for
from tests.conformance.shapes import CRS84, CRS84H, FEATURE, FEATURES, is_shaped

NOBODY_S = "http://www.opengis.net/def/crs/OGC/0/no_such_crs"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(//[^\s/?#]+)?[^\s?#]*(\?[^\s#]*)?(#\S*)?")
_HTTP = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?(\?[^\s#]*)?")
_OGC = re.compile(
    r"http://www\.opengis\.net/def/crs/[^/]+/[^/]+/[^/]+|urn:ogc:def:crs:[^:]+:[^:]*:[^:]+"
)


def crs_of(api: Api, collection: dict) -> list[str]:
    """The CRSs of a collection, with those of all where it refers to them."""
    found = []
    for uri in collection.get("crs", []):
        found += api.once("/collections")["crs"] if uri == "#/crs" else [uri]
    return found


def spatial(api: Api) -> list[dict]:
    return [one for one in api.sampled if one.get("crs")]


@cache
def known(uri: str) -> pyproj.CRS | None:
    """The CRS with the axes that it defines; None: PROJ does not know it."""
    try:
        return pyproj.CRS.from_user_input(uri)
    except pyproj.exceptions.CRSError:
        return None


@cache
def transformer(uri: str) -> pyproj.Transformer:
    """From longitude and latitude to a CRS, in the order of its axes."""
    return pyproj.Transformer.from_crs("OGC:CRS84", known(uri))


def into(uri: str, shape: shapely.Geometry) -> shapely.Geometry:
    """A shape in longitude and latitude, in a CRS and in the order of its axes."""
    move = transformer(uri).transform
    return shapely.transform(shape, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


def slack(uri: str) -> float:
    """How far two engines may put a coordinate apart: a decimetre, or as much in degrees."""
    crs = known(uri)
    return 1e-6 if crs is not None and crs.is_geographic else 0.1


@stands_for(CRS, "/conf/crs/crs-uri")
def test_every_crs_is_named_by_a_uri_of_the_right_form(api: Api):
    documents = [api.once("/collections"), *api.collections]
    named = {uri for one in documents for uri in one.get("crs", [])} - {"#/crs"}
    named |= {one["storageCrs"] for one in api.collections if "storageCrs" in one}
    assert named
    for uri in named:
        assert _URI.fullmatch(uri), uri
        if uri.startswith("http"):
            assert _HTTP.fullmatch(uri), uri
        if uri.startswith(("http://www.opengis.net/def/crs/", "urn:ogc:def:crs:")):
            assert _OGC.fullmatch(uri), uri


@stands_for(CRS, "/conf/crs/default-crs")
def test_every_collection_with_a_place_has_crs84_among_its_crss(api: Api):
    for one in api.collections:
        own = api.once(items_path(one["id"]).removesuffix("/items"))
        for document in (one, own):
            if document.get("crs"):
                assert {CRS84, CRS84H} & set(crs_of(api, document)), one["id"]


@stands_for(CRS, "/conf/crs/storageCrs")
def test_the_crs_that_features_are_kept_in_is_one_that_they_are_given_in(api: Api):
    told = [one for one in api.collections if "storageCrs" in one]
    if not told:
        raise NotApplicable("no collection says in which CRS it is kept")
    for one in told:
        assert one["storageCrs"] in crs_of(api, one), one["id"]


@stands_for(CRS, "/conf/crs/crs-parameter")
def test_features_are_given_in_every_crs_that_their_collection_names(api: Api):
    for one in spatial(api):
        for uri in crs_of(api, one):
            page = api.get(items_path(one["id"]), accept=GEOJSON, crs=uri, limit=5)
            feature = api.get(feature_path(api, one["id"]), accept=GEOJSON, crs=uri)
            is_shaped(page.json(), FEATURES)
            is_shaped(feature.json(), FEATURE)
            for answer in (page, feature):
                assert answer.headers["content-crs"] == f"<{uri}>"


@stands_for(CRS, "/conf/crs/crs-parameter-invalid")
@pytest.mark.parametrize("uri", [NOBODY_S, "EPSG"])
def test_features_are_not_given_in_another_crs(api: Api, uri: str):
    for one in spatial(api):
        for path in (items_path(one["id"]), feature_path(api, one["id"])):
            api.get(path, 400, crs=uri)


@stands_for(CRS, "/conf/crs/crs-parameter-default")
def test_without_a_crs_asked_for_the_answer_says_that_it_is_crs84(api: Api):
    for one in spatial(api):
        for path in (items_path(one["id"]), feature_path(api, one["id"])):
            told = api.get(path, accept=GEOJSON).headers["content-crs"]
            assert told.strip("<>") in (CRS84, CRS84H)


@stands_for(CRS, "/conf/crs/crs-parameter-transform")
def test_a_feature_lies_at_the_same_place_in_every_crs(api: Api):
    for one in spatial(api):
        plain = {str(x["id"]): shape_of(x) for x in api.first_page(one["id"])}
        for uri in filter(known, crs_of(api, one)):
            page = api.get(items_path(one["id"]), accept=GEOJSON, crs=uri, limit=5).json()
            own = api.get(feature_path(api, one["id"]), accept=GEOJSON, crs=uri).json()
            for feature in (*page["features"], own):
                there = into(uri, plain[str(feature["id"])])
                moved = shapely.get_coordinates(shape_of(feature))
                assert moved.shape == shapely.get_coordinates(there).shape
                assert np.abs(moved - shapely.get_coordinates(there)).max() < slack(uri), uri


@stands_for(CRS, "/conf/crs/bbox-crs-parameter")
def test_a_box_in_every_crs_finds_what_meets_it_there(api: Api):
    for one in spatial(api):
        for uri in filter(known, crs_of(api, one)):
            everything = Features(api.select(one["id"], crs=uri).found, whole=True).shapes
            low0, low1, high0, high1 = shapely.total_bounds(list(everything.values())).tolist()
            box = (low0, low1, (low0 + high0) / 2, (low1 + high1) / 2)
            text = ",".join(map(str, box))
            found = set(api.select(one["id"], **{"bbox": text, "bbox-crs": uri}).ids)
            area, near = shapely.box(*box), slack(uri)
            surely = {n for n, s in everything.items() if shapely.dwithin(s, area.buffer(-near), 0)}
            perhaps = {n for n, s in everything.items() if shapely.dwithin(s, area, near)}
            assert surely <= found <= perhaps, (one["id"], uri)


@stands_for(CRS, "/conf/crs/bbox-crs-parameter-invalid")
def test_a_box_in_another_crs_is_refused(api: Api):
    for one in spatial(api):
        api.get(items_path(one["id"]), 400, bbox="0,0,1,1", bbox_crs=NOBODY_S)


@stands_for(CRS, "/conf/crs/bbox-crs-parameter-default")
def test_a_box_without_a_crs_is_one_in_crs84(api: Api):
    for one in spatial(api):
        shapes = list(api.features(one["id"]).shapes.values())
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        text = f"{west},{south},{(west + east) / 2},{north}"
        uri = CRS84 if CRS84 in crs_of(api, one) else CRS84H
        named = api.select(one["id"], **{"bbox": text, "bbox-crs": uri})
        assert named.ids == api.select(one["id"], bbox=text).ids
