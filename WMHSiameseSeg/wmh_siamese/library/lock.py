"""One writer at a time: a lock file with its owner, waited for, and taken over when left behind.

The file says who holds the library without naming anybody: a random token, the process's number, a
hash of the computer, and the time. A lock is left behind when its process on this computer is gone,
or when it was not renewed for minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.files.running_process import is_running, this_host

LOCK_NAME = "library.lock"
WAIT_SECONDS = 30.0
LEFT_AFTER_SECONDS = 600.0
UNSIGNED_AFTER_SECONDS = 2.0
"""A lock without its owner's name was made by a process that died making it: naming takes no
time."""
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Owner:
    """Who holds a lock, and when it was last renewed (seconds since 1970, UTC)."""

    token: str
    pid: int
    host: str
    time: float


class Held:
    """A lock that this process holds."""

    def __init__(self, path: Path, token: str) -> None:
        self._path = path
        self._token = token

    def check(self) -> None:
        """Refuse to go on when another process took the lock over (``bad-path``)."""
        owner = _owner(self._path)
        if owner is None or owner.token != self._token:
            raise WMHError(
                "bad-path",
                "Another program took the library over, because this one held it too long.",
                "Try again.",
            )

    def renew(self) -> None:
        """Tell that this process is still at work."""
        self.check()
        partial = self._path.with_name(f".partial-{self._token}")
        try:
            partial.write_bytes(_signature(self._token))
            os.replace(partial, self._path)
        except OSError:  # a reader or a full disk: the older time still stands
            partial.unlink(missing_ok=True)

    def release(self) -> None:
        """Give the library free, unless another process took it over."""
        owner = _owner(self._path)
        if owner is not None and owner.token == self._token:
            _unlink(self._path)


@contextmanager
def locked(folder: Path, seconds: float = WAIT_SECONDS) -> Iterator[Held]:
    """Hold the library in a folder while the block runs.

    Args:
        folder: the library.
        seconds: how long to wait for another process.

    Raises:
        WMHError: ``bad-path`` when another process holds it all that time.
        OSError: the folder cannot be written to.
    """
    path = folder / LOCK_NAME
    token = secrets.token_hex(8)
    watch = _Watch(path)
    until = time.monotonic() + seconds
    tried = False
    while not _taken(path, token):
        left_behind = watch.left_behind()
        if time.monotonic() >= until and (tried or not left_behind):
            raise busy(watch.owner)
        if left_behind:
            _break(path, watch)
            tried = True
        else:
            time.sleep(POLL_SECONDS)
    held = Held(path, token)
    try:
        yield held
    finally:
        held.release()


def busy(owner: Owner | None) -> WMHError:
    """The error of a library that another process holds."""
    who = "Another program"
    if owner is not None:
        since = datetime.fromtimestamp(owner.time, UTC).strftime("%Y-%m-%d %H:%M:%S")
        where = "on this computer" if owner.host == this_host() else "on another computer"
        who = f"Another program {where} (process {owner.pid}, since {since} UTC)"
    return WMHError("bad-path", f"{who} is changing the library.", "Try again when it is done.")


class _Watch:
    """Watches a lock of somebody else, by this process's own clock where it can."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unsigned: tuple[int, int] | None = None
        self._since = 0.0
        self.owner: Owner | None = None

    def left_behind(self) -> bool:
        """Whether nobody can be at work under the lock any more."""
        self.owner = _owner(self._path)
        if self.owner is None:
            return self._unsigned_for() > UNSIGNED_AFTER_SECONDS
        if time.time() - self.owner.time > LEFT_AFTER_SECONDS:
            return True
        return self.owner.host == this_host() and not is_running(self.owner.pid)

    def _unsigned_for(self) -> float:
        """Seconds for which one and the same lock was seen without its owner's name."""
        try:
            file = self._path.lstat()
        except OSError:
            self._unsigned = None
            return 0.0
        which = file.st_ino, file.st_mtime_ns
        if which != self._unsigned:
            self._unsigned, self._since = which, time.monotonic()
        return time.monotonic() - self._since


def _break(path: Path, watch: _Watch) -> None:
    """Remove a lock that was left behind; one process at a time looks again and does it.

    Without the guard, a second process could remove the lock that the first one just took.
    """
    guard = path.with_name(f"{LOCK_NAME}.guard")
    try:
        os.close(os.open(guard, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        with contextlib.suppress(OSError):
            if abs(time.time() - guard.stat().st_mtime) > UNSIGNED_AFTER_SECONDS:
                guard.unlink()
        time.sleep(POLL_SECONDS)
        return
    try:
        seen = watch.owner
        if _owner(path) == seen and watch.left_behind():
            _unlink(path)
    finally:
        _unlink(guard)


def _taken(path: Path, token: str) -> bool:
    """Whether the lock file could be made, which only one process can at a time.

    It appears with its owner's name in it: a process that dies here leaves no nameless lock.
    """
    signed = path.with_name(f".partial-{token}")
    try:
        signed.write_bytes(_signature(token))
        os.link(signed, path)
        return True
    except FileExistsError:
        return False
    except FileNotFoundError:  # another process has just cleared leftovers away
        if not path.parent.is_dir():
            raise
        return False
    except (OSError, NotImplementedError):  # a file system without hard links
        return _taken_unsigned(path, token)
    finally:
        signed.unlink(missing_ok=True)


def _taken_unsigned(path: Path, token: str) -> bool:
    """As :func:`_taken`, but the name comes a moment after the file."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    except PermissionError:
        if path.exists():  # Windows says so of a file that is just being removed
            return False
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_signature(token))
    except BaseException:
        _unlink(path)
        raise
    return True


def _signature(token: str) -> bytes:
    return json.dumps(asdict(Owner(token, os.getpid(), this_host(), time.time()))).encode("ascii")


def _owner(path: Path) -> Owner | None:
    """Who signed a lock; None when nobody did (yet), or there is none.

    A time that cannot be is replaced by the file's own.
    """
    try:
        told = json.loads(path.read_bytes())
        signed = float(told["time"])
        if not 0 <= signed <= time.time() + LEFT_AFTER_SECONDS:  # milliseconds, or a wrong clock
            signed = min(path.stat().st_mtime, time.time())
        return Owner(str(told["token"]), int(told["pid"]), str(told["host"]), signed)
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _unlink(path: Path) -> None:
    """Remove a file that others may be reading; Windows lets nobody for that moment."""
    for attempt in range(50):
        try:
            path.unlink(missing_ok=True)
            return
        except PermissionError:
            if attempt == 49:
                raise
            time.sleep(POLL_SECONDS)
