"""The suite is whole: every class that is declared, every abstract test of it, and the page."""

from api.root import CONFORMS_TO
from tests.conformance.classes import ABSTRACT_TESTS
from tests.conformance.registry import COVERED, NOT_HERE
from tests.conformance.table import PAGE, load_tests, page, result_of


def test_every_class_that_is_declared_has_its_abstract_tests_here_and_no_other_has():
    assert {one.declared for one in ABSTRACT_TESTS} == set(CONFORMS_TO)
    assert len(set(ABSTRACT_TESTS)) == len(ABSTRACT_TESTS)


def test_every_abstract_test_has_a_test_that_stands_for_it():
    load_tests()
    assert set(COVERED) == set(ABSTRACT_TESTS)
    assert set(NOT_HERE) < set(COVERED)


def test_the_page_is_written_from_the_suite():
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.conformance --write"


def test_one_test_that_fails_is_enough_for_an_abstract_test_to_fail():
    load_tests()
    one = next(one for one, names in COVERED.items() if len(names) > 1)
    first, *others = COVERED[one]
    passed = {first, *others}
    assert result_of(one, {}, passed, {}) == "holds"
    assert result_of(one, {others[0]: "it is not so"}, passed, {}) == "FAILS: it is not so"
    assert result_of(one, {}, passed, dict.fromkeys(passed, "x")) == "does not apply: x"
    assert result_of(one, {}, set(), {}) == "was not tried"
