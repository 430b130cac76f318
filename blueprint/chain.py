"""A chain of documents (哈希链): each link seals one document and the link before it.

Input: documents as they are kept, texts in canonical JSON, each with its link, in the order of
their ordinals; where the chain begins (`start`) and where it is said to end (`Head`). Output: the
first break, or None. Nothing here reads a store, so that any log can be held together by it.

A link has the SHA-256 of its document's text, so that one changed byte shows, and a seal: the
SHA-256 of ordinal, that hash and the seal before. Whoever changes a document, deletes one or swaps
two has to seal all later ones anew, and the head with them; whoever has noted an earlier head sees
that too (`Broken.kind` "unknown_head"). What was kept before there was a chain is its start.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from blueprint.values import text_hash
from layers.table import canonical_json

BreakKind = Literal["altered", "relinked", "missing", "twice", "moved", "end", "unknown_head"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last ordinal, 0 for none yet, and the seal to go on from."""

    ordinal: int
    seal: str


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a document in its chain; ordinals count from 1, hashes are hex."""

    ordinal: int
    sha256: str
    previous: str
    seal: str

    @property
    def head(self) -> Head:
        """The chain's end, if this is its last link."""
        return Head(self.ordinal, self.seal)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it is kept: what it is called, its text (None: it cannot be read), its link."""

    name: str | None
    document: str | None
    link: Link


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, at which document, and how.

    altered: the text is not what was sealed; relinked: the link's own seal is wrong; missing: one
    or more before it are gone; twice: two have one ordinal; moved: it does not follow the one
    before; end: the chain does not end where it is said to; unknown_head: a head that was noted is
    not among its seals.
    """

    kind: BreakKind
    ordinal: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """What following a chain came to: how many links held, up to which head, and the break."""

    links: int
    head: Head
    broken: Broken | None


def start_of(hashes: Iterable[str]) -> Head:
    """The start of a chain, over the hashes of documents from before it, in any order."""
    return Head(0, text_hash(canonical_json(sorted(hashes))))


def link_after(head: Head, document: str) -> Link:
    """The link of one more document."""
    ordinal, sha256 = head.ordinal + 1, text_hash(document)
    return Link(ordinal, sha256, head.seal, _seal(ordinal, sha256, head.seal))


def follow(kept: Iterable[Kept], start: Head, end: Head, noted: str | None = None) -> Held:
    """Follow a chain from its start to its first break.

    `end` is where it is said to end, its start if it has no link; `noted` a seal that it has to
    have.
    """
    head, name, seen = start, None, noted in (None, start.seal)
    for one in kept:
        kind = _break_at(one, head)
        if kind is not None:
            return Held(head.ordinal, head, Broken(kind, one.link.ordinal, one.name))
        head, name = one.link.head, one.name
        seen |= noted == head.seal
    broken = None
    if end != head:
        broken = Broken("end", head.ordinal, name)
    elif not seen:
        broken = Broken("unknown_head", head.ordinal, name)
    return Held(head.ordinal, head, broken)


def _break_at(one: Kept, before: Head) -> BreakKind | None:
    link = one.link
    if one.document is None:
        return "altered"
    if link.ordinal > before.ordinal + 1:
        return "missing"
    if link.ordinal <= before.ordinal:
        return "twice"
    if text_hash(one.document) != link.sha256:
        return "altered"
    if _seal(link.ordinal, link.sha256, link.previous) != link.seal:
        return "relinked"
    return None if link.previous == before.seal else "moved"


def _seal(ordinal: int, sha256: str, previous: str) -> str:
    return text_hash(canonical_json([ordinal, sha256, previous]))
