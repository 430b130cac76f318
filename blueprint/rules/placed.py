"""Where in its file a part of a pack stands, so that what is said of it names the line."""

from collections.abc import Mapping

from pydantic import PrivateAttr

from blueprint.values import Value


class PlacedPack(Value):
    """A pack that may know the file that it was read from, which is no part of its content."""

    _file: str = PrivateAttr(default="")
    _lines: Mapping[int, int] = PrivateAttr(default_factory=dict)

    def place_in(self, file: str, lines: Mapping[int, int]) -> None:
        """Remember the file, and on which line each entry begins, by row."""
        self._file, self._lines = file, lines

    def line_of(self, row: int) -> str:
        """The file and line on which an entry begins, as mistakes are told; empty: unknown."""
        line = self._lines.get(row)
        return "" if line is None else f"{self._file}:{line}: "
