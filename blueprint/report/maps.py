"""The map of one site check: the site, what it meets, what lies around it, and what was found.

Input: a `Scene` in the city's CRS. Output: a PNG of 1600 x 1200 pixels. The page is laid out in
points, and map coordinates become points before anything is drawn, so that shapes, labels and
arrows share one measure. Colour never speaks alone: outcomes have words and hatches, overlaps
have numbers, layers have labels.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from blueprint.documents import Finding, Outcome, SiteCheck
from blueprint.report.labels import *
from blueprint.report.page import *
from blueprint.values import Bilingual
from layers import Bounds, Geometries
