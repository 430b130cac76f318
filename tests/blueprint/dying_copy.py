"""A copy that dies after one of its steps: `dying_copy.py STEP SOURCE TARGET`, for test_copy."""

import os
import signal
import sys
from typing import Any

from blueprint import copy


def main() -> None:
    """Copy, and be killed as soon as `STEP`, a verb of `blueprint.copy`, is done."""
    step, source, target = sys.argv[1:]
    verb = getattr(copy, step)

    def last(*args: Any) -> None:
        verb(*args)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(copy, step, last)
    copy.copy_store(source, target)


if __name__ == "__main__":
    main()
