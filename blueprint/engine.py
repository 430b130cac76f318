"""Which engine answers: this program, its kernel, and the libraries that reckon for it."""

from functools import lru_cache
from importlib.metadata import version

import pyproj
import shapely

from blueprint.shared_documents import EngineRef
from conflict import kernel


def this_engine() -> EngineRef:
    """The engine that works here and now."""
    return EngineRef(
        blueprint=_program(),
        kernel=kernel.name,
        geos=shapely.geos_version_string,
        proj=pyproj.proj_version_str,
    )


@lru_cache(maxsize=1)
def _program() -> str:
    """The version of this program; it is read from a file."""
    return version("blueprint")
