"""A probability volume as an array file that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

_CHUNK = 8 << 20


@contextmanager
def probability_file(
    path: Path, shape: tuple[int, ...], began: set[Path]
) -> Iterator[NDArray[np.float32]]:
    """A float32 array (i, j, k) on disk that becomes ``path`` when the block ends well.

    Its memory order is Fortran's, so that its transpose (k, j, i) is contiguous. It is handed
    from process to process and not meant to survive a power cut: nothing is flushed to the disk.
    The caller lets go of the array before the block ends, because Windows renames no mapped file.

    Args:
        path: an ``.npy`` file; an older one is replaced.
        shape: of the array.
        began: holds the temporary name while it exists, for whoever must end the process early.

    Raises:
        OSError: when the disk has no room for all of it; known before the block begins.
    """
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
    began.add(partial)
    try:
        with partial.open("wb") as file:
            _reserve(file, shape)
        yield np.lib.format.open_memmap(partial, mode="r+")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        began.discard(partial)


def _reserve(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Header and zeros: a full disk must be an error here, not a fatal signal in the mapping."""
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(np.float32)),
        "fortran_order": True,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(file, header)
    remaining = int(np.prod(shape, dtype=np.int64)) * np.dtype(np.float32).itemsize
    zeros = bytes(min(_CHUNK, remaining))
    while remaining > 0:
        remaining -= file.write(zeros[:remaining])
