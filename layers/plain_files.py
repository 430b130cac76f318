"""Which files a delivery consists of, all of them plain: no link, no pipe, nothing of elsewhere."""

import os
import stat
from pathlib import Path

from layers.checks import SHAPEFILE_PARTS
from layers.errors import UnreadableSource

_MOST_FILES_IN_A_FOLDER = 100_000
_BESIDE = (*SHAPEFILE_PARTS, ".csvt", ".qpj")


def require_plain_files(path: Path) -> list[Path]:
    """The files that reading `path` may open: itself, a folder whole, a shapefile's companions.

    Raises:
        UnreadableSource: one of them is a link to elsewhere, or no file at all.
    """
    if path.is_dir():
        _require_no_links(path)
        return [path.resolve()]
    if path.exists() and not path.is_file():
        message = f"{path.name}: is not a file; deliver a file or a FileGDB folder"
        raise UnreadableSource(message)
    found = [path]
    for suffix in (s for small in _BESIDE for s in (small, small.upper())):
        companion = path.with_suffix(suffix)
        if companion == path or not companion.is_file():
            continue
        if companion.resolve().parent != path.resolve().parent:
            _refuse_link(path.name, companion.name)
        found.append(companion)
    return found


def _require_no_links(folder: Path) -> None:
    count = 0
    for where, folders, files in os.walk(folder):
        for entry in [*folders, *files]:
            count += 1
            mode = Path(where, entry).lstat().st_mode
            if stat.S_ISLNK(mode):
                _refuse_link(folder.name, entry)
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                message = f"{folder.name}: {entry} in it is no file; deliver plain files"
                raise UnreadableSource(message)
        if count > _MOST_FILES_IN_A_FOLDER:
            message = (
                f"{folder.name}: holds over {_MOST_FILES_IN_A_FOLDER} files; deliver it zipped"
            )
            raise UnreadableSource(message)


def _refuse_link(name: str, entry: str) -> None:
    message = f"{name}: {entry} is a link to another place; deliver the file itself"
    raise UnreadableSource(message)
