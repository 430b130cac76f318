"""A search for conflicts as a file, of the format that its name says.

Input: a search that is kept, the clearance of whoever gets the file, and what has changed since an
earlier search. Output: a GeoPackage, an Excel workbook, or an atlas with a page for each conflict.
"""

from datetime import date
from pathlib import Path

from blueprint.clearance import Clearance
from blueprint.conflicts.difference import ConflictDifference
from blueprint.conflicts.found import FoundConflicts
from blueprint.conflicts.register import notes_on, register_of
from blueprint.errors import PlanningError
from blueprint.exports.formats import refuse_to_overwrite
from blueprint.exports.shapes import refuse_to_replace, write_conflicts
from blueprint.service import Service

_SUFFIXES = (".gpkg", ".xlsx", ".pdf")


def refuse_place(path: Path, *, replace: bool) -> None:
    """See that conflicts may be written to `path`, before anything is searched.

    Raises:
        PlanningError: its name says no format, its folder is not there, or something else is there.
    """
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        message = f"{path}: name a file that ends in {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]}"
        raise PlanningError(message)
    if suffix == ".gpkg":
        refuse_to_replace(path)
    else:
        refuse_to_overwrite(path, replace=replace)


def write_export(
    service: Service,
    found: FoundConflicts,
    path: Path,
    clearance: Clearance,
    day: date | None = None,
    difference: ConflictDifference | None = None,
) -> None:
    """Write a kept search; states are those of a day, the city's today unless given.

    Raises:
        PlanningError: there are too many for the format, or no font has a character of a name.
        OSError: the file cannot be written; nothing is left of it.
    """
    run = found.head.run_id
    if path.suffix.lower() == ".gpkg":
        write_conflicts(found, path, notes_on(service, run, clearance, day, difference))
        return
    register = register_of(service, run, clearance, day, difference)
    if path.suffix.lower() == ".xlsx":
        from blueprint.exports.workbook import write_workbook

        write_workbook(register, path)
    else:
        from blueprint.exports.atlas import write_atlas

        write_atlas(service, register, path)
