"""From an old datum to CGCS2000 by three or seven parameters between earth-centred axes.

The coordinates are taken on the old ellipsoid at height 0, shifted, turned and scaled in space, and
brought back to degrees on the ellipsoid of CGCS2000. EPSG's methods 1033 (position vector) and 1032
(coordinate frame) differ only in the sign of the rotations: Chinese tables use both, so that a set
with rotations has to say which.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyproj

from layers.control_points import Coordinates

Convention = Literal["position_vector", "coordinate_frame"]


@dataclass(frozen=True, slots=True)
class Helmert:
    """Parameters from the old datum to CGCS2000; metres, arc-seconds, parts per million.

    `convention` may only be left out where all rotations are 0.
    """

    dx_m: float
    dy_m: float
    dz_m: float
    rx_arcsec: float = 0.0
    ry_arcsec: float = 0.0
    rz_arcsec: float = 0.0
    scale_ppm: float = 0.0
    convention: Convention | None = None

    @property
    def rotates(self) -> bool:
        """Whether the convention matters."""
        return any((self.rx_arcsec, self.ry_arcsec, self.rz_arcsec))

    def text(self) -> str:
        """The parameters in one line."""
        shift = f"dx {self.dx_m:g}, dy {self.dy_m:g}, dz {self.dz_m:g} m"
        if not self.rotates:
            return f"{shift}, scale {self.scale_ppm:g} ppm" if self.scale_ppm else shift
        turn = f'rx {self.rx_arcsec:g}, ry {self.ry_arcsec:g}, rz {self.rz_arcsec:g}"'
        said = (self.convention or "").replace("_", " ")
        return f"{shift}, {turn} ({said}), scale {self.scale_ppm:g} ppm"


class HelmertShift:
    """Degrees (lon, lat) on one datum to degrees on another, by a parameter set."""

    def __init__(self, helmert: Helmert, source: pyproj.CRS, target: pyproj.CRS) -> None:
        convention = f"+convention={helmert.convention}" if helmert.rotates else ""
        steps = [
            "+proj=pipeline",
            "+step +proj=unitconvert +xy_in=deg +xy_out=rad",
            f"+step +proj=cart {_ellipsoid(source)}",
            f"+step +proj=helmert +x={helmert.dx_m!r} +y={helmert.dy_m!r} +z={helmert.dz_m!r}",
            f"+rx={helmert.rx_arcsec!r} +ry={helmert.ry_arcsec!r} +rz={helmert.rz_arcsec!r}"
            if helmert.rotates
            else "",
            f"+s={helmert.scale_ppm!r} {convention}",
            f"+step +inv +proj=cart {_ellipsoid(target)}",
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg",
        ]
        self._transformer = pyproj.Transformer.from_pipeline(" ".join(steps))

    def __call__(self, lonlat: Coordinates) -> Coordinates:
        """Shift coordinates, shape (n, 2)."""
        lon, lat, _ = self._transformer.transform(lonlat[:, 0], lonlat[:, 1], np.zeros(len(lonlat)))
        return np.column_stack([lon, lat])


def _ellipsoid(crs: pyproj.CRS) -> str:
    assert crs.ellipsoid is not None
    return f"+a={crs.ellipsoid.semi_major_metre!r} +rf={crs.ellipsoid.inverse_flattening!r}"
