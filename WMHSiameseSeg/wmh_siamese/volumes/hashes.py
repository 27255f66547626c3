"""Hashes of volumes: the same for the same voxels, whatever their file or memory order."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.volumes.volume import Volume


def input_sha256(volume: Volume) -> str:
    """SHA-256 of a volume's type, shape, affine (little-endian float64) and voxels, i fastest.

    The memory order of the array does not matter; its number type does.
    """
    digest = hashlib.sha256()
    digest.update(f"{volume.array.dtype.str} {volume.array.shape}".encode("ascii"))
    digest.update(np.ascontiguousarray(volume.affine, dtype="<f8").tobytes())
    for slab in volume.array.T:
        digest.update(np.ascontiguousarray(slab).data)
    return digest.hexdigest()


def voxels_sha256(array: NDArray[Any], dtype: str = "<f4", place: bytes = b"") -> str:
    """SHA-256 of an array's shape and values as one number type, the first axis fastest.

    Args:
        array: in whatever type and memory order.
        dtype: the type that is hashed.
        place: what else belongs to it.
    """
    digest = hashlib.sha256(str(tuple(map(int, array.shape))).encode("ascii") + place)
    for slab in array.T:
        digest.update(np.ascontiguousarray(slab, dtype=dtype).data)
    return digest.hexdigest()
