"""The page over the sample city: one service, one browser, a fresh context for each test."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from tests.api.conftest import one_at_a_time, run_folder  # noqa: F401 a fixture
from tests.api.serving import Served, served

from .browser import DESKTOP, browser
from .city import make_city

PATIENCE_MS = 30_000
EXPECTED = ("Failed to load resource", "GPU stall", "software WebGL", "ERR_INTERNET_DISCONNECTED")
"""What a browser logs of its own: answers that refuse, which the page has to tell; slow drawing."""

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def city_store(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: F811
    """The city with two snapshots: made by one worker, copied by each."""
    made = run_folder / "web-city"
    with one_at_a_time(run_folder):
        if not made.exists():
            folder = tmp_path_factory.mktemp("city")
            make_city(str(folder / "blueprint.gpkg"))
            folder.rename(made)
    copy = tmp_path_factory.mktemp("web") / "city"
    shutil.copytree(made, copy)
    return str(copy / "blueprint.gpkg")


@pytest.fixture(scope="session")
def service(city_store: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(city_store, tmp_path_factory.mktemp("served"), "--json") as running:
        yield running


@pytest.fixture(scope="session")
def administrator(service: Served) -> str:
    """The key that the service prints at its start."""
    key: str = json.loads(service.said.read_text())["administrator_key"]
    return key


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@dataclass
class Visitor:
    """Somebody at the page, and all that the browser complained of or asked for meanwhile."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("response", self._note)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(
            known in message.text for known in EXPECTED
        ):
            self.complaints.append(message.text)

    def _note(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append(response.status)

    def go(self, path: str = "") -> Page:
        self.page.goto(f"{self.address}/app/#/{path}")
        return self.page

    def sign_in(self, key: str) -> None:
        self.page.get_by_role("button", name="登录").click()
        self.page.get_by_role("textbox", name="密钥").fill(key)
        self.page.locator("dialog button.primary").click()
        self.page.get_by_role("button", name="退出").wait_for()


@pytest.fixture
def arrive(chromium: Browser, service: Served) -> Iterator[Callable[..., Visitor]]:
    """Visitors, each in a browser of his own, who must not have met a fault of the page."""
    visitors: list[Visitor] = []

    def one(**options: object) -> Visitor:
        context = chromium.new_context(**{"viewport": DESKTOP, "accept_downloads": True, **options})
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(context.new_page(), service.address)
        visitor.watch()
        visitors.append(visitor)
        return visitor

    yield one
    for visitor in visitors:
        visitor.page.context.close()
        assert visitor.complaints == []
        elsewhere = [
            url
            for url in visitor.asked
            if not url.startswith((f"{service.address}/", "blob:", "data:"))
        ]
        assert elsewhere == [], "no address outside is asked for anything"


@pytest.fixture
def visitor(arrive: Callable[..., Visitor]) -> Visitor:
    return arrive()
