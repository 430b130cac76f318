"""Read the land survey's boundary points as rows, one a parcel (see `boundary_txt`)."""

from pathlib import Path

import shapely

from layers.boundary_txt import BoundaryTextError, read_boundary_txt
from layers.description import Batches, Description, Sink
from layers.errors import UnreadableSource

_FIELDS = ("number", "name", "use")


def read_boundary(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a boundary text; a file cut short would ask about other ground and is refused."""
    del layer, encoding  # the format has neither: one list of parcels, encoding found by the reader
    try:
        file = read_boundary_txt(path.read_bytes(), path.name)
    except BoundaryTextError as error:
        raise UnreadableSource(str(error)) from None
    for note in file.notes:
        if note.kind == "count_mismatch":
            message = f"{path.name}: line {note.line}: {note.en}; deliver the whole file"
            raise UnreadableSource(message)
    batches = Batches(_FIELDS, sink)
    for parcel in file.parcels:
        batches.add((parcel.number, parcel.name, parcel.use), shapely.to_wkb(parcel.geometry))
    batches.flush()
    notes = tuple(f"line {note.line}: {note.en}" for note in file.notes)
    return Description(path.name, "boundary text", None, file.crs, file.encoding, notes)
