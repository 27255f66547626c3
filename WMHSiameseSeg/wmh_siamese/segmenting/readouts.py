"""From a probability volume to a mask and its figures: volume, PCD and lesions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from wmh_siamese.networks.recipe import certain_level

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating[Any]]

_NEIGHBOURS_26 = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True)
class Readouts:
    """What a mask says.

    Attributes:
        volume_ml: positive voxels times the voxel volume, in millilitres.
        pcd_percent: positive class density, 100 x positive voxels / all voxels of the grid.
            It depends on the field of view.
        lesion_count: 26-connected components.
        positive_voxels: voxels in the mask.
        total_voxels: voxels of the native grid.
        spacing_mm: voxel spacing along i, j, k.
    """

    volume_ml: float
    pcd_percent: float
    lesion_count: int
    positive_voxels: int
    total_voxels: int
    spacing_mm: tuple[float, float, float]


class Lesions:
    """The 26-connected components of ``probability >= threshold``, labelled once.

    Those whose probability stays low everywhere are no lesions (hysteresis thresholding).

    Kept while only the minimum volume changes, so that each change costs a table look-up.

    Args:
        probability: (i, j, k), any float type; NaN is never positive.
        threshold: a voxel is positive where the probability reaches it.
        voxel_mm3: volume of one voxel, > 0.
        certainty: how far up from the threshold to 1 a lesion has to reach somewhere, in [0, 1).
    """

    def __init__(
        self,
        probability: FloatArray,
        threshold: float,
        voxel_mm3: float,
        certainty: float = 0.0,
    ) -> None:
        self._shape = probability.shape
        self._voxel_mm3 = voxel_mm3
        found = _label(probability >= threshold)
        if certainty > 0:
            found = _reaching(found, probability, certain_level(threshold, certainty))
        self._components = found

    @property
    def volumes_mm3(self) -> FloatArray:
        """Volume of every lesion at this threshold, before any is dropped for its size."""
        return self._components.voxels[1:] * self._voxel_mm3

    def count(self, min_volume_mm3: float = 0.0) -> int:
        """How many lesions are at least so large."""
        return int(np.count_nonzero(self._kept(min_volume_mm3)))

    def mask(self, min_volume_mm3: float = 0.0) -> BoolArray:
        """The lesions of at least this volume, bool, in the probability's shape and memory order.

        An array that is contiguous as (k, j, i), as Slicer's are, gives a mask that is so too.
        """
        order = self._components.axes
        arranged = np.zeros([self._shape[axis] for axis in order], dtype=bool)
        arranged[self._components.box] = self._kept(min_volume_mm3)[self._components.labels]
        return arranged.transpose(np.argsort(order))

    def read_out(self, min_volume_mm3: float, affine: FloatArray) -> Readouts:
        """The figures of ``mask(min_volume_mm3)``, without making or labelling it again."""
        kept = self._kept(min_volume_mm3)
        positive = int(self._components.voxels[kept].sum())
        return _readouts(positive, int(np.prod(self._shape)), int(kept.sum()), affine)

    def _kept(self, min_volume_mm3: float) -> BoolArray:
        """One flag a label; label 0 is background and never kept."""
        # a whole number of voxels may come out a rounding error below the volume asked for
        kept: BoolArray = self._components.voxels * self._voxel_mm3 >= min_volume_mm3 * (1 - 1e-9)
        kept[0] = False
        return kept


def lesion_mask(
    probability: FloatArray,
    threshold: float,
    min_volume_mm3: float,
    voxel_mm3: float,
    certainty: float = 0.0,
) -> BoolArray:
    """Voxels that reach the threshold, in 26-connected lesions of at least the minimum volume.

    Args:
        probability: (i, j, k) in [0, 1]; NaN is never positive.
        threshold: in [0, 1].
        min_volume_mm3: smaller lesions are dropped; 0 keeps all.
        voxel_mm3: volume of one voxel.
        certainty: as for :class:`Lesions`.
    """
    if min_volume_mm3 <= voxel_mm3 and not certainty:
        return np.asarray(probability >= threshold)
    return Lesions(probability, threshold, voxel_mm3, certainty).mask(min_volume_mm3)


def read_out(mask: BoolArray, affine: FloatArray) -> Readouts:
    """The figures of a mask; an empty mask gives zeros.

    Args:
        mask: (i, j, k) bool; of other types, every value but 0 is positive.
        affine: (4, 4), voxel indices to millimetres.
    """
    voxels = _label(np.asarray(mask, dtype=bool)).voxels
    return _readouts(int(voxels[1:].sum()), mask.size, len(voxels) - 1, affine)


def _readouts(positive: int, total: int, lesions: int, affine: FloatArray) -> Readouts:
    axes = np.asarray(affine, dtype=np.float64)[:3, :3]
    voxel_mm3 = abs(float(np.linalg.det(axes)))
    i, j, k = (float(length) for length in np.linalg.norm(axes, axis=0))
    return Readouts(
        volume_ml=positive * voxel_mm3 / 1000.0,
        pcd_percent=100.0 * positive / total if total else 0.0,
        lesion_count=lesions,
        positive_voxels=positive,
        total_voxels=total,
        spacing_mm=(i, j, k),
    )


@dataclass(frozen=True)
class _Components:
    """Labels inside the bounding box of a mask whose axes were put in memory order."""

    axes: tuple[int, ...]
    box: tuple[slice, ...]
    labels: NDArray[np.int32]
    voxels: NDArray[np.int64]


def _label(mask: BoolArray) -> _Components:
    """26-connected components; ``voxels`` has one entry a label, background first."""
    axes = tuple(int(axis) for axis in np.argsort([-abs(s) for s in mask.strides], kind="stable"))
    arranged = mask.transpose(axes)
    box = _bounding_box(arranged)
    labels = np.zeros(arranged[box].shape, dtype=np.int32)
    found = int(ndimage.label(arranged[box], structure=_NEIGHBOURS_26, output=labels))
    voxels = np.bincount(labels.ravel(), minlength=found + 1).astype(np.int64)
    return _Components(axes, box, labels, voxels)


def _reaching(found: _Components, probability: FloatArray, level: float) -> _Components:
    """The components in which the probability reaches the level somewhere, numbered anew."""
    reached = probability.transpose(found.axes)[found.box] >= level
    kept = np.zeros(len(found.voxels), dtype=bool)
    kept[found.labels[reached]] = True
    kept[0] = True
    numbers = np.where(kept, np.cumsum(kept) - 1, 0).astype(np.int32)
    voxels = found.voxels[kept]
    voxels[0] += found.voxels[~kept].sum()
    return replace(found, labels=numbers[found.labels], voxels=voxels)


def _bounding_box(mask: BoolArray) -> tuple[slice, ...]:
    """The smallest box around the positive voxels; an empty box of an empty mask."""
    if not mask.any():
        return (slice(0, 0),) * 3
    rest: BoolArray = np.any(mask, axis=0)
    along: list[BoolArray] = [
        np.any(mask.reshape(len(mask), -1), axis=1),
        np.any(rest, axis=1),
        np.any(rest, axis=0),
    ]
    ends = [(int(a.argmax()), len(a) - int(a[::-1].argmax())) for a in along]
    return tuple(slice(first, last) for first, last in ends)
