"""Read what a zip holds (see `archives`): a shapefile or a FileGDB."""

from dataclasses import replace
from pathlib import Path

from layers.archives import unpacked
from layers.description import Description, Sink
from layers.read_database import read_filegdb
from layers.read_shapefile import read_shapefile


def read_zip(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read the one shapefile or FileGDB in a zip."""
    with unpacked(path) as inside:
        read = read_filegdb if inside.suffix == ".gdb" else read_shapefile
        return replace(read(inside, layer, encoding, sink), name=path.name)
