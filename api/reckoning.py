"""Long reckoning, done by the few threads that the service has for it.

More threads than that would only wait for one another, each with memory and transformations of its
own; whoever comes while all are at work is next when one is done.
"""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from blueprint.service import Service

Result = TypeVar("Result")


async def reckoned(service: Service, work: Callable[..., Result], *given: object) -> Result:
    """What the work gives, done in one of these threads for whoever asks now."""
    context = copy_context()
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(service.reckoners, lambda: context.run(work, *given))
