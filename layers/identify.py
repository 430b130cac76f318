"""Who is who in one delivery: the id of each feature, its twins, and what is odd about it.

Input: the columns of the features that are to be kept, equally long. Output: ids, and positions in
those columns. Nothing is dropped or reported here: `normalise` does both.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from layers.attributes import id_text, is_missing, parse_attributes
from layers.table import Geometries

THIN_M = 0.5
"""Polygons of a smaller mean width (2 x area / perimeter) are slivers, metres."""

Remark = tuple[int, str, str]
"""Position, kind and detail of something that a department should look at."""


def feature_ids(
    field: str | None, attributes: Sequence[str], hashes: Sequence[str]
) -> tuple[list[str], list[Remark]]:
    """The department's own id where it is there and unique, else one made of the content.

    Ids are not numbered: the same feature must get the same id in whatever order it comes.
    """
    if field is None:
        return [content[:16] for content in hashes], []
    own = [id_text(parse_attributes(text).get(field)) for text in attributes]
    uses = Counter(name for name, _ in set(zip(own, hashes, strict=True)))
    ids, remarks = [], []
    for at, (name, content) in enumerate(zip(own, hashes, strict=True)):
        if name and uses[name] > 1:
            detail = f"{field} {name} is used by {uses[name]} different features"
            remarks.append((at, "duplicate_id", detail))
        ids.append(name if name and uses[name] == 1 else f"{name}~{content[:16]}")
    return ids, remarks


def twins(ids: Sequence[str], hashes: Sequence[str]) -> dict[int, int]:
    """The later ones of features equal in id, geometry and attributes → the first of them."""
    first: dict[tuple[str, str], int] = {}
    later = {}
    for at, identity in enumerate(zip(ids, hashes, strict=True)):
        known = first.setdefault(identity, at)
        if known != at:
            later[at] = known
    return later


def remarks_on(
    shapes: Geometries, attributes: Sequence[str], required_fields: Sequence[str]
) -> Iterator[Remark]:
    """Slivers, geometries drawn more than once, and required fields that are empty."""
    area = shapely.area(shapes)
    with np.errstate(invalid="ignore", divide="ignore"):
        width = 2 * area / shapely.length(shapes)
    for at in np.flatnonzero((area > 0) & (width < THIN_M)).tolist():
        yield at, "sliver", f"a sliver of {width[at]:.3f} m mean width"
    drawn = Counter(shapely.to_wkb(shapes))
    for at, blob in enumerate(shapely.to_wkb(shapes)):
        if drawn[blob] > 1:
            yield at, "duplicate_geometry", f"{drawn[blob]} features have exactly this geometry"
    for at, text in enumerate(attributes):
        values = parse_attributes(text) if required_fields else {}
        for field in required_fields:
            if is_missing(values.get(field)):
                yield at, "missing_code", f"required field {field} is empty"
