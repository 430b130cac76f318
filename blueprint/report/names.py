"""What the drawings in the report on a site check are called."""

CITY, VICINITY, POINTS, OVERVIEW, THREE = "city", "vicinity", "points", "overview", "three-lines"
CLOCK = "clock"
"""The strip chart of a case."""
MAP = "map"
"""The picture of a check that a web page shows."""


def line_name(layer: str) -> str:
    """What the drawing of one control line is called."""
    return f"line-{layer}"


def hit_name(position: int) -> str:
    """What the drawing of a finding is called, by its place among the check's findings."""
    return f"hit-{position}"


def change_name(position: int) -> str:
    """What the drawing of a suggestion is called, by its place among them."""
    return f"change-{position}"
