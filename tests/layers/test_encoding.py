"""Character sets: what the bytes, the .cpg and the header of a .dbf or DXF say; who is right."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.encoding import (
    Decoder,
    dxf_encoding,
    known_encoding,
    shapefile_encoding,
    unescaped,
)

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("written", "cpg", "language", "expected", "ground"),
    [
        ("GBK", None, 0, "GB18030", "not UTF-8"),
        ("GBK", None, 0x57, "GB18030", "not UTF-8"),
        ("GBK", None, 0x4D, "GB18030", "LDID"),
        ("UTF-8", None, 0, "UTF-8", "strict UTF-8"),
        ("UTF-8", "UTF-8", 0, "UTF-8", ".cpg"),
        ("UTF-8", "utf8\n", 0x4D, "UTF-8", ".cpg"),
        ("GBK", "GBK", 0, "GB18030", ".cpg"),
        ("GBK", "GB2312", 0, "GB18030", ".cpg"),
        ("GBK", "936", 0, "GB18030", ".cpg"),
        ("GBK", "ANSI 936", 0, "GB18030", ".cpg"),
        ("BIG5", "Big5", 0, "BIG5", ".cpg"),
        ("GBK", "", 0, "GB18030", "not UTF-8"),
        ("GBK", "OEM", 0, "GB18030", "not UTF-8"),
        ("GBK", "hex", 0, "GB18030", "not UTF-8"),
        ("GBK", "UTF-8", 0, "GB18030", "the .cpg says UTF-8"),
        ("UTF-8", "ascii", 0, "UTF-8", "the .cpg says ASCII"),
    ],
)
def test_the_encoding_is_what_the_text_bears_out(
    write_shapefile: Write, written: str, cpg: str | None, language: int, expected: str, ground: str
) -> None:
    path = write_shapefile(
        ["基本農田", "甲"], field="名", encoding=written, cpg=cpg, language=language
    )
    encoding, why = shapefile_encoding(path)
    assert encoding == expected
    assert ground in why


def test_chinese_that_begins_after_thousands_of_rows_is_seen(write_shapefile: Write) -> None:
    path = write_shapefile(["a"] * 2500 + ["农田"], field="name", encoding="GBK")
    assert shapefile_encoding(path)[0] == "GB18030"


def test_text_in_ascii_is_read_as_utf_8(write_shapefile: Write) -> None:
    path = write_shapefile(["a", "b"], field="name")
    assert shapefile_encoding(path) == ("UTF-8", "ASCII only")


def test_a_short_gbk_word_is_not_taken_for_utf_8_that_was_cut(write_shapefile: Write) -> None:
    # E4 BA 20: the first two bytes of a UTF-8 character, but the field has room for the third
    word = b"\xe4\xba".decode("gb18030")
    path = write_shapefile([word, "much longer"], field="name", encoding="GB18030")
    assert shapefile_encoding(path)[0] == "GB18030"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("utf8", "UTF-8"),
        ("65001", "UTF-8"),
        ("cp936", "GB18030"),
        (" GB18030 ", "GB18030"),
        ("ISO-8859-1", "ISO8859-1"),
        ("rot13", None),
        ("nonsense", None),
        ("", None),
        ("a\0b", None),
    ],
)
def test_a_name_is_known_only_if_it_stands_for_text(name: str, codec: str | None) -> None:
    assert known_encoding(name) == codec


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_table_read_byte_by_byte_is_decoded_to_what_was_written(
    values: list[str | None],
) -> None:
    for encoding in ("UTF-8", "GB18030"):
        raw = [v if v is None else v.encode(encoding).decode("ISO-8859-1") for v in values]
        name = "名".encode(encoding).decode("ISO-8859-1")
        rows = Decoder(encoding)(pa.record_batch({name: pa.array(raw, pa.string())}))
        assert rows.to_pydict() == {"名": values}


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_character_cut_in_two_is_dropped_and_none_is_counted(encoding: str) -> None:
    raw = "基本农田".encode(encoding)[:-1].decode("ISO-8859-1")
    decoder = Decoder(encoding)
    rows = decoder(pa.record_batch({"a": [raw, None, "b"], "n": [1, 2, 3]}))
    assert rows.to_pydict() == {"a": ["基本农", None, "b"], "n": [1, 2, 3]}
    assert decoder.misfits == 0


def test_bytes_that_fit_nothing_are_shown_and_counted() -> None:
    decoder = Decoder("UTF-8")
    batches = [pa.record_batch({"a": texts}) for texts in (["a\xffb", "\xffc"], ["d"])]
    rows = pa.Table.from_batches([decoder(batch) for batch in batches])
    assert rows.column("a").to_pylist() == ["a\ufffdb", "\ufffdc", "d"]
    assert decoder.misfits == 2


@pytest.mark.parametrize(
    ("version", "encoding"), [("AC1009", None), ("AC1018", None), ("AC1021", "UTF-8")]
)
def test_a_drawing_is_in_utf_8_since_2007(version: str, encoding: str | None) -> None:
    head = f"  0\r\nSECTION\r\n  9\r\n$ACADVER\r\n  1\r\n{version}\r\n".encode()
    assert dxf_encoding(head) == encoding


def test_escaped_characters_of_a_drawing_are_read() -> None:
    assert unescaped(r"\U+7EA2\U+7ebf 1 \U+12") == r"红线 1 \U+12"
