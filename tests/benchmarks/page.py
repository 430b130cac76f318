"""How soon the web page is of use: the ground drawn, a verdict after a polygon is closed.

Usage: python -m tests.benchmarks.page [--store FILE] [--rounds N]. The sample city is made unless a
store is named. Chromium is headless and draws WebGL by software; each round is a browser that has
never been here. Figures are medians, with the least and the most.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.api.serving import served
from tests.web.browser import DESKTOP, browser, draw, settled
from tests.web.city import make_city

_CHECKS = 3
_TARGETS = {"doors": 2.0, "ground": 2.0, "verdict": 1.0}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    os.environ["BLUEPRINT_LIMITS"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = asked.store or str(folder / "blueprint.gpkg")
        if asked.store is None:
            make_city(store)
        figures: dict[str, list[float]] = {what: [] for what in _TARGETS}
        requests = 0
        with served(store, folder) as service, browser() as chromium:
            for number in range(asked.rounds):
                requests = look(chromium, service.address, figures, number)
    for what, target in _TARGETS.items():
        times = figures[what]
        middle = statistics.median(times)
        told = (
            f"{what:8} {middle:6.2f} s   {min(times):.2f} to {max(times):.2f}   target {target} s"
        )
        sys.stdout.write(f"{told}\n")
    sys.stdout.write(
        json.dumps({"load": os.getloadavg()[0], "requests until drawn": requests}) + "\n"
    )


def look(chromium: Browser, address: str, figures: dict[str, list[float]], number: int) -> int:
    """One browser's first look, and some checks; how many requests the first look took."""
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/app/#/")
    page.locator(".door").first.wait_for()
    figures["doors"].append(page.evaluate("performance.now()") / 1000)
    page.wait_for_selector(".map-canvas[data-first]", timeout=120_000)
    taken = page.locator(".map-canvas").get_attribute("data-first")
    figures["ground"].append(int(taken or 0) / 1000)
    requests = len(asked)
    for check in range(_CHECKS):
        figures["verdict"].append(verdict(page, address, number * _CHECKS + check))
    context.close()
    return requests


def verdict(page: Page, address: str, number: int) -> float:
    """Seconds from the closing of a polygon until its verdict is there."""
    page.goto(f"{address}/app/#/")
    page.goto(f"{address}/app/#/apply")
    page.reload()
    settled(page)
    page.locator(".way[aria-pressed]:enabled").click()
    x, y = 0.40 + 0.013 * (number % 9), 0.42 + 0.01 * (number // 9)
    draw(page, [(x, y), (x + 0.02, y), (x + 0.02, y + 0.03), (x, y + 0.03)])
    shown = page.locator("[data-took]")
    shown.wait_for()
    return int(shown.get_attribute("data-took") or 0) / 1000


if __name__ == "__main__":
    main()
