"""The conformance classes that the suite knows, each with the abstract tests of its standard.

A class is named as a declaration names it; an abstract test by its class and its id in the annex.
The ids are facts of OGC 17-069r4 (Features 1), 18-058r1 (Features 2), 19-079r2 (Features 3),
21-065r2 (CQL2), 18-062r2 (Processes 1), 20-057 (Tiles 1) and 17-083r4 (Tile Matrix Set 2), with
their misprints: two tests of `json-tilesetmetadata` bear the name of another class there, and two
of Processes the same id, of which one is named here for what it tests.
"""

from dataclasses import dataclass

SPEC = "http://www.opengis.net/spec"
FEATURES = "ogcapi-features-1/1.0"
CRS = "ogcapi-features-2/1.0"
FILTER = "ogcapi-features-3/1.0"
CQL2 = "cql2/1.0"
PROCESSES = "ogcapi-processes-1/1.0"
TILES = "ogcapi-tiles-1/1.0"
TMS = "tms/2.0"


@dataclass(frozen=True, order=True, slots=True)
class AbstractTest:
    """One abstract test: the standard that it is of, its class there, its id."""

    standard: str
    within: str
    id: str

    @property
    def declared(self) -> str:
        """What a service that keeps to the class lists in its declaration."""
        return f"{SPEC}/{self.standard}/conf/{self.within}"


def _tests(standard: str, within: str, names: str, folder: str | None = None) -> list[AbstractTest]:
    return [
        AbstractTest(standard, within, name if "/" in name else f"/conf/{folder or within}/{name}")
        for name in names.split()
    ]


ABSTRACT_TESTS: tuple[AbstractTest, ...] = (
    *_tests(FEATURES, "core", """
        http crs84 root-op root-success api-definition-op api-definition-success conformance-op
        conformance-success fc-md-op fc-md-success fc-md-links fc-md-items fc-md-items-links
        fc-md-extent sfc-md-op sfc-md-success fc-op fc-bbox-definition fc-bbox-response
        fc-limit-definition fc-limit-response fc-time-definition fc-time-response
        query-param-invalid query-param-unknown fc-response fc-links fc-timeStamp fc-numberMatched
        fc-numberReturned f-op f-success f-links
        """),
    *_tests(FEATURES, "geojson", "definition content"),
    *_tests(FEATURES, "html", "definition content"),
    *_tests(FEATURES, "oas30", """
        completeness exceptions-codes oas-definition-1 oas-definition-2 oas-impl security
        """),
    *_tests(CRS, "crs", """
        crs-uri default-crs storageCrs crs-parameter crs-parameter-invalid crs-parameter-default
        crs-parameter-transform bbox-crs-parameter bbox-crs-parameter-invalid
        bbox-crs-parameter-default
        """),
    *_tests(FILTER, "queryables", "get-conformance get-queryables-uris get-queryables"),
    *_tests(FILTER, "filter", """
        get-conformance filter-param filter-lang-default expression-construction filter-crs-wgs84
        filter-crs-param get-functions
        """),
    *_tests(FILTER, "features-filter", """
        get-conformance get-collections get-collection filter-on-items mixing-expression
        """),
    *_tests(CQL2, "cql2-text", "validate escaping"),
    *_tests(CQL2, "cql2-json", "validate"),
    *_tests(CQL2, "basic-cql2", "basic-test comparison is-null boolean test-data logical"),
    *_tests(CQL2, "advanced-comparison-operators", "like between in test-data logical"),
    *_tests(CQL2, "basic-spatial-functions", "s_intersects test-data logical"),
    *_tests(PROCESSES, "core", """
        landingpage-op landingpage-success api-definition-op api-definition-success conformance-op
        conformance-success http process-list pl-limit-definition process-list-success pl-links
        pl-limit-response process-description process-description-success
        process-exception-no-such-process process-execute-op process-execute-auto-execution-mode
        process-execute-default-execution-mode process-execute-default-outputs
        process-execute-request process-execute-inputs process-execute-input-inline
        process-execute-input-ref process-execute-input-array process-execute-input-inline-object
        process-execute-input-inline-mixed process-execute-input-inline-binary
        process-execute-input-inline-bbox process-execute-input-validation
        process-execute-sync-raw-value-one process-execute-sync-raw-value-multi
        process-execute-sync-raw-ref process-execute-sync-raw-mixed-multi
        process-execute-sync-document process-execute-success-async job-op job-success
        job-exception-no-such-job job-results job-results-sync job-results-async-raw-value-one
        job-results-async-raw-value-multi job-results-async-raw-ref
        job-results-async-raw-mixed-multi job-results-async-document
        job-results-exception-no-such-job job-results-exception-results-not-ready job-results-failed
        """),
    *_tests(PROCESSES, "ogc-process-description", """
        json-encoding inputs-def input-def input-mixed-type outputs-def output-def output-mixed-type
        """),
    *_tests(PROCESSES, "json", "definition"),
    *_tests(PROCESSES, "job-list", """
        job-list-op type-definition processID-definition status-definition datetime-definition
        duration-definition limit-definition job-list-success links type-response
        processID-mandatory processID-response status-response datetime-response duration-response
        limit-response
        """),
    *_tests(PROCESSES, "dismiss", "job-dismiss-op job-dismiss-success"),
    *_tests(TILES, "core", """
        conformance-success tc-op tc-tilematrix-definition tc-tilerow-definition
        tc-tilecol-definition tc-success tc-error
        """),
    *_tests(TILES, "tileset", "description"),
    *_tests(TILES, "tilesets-list", "tileset-links"),
    *_tests(TILES, "geodata-tilesets", "desc-links operation"),
    *_tests(TILES, "mvt", "content"),
    *_tests(TMS, "tilematrixset", "model"),
    *_tests(TMS, "json-tilematrixset", "model ietf schema media-type"),
    *_tests(TMS, "tilesetmetadata", "identifier model", folder="tilematrixsetmetadata"),
    *_tests(TMS, "json-tilesetmetadata", """
        model /conf/json-tilematrixsetlimits/ietf /conf/json-tilematrixsetlimits/schema media-type
        """),
)  # fmt: skip
"""In the order of their annexes."""


def abstract_tests(standard: str, *ids: str) -> tuple[AbstractTest, ...]:
    """Those of a standard that have these ids.

    Raises:
        KeyError: it has none of that id.
    """
    known = {(one.standard, one.id): one for one in ABSTRACT_TESTS}
    return tuple(known[standard, name] for name in ids)
