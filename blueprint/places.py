"""Where a store's own folders lie: made of its layers, found among them, or kept for study.

Beside a GeoPackage, `city.gpkg.packed/`, `city.gpkg.overlaps/` and `city.gpkg.cases/`. A database
has no place beside it: there they lie in the user's cache, under a name made of the store's.
BLUEPRINT_CACHE names another folder for both kinds of store, say where the GeoPackage's own may not
be written.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Literal

from layers import Database

CACHE = "BLUEPRINT_CACHE"
_NAME_DIGITS = 16


def folder_for(database: Database, what: Literal["packed", "cases", "overlaps"]) -> Path | None:
    """The folder of a store, which need not be there yet; None: this user has no place for one."""
    own = None if database.is_postgis else Path(database.name).absolute()
    chosen = os.environ.get(CACHE)
    if own is not None and not chosen:
        return own.with_name(f"{own.name}.{what}")
    base = Path(chosen).absolute() if chosen else _cache_of_the_user()
    if base is None:
        return None
    name = database.name if own is None else str(own.resolve())
    return base / f"{sha256(name.encode()).hexdigest()[:_NAME_DIGITS]}.{what}"


def _cache_of_the_user() -> Path | None:
    known = os.environ.get("XDG_CACHE_HOME")
    if known:
        return Path(known).absolute() / "blueprint"
    try:
        return Path.home() / ".cache" / "blueprint"
    except RuntimeError:  # a container's user may have no home
        return None
