"""How soon the web page is of use: the ground drawn, a verdict after a polygon is closed.

Usage: python -m tests.benchmarks.page [--factor F | --store FILE] [--rounds N]. The sample city is
made, unless a store is named, or a factor of the overlay's city: 1 is a million features. Chromium
is headless and draws WebGL by software; each round is a browser that has never been here. Figures
are medians, with the least and the most.

A new window of this Chromium loads pages of its own; the round begins when it has done so.

Machines are busy: beside the time that a visitor waits stands the processor time that service and
browser together took for it. On a machine that is idle nobody waits longer than that.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page

from tests.api.serving import served
from tests.benchmarks.drawn_city import load_city
from tests.benchmarks.overlay.city import make_city as draw_city
from tests.web.browser import DESKTOP, browser, draw, settled
from tests.web.city import make_city

_CHECKS = 2
_AT_REST_S = 0.05
_TARGETS = {"doors": 2.0, "ground": 2.0, "verdict": 1.0}
_LARGE = {"doors": 4.0, "ground": 4.0, "verdict": 1.0}


@dataclass
class Figures:
    """Seconds of waiting and of processors, by what was waited for."""

    waited: dict[str, list[float]] = field(default_factory=lambda: {x: [] for x in _TARGETS})
    worked: dict[str, list[float]] = field(default_factory=lambda: {x: [] for x in _TARGETS})


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--store")
    which.add_argument("--factor", type=float, help="of the overlay's city; 1: a million features")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    os.environ["BLUEPRINT_LIMITS"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = asked.store or str(folder / "blueprint.gpkg")
        if asked.factor is not None:
            os.environ["BLUEPRINT_CACHE"] = str(folder / "cache")
            told = draw_city(folder, asked.factor, sites=1)
            load_city(folder, store)
            sys.stdout.write(f"{told['features']:,} features, {told['layers']} layers\n")
        elif asked.store is None:
            make_city(store)
        figures = Figures()
        requests = 0
        with served(store, folder) as service, browser() as chromium:
            # what a service and a browser do once after their own start is not the page's
            look(chromium, service.address, Figures(), asked.rounds)
            for number in range(asked.rounds):
                requests = look(chromium, service.address, figures, number)
    for what, target in (_TARGETS if asked.factor is None else _LARGE).items():
        waited, worked = figures.waited[what], figures.worked[what]
        middle, work = statistics.median(waited), statistics.median(worked)
        told = f"{middle:6.2f} s ({min(waited):.2f} to {max(waited):.2f}), processors {work:.2f} s"
        sys.stdout.write(f"{what:8} {told}, target {target} s\n")
    said = {"load": os.getloadavg()[0], "requests until drawn": requests}
    sys.stdout.write(json.dumps(said) + "\n")


def processors() -> float:
    """Seconds that the service and the browser have worked so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def rest() -> None:
    """Wait until service and browser have nothing to do, or for ten seconds."""
    for _ in range(20):
        before = processors()
        time.sleep(0.5)
        if processors() - before < _AT_REST_S:
            return


def look(chromium: Browser, address: str, figures: Figures, number: int) -> int:
    """One browser's first look, and some checks; how many requests the first look took."""
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    rest()
    begun = processors()
    page.goto(f"{address}/app/#/")
    page.locator(".door").first.wait_for()
    figures.waited["doors"].append(page.evaluate("performance.now()") / 1000)
    figures.worked["doors"].append(processors() - begun)
    page.wait_for_selector(".map-canvas[data-first]", timeout=120_000)
    taken = page.locator(".map-canvas").get_attribute("data-first")
    figures.waited["ground"].append(int(taken or 0) / 1000)
    figures.worked["ground"].append(processors() - begun)
    requests = len(asked)
    for check in range(_CHECKS):
        verdict(page, address, number * _CHECKS + check, figures)
    context.close()
    return requests


def verdict(page: Page, address: str, number: int, figures: Figures) -> None:
    """From the closing of a polygon until its verdict is there."""
    page.goto(f"{address}/app/#/apply")
    page.reload()
    settled(page)
    page.locator(".way[aria-pressed]:enabled").click(timeout=120_000)
    x, y = 0.40 + 0.013 * (number % 9), 0.42 + 0.01 * (number // 9)
    draw(page, [(x, y), (x + 0.02, y), (x + 0.02, y + 0.03), (x, y + 0.03)])
    begun = processors()
    shown = page.locator("[data-took]")
    shown.wait_for(timeout=120_000)
    figures.waited["verdict"].append(int(shown.get_attribute("data-took") or 0) / 1000)
    figures.worked["verdict"].append(processors() - begun)


if __name__ == "__main__":
    main()
