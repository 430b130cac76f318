"""Long reckoning, done by the few threads that the service has for it.

More threads than that would only wait for one another, each with memory and transformations of its
own; whoever comes while all are at work is next when one is done.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from blueprint.service import Service

Result = TypeVar("Result")


async def reckoned(service: Service, work: Callable[..., Result], *given: object) -> Result:
    """What the work gives, done in one of these threads for whoever asks now."""
    return await _done_by(service.reckoners, work, *given)


async def read_apart(service: Service, work: Callable[..., Result], *given: object) -> Result:
    """The same of what reads a stranger's file: however long it takes, sites go on being judged."""
    return await _done_by(service.readers, work, *given)


async def _done_by(
    threads: ThreadPoolExecutor, work: Callable[..., Result], *given: object
) -> Result:
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, lambda: context.run(work, *given))
