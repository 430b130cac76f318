"""What tests of reading look at in a source, and how they damage a file."""

from pathlib import Path

import shapely

from layers import Source


def values(source: Source, field: str = "名称") -> list[object]:
    found: list[object] = source.rows.column(field).to_pylist()
    return found


def shape(source: Source, row: int = 0) -> shapely.Geometry:
    return shapely.from_wkb(source.rows.column("geometry")[row].as_py())


def cut(path: Path, share: float = 0.6) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
