"""Results as rows of a CSV file that grows run by run."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from wmh_siamese.errors import WMHError
from wmh_siamese.files.plain_cell import plain_cell

COLUMNS = (
    "input",
    "volume_ml",
    "pcd_percent",
    "lesion_count",
    "positive_voxels",
    "total_voxels",
    "spacing_i_mm",
    "spacing_j_mm",
    "spacing_k_mm",
    "placement",
    "threshold",
    "min_volume_mm3",
    "model",
    "model_sha256",
    "device",
    "precision",
    "seconds",
    "input_sha256",
    "engine_version",
    "finished",
)

_BINARY = getattr(os, "O_BINARY", 0)


def check_table(path: Path) -> None:
    """Refuse a file that rows cannot be appended to (``bad-path``); a new one is fine."""
    if not path.exists():
        return
    if not path.is_file():
        raise WMHError("bad-path", f"{path} is not a file.", "Name a CSV file.")
    with path.open("rb") as file:
        _check_header(path, file.readline(4096))


def append_row(path: Path, row: Mapping[str, object]) -> None:
    """Append one row, and the header first in a new file; all of it or nothing.

    Args:
        path: a CSV file; several processes may append to it at once.
        row: a value for each of ``COLUMNS``.

    Raises:
        WMHError: ``bad-path`` when the file has other columns.
        OSError: when it cannot be written.
    """
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise WMHError("bad-path", f"{path} is not a file.", "Name a CSV file.")
        with _alone(descriptor):
            size = os.fstat(descriptor).st_size
            line = _csv_line(tuple(row[column] for column in COLUMNS))
            _write_or_take_back(descriptor, _before_row(path, descriptor, size) + line, size)
    except BaseException:
        if is_new:
            path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def _before_row(path: Path, descriptor: int, size: int) -> bytes:
    """What the row needs in front of it: the header, or a line's end that somebody left out."""
    if size == 0:
        return _csv_line(COLUMNS)
    os.lseek(descriptor, 0, os.SEEK_SET)
    _check_header(path, os.read(descriptor, 4096).split(b"\n")[0])
    os.lseek(descriptor, -1, os.SEEK_END)
    return b"" if os.read(descriptor, 1) == b"\n" else b"\n"


def _write_or_take_back(descriptor: int, data: bytes, size: int) -> None:
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _check_header(path: Path, line: bytes) -> None:
    if line and line.strip() != _csv_line(COLUMNS).strip():
        raise WMHError(
            "bad-path",
            f"{path} holds a table with other columns.",
            "Name a new CSV file.",
        )


def _csv_line(values: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(plain_cell, values))
    return text.getvalue().encode("utf-8", errors="replace")


@contextlib.contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    """Keep other processes of this program out of the file; Windows goes without."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with contextlib.suppress(OSError):  # some network disks know no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
