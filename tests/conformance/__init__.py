"""The abstract tests of the OGC standards, asked of a service over HTTP.

Input: a service, ours over the sample city or one at an address. Output: for each abstract test of
the classes that it declares whether it holds, fails, or does not apply and why; as tests for
`make test`, as a table by `python -m tests.conformance`.

    classes     the classes and their abstract tests: the facts
    registry    which test stands for which; what does not apply to our own service
    api         the service: asking, following links, remembering
    shapes      what documents look like, as JSON Schemas
    pages       HTML as it is read
    predicates  filters as text and as JSON, with a truth of their own
    filtered, running, tiling   asking with filters, for processes, for tiles
    test_*      the tests
    table       docs/conformance.md
"""
