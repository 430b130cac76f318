"""Which kernel works: the compiled one, or Shapely where no compiler was at hand.

Both answer the same; `conflict/native/kernel.c` says how, `conflict/kernel_shapely.py` is the
plain way.
BLUEPRINT_KERNEL=shapely chooses the plain one, to compare them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

APART, LEFT_WITHIN, RIGHT_WITHIN, CROSSING, DOUBTFUL = range(5)
"""Kinds of a pair: nothing shared; the left one lies within the right one, or the other way round,
so that the shape that they share is known; they share ground or length, whose shape GEOS draws;
GEOS has to say whether they share any."""

SURE_M2 = 1e-6
"""A shared area above it is there beyond any rounding, m²; the same in native/kernel.c."""
SURE_M = 1e-6
"""The same for a length, m."""
BLOCK = 32
"""Edges in a block of a long ring, blocks in a group; the same in native/kernel.c."""

Name = Literal["compiled", "shapely"]


def _load(name: Name) -> Any:
    return import_module("conflict._kernel" if name == "compiled" else "conflict.kernel_shapely")


def _choose() -> Name:
    if os.environ.get("BLUEPRINT_KERNEL") == "shapely":
        return "shapely"
    try:
        _load("compiled")
    except ImportError:
        return "shapely"
    return "compiled"


name: Name = _choose()
active: Any = _load(name)


@contextmanager
def using(other: Name) -> Iterator[None]:
    """Work with another kernel for a while; shapes keep the one that they were made with."""
    global name, active
    before = name
    name, active = other, _load(other)
    try:
        yield
    finally:
        name, active = before, _load(before)
