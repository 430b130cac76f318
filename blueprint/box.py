"""The box that somebody asks for things within."""

from dataclasses import dataclass

from layers import Bounds


@dataclass(frozen=True, slots=True)
class Box:
    """A box that features have to meet: of degrees, longitude first, or of the city's plane, m.

    One of degrees whose west is greater than its east goes round by the 180th meridian.
    """

    bounds: Bounds
    plane: bool = False
