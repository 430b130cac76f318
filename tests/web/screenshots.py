"""Pictures of every view in both languages, for docs/screenshots: `make screenshots`.

The sample city is made in a throw-away folder, served, and looked at by the same browser as in the
tests. A picture is named by its view, and ends in .zh.png or .en.png.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.api.serving import served

from .approvals import settle_cases
from .browser import DESKTOP, PHONE, browser, draw, settled
from .city import SAMPLE, make_city

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
COLOURS = 256
View = Callable[[Page, str], None]


def layers(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/plan/layers")
    page.locator(".tree summary").nth(2).click()


def swipe(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/plan/layers")
    page.locator(".time select").select_option(index=1)
    page.locator(".map-divide").wait_for()


def conflicts(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/plan/conflicts")
    page.locator(".board li").first.wait_for()


def conflict(page: Page, address: str) -> None:
    asked = httpx2.get(f"{address}/conflicts?state=assigned&limit=1").json()
    page.goto(f"{address}/app/#/plan/conflicts/{asked['conflicts'][0]['id']}")
    page.locator(".history li").first.wait_for()


def deliveries(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/plan/deliveries")
    page.locator(".board li").first.wait_for()


def delivery(page: Page, address: str) -> None:
    deliveries(page, address)
    page.locator(".search").fill("heritage_protection")
    page.locator(".board a").first.click()
    page.locator(".tally").wait_for()


def totals(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/plan/totals")
    page.locator(".gauge").first.wait_for()


def bring(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/apply")
    page.locator(".way").nth(2).click()


def verdict(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/apply")
    page.set_input_files("input[type=file]", SAMPLE / "sites" / "consult.geojson")
    page.locator("[data-verdict]").wait_for()


def drawn(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/apply")
    settled(page)
    page.locator(".way[aria-pressed]").click()
    draw(page, [(0.62, 0.44), (0.68, 0.43), (0.69, 0.50), (0.61, 0.51)])
    page.locator("[data-verdict]").wait_for()


def prohibited(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/apply")
    page.set_input_files("input[type=file]", SAMPLE / "sites" / "prohibited.gpkg")
    page.locator(".suggestion").first.wait_for()


def suggestion(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/apply")
    parts = sorted((SAMPLE / "sites").glob("farmland_sliver.*"))
    page.set_input_files("input[type=file]", zipped(parts))
    page.locator(".suggestion button").first.wait_for()


def zipped(parts: list[Path]) -> dict[str, object]:
    """A shapefile as it is handed in."""
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for part in parts:
            archive.write(part, part.name)
    return {"name": "farmland_sliver.zip", "mimeType": "application/zip", "buffer": held.getvalue()}


def landing(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/")
    page.locator(".door").first.wait_for()


def cases(page: Page, address: str) -> None:
    page.goto(f"{address}/app/#/approve")
    page.locator(".cases tbody tr").nth(2).wait_for()


def in_case(name: str, part: str, until: str) -> View:
    """A part of one of the cases that were made."""

    def view(page: Page, address: str) -> None:
        page.goto(f"{address}/app/#/approve/{CASES[name]}/{part}")
        page.locator(until).first.wait_for()

    return view


DESKS: dict[str, View] = {
    "landing": landing,
    "layers": layers,
    "swipe": swipe,
    "conflicts": conflicts,
    "conflict": conflict,
    "deliveries": deliveries,
    "delivery": delivery,
    "totals": totals,
    "bring": bring,
    "verdict": verdict,
    "drawn": drawn,
    "prohibited": prohibited,
    "suggestion": suggestion,
    "cases": cases,
    "case-findings": in_case("asked", "findings", ".finding"),
    "case-opinions": in_case("asked", "opinions", ".opinion"),
    "case-clock": in_case("under_way", "clock", "img.strip"),
    "case-materials": in_case("asked", "materials", ".checklist li"),
    "case-lineage": in_case("asked", "lineage", ".node"),
    "case-changes": in_case("asked", "changes", "#compare"),
}
PHONES: dict[str, View] = {"phone-landing": landing, "phone-bring": bring, "phone-verdict": verdict}
IN_CASES = [name for name in DESKS if name.startswith("case")]
SIGNED_IN = {"layers", "swipe", "conflict", "deliveries", "delivery", "suggestion"} | {
    name for name in DESKS if name.startswith("case")
}
CASES: dict[str, str] = {}
"""Made before the first picture, by name."""


def main() -> None:
    """Take all pictures, or those whose names are given."""
    wanted = sys.argv[1:] or [*DESKS, *PHONES]
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["BLUEPRINT_LIMITS"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = os.environ.get("BLUEPRINT_SHOWN_STORE") or str(folder / "blueprint.gpkg")
        if "BLUEPRINT_SHOWN_STORE" not in os.environ:
            make_city(store)
        with served(store, folder, "--json") as service, browser() as chromium:
            key = json.loads(service.said.read_text())["administrator_key"]
            if set(wanted) & set(IN_CASES):
                CASES.update(settle_cases(service.address, key, store))
            for view in wanted:
                for lang in ("zh", "en"):
                    take(chromium, service.address, view, lang, key if view in SIGNED_IN else None)
                    sys.stdout.write(f"{view}.{lang}.png\n")


def take(chromium: Browser, address: str, view: str, lang: str, key: str | None) -> None:
    """One picture."""
    phone = view in PHONES
    options = (
        {"viewport": PHONE, "is_mobile": True, "has_touch": True}
        if phone
        else {"viewport": DESKTOP}
    )
    context = chromium.new_context(**options)
    context.set_default_timeout(60_000)
    context.add_init_script(
        f"localStorage.setItem('blueprint.lang', '{lang}');"
        + (f"sessionStorage.setItem('blueprint.key', '{key}');" if key else "")
    )
    page = context.new_page()
    (DESKS | PHONES)[view](page, address)
    settled(page)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    settled(page)
    path = FOLDER / f"{view}.{lang}.png"
    page.screenshot(path=path)
    context.close()
    # few colours: a picture of a page is small without being worse
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
