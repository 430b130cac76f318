"""Read a shapefile, its texts decoded here and not by GDAL (see `encoding`)."""

from pathlib import Path

import pyarrow as pa

from layers.checks import check_shapefile
from layers.description import Description, Sink
from layers.encoding import BYTES_AS_TEXT, Decoder, deleted_rows, known_encoding, shapefile_encoding
from layers.errors import UnreadableSource
from layers.ogr import choose_layer, layer_names, names_told_apart, stream_layer
from layers.source import GEOMETRY


def read_shapefile(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a .shp with the files beside it."""
    check_shapefile(path)
    said = known_encoding(encoding) if encoding else None
    true, ground = (said, "given") if said else shapefile_encoding(path)
    decoder = Decoder(true)

    def decode(batch: pa.RecordBatch) -> None:
        batch = decoder(batch)
        names = batch.schema.names  # two may be equal once their cut last characters are gone
        sink(batch.rename_columns(names_told_apart(names, names.index(GEOMETRY))))

    driver = "ESRI Shapefile"
    chosen = choose_layer(path.name, layer_names(path, path.name, driver), layer)
    count, deleted = deleted_rows(path)
    read = stream_layer(
        path, path.name, driver, chosen, decode, encoding=BYTES_AS_TEXT, count=count - deleted
    )
    notes = [*read.notes, f"attributes read as {true} ({ground})"]
    if decoder.misfits and said:
        message = (
            f"{path.name}: {decoder.misfits} values are not {true} as named; leave the encoding "
            "out, or name another, such as GB18030"
        )
        raise UnreadableSource(message)
    if decoder.misfits:
        notes.append(f"{decoder.misfits} values hold bytes that are not {true}, shown as \ufffd")
    if deleted:
        notes.append(f"{deleted} rows are marked as deleted and were passed over")
    return Description(path.name, driver, chosen, read.crs, true, tuple(notes))
