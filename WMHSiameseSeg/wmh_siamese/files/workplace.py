"""A hidden folder for work under way, beside what will come of it.

Its name says whose work it is: the computer, because several may share a disk, and the process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wmh_siamese.files.running_process import is_running, this_host

WORKPLACE_PREFIX = ".under-way-"


@contextmanager
def workplace(place: Path) -> Iterator[Path]:
    """A folder in ``place`` that goes with the block; those of killed processes go first."""
    sweep_workplaces(place)
    with tempfile.TemporaryDirectory(prefix=prefix_of(os.getpid()), dir=place) as folder:
        yield Path(folder)


def prefix_of(process: int) -> str:
    """How the names of a process's workplaces begin; the process is one of this computer."""
    return f"{WORKPLACE_PREFIX}{this_host()}-{process}-"


def sweep_workplaces(place: Path) -> int:
    """Delete what processes of this computer that do not run any more have left in ``place``.

    Returns how many folders went.
    """
    ours, swept = f"{WORKPLACE_PREFIX}{this_host()}-", 0
    for left in place.glob(f"{ours}*"):
        process = left.name.removeprefix(ours).partition("-")[0]
        if process.isdigit() and not is_running(int(process)):
            shutil.rmtree(left, ignore_errors=True)
            swept += not left.exists()
    return swept
