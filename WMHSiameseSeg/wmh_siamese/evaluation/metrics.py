"""How well a mask agrees with the truth (paper, section 3.2.3; MICCAI 2017 WMH challenge).

The definitions are those of the challenge's own evaluation, number for number. A figure that does
not exist is NaN: see :class:`Metrics`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from wmh_siamese.errors import WMHError

Mask = NDArray[np.bool_]

TOUCHING = np.ones((3, 3, 3), dtype=bool)
H95_PERCENT = 95


@dataclass(frozen=True)
class Metrics:
    """The five metrics of one case.

    Attributes:
        dice: shared voxels, in [0, 1]; NaN when both masks are empty.
        h95: 95th percentile Hausdorff distance in mm; NaN when either mask is empty
            (or fills its slices, which leaves no boundary).
        avd: volume difference in percent of the truth's volume; NaN when the truth is empty.
        lesion_recall: share of the truth's lesions that are touched, in [0, 1]; 1 without any.
        lesion_f1: harmonic mean of that and of the share of found lesions that touch the truth.
    """

    dice: float
    h95: float
    avd: float
    lesion_recall: float
    lesion_f1: float


def evaluate(
    truth: NDArray[Any],
    result: NDArray[Any],
    spacing: Sequence[float],
    through_plane_axis: int = 2,
) -> Metrics:
    """The five metrics of a result.

    Args:
        truth: labels, three axes: 1 is lesion, 2 other pathology, which is not judged: the result
            is set to 0 there before anything is counted. Booleans are fine.
        result: of the same shape. Lesion is True, an integer from 1 on or a float from 0.5 on.
        spacing: voxel edge lengths in mm, in the order of the arrays' axes.
        through_plane_axis: the axis that leads from slice to slice; boundaries (H95) are those of
            the lesions' outlines in each slice. The default fits axial volumes as nibabel reads
            them, (x, y, z), and is what the challenge takes; give 0 for SimpleITK's (z, y, x).

    Raises:
        WMHError: ``bad-volume`` when the arrays or the spacing cannot be compared.

    Example:
        >>> truth = np.zeros((4, 4, 2), dtype=np.uint8)
        >>> truth[1:3, 1:3, 0] = 1
        >>> evaluate(truth, np.roll(truth, 1, axis=0), (1.0, 1.0, 3.0))
        Metrics(dice=0.5, h95=1.0, avd=0.0, lesion_recall=1.0, lesion_f1=1.0)
    """
    _check(truth, result, spacing, through_plane_axis)
    wanted = lesion_of(truth)
    found = foreground_of(result) & ~other_pathology_of(truth)
    box = _box_around(wanted | found)
    wanted, found = wanted[box], found[box]
    recall = lesion_recall(wanted, found)
    return Metrics(
        dice=dice(wanted, found),
        h95=h95(wanted, found, spacing, through_plane_axis),
        avd=avd(wanted, found),
        lesion_recall=recall,
        lesion_f1=_harmonic_mean(recall, lesion_recall(found, wanted)),
    )


def lesion_of(labels: NDArray[Any]) -> Mask:
    """Where a truth says lesion: label 1."""
    if labels.dtype == bool:
        return labels
    return np.asarray((labels >= 0.5) & (labels <= 1.5))


def other_pathology_of(labels: NDArray[Any]) -> Mask:
    """Where a truth says other pathology: label 2."""
    if labels.dtype == bool:
        return np.zeros_like(labels)
    return np.asarray((labels >= 1.5) & (labels <= 2.5))


def foreground_of(result: NDArray[Any]) -> Mask:
    """Where a result says lesion: True, an integer from 1 on, a float from 0.5 on."""
    if result.dtype == bool:
        return result
    return np.asarray(result >= (0.5 if result.dtype.kind == "f" else 1))


def dice(truth: Mask, result: Mask) -> float:
    """Twice the shared voxels over all positive voxels of both, in [0, 1].

    NaN when both masks are empty.
    """
    total = int(truth.sum()) + int(result.sum())
    return 2 * int((truth & result).sum()) / total if total else float("nan")


def avd(truth: Mask, result: Mask) -> float:
    """The difference in volume in percent of the truth's; NaN when the truth is empty."""
    volume = int(truth.sum())
    return 100 * abs(volume - int(result.sum())) / volume if volume else float("nan")


def h95(truth: Mask, result: Mask, spacing: Sequence[float], through_plane_axis: int = 2) -> float:
    """The 95th percentile of the distances between the boundaries, in mm; the larger direction.

    NaN when either mask has no boundary: it is empty, or fills its slices. Percentiles are linear
    between the nearest ranks.
    """
    ours, theirs = (
        np.argwhere(boundary(mask, through_plane_axis)) * np.asarray(spacing, dtype=np.float64)
        for mask in (truth, result)
    )
    if not len(ours) or not len(theirs):
        return float("nan")
    distances = (KDTree(b).query(a)[0] for a, b in ((ours, theirs), (theirs, ours)))
    return max(float(np.percentile(d, H95_PERCENT)) for d in distances)


def boundary(mask: Mask, through_plane_axis: int = 2) -> Mask:
    """The mask's voxels with background among their eight neighbours in the slice.

    Outside the volume counts as foreground: a lesion cut off by the field of view has no boundary
    there.
    """
    square = [3, 3, 3]
    square[through_plane_axis] = 1
    inner = ndimage.binary_erosion(mask, np.ones(square, dtype=bool), border_value=1)
    return np.asarray(mask & ~inner)


def lesion_recall(truth: Mask, result: Mask) -> float:
    """The share of the truth's lesions that the result touches, in [0, 1].

    Lesions are 26-connected components; one voxel is enough. 1 when the truth has none. With the
    arguments exchanged it is the precision by lesions.
    """
    lesions, count = ndimage.label(truth, structure=TOUCHING)
    if not count:
        return 1.0
    touched = np.setdiff1d(lesions[result], 0)
    return len(touched) / int(count)


def _harmonic_mean(recall: float, precision: float) -> float:
    both = recall + precision
    return 2 * recall * precision / both if both else 0.0


def _box_around(mask: Mask) -> tuple[slice, ...]:
    """The smallest box around the positive voxels and one voxel more where the volume goes on.

    That voxel is background, so the edge of the box is never taken for the edge of the volume.
    """
    found = ndimage.find_objects(mask.astype(np.uint8))
    if not found:
        return (slice(0, 0),) * mask.ndim
    return tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in found[0])


def _check(
    truth: NDArray[Any], result: NDArray[Any], spacing: Sequence[float], through_plane_axis: int
) -> None:
    if truth.ndim != 3 or truth.shape != result.shape:
        raise _bad(
            f"The truth's shape is {truth.shape}, the result's {result.shape}.",
            "Both must have the same three axes.",
        )
    for name, array in (("truth", truth), ("result", result)):
        if array.dtype.kind not in "biuf":
            raise _bad(f"The {name}'s voxels are {array.dtype}, not single numbers.")
        if array.dtype.kind == "f" and np.isnan(array).any():
            missing = int(np.isnan(array).sum())
            raise _bad(
                f"{missing} of {array.size} voxels of the {name} are NaN.",
                "Say which they are: lesion or not.",
            )
    if len(spacing) != 3 or not all(np.isfinite(edge) and edge > 0 for edge in spacing):
        raise _bad(
            f"The spacing is {tuple(spacing)}.", "It must be three lengths above 0, in millimetres."
        )
    if through_plane_axis not in (0, 1, 2):
        raise _bad(f"The through-plane axis is {through_plane_axis}.", "It must be 0, 1 or 2.")


def _bad(sentence: str, way_out: str = "Give label maps.") -> WMHError:
    return WMHError("bad-volume", sentence, way_out)
