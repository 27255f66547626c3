"""Temporary files and folders whose names say whose they are.

A name carries the computer (several may share a disk), the process and when it started. So whoever
comes later knows that the owner is dead, and takes away what a kill left; what belongs to living
processes, other computers or other programs is never touched.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wmh_siamese.files.running_process import is_running, start_of, this_host

PARTIAL_PREFIX = ".partial-"
WORKPLACE_PREFIX = ".under-way-"
PRIVATE_PREFIX = "WMHSiameseSeg-"
_SUFFIX_LENGTH = 40
_REMOVALS = 20

_NAME = re.compile(
    rf"(?:{re.escape(PARTIAL_PREFIX)}|{re.escape(WORKPLACE_PREFIX)}|{PRIVATE_PREFIX})"
    r"(?P<host>[0-9a-f]{16})-(?P<pid>[0-9]+)-(?:(?P<started>[0-9]+)-)?."
)
_OLDER_PRIVATE_NAME = re.compile(rf"{PRIVATE_PREFIX}(?P<pid>[0-9]+)-.")

# Those of this process, for an end that leaves no block properly; a forked child owns none of them.
_own: set[Path] = set()
_swept: set[Path] = set()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_own.clear)


def mark_of(process: int) -> str:
    """What the names of a process's temporaries carry; the process is one of this computer."""
    return f"{this_host()}-{process}-"


def own_mark() -> str:
    """As :func:`mark_of` this process, with its start where the system tells it."""
    started = start_of(os.getpid())
    return mark_of(os.getpid()) + (f"{started}-" if started is not None else "")


@contextmanager
def temporary_file(place: Path, name: str) -> Iterator[Path]:
    """An empty file in ``place`` that nobody else may read (0600) and that goes with the block.

    Its name ends as ``name`` does, so that writers that go by the ending still work.
    """
    prefix = f"{PARTIAL_PREFIX}{own_mark()}"
    handle, made = tempfile.mkstemp(prefix=prefix, suffix=name[-_SUFFIX_LENGTH:], dir=place)
    _own.add(Path(made))
    os.close(handle)
    try:
        yield Path(made)
    finally:
        Path(made).unlink(missing_ok=True)
        _own.discard(Path(made))


@contextmanager
def temporary_folder(place: Path) -> Iterator[Path]:
    """A folder in ``place`` that nobody else may open (0700) and that goes with the block."""
    with tempfile.TemporaryDirectory(prefix=f"{WORKPLACE_PREFIX}{own_mark()}", dir=place) as made:
        _own.add(Path(made))
        try:
            yield Path(made)
        finally:
            _own.discard(Path(made))


def is_own(path: Path) -> bool:
    """Whether it is a temporary of this process."""
    return path in _own


def remove_own() -> None:
    """Remove every temporary of this process, which is about to end without leaving its blocks."""
    with suppress(KeyError):  # another thread leaves its block meanwhile
        while _own:
            remove(_own.pop())


def remove(path: Path) -> bool:
    """Delete a file, or a folder in which another thread may be about to create one.

    A folder is renamed first, so that whoever writes there does not find it any more.

    Returns whether it is gone.
    """
    places = [path]
    if path.is_dir() and not path.is_symlink():
        with suppress(OSError):  # Windows renames no folder that is in use
            places.append(path.rename(path.with_name(f"{path.name}-gone")))
    for attempt in range(_REMOVALS):
        if attempt:
            time.sleep(0.05)
        for place in places:
            with suppress(FileNotFoundError, NotADirectoryError):
                _delete(place)
        if not any(map(os.path.lexists, places)):
            return True
    return False


def sweep_once(place: Path) -> None:
    """As :func:`sweep`, the first time that this process writes in ``place``."""
    place = Path(os.path.abspath(place))
    if place not in _swept:
        _swept.add(place)
        sweep(place)


def sweep(place: Path, prefix: str = "") -> int:
    """Delete the temporaries that dead processes of this computer and user left in ``place``.

    Args:
        place: a folder; nothing happens where it is none or cannot be read.
        prefix: with which their names begin; of any kind by default.

    Returns how many went.
    """
    swept = 0
    with suppress(OSError):
        for name in os.listdir(place):
            if name.startswith(prefix) and owner_is_dead(name):
                left = Path(place, name)
                with suppress(OSError):
                    if _is_ours(left):
                        _delete(left)
                swept += not os.path.lexists(left)
    return swept


def owner_is_dead(name: str) -> bool:
    """Whether a name is that of a temporary whose process does not run any more."""
    found = _NAME.match(name)
    if found is None:
        older = _OLDER_PRIVATE_NAME.match(name)
        return older is not None and not is_running(int(older["pid"]))
    if found["host"] != this_host():
        return False
    return not is_running(int(found["pid"]), int(found["started"]) if found["started"] else None)


def _is_ours(path: Path) -> bool:
    """Whether it is a file or folder of this user, and no link to one."""
    status = path.lstat()
    mine = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return mine and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
