"""The folder in which panel and worker hand each other arrays; nobody else may read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import qt
from wmh_siamese.files.workplace import private_folder, sweep_temporary_place

_LOOK_AGAIN_MS = 100


def make_private_folder() -> Path:
    """A new folder that only this user can open (0700), named after this process.

    Raises:
        OSError: when there is no place for temporary files.
    """
    return private_folder()


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
    """Delete what killed applications and workers left behind; returns how much."""
    return sweep_temporary_place()
