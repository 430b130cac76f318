"""Examine what `blueprint demo` left in a folder: every file is there, and says what it should.

Usage: python .ci/assert_demo.py FOLDER
"""

import json
import sys
from pathlib import Path
from typing import NoReturn

import pyogrio

VERDICTS = {
    "clear": "pass",
    "consult": "consult",
    "farmland_sliver": "prohibited",
    "prohibited": "prohibited",
    "outside_coverage": "incomplete",
}
FEWEST_LAYERS = 275
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def main() -> None:
    """Print what is wrong and exit with 1, or say that all is well."""
    folder = Path(sys.argv[1])
    faults = missing_files(folder) or [
        *wrong_sites(folder),
        *wrong_blueprint(folder / "blueprint.gpkg"),
        *wrong_conflicts(folder / "conflicts.gpkg"),
    ]
    if faults:
        sys.exit("\n".join(f"demo: {fault}" for fault in faults))
    print(f"demo: {len(VERDICTS)} sites, the blueprint and its conflicts are as expected")


def missing_files(folder: Path) -> list[str]:
    """Name the files that are absent or empty."""
    names = ["blueprint.gpkg", "conflicts.gpkg"]
    names += [f"{site}.{kind}" for site in VERDICTS for kind in ("json", "geojson", "png")]
    paths = [folder / name for name in names]
    return [f"{path} is missing or empty" for path in paths if not size(path)]


def size(path: Path) -> int:
    """Tell a file's bytes, 0 for a file that is not there."""
    return path.stat().st_size if path.is_file() else 0


def wrong_sites(folder: Path) -> list[str]:
    """Compare each site's verdict with the expected one, and open its GeoJSON and its picture."""
    faults = []
    for site, expected in VERDICTS.items():
        verdict = read_object(folder / f"{site}.json").get("verdict")
        if verdict != expected:
            faults.append(f"{site}.json: the verdict is {verdict!r}, not {expected!r}")
        if "type" not in read_object(folder / f"{site}.geojson"):
            faults.append(f"{site}.geojson is not GeoJSON")
        if not (folder / f"{site}.png").read_bytes().startswith(PNG_SIGNATURE):
            faults.append(f"{site}.png is not a PNG")
    return faults


def read_object(path: Path) -> dict[str, object]:
    """Read a JSON object; anything else counts as an empty one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python writes and JSON does not know."""
    raise ValueError(constant)


def wrong_blueprint(path: Path) -> list[str]:
    """Count the layers that another program can list."""
    count = len(pyogrio.list_layers(path))
    return [] if count >= FEWEST_LAYERS else [f"{path} lists {count} layers, not {FEWEST_LAYERS}"]


def wrong_conflicts(path: Path) -> list[str]:
    """Count the conflicts in all layers of the file."""
    layers = [name for name, _ in pyogrio.list_layers(path)]
    count = sum(pyogrio.read_info(path, layer=layer)["features"] for layer in layers)
    return [] if count else [f"{path} holds no conflict"]


if __name__ == "__main__":
    main()
