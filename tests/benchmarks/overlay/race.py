"""One city: made, prepared, agreed upon, then raced over in turns."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psycopg
import sqlalchemy as sa
from psycopg import sql

from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.measure import Failed, Measured, run_job
from tests.benchmarks.overlay.answers import Answers, compare
from tests.benchmarks.overlay.contest import CONTESTS
from tests.benchmarks.overlay.contestants import PREPARED, SITES, Contestant, conflicts, missing
from tests.benchmarks.overlay.geos import compile_loop

JOBS = "tests.benchmarks.overlay.jobs"
_JUDGES = ("shapely", "geos_candidates1", "postgis", "ours")
"""Whose answers the others are compared with: the first that has all pairs."""


@dataclass(slots=True)
class Result:
    """All timed runs of one contestant."""

    title: str
    tool: str
    threads: int
    every: int
    pairs: int = 0
    seconds: list[float] = field(default_factory=list)
    each_ms: list[list[float]] = field(default_factory=list)
    resident_mb: float = 0.0

    def document(self) -> dict[str, Any]:
        """Medians, and what they are medians of; `whole_s` is scaled up from a part."""
        found = {key: value for key, value in asdict(self).items() if key != "each_ms"}
        found["median_s"] = median(self.seconds)
        found["whole_s"] = found["median_s"] * self.every
        if any(self.each_ms):
            found["median_ms"] = median(float(np.median(run)) for run in self.each_ms)
            found["p95_ms"] = median(float(np.percentile(run, 95)) for run in self.each_ms)
        return found


class CityRace:
    """The contests over one city; `told` gathers what is known of it."""

    def __init__(
        self,
        folder: Path,
        server: str | None,
        factor: float,
        sites: int,
        limit_s: float,
        say: Callable[[str], object],
    ) -> None:
        self.folder, self.factor, self.sites = folder, factor, sites
        self.limit_s, self.say, self.server, self.store = limit_s, say, server, ""
        self.lost = missing()
        self.results: dict[str, dict[str, Result]] = {}
        self.told: dict[str, Any] = {"agreement": [], "prepared": {}}

    def run(self, rounds: int, keep: Callable[[Contestant], bool] = lambda _: True) -> None:
        """Everything, in order.

        Raises:
            Disagreement: two contestants differ; nothing was timed.
        """
        self.say(f"city of factor {self.factor:g}")
        told = self.job("generate", factor=self.factor, sites=self.sites).told
        self.told |= {name: told[name] for name in ("features", "coordinates", "layers")}
        self.told |= {"factor": self.factor, "sites": self.sites}
        groups = {"sites": SITES} | {name: conflicts(name) for name in CONTESTS}
        with self.database():
            self.prepare({who.tool for group in groups.values() for who in group if keep(who)})
            taking_part = {
                name: self.agree(name, [who for who in group if keep(who)])
                for name, group in groups.items()
            }
            for number in range(rounds):
                for name, group in taking_part.items():
                    self.say(f"round {number + 1} of {rounds}: {name}")
                    first = number % max(1, len(group))
                    for who in group[first:] + group[:first]:
                        self.time(name, who)

    def prepare(self, tools: set[str]) -> None:
        """Let the tools build files and tables; none of it is timed, all of it is told."""
        if "geos" in tools and "geos" not in self.lost:
            compile_loop(self.folder)
        for tool in PREPARED:
            if tool in tools and tool not in self.lost:
                try:
                    ran = self.job("prepare", tool=tool)
                except Failed as error:
                    self.lost[tool] = f"could not be prepared: {error}"
                    self.say(f"  {tool}: {self.lost[tool]}")
                    continue
                self.told["prepared"][tool] = ran.told
                self.say(f"  {tool} is ready: {ran.seconds:.1f} s")

    def agree(self, contest: str, group: list[Contestant]) -> list[Contestant]:
        """Let all answer once; give those that are to be timed.

        Raises:
            Disagreement: some contestant differs from the judge.
        """
        self.say(f"agreement: {contest}")
        found: dict[str, Answers] = {}
        staying = []
        results = self.results.setdefault(contest, {})
        for who in group:
            if who.tool in self.lost:
                continue
            out = self.folder / f"{contest}_{who.name}.npz"
            try:
                ran = self.ask(who, out)
            except Failed as error:
                self.lost[f"{who.title} ({contest})"] = str(error)[-300:]
                self.say(f"  {who.title}: {str(error)[-300:]}")
                continue
            found[who.name] = Answers.read(out)
            out.unlink()
            results[who.name] = Result(who.title, who.tool, who.threads, who.every)
            results[who.name].pairs = len(found[who.name].left)
            if who.once:
                self.keep(results[who.name], ran)
            else:
                staying.append(who)
        self.compare(contest, [who for who in group if who.name in found], found)
        return staying

    def compare(self, contest: str, group: list[Contestant], found: dict[str, Answers]) -> None:
        """See that all found what the judge found.

        Raises:
            Disagreement: somebody did not.
        """
        whole = {who.name for who in group if who.every == 1 and not who.some}
        judge = next((name for name in _JUDGES if name in whole), None)
        if judge is None:
            return
        if contest == "sites":
            each = np.bincount(found[judge].left, minlength=self.sites)
            self.told["hits"] = np.percentile(each, (50, 95)).tolist()
        for who in group:
            wanted = found[judge]
            if who.every > 1:
                wanted = wanted.part(who.every)
            if who.some:
                wanted = wanted.among(found[who.name])
            try:
                same = compare(who.title, found[who.name], wanted)
            except Disagreement as error:
                raise Disagreement(f"{contest}: {error}") from error
            self.told["agreement"].append(
                {"contest": contest, "title": who.title, "judge": judge} | asdict(same)
            )

    def time(self, contest: str, who: Contestant) -> None:
        """One timed run."""
        result = self.results[contest][who.name]
        try:
            self.keep(result, self.ask(who, None))
        except Failed as error:  # it could a minute ago
            self.say(f"  {who.title}: {str(error)[-300:]}")
            self.lost[f"{who.title} ({contest})"] = str(error)[-300:]
            return
        self.say(f"  {who.title}: {result.seconds[-1]:.3f} s")

    def ask(self, who: Contestant, out: Path | None) -> Measured:
        """One run of a contestant in a process of its own."""
        name = "sites" if who.contest == "sites" else "conflicts"
        return self.job(name, contestant=asdict(who), out=str(out) if out else None)

    def job(self, name: str, **arguments: object) -> Measured:
        """One job on this city."""
        told = {"module": JOBS, "folder": str(self.folder), "limit_s": self.limit_s}
        return run_job(name, self.store, **told, **arguments)

    def document(self) -> dict[str, Any]:
        """Everything about this city as JSON takes it."""
        return self.told | {
            "lost": self.lost,
            "results": {
                contest: {name: one.document() for name, one in results.items() if one.seconds}
                for contest, results in self.results.items()
            },
        }

    @staticmethod
    def keep(result: Result, ran: Measured) -> None:
        """Add a run to a result."""
        result.seconds.append(ran.told["seconds"])
        result.each_ms.append(ran.told.get("each_ms", []))
        result.resident_mb = max(result.resident_mb, ran.resident_mb)

    @contextmanager
    def database(self) -> Iterator[None]:
        """An empty database of this city's own, if there is a server."""
        if self.server is None:
            yield
            return
        server = sa.make_url(self.server).set(drivername="postgresql")
        admin = server.render_as_string(hide_password=False)
        name = f"bench_{secrets.token_hex(6)}"
        identifier = sql.Identifier(name)
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        self.store = server.set(database=name).render_as_string(hide_password=False)
        try:
            yield
        finally:
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
