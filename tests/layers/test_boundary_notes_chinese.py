"""What the reader of boundary texts noticed is told in Chinese from its English words."""

import pytest

from layers.boundary_notes import Log, chinese_of

SAID = [
    (1, "crlf", ()),
    (1, "encoding", ("gb18030",)),
    (13, "count_closing", (5, 6)),
    (20, "swapped_xy", ()),
    (21, "swapped_xy", ()),
    (22, "line_ignored", ("a (b) {0}",)),
]


def test_each_note_is_told_in_chinese_from_its_english_words():
    log = Log("file.txt")
    for line, kind, values in SAID:
        log.note(line, kind, *values)
    notes = log.notes()
    assert len(notes) == len(SAID) - 1
    assert [chinese_of(note.en) for note in notes] == [note.zh for note in notes]


@pytest.mark.parametrize("text", ["", "nothing of the kind", "line 1: lines end with CRLF"])
def test_what_is_no_note_has_no_chinese(text: str):
    assert chinese_of(text) is None
