"""The packed form of layer versions, a file for each, made once and mapped by every process.

A file is named by the digest of the version and by the number of the format. The digest is over
all that the file is made of, so what lies under a name is right or damaged, and never out of date:
a new version of a layer adds a file, and whoever works on the old one goes on.

Files are a cache and nothing rests on them. One that is missing is made of the store. One that is
damaged, a link, or another user's is not used, and is made anew. Where none can be written, nothing
is packed and the caller reads the store; so too while a large one is still to be made. The folder
is its owner's alone, for the store's sensitive layers are in there too.
"""

import errno
import logging
import os
import resource
import stat
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from threading import Lock

import pyarrow as pa
import sqlalchemy as sa

from conflict import Shapes
from conflict.errors import UnusablePack
from conflict.packed import Packed, open_packed, write_packed
from layers import LayerStore, LayerVersion

FORMAT = 1
"""Raised whenever the same version would be packed otherwise."""
COLUMNS = ("feature_id", "attributes", "content_hash")
AT_ONCE = 20_000
"""Features that are packed while somebody waits for an answer; more of them take seconds."""
_FEWEST_OPEN = 256
_REST_S = 60.0
"""How long after a failed write no other is tried, seconds."""
_LEFT_BEHIND_S = 86_400.0
_COPIED = 1 << 22

_log = logging.getLogger(__name__)


def _most_open() -> int:
    """Each mapped file holds a descriptor: half of those that this process may have.

    A check asks every layer that has a rule: with fewer it would open them all, each time.
    """
    return max(_FEWEST_OPEN, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class PackedLayers:
    """The packed versions of one store; `folder` None: nowhere to keep them.

    Safe for threads; several processes may share a folder.
    """

    def __init__(self, folder: Path | None, most_open: int | None = None) -> None:
        self.folder, self.most_open = folder, most_open or _most_open()
        self._open: OrderedDict[str, Packed] = OrderedDict()
        self._being_made: set[str] = set()
        self._unfit: set[str] = set()
        self._put_off: dict[str, LayerVersion] = {}
        self._rest_until = 0.0
        self._lock = Lock()

    def of(
        self,
        store: LayerStore,
        connection: sa.Connection,
        version: LayerVersion,
        *,
        patient: bool = False,
    ) -> Packed | None:
        """A version in its packed form, made now if it is not there.

        Its rows are in the order of a scan. None: it cannot be kept, another thread is making it at
        this moment, or it is large and the caller not `patient`; ask the store. What is put off so
        is `wanted`.
        """
        packed = self.at_hand(version)
        if packed is not None or self.folder is None:
            return packed
        if time.monotonic() < self._rest_until or version.digest in self._unfit:
            return None
        if not patient and version.feature_count > AT_ONCE:
            with self._lock:
                self._put_off[version.digest] = version
            return None
        with self._making(version.digest) as mine:
            if not mine:
                return None
            features = store.scan(connection, {version.layer_id: version.version})
            return self.at_hand(version) if self._write(version, features) else None

    def at_hand(self, version: LayerVersion) -> Packed | None:
        """A version whose file is open, or lies in the folder and is sound."""
        with self._lock:
            packed = self._open.get(version.digest)
            if packed is not None:
                self._open.move_to_end(version.digest)
                return packed
        if self.folder is None or not self._is_ours():
            return None
        try:
            # read once as a whole: the kernel follows what is written there without a look
            packed = open_packed(self._path(version.digest), whole=True, private=True)
            columns = [packed.columns[name] for name in COLUMNS]
        except (UnusablePack, KeyError):
            return None
        if any(len(rows) != version.feature_count for rows in (packed.shapes, *columns)):
            return None
        with self._lock:
            self._open[version.digest] = packed
            while len(self._open) > self.most_open:
                self._open.popitem(last=False)
        return packed

    def put(
        self, store: LayerStore, connection: sa.Connection, version: LayerVersion, path: Path
    ) -> bool:
        """Put the file of a version at `path` as well, where nobody else removes it.

        False: it cannot be kept, or is gone already.

        Raises:
            OSError: it cannot be written there.
        """
        if self.of(store, connection, version, patient=True) is None:
            return False
        file = self._path(version.digest)
        with suppress(OSError):
            path.hardlink_to(file)
            return True
        try:
            source = file.open("rb")
        except OSError:
            return False
        with source, path.open("wb") as target:
            copyfileobj(source, target, _COPIED)
        return True

    def wanted(self) -> list[LayerVersion]:
        """The versions that were put off since this was last asked."""
        with self._lock:
            versions = list(self._put_off.values())
            self._put_off.clear()
        return versions

    def prune(self, digests: Collection[str]) -> None:
        """Remove the files of all versions but these, and what killed writers left behind.

        Whoever has one of them open keeps it.
        """
        if self.folder is None or not self._is_ours():
            return
        kept = {self._path(digest).name for digest in digests}
        yesterday = time.time() - _LEFT_BEHIND_S
        with suppress(OSError):
            for entry in list(os.scandir(self.folder)):
                half = entry.name.startswith(".")
                if entry.name in kept or (half and entry.stat().st_mtime > yesterday):
                    continue
                with suppress(OSError):
                    Path(entry).unlink()

    def _write(self, version: LayerVersion, features: pa.Table) -> bool:
        try:
            self._make_folder()
            shapes = Shapes.from_wkb(features.column("geometry"))
            columns = {name: features.column(name) for name in COLUMNS}
            write_packed(self._path(version.digest), shapes, columns)
        except ValueError:  # a geometry of a kind that the engine does not take
            self._unfit.add(version.digest)
            return False
        except OSError as error:
            self._rest_until = time.monotonic() + _REST_S
            why = error.strerror or error
            _log.warning("%s: layers are not packed there, which is slower: %s", self.folder, why)
            return False
        return True

    def _path(self, digest: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{digest}.{FORMAT}.pack"

    def _make_folder(self) -> None:
        assert self.folder is not None
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        # not exist_ok: a link would pass for a folder
        with suppress(FileExistsError):
            self.folder.mkdir(mode=0o700)
        if not self._is_ours():
            raise PermissionError(errno.EACCES, "not a folder of this user's alone; remove it")

    def _is_ours(self) -> bool:
        """Whether the folder is there, no link, and nobody else's to read or write."""
        assert self.folder is not None
        try:
            found = self.folder.lstat()
        except OSError:
            return False
        others = found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not others

    @contextmanager
    def _making(self, digest: str) -> Iterator[bool]:
        """Whether the version is ours to make: not if another thread is at it."""
        with self._lock:
            mine = digest not in self._being_made
            if mine:
                self._being_made.add(digest)
        try:
            yield mine
        finally:
            if mine:
                with self._lock:
                    self._being_made.discard(digest)
