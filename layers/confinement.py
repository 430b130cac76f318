"""What the Linux kernel can hold a process to, asked for before it looks at a stranger's file.

Input: limits, and the paths that may be read and written. Output: none; the process is confined
for good. In this order:
1. `cut_off_network`: a network namespace without any interface, once for all readers.
2. `limit`: memory, processor time, size of a file; no core dump.
3. `shut_in`: no new privileges, no capability but that of reading, only the paths named (Landlock),
   and no system call by which to reach a network, another process or another program (seccomp).
Each means stands for itself: in a container that forbids namespaces seccomp still refuses sockets,
and where the kernel is too old for Landlock the drivers' allow-list and the checks remain.
Sources: landlock(7), seccomp(2), capabilities(7), unshare(2).
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_LINUX = sys.platform == "linux"
_PDEATHSIG, _DUMPABLE, _SECCOMP, _NO_NEW_PRIVS = 1, 4, 22, 38
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # on every architecture
_READ_FILE, _READ_DIR, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
_FILE_RIGHTS = _READ_FILE | _WRITE_FILE | _TRUNCATE
_MAKE_AND_REMOVE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8  # directories and regular files only
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
_RIGHTS_NOW = 16

_DAC_READ_SEARCH = 1 << 2
_CAPABILITY_VERSION = 0x20080522

_FORBIDDEN = {
    "x86_64": {
        "socket": 41, "connect": 42, "bind": 49, "socketpair": 53, "fork": 57, "vfork": 58,
        "execve": 59, "kill": 62, "ptrace": 101, "rt_sigqueueinfo": 129, "mount": 165,
        "tkill": 200, "keyctl": 250, "unshare": 272, "rt_tgsigqueueinfo": 297,
        "perf_event_open": 298, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        "bpf": 321, "execveat": 322, "userfaultfd": 323, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "pidfd_getfd": 438, "clone": 56, "tgkill": 234,
    },
    "aarch64": {
        "mount": 40, "unshare": 97, "ptrace": 117, "kill": 129, "tkill": 130,
        "rt_sigqueueinfo": 138, "socket": 198, "socketpair": 199, "bind": 200, "connect": 203,
        "keyctl": 219, "execve": 221, "rt_tgsigqueueinfo": 240, "perf_event_open": 241,
        "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280,
        "execveat": 281, "userfaultfd": 282, "pidfd_send_signal": 424, "io_uring_setup": 425,
        "pidfd_getfd": 438, "clone": 220, "tgkill": 131,
    },
}  # fmt: skip
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE3 = 435
_CLONE_THREAD = 0x10000
_X32 = 0x40000000  # a second numbering of the same calls on x86_64
_LOAD, _EQUALS, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, argument: int = 0, program: bytes | None = None) -> bool:
    long = ctypes.c_ulong
    done: int = _libc.prctl(option, long(argument), program, long(0), long(0))
    return done == 0


def end_with_parent() -> None:
    """Have the kernel end this process when the thread that made it ends."""
    if _LINUX:
        _prctl(_PDEATHSIG, 9)


def cut_off_network() -> bool:
    """Move to a network namespace that has no interface up; whether the kernel let us."""
    return _LINUX and (_libc.unshare(_NEW_NET) == 0 or _libc.unshare(_NEW_USER | _NEW_NET) == 0)


def limit(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Set hard limits; beyond them allocations fail, the process ends, or writing fails.

    Memory is what a process may write to for itself (RLIMIT_DATA): allocators and thread stacks
    reserve far more address space than they use, so RLIMIT_AS would refuse sound files.
    """
    for what, most in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        most_allowed = resource.getrlimit(what)[1]
        least = most if most_allowed == resource.RLIM_INFINITY else min(most, most_allowed)
        resource.setrlimit(what, (least, least))


def shut_in(readable: Iterable[Path], writable: Iterable[Path]) -> frozenset[str]:
    """Confine this process to reading and writing these files and folders; what took effect."""
    if not _LINUX:
        return frozenset()
    _prctl(_DUMPABLE)
    _prctl(_NO_NEW_PRIVS, 1)
    means = {"capabilities": _drop_capabilities()}
    means["landlock"] = _landlock(readable, writable)
    means["seccomp"] = _seccomp()
    return frozenset(name for name, done in means.items() if done)


def _drop_capabilities() -> bool:
    """Keep at most that of reading: a service run by root reads whatever root could."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    now = ctypes.create_string_buffer(24)
    _libc.capget(header, now)
    kept = struct.unpack_from("=I", now.raw)[0] & _DAC_READ_SEARCH
    return bool(_libc.capset(header, struct.pack("=6I", kept, kept, 0, 0, 0, 0)) == 0)


def _landlock(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    version: int = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    rights = (1 << _RIGHTS_BY_VERSION.get(version, _RIGHTS_NOW)) - 1
    net = 0b11 if version >= 4 else 0  # to bind and to connect by TCP
    scoped = 0b11 if version >= 6 else 0  # abstract sockets and signals stay inside
    said = struct.pack("=QQQ", rights, net, scoped)
    said = said[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _libc.syscall(_LANDLOCK_CREATE, said, ctypes.c_size_t(len(said)), 0)
    if ruleset < 0:
        return False
    for paths, wanted in (
        (readable, _READ_FILE | _READ_DIR),
        (writable, _FILE_RIGHTS | _READ_DIR | _MAKE_AND_REMOVE),
    ):
        for path in paths:
            _landlock_allow(ruleset, path, wanted & rights)
    done: int = _libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
    return done == 0


def _landlock_allow(ruleset: int, path: Path, rights: int) -> None:
    with suppress(OSError):  # what is not there need not be allowed
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = rights if path.is_dir() else rights & _FILE_RIGHTS
        rule = struct.pack("=Qi", rights, beneath)
        _libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0)
        os.close(beneath)


def _seccomp() -> bool:
    """Forbid the calls in `_FORBIDDEN`; threads and signals to itself stay allowed."""
    machine = platform.machine()
    if machine not in _FORBIDDEN:
        return False
    forbidden = dict(_FORBIDDEN[machine])
    clone, tgkill = forbidden.pop("clone"), forbidden.pop("tgkill")
    numbers = sorted(forbidden.values())
    # every jump is counted in steps past the next one
    steps = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUALS, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_AT_LEAST, len(numbers) + 9, 0, _X32),
        *((_EQUALS, len(numbers) - at + 8, 0, n) for at, n in enumerate(numbers)),
        (_EQUALS, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),  # the C library then takes clone, whose flags we see
        (_EQUALS, 2, 0, clone),
        (_EQUALS, 3, 0, tgkill),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_ANY_BIT, 3, 2, _CLONE_THREAD),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_EQUALS, 1, 0, os.getpid()),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(steps), ctypes.addressof(held))
    return _prctl(_SECCOMP, 2, program)
