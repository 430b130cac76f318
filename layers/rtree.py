"""A SQLite R*Tree filled at once: packed by place, instead of row by row.

Source: the R*Tree chapter of SQLite's documentation and the format notes in its rtree.c. A node is
one blob: its depth (root only) and its number of cells as 2-byte integers, then cells of a 64-bit
id and 32-bit floats, everything big-endian. Node 1 is the root. `rtreecheck()` finds the result
sound: a test asks it.
"""

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from layers.columns import Ints

_CELLS_MOST = 51  # as SQLite has it; fewer where its pages are small
_FILL = 0.9  # room for later rows
_CURVE_BITS = 16
_WORTH_IT = 4
"""Packing all anew pays as long as there are not more old boxes than this for every new one."""
_AT_LEAST = 1_000

Boxes = npt.NDArray[np.float64]
"""Minima and maxima of n boxes, shape (n, 2 x dimensions)."""


def add_boxes(connection: sa.Connection, table: str, ids: Ints, boxes: Boxes) -> None:
    """Add boxes, shape (n, 2 x dimensions) as min, max, min, max, …, under `ids`."""
    name = table.replace('"', '""')
    old = connection.exec_driver_sql(f'SELECT count(*) FROM "{name}_rowid"').scalar_one()  # noqa: S608 ours
    if len(ids) < _AT_LEAST or old > _WORTH_IT * len(ids):
        marks = ", ".join("?" * (1 + boxes.shape[1]))
        rows = [(at, *box) for at, box in zip(ids.tolist(), boxes.tolist(), strict=True)]
        if rows:
            connection.exec_driver_sql(f'INSERT INTO "{name}" VALUES ({marks})', rows)  # noqa: S608
        return
    cells = _cells(ids, boxes)
    if old:
        # numpy turns what it puts together into the machine's order of bytes
        both = np.concatenate([_read(connection, name, boxes.shape[1]), cells])
        cells = both.astype(cells.dtype)
    _pack(connection, name, cells)


def _kind(edges: int) -> np.dtype[np.void]:
    return np.dtype([("id", ">i8"), ("edge", ">f4", (edges,))])


def _cells(ids: Ints, boxes: Boxes) -> npt.NDArray[np.void]:
    """Cells whose single-precision boxes hold the exact ones."""
    edges = boxes.astype(np.float32)
    low, high = edges[:, ::2], edges[:, 1::2]
    np.copyto(low, np.nextafter(low, np.float32(-np.inf)), where=low > boxes[:, ::2])
    np.copyto(high, np.nextafter(high, np.float32(np.inf)), where=high < boxes[:, 1::2])
    cells = np.zeros(len(ids), dtype=_kind(boxes.shape[1]))
    cells["id"], cells["edge"] = ids, edges
    return cells


def _read(connection: sa.Connection, name: str, edges: int) -> npt.NDArray[np.void]:
    """The cells of all leaves."""
    query = (
        f'SELECT data FROM "{name}_node" WHERE nodeno IN (SELECT DISTINCT nodeno FROM '  # noqa: S608
        f'"{name}_rowid")'
    )
    kind = _kind(edges)
    leaves = [
        np.frombuffer(data, kind, int.from_bytes(data[2:4], "big"), 4)
        for data in connection.exec_driver_sql(query).scalars()
    ]
    return np.concatenate(leaves)


def _pack(connection: sa.Connection, name: str, cells: npt.NDArray[np.void]) -> None:
    size = connection.exec_driver_sql(
        f'SELECT length(data) FROM "{name}_node" WHERE nodeno = 1'  # noqa: S608
    ).scalar_one()
    room = min(_CELLS_MOST, (size - 4) // cells.dtype.itemsize)
    for part in ("node", "parent", "rowid"):
        connection.exec_driver_sql(f'DELETE FROM "{name}_{part}"')  # noqa: S608
    cells = cells[_by_place(cells["edge"])]
    depth, number = 0, 2
    while len(cells) > room:
        owner, count = _groups(len(cells), max(2, int(room * _FILL)))
        numbers = np.arange(number, number + count)
        number += count
        _write_nodes(connection, name, numbers, _blobs(cells, owner, count, size))
        _write_owners(connection, name, cells["id"], numbers[owner], leaves=depth == 0)
        cells = _parents(cells, owner, numbers)
        depth += 1
    root = _blobs(cells, np.zeros(len(cells), dtype=np.int64), 1, size)
    head = depth.to_bytes(2, "big")
    _write_nodes(connection, name, np.array([1]), [head + root[0][2:]])
    ones = np.ones(len(cells), dtype=np.int64)
    _write_owners(connection, name, cells["id"], ones, leaves=depth == 0)


def _by_place(edges: npt.NDArray[np.float32]) -> Ints:
    """The order along a Z-curve of the first two dimensions, within equal places of the others."""
    low, high = edges[:, ::2].astype(np.float64), edges[:, 1::2].astype(np.float64)
    middle = (low + high) / 2
    least, most = middle.min(axis=0), middle.max(axis=0)
    scaled = (middle - least) / np.where(most > least, most - least, 1)
    steps = (scaled[:, :2] * (2**_CURVE_BITS - 1)).astype(np.uint64)
    curve = _spread(steps[:, 0]) | (_spread(steps[:, 1]) << np.uint64(1))
    return np.lexsort((curve, *middle[:, 2:].T)).astype(np.int64)


def _spread(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The low 16 bits of each value with a nought before each."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | (values << np.uint64(shift))) & np.uint64(mask)
    return values


def _groups(count: int, room: int) -> tuple[Ints, int]:
    """Which node each of `count` cells goes into, as evenly as can be, and how many nodes."""
    nodes = -(-count // room)
    return np.arange(count) * nodes // count, nodes


def _parents(cells: npt.NDArray[np.void], owner: Ints, numbers: Ints) -> npt.NDArray[np.void]:
    """One cell for each node, around all of its own."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    edges = cells["edge"].astype(np.float32)
    around = np.empty((len(numbers), edges.shape[1]), dtype=np.float32)
    around[:, ::2] = np.minimum.reduceat(edges[:, ::2], starts)
    around[:, 1::2] = np.maximum.reduceat(edges[:, 1::2], starts)
    parents = np.zeros(len(numbers), dtype=cells.dtype)
    parents["id"], parents["edge"] = numbers, around
    return parents


def _blobs(cells: npt.NDArray[np.void], owner: Ints, count: int, size: int) -> list[bytes]:
    starts = np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(cells))
    data, step = cells.tobytes(), cells.dtype.itemsize
    blobs = []
    for start, end in zip(starts[:count].tolist(), starts[1:].tolist(), strict=True):
        head = b"\0\0" + (end - start).to_bytes(2, "big")
        blobs.append((head + data[start * step : end * step]).ljust(size, b"\0"))
    return blobs


def _write_nodes(connection: sa.Connection, name: str, numbers: Ints, blobs: list[bytes]) -> None:
    insert = f'INSERT INTO "{name}_node" (nodeno, data) VALUES (?, ?)'  # noqa: S608
    connection.exec_driver_sql(insert, list(zip(numbers.tolist(), blobs, strict=True)))


def _write_owners(
    connection: sa.Connection, name: str, ids: npt.NDArray[np.int64], numbers: Ints, *, leaves: bool
) -> None:
    """Enter which node holds each box, or each node."""
    table, key, value = (
        ("rowid", "rowid", "nodeno") if leaves else ("parent", "nodeno", "parentnode")
    )
    order = np.argsort(ids)
    rows = list(zip(ids[order].tolist(), numbers[order].tolist(), strict=True))
    insert = f'INSERT INTO "{name}_{table}" ({key}, {value}) VALUES (?, ?)'  # noqa: S608
    connection.exec_driver_sql(insert, rows)
