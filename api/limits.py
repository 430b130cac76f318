"""How much a caller may ask in a minute: a bucket each, refilled as time goes by.

The buckets are this process's own: of several workers each counts what it answers. They are
bounded in number; of too many callers at once the one that has been silent longest is forgotten.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from threading import Lock
from time import monotonic
from typing import NamedTuple

from blueprint.access.caller import Caller, Role
from blueprint.access.settings import Limit

_MOST = 10_000
_SECONDS = 60.0


@dataclass(slots=True)
class _Bucket:
    """What is left of a minute's requests and POSTs."""

    requests: float
    posts: float
    at: float
    refused_at: float = float("-inf")


class Wait(NamedTuple):
    """For how many seconds; `is_news` once a minute, for whoever notes it."""

    seconds: float
    is_news: bool


class Limits:
    """The buckets of all callers."""

    def __init__(
        self,
        limits: Mapping[Role, Limit],
        clock: Callable[[], float] = monotonic,
        most: int = _MOST,
    ) -> None:
        self._limits, self._clock, self._most = limits, clock, most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._buckets)

    def take(self, caller: Caller, *, post: bool = False) -> Wait | None:
        """Count one request; None: it may be answered; else how long until one may."""
        limit = self._limits.get(caller.role)
        if limit is None:
            return None
        now = self._clock()
        with self._lock:
            name = _name_of(caller)
            known = self._buckets.pop(name, None)
            bucket = known or _Bucket(limit.requests, limit.posts, now)
            self._buckets[name] = bucket
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
            share = (now - bucket.at) / _SECONDS
            bucket.at = now
            bucket.requests = min(limit.requests, bucket.requests + share * limit.requests)
            bucket.posts = min(limit.posts, bucket.posts + share * limit.posts)
            short = 1 - bucket.requests
            wait = short * _SECONDS / limit.requests
            if post:
                wait = max(wait, (1 - bucket.posts) * _SECONDS / limit.posts)
            if wait > 0:
                is_news = now - bucket.refused_at >= _SECONDS
                bucket.refused_at = now if is_news else bucket.refused_at
                return Wait(wait, is_news)
            bucket.requests -= 1
            bucket.posts -= post
        return None

    def charge(self, caller: Caller, posts: int) -> None:
        """Count what one POST asked for as so many more; what is beyond the limit is owed."""
        with self._lock:
            bucket = self._buckets.get(_name_of(caller))
            if bucket is not None:
                bucket.posts -= posts


def _name_of(caller: Caller) -> str:
    """Whose bucket it is: an IPv6 network of 2^64 addresses is one household's."""
    if not caller.is_anonymous:
        return caller.name
    try:
        network = ip_network((caller.address, 64), strict=False)
    except ValueError:  # an IPv4 address has no such network, and a socket's file no address
        return caller.name
    return str(network)
