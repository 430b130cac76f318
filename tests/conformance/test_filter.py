"""OGC API - Features, Part 3: what filters may ask for, where they are given, and beside what."""

import re

import jsonschema
import pytest
import shapely

from tests.conformance.api import GEOJSON, REL, Api, NotApplicable, items_path, kind_of
from tests.conformance.classes import FILTER, SPEC
from tests.conformance.filtered import SHAPE_KINDS, Source, asked, refused, sources, taken
from tests.conformance.predicates import Predicate, in_box, is_null
from tests.conformance.registry import stands_for
from tests.conformance.test_crs import NOBODY_S, crs_of, into, known, slack

TEXT = "cql2-text"
NO_FILTER = "THIS IS NO FILTER"
_LINK = re.compile(r'<([^>]*)>\s*((?:;\s*[^;,]+=(?:"[^"]*"|[^;,]*))*)')


def is_declared(api: Api, within: str) -> None:
    answer = api.get("/conformance", accept="application/json")
    assert kind_of(answer) == "application/json"
    assert f"{SPEC}/{FILTER}/conf/{within}" in answer.json()["conformsTo"]


@stands_for(FILTER, "/conf/queryables/get-conformance")
def test_the_class_of_queryables_is_declared(api: Api):
    is_declared(api, "queryables")


@stands_for(FILTER, "/conf/filter/get-conformance")
def test_the_class_of_filters_is_declared(api: Api):
    is_declared(api, "filter")


@stands_for(FILTER, "/conf/features-filter/get-conformance")
def test_the_class_of_filters_on_features_is_declared(api: Api):
    is_declared(api, "features-filter")


@stands_for(FILTER, "/conf/queryables/get-queryables-uris")
def test_whatever_can_be_filtered_leads_to_its_queryables_by_a_header(api: Api):
    for source in sources(api):
        answer = api.ask(source.path, "HEAD", accept="application/json")
        if answer.status_code == 405:
            answer = api.get(source.path, accept="application/json")
        assert answer.status_code == 200
        links = {rel: href for href, rel in links_in(answer.headers.get("link", ""))}
        assert f"{REL}/queryables" in links, source.path
        document = api.json(api.at(links[f"{REL}/queryables"], source.path))
        assert document["properties"] == source.queryables["properties"]


def links_in(header: str) -> list[tuple[str, str]]:
    """Address and relation of each link in a header."""
    found = []
    for address, rest in _LINK.findall(header):
        for name, _, value in (part.strip().partition("=") for part in rest.split(";")):
            if name == "rel":
                found.append((address, value.strip('"')))
    return found


@stands_for(FILTER, "/conf/queryables/get-queryables")
def test_queryables_are_a_json_schema_of_properties_with_types(api: Api):
    for source in sources(api):
        answer = api.get(source.address, accept="application/schema+json")
        document = answer.json()
        assert kind_of(answer) == "application/schema+json"
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["$id"] == source.address.partition("?")[0]
        assert document["type"] == "object"
        assert document["properties"]
        for name, one in document["properties"].items():
            kind = one.get("format", "").removeprefix("geometry-")
            assert "type" in one or kind in SHAPE_KINDS, (source.id, name, one)
        jsonschema.Draft202012Validator.check_schema(document)


def plain_filter(source: Source) -> Predicate:
    """A filter that any source can be asked with."""
    return is_null(next(iter(source.scalars)))


def takes_what_fits_and_refuses_what_is_none(api: Api, source: Source, **lang: str) -> None:
    predicate, everything = plain_filter(source), api.features(source.id)
    for one in (predicate, ~predicate):
        found = api.select(source.id, filter=one.text, **lang)
        assert set(found.ids) == one.of(everything.found)
    api.get(source.path, 400, filter=NO_FILTER, **lang)


@stands_for(FILTER, "/conf/filter/filter-param")
def test_a_filter_takes_what_fits_it_and_one_that_is_none_is_refused(api: Api):
    for source in sources(api):
        takes_what_fits_and_refuses_what_is_none(api, source, **{"filter-lang": TEXT})


@stands_for(FILTER, "/conf/filter/filter-lang-default")
def test_a_filter_whose_language_is_not_told_is_text(api: Api):
    default = api.parameter(sources(api)[0].path, "filter-lang")["schema"].get("default")
    assert default in (TEXT, None)
    for source in sources(api):
        takes_what_fits_and_refuses_what_is_none(api, source)


@stands_for(FILTER, "/conf/filter/expression-construction")
def test_what_is_no_queryable_cannot_be_asked_for_where_there_are_no_others(api: Api):
    closed = [s for s in sources(api) if s.queryables.get("additionalProperties", True) is False]
    if not closed:
        raise NotApplicable("any property may be asked for")
    for source in closed:
        refused(api, source, is_null("this_is_no_queryable"), TEXT)


def box_of(api: Api, source: Source) -> tuple[float, float, float, float]:
    """Where a source's features are by its own word."""
    document = api.once(source.path.removesuffix("/items"))
    west, south, east, north = document["extent"]["spatial"]["bbox"][0]
    return west, south, east, north


def spatial_sources(api: Api) -> list[tuple[Source, str]]:
    return [(source, source.spatial) for source in sources(api) if source.spatial]


@stands_for(FILTER, "/conf/filter/filter-crs-wgs84")
def test_coordinates_in_a_filter_are_longitude_and_latitude_if_nothing_else_is_said(api: Api):
    for source, name in spatial_sources(api):
        found = taken(api, source, in_box(name, *box_of(api, source)), TEXT)
        assert found == set(api.features(source.id).ids)
        refused(api, source, in_box(name, 1e6, 1e6, 2e6, 2e6), TEXT)


@stands_for(FILTER, "/conf/filter/filter-crs-param")
def test_coordinates_in_a_filter_may_be_of_every_crs_of_the_collection(api: Api):
    for source, name in spatial_sources(api):
        west, south, east, north = box_of(api, source)
        outline = shapely.segmentize(shapely.box(west, south, east, north), (east - west) / 50)
        for uri in filter(known, crs_of(api, api.once(source.path.removesuffix("/items")))):
            box = in_box(name, *shapely.buffer(into(uri, outline), slack(uri)).bounds)
            found = taken(api, source, box, TEXT, **{"filter-crs": uri})
            assert found == set(api.features(source.id).ids), (source.id, uri)
        refused(api, source, in_box(name, west, south, east, north), TEXT,
                **{"filter-crs": NOBODY_S})  # fmt: skip


@stands_for(FILTER, "/conf/filter/get-functions")
def test_functions_of_the_service_s_own_are_listed(api: Api):
    if not api.declares("cql2/1.0/conf/functions"):
        raise NotApplicable("no class of functions is declared")
    for one in api.json("/functions")["functions"]:
        assert one["name"]
        assert one["returns"]


@stands_for(FILTER, "/conf/features-filter/get-collections")
def test_the_collections_that_can_be_filtered_are_listed(api: Api):
    answer = api.get("/collections", accept="application/json")
    assert kind_of(answer) == "application/json"
    assert isinstance(answer.json()["collections"], list)


@stands_for(FILTER, "/conf/features-filter/get-collection")
def test_every_collection_leads_to_its_queryables(api: Api):
    for one in api.collections:
        path = items_path(one["id"]).removesuffix("/items")
        links = [link["href"] for link in api.once(path)["links"]
                 if link["rel"] in (f"{REL}/queryables", "[ogc-rel:queryables]")]  # fmt: skip
        wanted = f"{api.base}{path}/queryables"
        assert wanted in [api.at(link, path).partition("?")[0] for link in links], one["id"]


@stands_for(FILTER, "/conf/features-filter/filter-on-items")
def test_features_are_filtered_as_geojson(api: Api):
    for source in sources(api):
        predicate = ~plain_filter(source)
        answer = api.get(source.path, accept=GEOJSON, **asked(predicate, TEXT))
        assert kind_of(answer) == GEOJSON
        found = {one["id"] for one in answer.json()["features"]}
        assert found <= predicate.of(api.features(source.id).found)


@stands_for(FILTER, "/conf/features-filter/mixing-expression")
def test_a_filter_and_a_box_are_held_against_a_feature_both(api: Api):
    for source, name in spatial_sources(api):
        west, south, east, north = box_of(api, source)
        predicate, everything = in_box(name, west, south, east, north), api.features(source.id)
        whole = f"{west},{south},{east},{north}"
        assert taken(api, source, predicate, TEXT, bbox=whole) == set(everything.ids)
        away = f"{-170 if west > 0 else 170},-89,{-169 if west > 0 else 171},-88"
        assert taken(api, source, predicate, TEXT, bbox=away) == set()


@pytest.mark.parametrize("lang", ["sql", "cql2", ""])
@stands_for(FILTER, "/conf/features-filter/filter-on-items")
def test_a_filter_in_a_language_that_is_not_spoken_is_refused(api: Api, lang: str):
    source = sources(api)[0]
    api.get(source.path, 400, filter=plain_filter(source).text, filter_lang=lang)
