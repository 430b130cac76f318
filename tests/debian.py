"""Debian's packages that tests need beside Python's: installed where they are missing."""

import fcntl
import subprocess
import tempfile
from pathlib import Path

from tests import postgis_cluster

INSTALLER = """
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -q || :
apt-get install -y -q --no-install-recommends --no-upgrade -o DPkg::Lock::Timeout=300 "$@"
"""


def require(program: Path, *packages: str) -> None:
    """See that a program is there, which these packages bring."""
    with Path(tempfile.gettempdir(), "blueprint-tests-apt").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.exists():
            return
        command = [*postgis_cluster.become_root(), "sh", "-c", INSTALLER, "sh", *packages]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    told = f"as root: apt-get install {' '.join(packages)}\n{ran.stdout}{ran.stderr}"
    assert program.exists(), told
