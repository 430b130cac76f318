"""A layer's features out of one store into another, of either kind, with the versions they live in.

Input: two stores and a connection to each. Rows pass through an Arrow file on the disk, so that a
layer of any size needs little memory. Features that the newest version still has come first: they
are the many, and the index is built over them at once; then those that ended. What was written is
read again and compared, row by row and byte by byte, with what was read.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from layers.models import FeatureRow, LayerVersionRow
from layers.rows import BATCH, StoredFeature, read_rows
from layers.store import LayerStore
from layers.table import feature_schema
from layers.versions import Layer, digest, summarise

_PASSES = ("version_until IS NULL", "version_until IS NOT NULL")
_VERSIONS = pa.schema(
    [
        pa.field("feature_id", pa.string()),
        pa.field("version_from", pa.int32()),
        pa.field("version_until", pa.int32()),
        pa.field("content_hash", pa.string()),
    ]
)


def copy_features(
    reader: sa.Connection,
    target: LayerStore,
    writer: sa.Connection,
    layer: Layer,
    progress: Callable[[int], None] = lambda _rows: None,
) -> str:
    """Copy the features of a layer that `target` has registered and holds nothing of yet.

    `progress` is told of every few thousand rows. Returns a hash over all that was read, in order:
    `fingerprint` of the copy must be the same.
    """
    crs, read = target.crs(writer), sha256()
    mark = 0
    for which in _PASSES:
        rows = _told(read_rows(reader, layer.id, which), read.update, progress)
        for (first, until), group in itertools.groupby(rows, key=itemgetter(1, 2)):
            with TemporaryDirectory(prefix="blueprint-copy-") as scratch:
                table = _spooled(group, Path(scratch, "rows.arrow"), crs)
                target._dialect.insert(writer, layer.id, first, table)  # noqa: SLF001 a part of the store
                del table
            if until is not None:
                _end(writer, layer.id, mark, until)
        if which == _PASSES[0]:
            of_layer = sa.select(sa.func.max(FeatureRow.fid)).where(FeatureRow.layer_id == layer.id)
            mark = writer.scalar(of_layer) or 0
    return read.hexdigest()


def show_newest(target: LayerStore, writer: sa.Connection, layer: Layer) -> None:
    """Let desktop GIS see a copied layer as they saw the original: its newest version."""
    v = LayerVersionRow
    newest = writer.scalar(sa.select(sa.func.max(v.version)).where(v.layer_id == layer.id))
    if newest is not None:
        features = target.scan(writer, {layer.id: newest}).drop_columns(["layer_id"])
        bounds = summarise(features, layer.geometry).bounds
        target._dialect.show(writer, layer, features, bounds)  # noqa: SLF001 a part of the store


def fingerprint(connection: sa.Connection, layer_id: str) -> tuple[str, dict[int, str]]:
    """A hash over all of a layer's stored rows, and the digest of each of its versions."""
    read, batches = sha256(), []
    for which in _PASSES:
        for rows in read_rows(connection, layer_id, which):
            for row in rows:
                read.update(_bytes(row))
            columns = list(zip(*rows, strict=True))[:4]
            batches.append(pa.record_batch(list(map(list, columns)), schema=_VERSIONS))
    table = pa.Table.from_batches(batches, _VERSIONS)
    numbers = sa.select(LayerVersionRow.version).where(LayerVersionRow.layer_id == layer_id)
    digests = {
        number: digest(table.filter(_alive(table, number)))
        for number in connection.scalars(numbers)
    }
    return read.hexdigest(), digests


def _alive(table: pa.Table, number: int) -> pa.ChunkedArray:
    begun = pc.less_equal(table["version_from"], number)
    # no end is no end before
    lasts = pc.fill_null(pc.greater(table["version_until"], number), True)  # noqa: FBT003 a value
    return pc.and_(begun, lasts)


def _told(
    pieces: Iterator[Sequence[StoredFeature]],
    update: Callable[[bytes], object],
    progress: Callable[[int], None],
) -> Iterator[StoredFeature]:
    for rows in pieces:
        for row in rows:
            update(_bytes(row))
            yield row
        progress(len(rows))


def _bytes(row: StoredFeature) -> bytes:
    """All of a row, so that no two different ones are alike."""
    feature_id, first, until, content, attributes, wkb = row
    texts = repr((feature_id, first, until, content, attributes, len(wkb)))
    return texts.encode(errors="surrogatepass") + wkb


def _spooled(rows: Iterator[StoredFeature], path: Path, crs: str) -> pa.Table:
    """A feature table over a file on the disk."""
    schema = feature_schema(crs)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as file:
        while piece := list(itertools.islice(rows, BATCH)):
            ids, _, _, contents, attributes, wkb = zip(*piece, strict=True)
            arrays = [
                pa.array(values, field.type)
                for values, field in zip((ids, wkb, contents, attributes), schema, strict=True)
            ]
            file.write(pa.record_batch(arrays, schema=schema))
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _end(writer: sa.Connection, layer_id: str, mark: int, until: int) -> None:
    """End the rows that were just written: the only ones after `mark` that have no end."""
    f = FeatureRow
    new = (f.layer_id == layer_id) & (f.fid > mark) & f.version_until.is_(None)
    writer.execute(sa.update(f).where(new).values(version_until=until))
