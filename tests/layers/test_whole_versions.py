"""A version read whole, in columns, is what a read by bounds gives row by row."""

import string
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.versions import summarise

from .shelf import Shelf, features, open_shelf, square

EVERYWHERE = (0.0, 0.0, 9_999_999.0, 9_999_999.0)
# what columns are cut by, and what JSON escapes, is in texts too
ODD = "\x1f,;\"'\\\t永基𠀀é" + string.ascii_letters
TEXTS = st.text(ODD, min_size=1, max_size=12)


@pytest.fixture
def shelf(store: str) -> Iterator[Shelf]:
    opened = open_shelf(store)
    yield opened
    opened.service.close()


def layer_of(texts: list[str], first: int = 0) -> pa.Table:
    rows = {
        text: (square(600_000 + 20 * at, 2_700_000), {"名称": text, "n": at, "": None})
        for at, text in enumerate(texts, first)
    }
    return features(rows)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=st.lists(st.lists(TEXTS, min_size=1, max_size=30), min_size=1, max_size=3))
def test_whatever_the_texts_both_roads_give_the_same_rows(
    shelf: Shelf, deliveries: list[list[str]]
) -> None:
    for at, texts in enumerate(deliveries):
        number = shelf.append("farmland", layer_of(texts, at)).version
        pins = {"farmland": number}
        assert shelf.scan(pins).equals(shelf.scan(pins, EVERYWHERE))


@pytest.mark.parametrize("apart", [False, True], ids=["side by side", "far apart"])
@pytest.mark.parametrize("many", [1, 10**9], ids=["several threads", "one thread"])
def test_a_large_version_is_read_whole_however_it_lies(
    geopackage_store: str, monkeypatch: pytest.MonkeyPatch, many: int, *, apart: bool
) -> None:
    monkeypatch.setattr("layers.geopackage._MANY", many)
    monkeypatch.setattr("layers.geopackage._READ", 7)
    shelf = open_shelf(geopackage_store)
    ids = [f"f{at:03}" for at in range(60)]
    for at, half in enumerate((ids[:20], ids)):
        shelf.append("farmland", layer_of(half))
        if apart:
            lines = {f"r{n}": f"LINESTRING (0 {n}, 9 {at})" for n in range(1_500)}
            shelf.append("road", lines)
    table = shelf.scan({"farmland": 2})
    assert table.column("feature_id").to_pylist() == ids
    assert table.equals(shelf.scan({"farmland": 2}, EVERYWHERE))
    assert shelf.scan({"farmland": 1}).num_rows == 20


def test_a_version_is_seen_by_the_transaction_that_writes_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.geopackage._MANY", 1)
    with shelf.service.database.write() as connection:
        shelf.service.layers.append(connection, shelf.delivery("farmland", layer_of(["a", "b"])))
        assert shelf.service.layers.scan(connection, {"farmland": 1}).num_rows == 2


def test_an_empty_piece_of_a_delivery_is_no_row(shelf: Shelf) -> None:
    table = layer_of(["a", "b"])
    pieces = pa.concat_tables([table.slice(0, 0), table.slice(0, 1), table.slice(0, 0), table[1:]])
    assert shelf.append("farmland", pieces).feature_count == 2
    assert shelf.scan({"farmland": 1}).column("feature_id").to_pylist() == ["a", "b"]


def test_a_summary_is_of_all_features_and_of_none() -> None:
    table = layer_of(["a", "b", "c"])
    summary = summarise(table, "polygon")
    assert summary.size == pytest.approx(300.0)
    assert summary.bounds == (600_000.0, 2_700_000.0, 600_050.0, 2_700_010.0)
    nothing = summarise(pa.concat_tables([table.slice(0, 0), table.slice(3)]), "polygon")
    assert (nothing.size, nothing.bounds) == (0.0, None)


def _grown(shelf: Shelf) -> int:
    (size,) = shelf.sql("SELECT sum(length(content)) FROM source_chunk")
    return int(size)


def test_what_two_files_have_in_common_is_kept_once(shelf: Shelf) -> None:
    rng = np.random.default_rng(5)
    first = rng.bytes(5 << 20)
    shelf.append("farmland", layer_of(["a"]), content=first)
    before = _grown(shelf)
    later = b"exported again" + first[14:]
    version = shelf.append("farmland", layer_of(["a"]), content=later)
    assert _grown(shelf) - before <= 256 << 10
    with shelf.service.database.read() as connection:
        from layers.deliveries import read_source_file

        assert b"".join(read_source_file(connection, version.source_sha256)) == later


def test_a_size_is_kept_with_every_version(shelf: Shelf) -> None:
    rows: Mapping[str, str] = {"r": "LINESTRING (600000 2700000, 600003 2700004)"}
    assert shelf.append("road", rows).size == 5.0
    shapes = shapely.multipoints([[600_000, 2_700_000], [600_001, 2_700_000]])
    assert shelf.append("station", {"s": (shapes, {})}).size == 2.0
    assert shelf.versions()["road"].size == 5.0
