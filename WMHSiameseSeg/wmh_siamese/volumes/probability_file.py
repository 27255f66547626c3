"""A probability volume as an array file that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.files.atomic_file import appearing

_CHUNK = 8 << 20


@contextmanager
def probability_file(path: Path, shape: tuple[int, ...]) -> Iterator[NDArray[np.float32]]:
    """A float32 array (i, j, k) on disk that becomes ``path`` when the block ends well.

    Its memory order is Fortran's, so that its transpose (k, j, i) is contiguous. It is handed
    from process to process and not meant to survive a power cut: nothing is flushed to the disk.
    The caller lets go of the array before the block ends, because Windows renames no mapped file.

    Args:
        path: an ``.npy`` file; an older one is replaced.
        shape: of the array.

    Raises:
        OSError: when the disk has no room for all of it; known before the block begins.
    """
    with appearing(path) as partial:
        with partial.open("wb") as file:
            _reserve(file, shape)
        yield np.lib.format.open_memmap(partial, mode="r+")


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
