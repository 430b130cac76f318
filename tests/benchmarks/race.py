"""The run itself: make the files, see that all agree, then take the times, in turns."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg
import sqlalchemy as sa
from psycopg import sql

from tests.benchmarks.agreement import Disagreement, Facts, compare
from tests.benchmarks.contests import READERS, REDELIVERED, WRITERS, Files, Kind, Writer, ingest
from tests.benchmarks.measure import Measured, run_job

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Redelivery:
    """A layer delivered twice: the store's size before and after, bytes, and both times.

    `rewritten` is the size after the same features came once more in another file.
    """

    kind: Kind
    features: int
    first: int
    second: int
    rewritten: int
    first_s: float
    second_s: float


@dataclass(slots=True)
class Outcome:
    """All runs, by job; the first of each, from the round of agreement, only if it is the only."""

    runs: dict[str, list[Measured]] = field(default_factory=dict)
    redeliveries: list[Redelivery] = field(default_factory=list)
    coordinates: int = 0


class Race:
    """One benchmark of one size."""

    def __init__(self, folder: Path, server: str, size: int, say: Callable[[str], object]) -> None:
        self.folder, self.size, self.say = folder, size, say
        self.server = sa.make_url(server).set(drivername="postgresql")
        self.outcome = Outcome()

    def run(self, rounds: int) -> Outcome:
        """Everything, in order.

        Raises:
            Disagreement: a peer holds other data than we do; nothing was timed.
        """
        files = self.make_files()
        with ExitStack() as kept:
            places = self.agree(files, kept)
            for number in range(rounds):
                self.say(f"round {number + 1} of {rounds}")
                self.write_once(files, number)
                self.read_once(places, number)
        for kind in ("postgis", "geopackage"):
            self.redeliver(kind)
        return self.outcome

    def make_files(self) -> Files:
        """The delivery, and its normalised features as Arrow files."""
        self.say(f"{self.size:,} parcels are made")
        files = Files(
            *(self.folder / name for name in ("parcels.gpkg", "ours.arrow", "peer.arrow"))
        )
        run_job("generate", "", file=str(files.delivery), size=self.size, day="2026-01-01")
        with self.place("geopackage") as store:
            run_job("make_store", store)
            ingest(store, files)
            paths = {"features": str(files.features), "plain": str(files.plain)}
            run_job("keep_features", store, file=str(files.delivery), **paths)
        return files

    def agree(self, files: Files, kept: ExitStack) -> dict[str, str]:
        """Let every writer write once and look at what it wrote; keep it for the readers."""
        delivered = Facts.of(run_job("facts_of_geopackage", "", file=str(files.delivery)).told)
        self.outcome.coordinates = delivered.coordinates
        places: dict[str, str] = {}
        normalised: Facts | None = None
        read = {reader.of for reader in READERS}
        for writer in WRITERS:
            self.say(f"agreement: {writer.title} ({writer.kind})")
            with ExitStack() as own:
                place = (kept if writer.name in read else own).enter_context(
                    self.place(writer.kind)
                )
                measured = self.write(writer, place, files)
                if writer.once:
                    self.outcome.runs[writer.name] = [measured]
                facts = Facts.of(run_job(writer.facts, place).told)
                compare(writer.title, facts, delivered, exact=not writer.normalised)
                if writer.normalised:
                    normalised = normalised or facts
                    compare(writer.title, facts, normalised, exact=True)
                if writer.name in read:
                    places[writer.name] = place
                    if writer.kind == "postgis":
                        run_job("vacuum", place)
        for reader in READERS:
            rows = run_job(reader.run, places[reader.of]).told["rows"]
            if rows != self.size:
                raise Disagreement(f"{reader.title}: {rows} rows, not {self.size}")
        return places

    def write_once(self, files: Files, number: int) -> None:
        """Each writer once, on an empty place of its own; who begins changes with every round."""
        for writer in _turned([writer for writer in WRITERS if not writer.once], number):
            with self.place(writer.kind) as place:
                measured = self.write(writer, place, files)
            self._keep(writer.name, writer.title, measured)

    def write(self, writer: Writer, place: str, files: Files) -> Measured:
        """One run of one writer; a store of ours is initialised before."""
        if writer.ours:
            run_job("make_store", place)
        return writer.run(place, files)

    def read_once(self, places: dict[str, str], number: int) -> None:
        """Each reader once."""
        for reader in _turned(list(READERS), number):
            measured = run_job(reader.run, places[reader.of])
            self._keep(reader.name, reader.title, measured)

    def redeliver(self, kind: Kind) -> None:
        """The same file twice, then the same features in another file, into one store."""
        size = min(self.size, REDELIVERED)
        self.say(f"{size:,} features are delivered again ({kind})")
        file = self.folder / "again.gpkg"
        files = Files(file, file, file)
        file.unlink(missing_ok=True)
        run_job("generate", "", file=str(file), size=size, day="2026-01-01")
        with self.place(kind) as store:
            run_job("make_store", store)
            first_s = ingest(store, files).seconds
            first = _bytes(kind, store)
            second_s = ingest(store, files).seconds
            second = _bytes(kind, store)
            file.unlink()
            run_job("generate", "", file=str(file), size=size, day="2026-02-01")
            ingest(store, files)
            rewritten = _bytes(kind, store)
        self.outcome.redeliveries.append(
            Redelivery(kind, size, first, second, rewritten, first_s, second_s)
        )

    @contextmanager
    def place(self, kind: Kind) -> Iterator[str]:
        """An empty database by its URL, or the path of a file that is not there yet."""
        name = f"bench_{secrets.token_hex(6)}"
        if kind == "geopackage":
            file = self.folder / f"{name}.gpkg"
            try:
                yield str(file)
            finally:
                for left in self.folder.glob(f"{name}.gpkg*"):
                    left.unlink()
            return
        self._execute("CREATE DATABASE {}", name)
        try:
            url = self.server.set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _execute(self, statement: str, name: str) -> None:
        url = self.server.render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _keep(self, name: str, title: str, measured: Measured) -> None:
        self.outcome.runs.setdefault(name, []).append(measured)
        self.say(f"  {title}: {measured.seconds:.2f} s")


def _bytes(kind: Kind, store: str) -> int:
    if kind == "postgis":
        return int(run_job("database_bytes", store).told["bytes"])
    file = Path(store)
    return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))


def _turned(jobs: list[T], number: int) -> list[T]:
    first = number % len(jobs)
    return jobs[first:] + jobs[:first]
