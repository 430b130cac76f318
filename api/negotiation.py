"""What a caller would rather have: a form by Accept, a language by Accept-Language (RFC 9110).

Input: a header, and what there is, the service's own choice first. Output: the one with the highest
quality, None where every one is refused. What is malformed in a header counts as not said.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blueprint.report.document import Lang

__all__ = ["acceptable", "language"]

_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_MOST = 50
"""A header with more wishes than these is answered by the first of them."""
_LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class _Wish:
    """One element of a header: a range, its parameters, its quality."""

    what: str
    parameters: frozenset[tuple[str, str]]
    quality: float


def acceptable(header: str | None, media_types: Sequence[str]) -> str | None:
    """The media type that the caller likes best of those that there are."""
    wishes = [wish for wish in _wishes(header) if "/" in wish.what]
    if not wishes:
        return media_types[0]
    liked = [(_liking(media_type, wishes), media_type) for media_type in media_types]
    best = max(quality for quality, _ in liked)
    return None if best == 0 else next(kind for quality, kind in liked if quality == best)


def language(header: str | None, default: Lang) -> Lang:
    """The language that the caller likes best; `default` where both are liked alike."""
    wishes = _wishes(header)
    liked = {lang: _liking_of(lang, wishes) for lang in _LANGS}
    best = max(liked.values())
    return default if liked[default] == best else next(x for x in _LANGS if liked[x] == best)


def _wishes(header: str | None) -> list[_Wish]:
    elements = (header or "").split(",")[:_MOST]
    return [wish for element in elements for wish in _wish(element)]


def _wish(element: str) -> Iterator[_Wish]:
    what, *parameters = (part.strip().lower() for part in element.split(";"))
    if not all(_TOKEN.fullmatch(part) for part in what.split("/")) or what.count("/") > 1:
        return
    pairs = [(name.strip(), value.strip(' "')) for name, _, value in
             (parameter.partition("=") for parameter in parameters if parameter)]  # fmt: skip
    quality = dict(pairs).get("q", "1")
    if _QUALITY.fullmatch(quality):
        beside = frozenset(pair for pair in pairs if pair[0] != "q")
        yield _Wish(what, beside, float(quality))


def _liking(media_type: str, wishes: Sequence[_Wish]) -> float:
    """The quality that the most specific range gives a media type; 0: it is not wanted."""
    kind, *rest = (part.strip() for part in media_type.lower().split(";"))
    said = {(name, value) for name, _, value in (one.partition("=") for one in rest)}
    ranges = {kind: 2, f"{kind.partition('/')[0]}/*": 1, "*/*": 0}
    found = [
        (ranges[wish.what], len(wish.parameters), wish.quality)
        for wish in wishes
        if wish.what in ranges and wish.parameters <= said
    ]
    return max(found)[2] if found else 0.0


def _liking_of(lang: Lang, wishes: Sequence[_Wish]) -> float:
    named = [wish.quality for wish in wishes if wish.what.partition("-")[0] == lang]
    others = [wish.quality for wish in wishes if wish.what == "*"]
    return max(named or others, default=0.0)
