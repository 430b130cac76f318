import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.negotiation import acceptable, language

THERE = ["application/json", "application/geo+json", "text/html", "application/pdf"]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        (BROWSER, "text/html"),
        ("application/pdf", "application/pdf"),
        ("APPLICATION/PDF", "application/pdf"),
        ("text/*", "text/html"),
        ("text/html;q=0.5, application/pdf;q=0.6", "application/pdf"),
        ("application/*;q=0.4, application/json;q=0, text/html;q=0.3", "application/geo+json"),
        ("application/json;q=0, */*", "application/geo+json"),
        ("image/webp", None),
        ("application/json;q=0", None),
        ("text/html;level=1", None),
        ("*/*;q=0.0", None),
        ("nonsense, ;;, q=1", "application/json"),
        ("application/pdf;q=7, text/html", "text/html"),
        ("application/pdf;q=0.1234, text/html;q=0.1", "text/html"),
    ],
)
def test_the_form_is_the_one_that_accept_likes_best(header, answer):
    assert acceptable(header, THERE) == answer


@pytest.mark.parametrize(
    ("header", "default", "answer"),
    [
        (None, "en", "en"),
        ("", "zh", "zh"),
        ("*", "en", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "en", "zh"),
        ("zh-Hant-TW", "en", "zh"),
        ("en-US,en;q=0.5", "zh", "en"),
        ("fr, de", "en", "en"),
        ("fr, zh;q=0.1", "en", "zh"),
        ("en;q=0, *", "en", "zh"),
        ("zho", "en", "en"),
        ("en;q=0.3, zh;q=0.3", "zh", "zh"),
    ],
)
def test_the_language_is_the_one_that_is_liked_best(header, default, answer):
    assert language(header, default) == answer


@given(st.text(max_size=200))
def test_no_header_is_a_fault(header: str):
    assert acceptable(header, THERE) in {*THERE, None}
    assert language(header, "en") in {"zh", "en"}


@given(st.permutations(["text/html;q=0.9", "application/pdf;q=0.7", "*/*;q=0.1"]))
def test_the_order_of_wishes_says_nothing(wishes: list[str]):
    assert acceptable(", ".join(wishes), THERE) == "text/html"
