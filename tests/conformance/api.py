"""A service as the suite sees it: what it answers over HTTP, and nothing else.

Input: an HTTP client whose base address is the landing page. Output: answers, each checked for its
status at once, and what is found by following links: the declaration, the description of the API,
the collections with their features, the processes. What does not change is asked for once.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpx2
import shapely

REL = "http://www.opengis.net/def/rel/ogc/1.0"
GEOJSON = "application/geo+json"
_MOST_PAGES, _PAGE, _FIRST_PAGE = 20, 500, 20
_FEW, _LIGHT_BYTES = range(5, 20), 40_000
_PATIENCE_SECONDS = 60
_METHODS = {"get", "put", "post", "delete", "patch"}


class NotApplicable(Exception):
    """What an abstract test speaks of is not there; the text says what."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, by its address, and what was answered."""

    method: str
    path: str
    answer: httpx2.Response


@dataclass(frozen=True)
class Features:
    """All features of a collection in CRS84, or as many as a few pages hold."""

    found: list[dict[str, Any]]
    whole: bool

    @property
    def ids(self) -> list[Any]:
        return [one["id"] for one in self.found]

    @cached_property
    def shapes(self) -> dict[Any, shapely.Geometry]:
        return {one["id"]: shape_of(one) for one in self.found if one["geometry"] is not None}


def shape_of(feature: Mapping[str, Any]) -> shapely.Geometry:
    """A feature's shape, its coordinates in the order in which they came."""
    return shapely.from_geojson(json.dumps(feature["geometry"]))


@dataclass(repr=False)
class Api:
    """One service."""

    client: httpx2.Client
    is_ours: bool = False
    per_kind: int = 2
    """How many collections of each kind of shape are sampled."""
    most_collections: int = 10_000
    also: frozenset[str] = frozenset()
    """Collections that are to be asked however many there are."""
    inputs: Mapping[str, Callable[[], dict[str, Any]]] = field(default_factory=dict)
    """Process → what makes its inputs, where its description does not tell enough."""
    failing: Callable[[], str] | None = None
    """What asks for a job that is going to fail, and gives its id, where that is known."""
    exchanges: list[Exchange] = field(default_factory=list)
    _kept: dict[str, Any] = field(default_factory=dict)

    # asking

    @property
    def base(self) -> str:
        """The address of the landing page, without the last slash."""
        return str(self.client.base_url).rstrip("/")

    def ask(
        self, path: str, method: str = "GET", *, accept: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Whatever is answered to a request; `path` may be a whole address."""
        headers = {} if accept is None else {"Accept": accept}
        headers |= more.pop("headers", {})
        whole = path if "://" in path else f"{self.base}{path}"
        answer = self.client.request(method, whole, headers=headers, **more)
        self.exchanges.append(Exchange(method, urlsplit(whole).path, answer))
        return answer

    def get(
        self, path: str, status: int = 200, /, *, accept: str | None = None, **params: Any
    ) -> httpx2.Response:
        """The answer to GET, which has to have that status; `_` in a parameter's name is `-`."""
        given = {name.replace("_", "-"): value for name, value in params.items()}
        answer = self.ask(path, accept=accept, **({"params": given} if given else {}))
        assert answer.status_code == status, f"{path} {given}: {told(answer)}"
        return answer

    def json(self, path: str, status: int = 200, /, **params: Any) -> Any:
        """The JSON document at a path."""
        return self.get(path, status, accept="application/json", **params).json()

    def once(self, path: str) -> Any:
        """The JSON document at a path; the one that was got first, if it was got before."""
        return self.kept(path, lambda: self.json(path))

    def kept(self, key: str, find: Callable[[], Any]) -> Any:
        """What is found under a name, looked for once."""
        if key not in self._kept:
            self._kept[key] = find()
        return self._kept[key]

    # what is there

    @property
    def landing(self) -> dict[str, Any]:
        return self.once("/")

    @property
    def declared(self) -> set[str]:
        """The conformance classes that the service says it keeps to."""
        return set(self.once("/conformance")["conformsTo"])

    def declares(self, ending: str) -> bool:
        """Whether a class is declared, by the end of its name."""
        return any(one.endswith(ending) for one in self.declared)

    @cached_property
    def description(self) -> dict[str, Any]:
        """The API's description as OpenAPI, the first that the landing page links to as JSON."""
        for link in links_of(self.landing, "service-desc"):
            if "json" in link.get("type", "json"):
                return self.get(link["href"], accept=link.get("type")).json()
        raise AssertionError("/: links to no description of the API in JSON")

    @cached_property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Method and path template → operation, with the parameters that its path has for all."""
        found = {}
        for template, item in self.description["paths"].items():
            for method in item.keys() & _METHODS:
                own = item[method]
                beside = [*item.get("parameters", []), *own.get("parameters", [])]
                found[method.upper(), template] = own | {"parameters": self.resolved(beside)}
        return found

    def resolved(self, node: Any, depth: int = 12) -> Any:
        """A part of the description with what its references lead to in their places."""
        if isinstance(node, list):
            return [self.resolved(one, depth) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("$ref", "").startswith("#/") and depth:
            there: Any = self.description
            for step in node["$ref"].removeprefix("#/").split("/"):
                there = there[step.replace("~1", "/").replace("~0", "~")]
            return self.resolved(there, depth - 1)
        return {name: self.resolved(one, depth) for name, one in node.items()}

    def operation(self, path: str, method: str = "GET") -> tuple[str, dict[str, Any]] | None:
        """The template and the operation that a path is described by, the plainest that fits."""
        prefix = urlsplit(self.base).path
        steps = path.removeprefix(prefix).rstrip("/") or "/"
        fits = [
            (template.count("{"), template)
            for known, template in self.operations
            if known == method and _pattern(template).fullmatch(steps)
        ]
        if not fits:
            return None
        template = min(fits)[1]
        return template, self.operations[method, template]

    def parameter(self, path: str, name: str, method: str = "GET") -> dict[str, Any]:
        """What the description says of a query parameter of a path."""
        found = self.operation(path, method)
        assert found is not None, f"{method} {path}: is not described"
        named = [one for one in found[1]["parameters"] if one.get("name") == name]
        elsewhere = [one["$ref"] for one in found[1]["parameters"] if "$ref" in one]
        if not named and elsewhere:
            raise NotApplicable(f"parameters are described elsewhere: {elsewhere[0]}")
        assert named, f"{method} {path}: {name} is not described"
        assert named[0]["in"] == "query"
        return named[0]

    @cached_property
    def collections(self) -> list[dict[str, Any]]:
        """The collections; of very many, so many as are to be asked, from all over the list."""
        listed = self.once("/collections")["collections"]
        step = max(1, len(listed) // self.most_collections)
        return [one for at, one in enumerate(listed) if at % step == 0 or one["id"] in self.also]

    @cached_property
    def sampled(self) -> list[dict[str, Any]]:
        """Collections that have features, a few of each kind of shape: for dear questions.

        They are the first of those whose features are a few and no large ones, if there are such.
        """
        heavy: dict[str, list[dict[str, Any]]] = {}
        light: dict[str, list[dict[str, Any]]] = {}
        for line in self.collections:
            first = self.first_page(line["id"])
            if first and first[0]["geometry"] is not None:
                kind = first[0]["geometry"]["type"].removeprefix("Multi")
                is_light = len(first) in _FEW and len(json.dumps(first)) < _LIGHT_BYTES
                (light if is_light else heavy).setdefault(kind, []).append(line)
            if len(light) == 3 and min(map(len, light.values())) >= self.per_kind:
                break
        found = (
            [*light.get(kind, []), *heavy.get(kind, [])] for kind in dict.fromkeys([*light, *heavy])
        )
        return [line for lines in found for line in lines[: self.per_kind]]

    def first_page(self, collection: str) -> list[dict[str, Any]]:
        """The features of the first page of a collection, a short one."""

        def find() -> list[dict[str, Any]]:
            answer = self.get(items_path(collection), accept=GEOJSON, limit=_FIRST_PAGE)
            return answer.json()["features"]

        return self.kept(f"first {collection}", find)

    def features(self, collection: str) -> Features:
        """The features of a collection, by following `next`."""
        return self.kept(f"all {collection}", lambda: self.select(collection))

    def select(self, collection: str, **params: Any) -> Features:
        """The features that a request has, by following `next`; `_` in a name is `-`."""
        found: list[dict[str, Any]] = []
        answer = self.get(items_path(collection), accept=GEOJSON, **{"limit": _PAGE, **params})
        for _ in range(_MOST_PAGES):
            document = answer.json()
            found += document["features"]
            onward = links_of(document, "next")
            if not onward or not document["features"]:
                return Features(found, whole=True)
            answer = self.get(onward[0]["href"], accept=GEOJSON)
        return Features(found, whole=False)

    def at(self, href: str, document_path: str) -> str:
        """The whole address of a link in the document at a path."""
        return urljoin(f"{self.base}{document_path}", href)

    # long work

    @cached_property
    def processes(self) -> dict[str, dict[str, Any]]:
        """Every process's whole description."""
        listed = self.once("/processes")["processes"]
        return {one["id"]: self.once(f"/processes/{quote(one['id'])}") for one in listed}

    def finished(self, job: str) -> dict[str, Any]:
        """A job's status when it is over."""
        until = monotonic() + _PATIENCE_SECONDS
        while (status := self.json(f"/jobs/{job}"))["status"] in ("accepted", "running"):
            assert monotonic() < until, f"{job}: is not over after {_PATIENCE_SECONDS} s"
            sleep(0.1)
        return status


def items_path(collection: str) -> str:
    """Where a collection's features are."""
    return f"/collections/{quote(collection, safe='')}/items"


def feature_path(api: Api, collection: str, at: int = 0) -> str:
    """Where a feature of a collection's first page is."""
    feature = api.first_page(collection)[at]
    return f"{items_path(collection)}/{quote(str(feature['id']), safe='')}"


def links_of(document: Mapping[str, Any], *rels: str) -> list[dict[str, Any]]:
    """A document's links of any of these relations."""
    return [link for link in document.get("links", []) if link["rel"] in rels]


def told(answer: httpx2.Response) -> str:
    """An answer in a line, for whoever reads of a failure."""
    return f"{answer.status_code} {' '.join(answer.text[:300].split())}"


def kind_of(answer: httpx2.Response) -> str:
    """An answer's media type without its parameters."""
    return answer.headers.get("content-type", "").partition(";")[0].strip()


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template.rstrip("/") or "/")
    return re.compile("".join("[^/]+" if one.startswith("{") else re.escape(one) for one in parts))
