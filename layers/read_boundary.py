"""Read the land survey's boundary points as rows, one a parcel (see `boundary_txt`)."""

from pathlib import Path

import shapely

from layers.boundary_txt import BoundaryTextError, read_boundary_txt
from layers.description import Batches, Description, Sink
from layers.errors import UnreadableSource

_FIELDS = ("number", "name", "use")
_CUT_SHORT = {"count_mismatch", "area_far"}
_UNCLOSED, _OTHER_GROUND = {"count_closing", "ring_not_closed"}, {"area_off"}
"""One without its closing points is usual; if its area is another one too, points are missing."""


def read_boundary(path: Path, layer: str | None, encoding: str | None, sink: Sink) -> Description:
    """Read a boundary text; a file cut short would ask about other ground and is refused."""
    del layer, encoding  # the format has neither: one list of parcels, encoding found by the reader
    try:
        file = read_boundary_txt(path.read_bytes(), path.name)
    except BoundaryTextError as error:
        raise UnreadableSource(str(error)) from None
    kinds = {note.kind for note in file.notes}
    short = _CUT_SHORT | (_OTHER_GROUND if kinds & _UNCLOSED else set())
    for note in file.notes:
        if note.kind in short:
            message = f"{path.name}: line {note.line}: {note.en}; deliver the whole file"
            if note.kind in _OTHER_GROUND | {"area_far"}:
                message += ", or correct the area in the parcel's head"
            raise UnreadableSource(message)
    batches = Batches(_FIELDS, sink)
    for parcel in file.parcels:
        batches.add((parcel.number, parcel.name, parcel.use), shapely.to_wkb(parcel.geometry))
    batches.flush()
    notes = tuple(f"line {note.line}: {note.en}" for note in file.notes)
    return Description(path.name, "boundary text", None, file.crs, file.encoding, notes)
