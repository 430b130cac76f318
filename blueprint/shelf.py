"""Things that were made last, kept in memory up to a bound."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """What was made last, up to so many bytes; of the same thing only one is made at a time.

    Safe for threads. A key must say all that the thing depends on.
    """

    def __init__(self, most: int, size_of: Callable[[Kept], int]) -> None:
        self._most, self._size_of, self._taken = most, size_of, 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._being_made: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What lies under a key, made now if it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            mine = self._being_made.setdefault(key, Lock())
        with mine:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._being_made.pop(key, None)
            return made

    def _keep(self, key: Hashable, made: Kept) -> None:
        size = self._size_of(made)
        if size > self._most:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = made
            self._taken += size
            while self._taken > self._most:
                _, gone = self._kept.popitem(last=False)
                self._taken -= self._size_of(gone)
