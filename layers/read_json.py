"""Read GeoJSON, whole or as one feature a line, after a look at every feature (`checks_json`)."""

import io
from pathlib import Path

from layers.checks_json import check_geojson, check_sequence, read_whole
from layers.description import Description, Sink
from layers.ogr import choose_layer, layer_names, stream_layer


def read_geojson_file(
    path: Path, layer: str | None, encoding: str | None, sink: Sink
) -> Description:
    """Read a GeoJSON document."""
    del encoding  # always UTF-8
    count = check_geojson(path.name, read_whole(path))
    chosen = choose_layer(path.name, layer_names(path, path.name, "GeoJSON"), layer)
    return _described(path, path.name, "GeoJSON", chosen, sink, count)


def read_geojson_document(document: bytes, name: str, sink: Sink) -> Description:
    """Read a GeoJSON document that came over the wire."""
    count = check_geojson(name, document, texts_matter=False)
    return _described(io.BytesIO(document), name, "GeoJSON", None, sink, count)


def read_sequence(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read GeoJSON text sequences (RFC 8142) and their plainer kin, one feature a line."""
    del encoding
    count = check_sequence(path)
    where = f"GeoJSONSeq:{path.absolute()}"  # GDAL knows the format by suffix, not by content
    chosen = choose_layer(path.name, layer_names(where, path.name, "GeoJSONSeq"), layer)
    return _described(where, path.name, "GeoJSONSeq", chosen, sink, count)


def _described(
    where: Path | str | io.BytesIO,
    name: str,
    driver: str,
    layer: str | None,
    sink: Sink,
    count: int,
) -> Description:
    read = stream_layer(where, name, driver, layer, sink, count=count)
    return Description(name, driver, read.name, read.crs, "UTF-8", read.notes)
