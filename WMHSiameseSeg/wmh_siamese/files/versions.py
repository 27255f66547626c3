"""Where a result came from: the input's hash and the versions that made it."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from typing import TYPE_CHECKING

import wmh_siamese

if TYPE_CHECKING:
    from wmh_siamese.volumes.volume import Volume


def input_sha256(volume: Volume) -> str:
    """SHA-256 of a volume's type, shape, affine (little-endian float64) and voxels, i fastest.

    The memory order of the array does not matter; its number type does.
    """
    import numpy as np

    digest = hashlib.sha256()
    digest.update(f"{volume.array.dtype.str} {volume.array.shape}".encode("ascii"))
    digest.update(np.ascontiguousarray(volume.affine, dtype="<f8").tobytes())
    for slab in volume.array.T:
        digest.update(np.ascontiguousarray(slab).data)
    return digest.hexdigest()


def versions() -> dict[str, str | None]:
    """Versions of the engine, torch, numpy and Python; None for what is not installed."""
    return {
        "wmh_siamese": wmh_siamese.__version__,
        "torch": version_of("torch"),
        "numpy": version_of("numpy"),
        "python": platform.python_version(),
    }


def version_of(package: str) -> str | None:
    """The installed version, found without importing the package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
