"""A hidden folder for work under way, beside what will come of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wmh_siamese.files.temporaries import (
    PRIVATE_PREFIX,
    WORKPLACE_PREFIX,
    mark_of,
    own_mark,
    sweep,
    temporary_folder,
)


@contextmanager
def workplace(place: Path | None = None) -> Iterator[Path]:
    """A folder that goes with the block; what killed processes left beside it goes first.

    Args:
        place: where it is made; in the folder for temporary files by default.
    """
    place = place or temporary_place()
    sweep(place)
    with temporary_folder(place) as folder:
        yield folder


def prefix_of(process: int) -> str:
    """How the names of a process's workplaces begin; the process is one of this computer."""
    return f"{WORKPLACE_PREFIX}{mark_of(process)}"


def sweep_workplaces(place: Path) -> int:
    """Delete what processes of this computer that do not run any more have left in ``place``.

    Returns how many files and folders went.
    """
    return sweep(place)


def private_folder() -> Path:
    """A new folder for temporary files that only this user can open; its owner removes it.

    Raises:
        OSError: when there is no place for temporary files.
    """
    return Path(tempfile.mkdtemp(prefix=f"{PRIVATE_PREFIX}{own_mark()}"))


def sweep_temporary_place() -> int:
    """As :func:`sweep_workplaces`, where the system keeps temporary files, if it can keep any."""
    try:
        return sweep(temporary_place())
    except OSError:
        return 0


def temporary_place() -> Path:
    """Where the system keeps temporary files."""
    return Path(tempfile.gettempdir())
