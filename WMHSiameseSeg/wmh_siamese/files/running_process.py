"""Which computer this is, and whether a process of it still runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
from functools import cache
from pathlib import Path

_ENDED = ("Z", "X")
"""What Linux says of a process that has ended and that its parent has not taken in yet."""


@cache
def this_host() -> str:
    """A hash that tells this computer from others, and its name to nobody.

    Process numbers mean something within one process namespace only, so that is part of it.
    """
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text(encoding="ascii", errors="replace"))
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def is_running(pid: int, started: int | None = None) -> bool:
    """Whether a process of this number runs on this computer; in doubt, yes.

    Args:
        pid: its number.
        started: what :func:`start_of` told of it: a number is given again to later processes.
    """
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    told = _told_by_linux(pid)
    if told is None:
        return True
    state, start = told
    return state not in _ENDED and started in (None, start)


def start_of(pid: int) -> int | None:
    """When a process started, in a measure of its system's own; None where that is not told.

    Linux tells it. Elsewhere a process counts as running while any process has its number.
    """
    told = _told_by_linux(pid)
    return told[1] if told else None


def _told_by_linux(pid: int) -> tuple[str, int] | None:
    """State and start of a process, from the fields after its name, which may hold anything."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return fields[0].decode("ascii"), int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _is_running_on_windows(pid: int) -> bool:
    """As ``os.kill(pid, 0)`` would tell, which on Windows ends the process instead."""
    import ctypes

    query_limited_information, still_active = 0x1000, 259
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return bool(kernel.GetLastError() == 5)  # it is there, but somebody else's
    code = ctypes.c_ulong()
    told = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return not told or code.value == still_active
