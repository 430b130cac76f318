"""Arrays of geometries and of places in them, as all steps hand them on."""

import numpy as np
import numpy.typing as npt

Geometries = npt.NDArray[np.object_]
Indices = npt.NDArray[np.intp]
