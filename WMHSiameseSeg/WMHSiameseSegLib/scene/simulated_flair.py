"""A small FLAIR-like head made of ellipsoids, for the module's own test."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray

SPACING_MM = (1.5, 1.5, 5.0)
_SHAPE = (64, 72, 16)
_LESIONS = (((22, 40, 8), (3, 4, 1.2)), ((42, 30, 9), (4, 3, 1.5)), ((40, 46, 6), (2, 2, 0.9)))


def simulated_voxels() -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Voxels (i, j, k) and the lesions among them."""
    head = _ellipsoid((32, 36, 8), (26, 31, 8.5))
    brain = _ellipsoid((32, 36, 8), (22, 27, 7.5))
    ventricles = _ellipsoid((28, 36, 8), (2, 8, 3)) | _ellipsoid((36, 36, 8), (2, 8, 3))
    lesions = np.zeros(_SHAPE, dtype=bool)
    for centre, radii in _LESIONS:
        lesions |= _ellipsoid(centre, radii)
    voxels = np.random.default_rng(7).normal(12, 4, _SHAPE)
    voxels[head] += 220
    voxels[brain] += 130
    voxels[ventricles] = 60
    voxels[lesions] += 260
    return np.asfortranarray(voxels.astype(np.int16)), lesions


def add_simulated_flair(name: str = "Simulated FLAIR") -> slicer.vtkMRMLScalarVolumeNode:
    """The same as a volume in the scene."""
    voxels, _lesions = simulated_voxels()
    ijk_to_ras = np.diag([*SPACING_MM, 1.0])
    ijk_to_ras[:3, 3] = (-48.0, -54.0, -40.0)
    return slicer.util.addVolumeFromArray(voxels.T, ijk_to_ras, name)


def lesion_probability() -> NDArray[np.float32]:
    """A probability (i, j, k) as a network might give it: high in lesions, low around them."""
    _voxels, lesions = simulated_voxels()
    probability = np.full(_SHAPE, 0.08, dtype=np.float32, order="F")
    probability[lesions] = 0.85
    probability[_ellipsoid(*_LESIONS[2])] = 0.6
    return probability


def _ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> NDArray[np.bool_]:
    axes = np.ogrid[tuple(slice(n) for n in _SHAPE)]
    return sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True)) <= 1
