"""CQL2: what filters say of attributes and shapes, as text and as JSON, beside a truth of our own.

The standard has a data set of its own to test with, of the whole world; a city's service does not
hold it. Each test of it has here one beside it that asks the same predicates of the service's own
features, and holds what is found against `predicates`, which knows nothing of the service.
"""

from itertools import combinations, islice, product
from random import Random
from typing import Any

import pytest

from tests.conformance.api import Api, NotApplicable
from tests.conformance.classes import CQL2
from tests.conformance.filtered import (
    LANGS,
    SHAPE_KINDS,
    Lang,
    Source,
    refused,
    source_of,
    sources,
    speaks,
    taken,
)
from tests.conformance.predicates import (
    COMPARISONS,
    Predicate,
    always,
    among,
    at_point,
    between,
    compare,
    in_box,
    is_not_null,
    is_null,
    like,
    named,
)
from tests.conformance.registry import stands_for

LITERALS: dict[str, Any] = {"string": "foo", "boolean": True, "number": 3.14, "integer": 1}
NOT_THE_DATA = "the features are a city's own, not the data set of the standard"
TEST_DATA = "ne_110m_populated_places_simple"
_MOST_NAMES, _COMBINATIONS = 3, 10
CONTROLS = {"\a": r"\a", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\v": r"\v", "\f": r"\f",
            "\r": r"\r"}  # fmt: skip
in_both = pytest.mark.parametrize("lang", LANGS)


def chosen(api: Api, lang: Lang = "cql2-text") -> list[Source]:
    """A source of each kind of shape for filters as text, one for filters as JSON."""
    found = sources(api)
    each = {api.first_page(one.id)[0]["geometry"]["type"].removeprefix("Multi"): one
            for one in reversed(found)}  # fmt: skip
    many = lang == "cql2-text" and api.per_kind > 1
    return list(each.values()) if many else found[:1]


def names_of(source: Source) -> list[tuple[str, str]]:
    """Some names of attributes with their types, of each type at least one."""
    by_type: dict[str, list[str]] = {}
    for name, kind in source.scalars.items():
        by_type.setdefault(kind, []).append(name)
    turns = product(range(_MOST_NAMES), by_type)
    named = ((by_type[kind][at], kind) for at, kind in turns if at < len(by_type[kind]))
    return list(islice(named, _MOST_NAMES))


def values_of(api: Api, source: Source, name: str) -> list[Any]:
    """The values that an attribute has, in order."""
    found = api.features(source.id).found
    return sorted({one["properties"].get(name) for one in found} - {None})


def holds(api: Api, source: Source, predicate: Predicate, lang: Lang) -> None:
    """A filter takes those features that it says something true of."""
    features = api.features(source.id)
    if features.whole:
        meant = predicate.of(features.found)
        assert taken(api, source, predicate, lang) == meant, predicate.text


@in_both
@stands_for(CQL2, "/conf/basic-cql2/basic-test")
def test_every_source_says_what_can_be_asked_of_it_and_of_which_type_it_is(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        assert source.queryables["properties"]
        for name, one in source.queryables["properties"].items():
            kind = one.get("format", "").removeprefix("geometry-")
            assert one.get("type") or kind in SHAPE_KINDS, (source.id, name)
        assert source.scalars, source.id


@in_both
@stands_for(CQL2, "/conf/basic-cql2/comparison")
def test_of_two_contrary_comparisons_no_feature_fits_both(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for name, kind in names_of(source):
            found = {
                op: taken(api, source, compare(name, op, LITERALS[kind]), lang)
                for op in COMPARISONS
            }
            for one, other in (("=", "<>"), (">", "<="), ("<", ">=")):
                assert not found[one] & found[other], (source.id, name, one)


@in_both
@stands_for(CQL2, "/conf/basic-cql2/is-null")
def test_no_feature_has_what_it_lacks(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for name in [*(name for name, _ in names_of(source)), source.spatial]:
            if name is not None:
                lacks = taken(api, source, is_null(name), lang)
                assert not lacks & taken(api, source, is_not_null(name), lang), (source.id, name)


@in_both
@stands_for(CQL2, "/conf/basic-cql2/boolean")
def test_a_bare_truth_takes_everything_and_a_bare_falsehood_nothing(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        assert taken(api, source, always(truth=False), lang) == set()
        holds(api, source, always(truth=True), lang)


def basic(api: Api, source: Source) -> list[Predicate]:
    """Comparisons with values that features have, and whether they have any."""
    found = []
    for name, _ in names_of(source):
        values = values_of(api, source, name)
        middle = values[len(values) // 2] if values else LITERALS["string"]
        if values:
            found += [compare(name, op, middle) for op in COMPARISONS]
        found += [is_null(name), is_not_null(name)]
    return found


@stands_for(CQL2, "/conf/basic-cql2/test-data")
def test_comparisons_of_the_standard_s_data_find_what_it_says(api: Api):
    is_the_data_of_the_standard(api)


def is_the_data_of_the_standard(api: Api) -> None:
    if TEST_DATA not in {one["id"] for one in api.collections}:
        raise NotApplicable(NOT_THE_DATA)
    # whoever has that data is asked with the predicates of the other tests, which it fits too
    for source in chosen(api):
        for predicate in basic(api, source):
            holds(api, source, predicate, "cql2-text")


@in_both
@stands_for(CQL2, "/conf/basic-cql2/comparison", "/conf/basic-cql2/is-null")
def test_comparisons_find_the_features_that_fit_them(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for predicate in basic(api, source):
            holds(api, source, predicate, lang)


def combined(predicates: list[Predicate], pattern: int) -> list[Predicate]:
    """Combinations of four, the same in every run."""
    chosen = Random(7).sample(range(len(predicates)), min(len(predicates), 8))
    fours = islice(combinations(chosen, 4), 0, None, 7)
    found = []
    for four in islice(fours, _COMBINATIONS):
        one, two, three, four_ = (predicates[at] for at in four)
        if pattern == 1:
            found.append((~two & one) | (three & four_) | ~(one | four_))
        else:
            found.append((~one & two) | (three & ~four_) | ~(one & four_))
    return found


@in_both
@stands_for(CQL2, "/conf/basic-cql2/logical")
def test_comparisons_are_joined_by_and_or_and_not(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for predicate in combined(basic(api, source), 1):
            holds(api, source, predicate, lang)


@in_both
@stands_for(CQL2, "/conf/advanced-comparison-operators/like")
def test_a_pattern_takes_the_texts_that_fit_it(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for name in source.of_type("string")[:3]:
            found = {
                pattern: taken(api, source, like(name, pattern), lang)
                for pattern in ("%", "_%", "", "%%", r"\%\_")
            }
            assert not found["_%"] & found[""]
            assert found["%"] == found["%%"]
            text = next(iter(values_of(api, source, name)), "")
            for pattern in (f"%{text[1:]}", f"{text[:1]}%", f"_{text[1:]}", r"\%\_", "%.%"):
                holds(api, source, like(name, pattern), lang)
                holds(api, source, ~like(name, pattern), lang)


@in_both
@stands_for(CQL2, "/conf/advanced-comparison-operators/between")
def test_a_number_within_two_others_is_found(api: Api, lang: Lang):
    speaks(api, lang)
    tried = 0
    for source in numbered(api):
        for name in source.of_type("number", "integer")[:3]:
            values = values_of(api, source, name)
            low, high = values[len(values) // 4], values[3 * len(values) // 4]
            for one in (between(name, 0, 100), between(name, 100.0, 1.0), between(name, low, high)):
                holds(api, source, one, lang)
                holds(api, source, ~one, lang)
                tried += 1
    if not tried:
        raise NotApplicable("no attribute is a number")


def numbered(api: Api) -> list[Source]:
    """Sources with an attribute that is a number; of all collections if no sampled one has any."""
    found = [source for source in sources(api) if source.of_type("number", "integer")]
    if found:
        return found
    for one in api.collections:
        source = source_of(api, one["id"])
        if source.of_type("number", "integer") and api.first_page(one["id"]):
            return [source]
    return []


@in_both
@stands_for(CQL2, "/conf/advanced-comparison-operators/in")
def test_one_of_a_list_of_values_is_found(api: Api, lang: Lang):
    speaks(api, lang)
    lists: dict[str, tuple[Any, ...]] = {
        "string": ("foo", "bar"), "boolean": (True,), "number": (1, 2, 3), "integer": (1, 2, 3)
    }  # fmt: skip
    for source in chosen(api, lang):
        for name, kind in names_of(source):
            holds(api, source, among(name, *lists[kind]), lang)
            some = values_of(api, source, name)[:3]
            if some:
                holds(api, source, among(name, *some), lang)
                holds(api, source, ~among(name, *some), lang)


def advanced(api: Api, source: Source) -> list[Predicate]:
    """Patterns and lists with values that features have."""
    found = basic(api, source)
    for name in source.of_type("string")[:3]:
        values = values_of(api, source, name)
        if values:
            found += [like(name, f"{values[0][:2]}%"), among(name, *values[:2])]
    for name in source.of_type("number", "integer")[:2]:
        values = values_of(api, source, name)
        if values:
            found.append(between(name, values[0], values[len(values) // 2]))
    return found


@stands_for(CQL2, "/conf/advanced-comparison-operators/test-data")
def test_patterns_and_lists_of_the_standard_s_data_find_what_it_says(api: Api):
    is_the_data_of_the_standard(api)


@in_both
@stands_for(CQL2, "/conf/advanced-comparison-operators/logical")
def test_patterns_and_lists_are_joined_by_and_or_and_not(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        for predicate in combined(advanced(api, source), 2):
            holds(api, source, predicate, lang)


@in_both
@stands_for(CQL2, "/conf/basic-spatial-functions/s_intersects")
def test_shapes_that_meet_a_box_or_a_point_are_found_and_impossible_places_refused(
    api: Api, lang: Lang
):
    speaks(api, lang)
    for source in chosen(api, lang):
        name = source.spatial
        if name is None:
            continue
        for predicate in spatial(api, source, name):
            holds(api, source, predicate, lang)
        refused(api, source, at_point(name, 90.0, 180.0), lang)
        behind = in_box(name, -180.0, -90.0, -90.0, 90.0) & in_box(name, 90.0, -90.0, 180.0, 90.0)
        holds(api, source, behind, lang)


def spatial(api: Api, source: Source, name: str) -> list[Predicate]:
    """Boxes and points: the world, the half of a source, round the back of the world, elsewhere."""
    shapes = list(api.features(source.id).shapes.values())
    one = shapes[len(shapes) // 2]
    west, south, east, north = one.bounds
    inside = one.representative_point()
    return [
        in_box(name, -180.0, -90.0, 180.0, 90.0),
        at_point(name, 7.02, 49.92),
        in_box(name, west - 0.01, south - 0.01, (west + east) / 2 + 0.003, north + 0.01),
        in_box(name, (west + east) / 2 + 0.003, -90.0, -150.0, 90.0),
        at_point(name, inside.x, inside.y) if one.area else at_point(name, west, 0.0),
    ]


@stands_for(CQL2, "/conf/basic-spatial-functions/test-data")
def test_boxes_on_the_standard_s_data_find_what_it_says(api: Api):
    is_the_data_of_the_standard(api)


@in_both
@stands_for(CQL2, "/conf/basic-spatial-functions/logical")
def test_boxes_and_comparisons_are_joined_by_and_or_and_not(api: Api, lang: Lang):
    speaks(api, lang)
    for source in chosen(api, lang):
        if source.spatial is not None:
            mixed = [*spatial(api, source, source.spatial)[:3], *basic(api, source)[:4]]
            for predicate in combined(mixed, 2):
                holds(api, source, predicate, lang)


def is_understood(api: Api, lang: Lang) -> None:
    for source in chosen(api, lang):
        some = [*advanced(api, source), *combined(advanced(api, source), 2)[:2]]
        if source.spatial is not None:
            some += spatial(api, source, source.spatial)[:3]
        for predicate in some:
            holds(api, source, predicate, lang)


@stands_for(CQL2, "/conf/cql2-text/validate")
def test_every_kind_of_filter_is_understood_as_text(api: Api):
    is_understood(api, "cql2-text")


@stands_for(CQL2, "/conf/cql2-json/validate")
def test_every_kind_of_filter_is_understood_as_json(api: Api):
    is_understood(api, "cql2-json")


@stands_for(CQL2, "/conf/cql2-text/escaping")
def test_quotation_marks_and_control_characters_are_written_by_escapes(api: Api):
    tried = 0
    for collection in api.collections:
        for feature in api.first_page(collection["id"]):
            for name, value in (feature["properties"] or {}).items():
                if isinstance(value, str) and set(value) & {"'", *CONTROLS}:
                    tried += is_found_by_escapes(api, collection["id"], name, value)
    if not tried:
        raise NotApplicable("no attribute has a quotation mark or a control character in it")


def is_found_by_escapes(api: Api, collection: str, name: str, value: str) -> bool:
    """A text with such characters is found by either way to write its quotation marks."""
    everything = api.features(collection).found
    meant = {one["id"] for one in everything if one["properties"].get(name) == value}
    for quotation in ("''", r"\'"):
        text = "".join({"'": quotation, **CONTROLS}.get(one, one) for one in value)
        found = api.select(collection, filter=f"{named(name)} = '{text}'")
        assert set(found.ids) == meant, text
    return True
