"""The floor: which pairs need GEOS, and a loop in C over them (geos_loop.c).

The loop is compiled against the very library that Shapely has loaded. Giants are cut to windows
beforehand and for free, wherever a pair would drag 200,000 vertices along; a window is larger than
what lies in it, so its answers are those of the whole giant.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from tests.benchmarks.overlay.answers import Answers
from tests.benchmarks.overlay.by_hand import SiteByHand, candidates, measures
from tests.benchmarks.overlay.city import City
from tests.benchmarks.overlay.contest import CONTESTS, Contest
from tests.benchmarks.overlay.net import Ints, Shapes

SCOPES = ("candidates", "overlaps", "crossing")
_MARGIN_M = 5.0
_GIANT = 2_000  # vertices; what has fewer is not cut
_CELL = 64  # features in a window
_OWN = 1e-12  # of its area: a result this near to one side is that side


def library() -> Path:
    """Where the C interface of Shapely's GEOS lies."""
    for entry in Path("/proc/self/maps").read_text().splitlines():
        if "libgeos_c" in entry:
            return Path(entry.split(maxsplit=5)[5])
    raise FileNotFoundError("Shapely has loaded no libgeos_c")


def compile_loop(folder: Path) -> Path:
    """Compile geos_loop.c; raises FileNotFoundError without a compiler."""
    program, geos = folder / "geos_loop", library()
    source = Path(__file__).with_name("geos_loop.c")
    paths = [f"-Wl,-rpath,{geos.parent}", f"-Wl,-rpath-link,{geos.parent}"]
    command = ["cc", "-O2", "-o", str(program), str(source), str(geos), *paths, "-lpthread"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return program


@dataclass(frozen=True, slots=True)
class Pairs:
    """Shapes by number, and pairs of them; `line`: the measure is a length. `left`/`right` name."""

    shapes: Shapes
    i: Ints
    j: Ints
    line: Ints
    left: Ints
    right: Ints

    def chosen(self, which: Ints) -> "Pairs":
        """Some of the pairs."""
        columns = (self.i, self.j, self.line, self.left, self.right)
        return Pairs(self.shapes, *(column[which] for column in columns))

    def write(self, file: Path) -> None:
        """As geos_loop.c reads it, with only the shapes that occur; names in a file beside it."""
        used, number = np.unique(np.concatenate([self.i, self.j]), return_inverse=True)
        wkb = shapely.to_wkb(self.shapes[used])
        start = np.concatenate([[0], np.cumsum([len(one) for one in wkb])]).astype(np.int64)
        i, j = np.split(number.astype(np.int32), 2)
        with file.open("wb") as to:
            np.array([len(used), len(i)], dtype=np.int64).tofile(to)
            start.tofile(to)
            to.writelines(wkb)
            i.tofile(to)
            j.tofile(to)
            self.line.astype(np.uint8).tofile(to)
        np.savez(file.with_suffix(".npz"), left=self.left, right=self.right)


def run_loop(program: Path, file: Path, threads: int) -> tuple[float, Answers, dict[int, float]]:
    """Seconds of the loop, the answers, and seconds by left side."""
    out = file.with_suffix(f".{threads}.out")
    command = [str(program), str(file), str(threads), str(out)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    measure, seconds = np.fromfile(out, dtype=np.float64).reshape(2, -1)
    out.unlink()
    with np.load(file.with_suffix(".npz")) as names:
        left, right = names["left"], names["right"]
    sums = np.bincount(left, seconds) if len(left) else np.empty(0)
    by_left = {int(k): float(sums[k]) for k in np.unique(left)}
    return float(ran.stdout), Answers.of(left, right, measure), by_left


def write_site_pairs(city: City) -> dict[str, int]:
    """The pairs of sites and features that need an intersection, with giants whole and cut."""
    tool = SiteByHand(city, 1)
    found = []
    for number, site in enumerate(tool.sites):
        near = tool.tree.query(site)
        near = near[tool.dimension[near] > 0]
        near = near[~shapely.contains_properly(site, tool.shapes[near])]
        near = near[shapely.intersects(site, tool.shapes[near])]
        near = near[~shapely.covers(tool.shapes[near], site)]
        met = measures(shapely.intersection(tool.shapes[near], site), tool.dimension[near])
        found += [(number, int(row)) for row in near[met > 0]]
    left, right = np.array(found, dtype=np.int64).reshape(-1, 2).T
    count = len(tool.shapes)
    line = (tool.dimension[right] == 1).astype(np.int64)
    shapes = np.concatenate([tool.shapes, tool.sites])
    Pairs(shapes, right, count + left, line, left, right).write(city.folder / "sites_whole.pairs")
    large = np.flatnonzero(shapely.get_num_coordinates(tool.shapes[right]) > _GIANT)
    boxes = shapely.bounds(tool.sites[left[large]]) + _MARGIN_M * np.array([-1, -1, 1, 1])
    cut = shapely.intersection(tool.shapes[right[large]], shapely.box(*boxes.T))
    i = right.copy()
    i[large] = len(shapes) + np.arange(len(large))
    pairs = Pairs(np.concatenate([shapes, cut]), i, count + left, line, left, right)
    pairs.write(city.folder / "sites_cut.pairs")
    return {"needed": len(left), "giants": len(large)}


def write_contest_pairs(city: City, contest: Contest) -> dict[str, int]:
    """All candidates, all overlaps, and all that need a geometry of their own."""
    left, right = (city.shapes(city.rows(layer)) for layer in (contest.left, contest.right))
    i, j = candidates(city, contest, left, right, 1)
    windows = left
    number = i
    if contest.name == "parcels":
        windows, number = windows_of(left[0], right[j])
    pairs = Pairs(
        np.concatenate([windows, right]), number, len(windows) + j, np.zeros_like(i), i, j
    )
    met = np.asarray(shapely.area(shapely.intersection(windows[number], right[j])))
    smaller = np.minimum(shapely.area(left)[i], shapely.area(right)[j])
    scopes = (met >= 0, met > 0, (met > 0) & (met < smaller * (1 - _OWN)))
    told = {}
    for scope, which in zip(SCOPES, scopes, strict=True):
        told[scope] = int(which.sum())
        pairs.chosen(np.flatnonzero(which)).write(city.folder / f"{contest.name}_{scope}.pairs")
    return told


def windows_of(giant: shapely.Geometry, shapes: Shapes) -> tuple[Shapes, Ints]:
    """Windows of a giant so that each shape lies well within one, and the number of it."""
    boxes = shapely.bounds(shapes)
    windows: list[shapely.Geometry] = []
    number = np.zeros(len(shapes), dtype=np.int64)

    def cut(part: shapely.Geometry, members: Ints) -> None:
        low, high = boxes[members, :2].min(axis=0), boxes[members, 2:].max(axis=0)
        around = shapely.box(*(low - _MARGIN_M), *(high + _MARGIN_M))
        part = shapely.intersection(part, around)
        if not shapely.is_valid(part):  # a rounded vertex on the window's own border
            part = shapely.make_valid(part)
        if len(members) <= _CELL or shapely.get_num_coordinates(part) <= _CELL:
            number[members] = len(windows)
            windows.append(part)
            return
        axis = int(np.argmax(high - low))
        middle = boxes[members, axis] + boxes[members, axis + 2]
        order = members[np.argsort(middle, kind="stable")]
        for half in np.array_split(order, 2):
            cut(part, half)

    cut(giant, np.arange(len(shapes)))
    return np.array(windows, dtype=object), number


def prepare(city: City) -> dict[str, dict[str, int]]:
    """Write all files of pairs; tell how many pairs they hold."""
    told = {"sites": write_site_pairs(city)}
    return told | {name: write_contest_pairs(city, each) for name, each in CONTESTS.items()}
