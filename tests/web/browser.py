"""A real Chromium on a served city: how tests and pictures drive the page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests import debian

CHROMIUM = Path("/usr/bin/chromium")
FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
AXE = Path(__file__).parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"


def require_browser() -> None:
    """See that Debian's Chromium is there, and a font with Chinese letters."""
    debian.require(CHROMIUM, "chromium")
    debian.require(FONT, "fonts-noto-cjk")


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, headless, drawing WebGL by software."""
    require_browser()
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=list(FLAGS), env=environment
        )
        try:
            yield chromium
        finally:
            chromium.close()


def settled(page: Page) -> None:
    """Wait until the map has drawn all that it was asked for."""
    page.wait_for_selector(".map-canvas[data-idle]")


def draw(page: Page, corners: list[tuple[float, float]]) -> None:
    """Click a polygon on the map: corners as shares of its width and height."""
    box = page.locator(".map-canvas").first.bounding_box()
    assert box is not None
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    for x, y in spots:
        page.mouse.move(x, y, steps=4)
        page.mouse.click(x, y)
    x, y = spots[0]
    page.mouse.move(x, y, steps=4)
    page.mouse.click(x, y)


def run_axe(page: Page) -> list[str]:
    """Serious and critical findings of axe-core; the page's own policy would let no script in."""
    page.evaluate(AXE.read_text("utf-8") + "\n;0")
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in result["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
