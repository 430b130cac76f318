"""Which engine answers: this program, its kernel, and the libraries that reckon for it."""

from importlib.metadata import version

import pyproj
import shapely

from blueprint.shared_documents import EngineRef
from conflict import kernel


def this_engine() -> EngineRef:
    """The engine that works here and now."""
    return EngineRef(
        blueprint=version("blueprint"),
        kernel=kernel.name,
        geos=shapely.geos_version_string,
        proj=pyproj.proj_version_str,
    )
