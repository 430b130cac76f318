"""Who is who in one delivery: the id of each feature, its twins, and what is drawn twice.

Input: columns of the features that are to be kept, equally long. Output: ids, and positions in
those columns. Nothing is dropped or reported here: `normalise` does both.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Remark = tuple[int, str, str]
"""Position, kind and detail of something that a department should look at."""

MADE_ID_DIGITS = 16
"""Digits of the content's hash that an id is made of."""


def feature_ids(
    field: str | None, own: pa.StringArray, hashes: pa.StringArray
) -> tuple[pa.StringArray, list[Remark]]:
    """The department's own id where it is there and unique, else one made of the content.

    `own` has the values of `field`, empty where there is none. Ids are not numbered: the same
    feature must get the same id in whatever order it comes.
    """
    made = pc.utf8_slice_codeunits(hashes, 0, MADE_ID_DIGITS)
    if field is None:
        return made, []
    same = pa.table({"own": own, "hash": hashes}).group_by(["own", "hash"]).aggregate([])
    counts = same.group_by("own").aggregate([("hash", "count")])
    taken = counts.filter(pc.greater(counts.column("hash_count"), 1))
    uses = dict(
        zip(*(taken.column(name).to_pylist() for name in ("own", "hash_count")), strict=True)
    )
    uses.pop("", None)
    told = pc.binary_join_element_wise(own, made, "~")
    shared = pc.is_in(own, pa.array(list(uses), pa.string()))
    ids = pc.if_else(pc.or_(shared, pc.equal(own, "")), told, own)
    remarks = []
    for at in np.flatnonzero(shared.to_numpy(zero_copy_only=False)).tolist():
        name = own[at].as_py()
        detail = f"{field} {name} is used by {uses[name]} different features"
        remarks.append((at, "duplicate_id", detail))
    return ids, remarks


def twins(hashes: pa.StringArray) -> dict[int, int]:
    """The later ones of features equal in geometry and attributes → the first of them."""
    first: dict[str, int] = {}
    later = {}
    for at in _repeated(hashes).tolist():
        content = hashes[at].as_py()
        if content in first:
            later[at] = first[content]
        else:
            first[content] = at
    return later


def drawn_twice(
    drawings: pa.Int64Array, kept: npt.NDArray[np.int64], geometry: Callable[[int], bytes]
) -> list[Remark]:
    """Features at the positions `kept` that share their geometry with others of them.

    `drawings` are numbers that differ where geometries do, but for chance; `geometry` tells.
    """
    found = kept[_repeated(drawings.take(pa.array(kept)))].tolist()
    uses = Counter(geometry(at) for at in found)
    shared = [(at, uses[geometry(at)]) for at in found]
    what = "features have exactly this geometry"
    return [(at, "duplicate_geometry", f"{n} {what}") for at, n in shared if n > 1]


def _repeated(values: pa.Array) -> npt.NDArray[np.int64]:
    """The positions of the values that are there more than once."""
    counted = values.value_counts()
    often = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    return np.flatnonzero(pc.is_in(values, often).to_numpy(zero_copy_only=False))
