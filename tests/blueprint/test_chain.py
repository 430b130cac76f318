"""Chains of documents: whatever is changed, deleted or moved shows, at the first place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprint.chain import Head, Kept, follow, link_after, start_of
from blueprint.values import text_hash

START = start_of([])
DOCUMENTS = ["{}", '{"a":1}', "{}", '{"b":[2]}']


def chain(documents: list[str], start: Head = START) -> list[Kept]:
    kept, head = [], start
    for number, document in enumerate(documents, 1):
        link = link_after(head, document)
        kept.append(Kept(f"chk_{number}", document, link))
        head = link.head
    return kept


def broken(kept: list[Kept], end: Head | None) -> tuple[str, int] | None:
    found = follow(kept, START, end).broken
    return None if found is None else (found.kind, found.ordinal)


@given(st.lists(st.text(), max_size=6))
def test_a_chain_as_it_was_made_is_whole(documents: list[str]) -> None:
    kept = chain(documents)
    end = kept[-1].link.head if kept else START
    held = follow(kept, START, end)
    assert (held.links, held.head, held.broken) == (len(documents), end, None)


@given(st.lists(st.binary(min_size=1), min_size=1, max_size=5), st.data())
def test_one_changed_byte_breaks_it_there(contents: list[bytes], data: st.DataObject) -> None:
    documents = [content.decode("latin-1") for content in contents]
    row = data.draw(st.integers(0, len(documents) - 1))
    byte = data.draw(st.integers(0, len(contents[row]) - 1))
    changed = bytearray(contents[row])
    changed[byte] ^= 1 << data.draw(st.integers(0, 7))
    kept = chain(documents)
    end = kept[-1].link.head
    kept[row] = replace(kept[row], document=changed.decode("latin-1"))
    assert broken(kept, end) == ("altered", row + 1)


def test_a_chain_that_is_said_to_have_no_link_has_none() -> None:
    assert broken([], START) is None
    assert broken(chain(DOCUMENTS), START) == ("end", 4)


@pytest.mark.parametrize("row", range(4))
def test_a_deleted_document_is_missed_wherever_it_stood(row: int) -> None:
    kept = chain(DOCUMENTS)
    end = kept[-1].link.head
    del kept[row]
    assert broken(kept, end) == (("end", 3) if row == 3 else ("missing", row + 2))


def test_documents_that_change_places_are_seen_even_if_they_take_their_ordinals_along() -> None:
    kept = chain(DOCUMENTS)
    end = kept[-1].link.head
    one, two = kept[1], kept[2]
    swapped = [kept[0], replace(two, link=one.link), replace(one, link=two.link), kept[3]]
    assert broken(swapped, end) == ("altered", 2)
    renumbered = [
        kept[0],
        replace(two, link=replace(two.link, ordinal=2)),
        replace(one, link=replace(one.link, ordinal=3)),
        kept[3],
    ]
    assert broken(renumbered, end) == ("relinked", 2)
    assert broken([kept[0], two, one, kept[3]], end) == ("missing", 3)


def test_a_document_that_is_sealed_anew_breaks_the_one_after_it() -> None:
    kept = chain(DOCUMENTS)
    end = kept[-1].link.head
    forged = link_after(kept[1].link.head, '{"forged":true}')
    kept[2] = Kept("chk_3", '{"forged":true}', forged)
    assert broken(kept, end) == ("moved", 4)


def test_a_tail_sealed_anew_differs_from_the_end_and_from_a_head_noted_before() -> None:
    kept = chain(DOCUMENTS)
    noted = kept[1].link.seal
    forged = chain(["{}", '{"a":2}', "{}", '{"b":[2]}'])
    assert broken(forged, kept[-1].link.head) == ("end", 4)
    found = follow(forged, START, forged[-1].link.head, noted).broken
    assert found is not None
    assert found.kind == "unknown_head"
    assert follow(kept, START, kept[-1].link.head, noted).broken is None


def test_a_place_taken_twice_is_a_fork() -> None:
    kept = chain(DOCUMENTS[:2])
    other = Kept("chk_x", '{"x":1}', link_after(kept[0].link.head, '{"x":1}'))
    assert broken([*kept, other], kept[1].link.head) == ("twice", 2)


def test_what_was_there_before_the_chain_is_what_it_starts_from() -> None:
    older = [text_hash(text) for text in ("one", "two")]
    kept = chain(DOCUMENTS, start_of(older))
    end = kept[-1].link.head
    assert follow(kept, start_of(reversed(older)), end).broken is None
    for touched in (older[:1], [older[0], text_hash("2")], [*older, text_hash("three")]):
        found = follow(kept, start_of(touched), end).broken
        assert found is not None
        assert (found.kind, found.ordinal) == ("moved", 1)
