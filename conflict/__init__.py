"""The overlay engine: which geometries overlap, where, and how much. It knows geometry alone.

Input: `Shapes`, geometries as flat arrays in one projected CRS, valid and on the store's grid, from
WKB, from shapely objects, or mapped from a packed file. Output: arrays: rows of both sides,
measures, and shapes of those that are asked for.
No rule, no layer and no store is known here; `blueprint`
hands one room's arrays to the other.

Algorithm: a packed tree gives the pairs whose boxes touch (`tree`); a compiled kernel measures what
they share without a geometry and tells which pairs GEOS has to draw (`native/`, `kernel`); GEOS
intersects these in floating point, giants cut down to the pair's surroundings (`shared`, used
by `overlay` and `site`); each result is held against the kernel's area and falls back to a
snapped and then a repaired overlay (`intersect`). A large search is cut into tasks, each with the
pairs that a tile of the plane owns (`tasks`, `partitions`), done here, by processes or by a cluster
(`execution`, `processes`, `cluster`).
"""

from conflict.again import Again, Moved
from conflict.cluster import Cluster
from conflict.drawing import FAILED, Asked
from conflict.errors import ExecutionError, OverlayError, UnusablePack
from conflict.execution import Serial, Threads, Workforce
from conflict.ground import without
from conflict.intersect import Failure, Intersections, intersect
from conflict.measure import Measures, ellipsoidal_area_m2, mean_width_m, measure
from conflict.overlay import Classes, Overlaps, Wanted, overlay, shared_geometry
from conflict.packed import Packed, open_packed, write_packed
from conflict.processes import Processes
from conflict.shapes import Numbers, Shapes
from conflict.site import Site, SiteOverlaps, overlay_site
from conflict.sources import PackedFile, Source
from conflict.tasks import PART, SCHEMA, Task, plan_tasks, run_task
from conflict.union import union_of, unions_of

__all__ = [
    "FAILED",
    "PART",
    "SCHEMA",
    "Again",
    "Asked",
    "Classes",
    "Cluster",
    "ExecutionError",
    "Failure",
    "Intersections",
    "Measures",
    "Moved",
    "Numbers",
    "Overlaps",
    "OverlayError",
    "Packed",
    "PackedFile",
    "Processes",
    "Serial",
    "Shapes",
    "Site",
    "SiteOverlaps",
    "Source",
    "Task",
    "Threads",
    "UnusablePack",
    "Wanted",
    "Workforce",
    "ellipsoidal_area_m2",
    "intersect",
    "mean_width_m",
    "measure",
    "open_packed",
    "overlay",
    "overlay_site",
    "plan_tasks",
    "run_task",
    "shared_geometry",
    "union_of",
    "unions_of",
    "without",
    "write_packed",
]
