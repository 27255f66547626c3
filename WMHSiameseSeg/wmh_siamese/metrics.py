"""How well a mask agrees with the truth (paper, section 3.2.3; MICCAI 2017 WMH challenge)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Mask = NDArray[np.bool_]

TOUCHING = np.ones((3, 3, 3), dtype=bool)


def dice(truth: Mask, result: Mask) -> float:
    """Twice the shared voxels over all positive voxels of both, in [0, 1].

    NaN when both masks are empty.
    """
    total = int(truth.sum()) + int(result.sum())
    return 2 * int((truth & result).sum()) / total if total else float("nan")


def lesion_recall(truth: Mask, result: Mask) -> float:
    """The share of the truth's lesions that the result touches, in [0, 1].

    Lesions are 26-connected components; one voxel is enough. 1 when the truth has none.
    """
    lesions, count = ndimage.label(truth, structure=TOUCHING)
    if not count:
        return 1.0
    touched = np.setdiff1d(lesions[result], 0)
    return len(touched) / int(count)
