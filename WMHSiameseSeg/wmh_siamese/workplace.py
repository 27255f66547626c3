"""A hidden folder for work under way, beside what will come of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wmh_siamese.running_process import is_running

WORKPLACE_PREFIX = ".under-way-"


@contextmanager
def workplace(place: Path) -> Iterator[Path]:
    """A folder in ``place`` that goes with the block; those of killed processes go first."""
    sweep_workplaces(place)
    prefix = f"{WORKPLACE_PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place) as folder:
        yield Path(folder)


def sweep_workplaces(place: Path) -> None:
    """Delete what processes that do not run any more have left in ``place``."""
    for left in place.glob(f"{WORKPLACE_PREFIX}*"):
        process = left.name.removeprefix(WORKPLACE_PREFIX).partition("-")[0]
        if process.isdigit() and not is_running(int(process)):
            shutil.rmtree(left, ignore_errors=True)
