"""Asking a service with filters: what can be asked for, and the features that a filter takes."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from tests.conformance.api import GEOJSON, REL, Api, NotApplicable, items_path, links_of
from tests.conformance.predicates import Predicate

Lang = Literal["cql2-text", "cql2-json"]
LANGS: tuple[Lang, ...] = ("cql2-text", "cql2-json")
SHAPE_KINDS = {
    *("point", "multipoint", "linestring", "multilinestring", "polygon", "multipolygon"),
    *("geometrycollection", "any", "point-or-multipoint", "linestring-or-multilinestring"),
    "polygon-or-multipolygon",
}
_SCALARS = ("string", "number", "integer", "boolean")


@dataclass(frozen=True)
class Source:
    """A collection with what its filters may ask for."""

    id: str
    title: str
    queryables: dict[str, Any]
    address: str

    @property
    def path(self) -> str:
        return items_path(self.id)

    @property
    def scalars(self) -> dict[str, str]:
        """Name → JSON type, of what is a text, a number or a truth value."""
        return {
            name: one["type"]
            for name, one in self.queryables["properties"].items()
            if one.get("type") in _SCALARS and "format" not in one
        }

    @property
    def spatial(self) -> str | None:
        """The name of the shape."""
        for name, one in self.queryables["properties"].items():
            if "type" not in one and one.get("format", "").removeprefix("geometry-") in SHAPE_KINDS:
                return name
        return None

    def of_type(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.scalars.items() if kind in kinds]


def source_of(api: Api, collection: str) -> Source:
    """A collection as what is filtered."""
    document = api.once(items_path(collection).removesuffix("/items"))
    links = links_of(document, f"{REL}/queryables", "[ogc-rel:queryables]")
    assert links, f"{collection}: does not lead to what its filters may ask for"
    address = api.at(links[0]["href"], items_path(collection))
    found = api.kept(
        f"queryables {address}",
        lambda: api.get(address, accept="application/schema+json").json(),
    )
    return Source(collection, document.get("title", ""), found, address)


def sources(api: Api) -> list[Source]:
    """The sampled collections as what is filtered."""
    return [source_of(api, one["id"]) for one in api.sampled]


def speaks(api: Api, lang: Lang) -> None:
    """Go on only if that encoding is declared."""
    if not api.declares(f"cql2/1.0/conf/{lang}"):
        raise NotApplicable(f"{lang} is not declared")


def asked(predicate: Predicate, lang: Lang) -> dict[str, str]:
    """The parameters by which a filter is given."""
    text = predicate.text if lang == "cql2-text" else json.dumps(predicate.json)
    return {"filter": text, "filter-lang": lang}


def taken(api: Api, source: Source, predicate: Predicate, lang: Lang, **more: str) -> set[Any]:
    """The ids of the features that a filter takes; what was asked before is remembered."""
    given = {**asked(predicate, lang), **more}
    key = f"taken {source.id} {sorted(given.items())}"
    return api.kept(key, lambda: set(api.select(source.id, **given).ids))


def refused(api: Api, source: Source, predicate: Predicate, lang: Lang, **more: str) -> None:
    """A filter is answered as one that cannot be."""
    given = {**asked(predicate, lang), **more}
    answer = api.ask(source.path, accept=GEOJSON, params=given)
    assert answer.status_code == 400, (given, answer.status_code)
