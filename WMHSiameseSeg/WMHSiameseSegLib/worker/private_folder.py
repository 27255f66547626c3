"""The folder in which panel and worker hand each other arrays; nobody else may read it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import qt

_PREFIX = "WMHSiameseSeg-"
_LOOK_AGAIN_MS = 100


def make_private_folder() -> Path:
    """A new folder that only this user can open (0700), named after this process.

    Raises:
        OSError: when there is no place for temporary files.
    """
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))


def remove_folder(folder: Path) -> bool:
    """Delete a folder with all it holds; False when something of it is still in use."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def remove_in_time(
    folder: Path, in_use: Callable[[], bool] = lambda: False, attempts: int = 20
) -> None:
    """Delete a folder of which a worker that was just ended may still hold or write a file.

    It is looked at again until it is gone, and a moment after ``in_use`` says so no more.
    """
    removed = remove_folder(folder)
    if attempts > 0 and (not removed or in_use()):
        qt.QTimer.singleShot(_LOOK_AGAIN_MS, lambda: remove_in_time(folder, in_use, attempts - 1))


def sweep_stale_folders() -> int:
    """Delete the folders that a killed application left behind; returns how many."""
    return sweep_stale(Path(tempfile.gettempdir()), _PREFIX)


def sweep_stale(place: Path, prefix: str) -> int:
    """Delete this user's folders ``<prefix><process>-…`` of processes that are gone."""
    swept = 0
    for folder in place.glob(f"{prefix}*-*"):
        process = folder.name.removeprefix(prefix).partition("-")[0]
        if process.isdigit() and not _is_alive(int(process)) and _is_ours(folder):
            swept += remove_folder(folder)
    return swept


def _is_ours(folder: Path) -> bool:
    try:
        return folder.is_dir() and not folder.is_symlink() and _owner(folder) == _user()
    except OSError:
        return False


def _owner(folder: Path) -> int:
    return folder.stat().st_uid


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    if sys.platform == "win32":
        return _is_alive_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _is_alive_on_windows(process: int) -> bool:
    """os.kill would end the process there."""
    import ctypes

    query_limited_information = 0x1000
    still_active = 259
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(query_limited_information, False, process)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return code.value == still_active
