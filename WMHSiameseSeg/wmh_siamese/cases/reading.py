"""A case's FLAIR and labels, read from its files and checked."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.cases.case import LESION, OTHER, Case
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.hashes import voxels_sha256
from wmh_siamese.volumes.nifti_file import read_volume
from wmh_siamese.volumes.volume import Volume, check_volume

NAMELESS = "nameless/"
"""The cohort, in a model file, of cases that are called by their scan."""


def read_case(case: Case) -> tuple[Volume, Volume]:
    """The FLAIR volume and the labels of a case, on one grid.

    Labels are uint8: 0, 1 (white matter hyperintensity) and 2 (other pathology).

    Raises:
        WMHError: ``bad-path`` or ``bad-volume`` when either cannot be used, their grids differ, or
            the labels are others.
    """
    try:
        flair, mask = read_volume(case.flair), read_volume(case.mask)
        check_volume(flair, nonfinite="zero")
        check_same_grid(flair, mask)
        return flair, Volume(labels_of(mask.array, case.mask.name), mask.affine)
    except WMHError as error:
        raise WMHError(error.kind, f"Case {case.id}: {error.sentence}", error.way_out) from None


def check_same_grid(flair: Volume, mask: Volume) -> None:
    """Refuse a mask of another shape or place than its FLAIR (``bad-volume``)."""
    if flair.shape != mask.shape:
        raise WMHError(
            "bad-volume",
            f"the mask's shape {mask.shape} is not the FLAIR's {flair.shape}.",
            "Resample the mask to the FLAIR's grid.",
        )
    if not np.allclose(flair.affine, mask.affine, atol=1e-2):
        raise WMHError(
            "bad-volume",
            "the mask does not lie where the FLAIR lies (their affines differ).",
            "Resample the mask to the FLAIR's grid.",
        )


def labels_of(array: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    """A mask's voxels as 0, 1 and 2, whatever the type they are stored in."""
    found = np.unique(array)
    strange = found[~np.isin(found, (0, LESION, OTHER))]
    if not strange.size:
        return array.astype(np.uint8)
    if not np.isfinite(strange).all():
        raise WMHError("bad-volume", f"the mask {name} holds NaN or infinite voxels.")
    fraction = strange[strange != np.rint(strange)]
    if fraction.size:
        raise WMHError(
            "bad-volume",
            f"the mask {name} holds fractions ({fraction[0]:g}).",
            "Cut it at a threshold first, so that a voxel is 0 or 1.",
        )
    raise WMHError(
        "bad-volume",
        f"the mask {name} holds the label {strange[-1]:g}; known are 0, 1 (lesion) and "
        "2 (other pathology).",
        "Give lesions the label 1 and everything else 0.",
    )


def recorded_id(case: Case) -> str:
    """How a model file calls a case: by its id, or by its scan where nobody chose its name."""
    return case.id if case.named else _nameless_id(case)


def is_recorded(case: Case, ids: Collection[str]) -> bool:
    """Whether a case is among those that a model file names, however it was found then."""
    nameless = any(known.startswith(NAMELESS) for known in ids)
    return case.id in ids or (nameless and _nameless_id(case) in ids)


def _nameless_id(case: Case) -> str:
    return f"{NAMELESS}{scan_sha256(case)[:12]}"


def scan_sha256(case: Case) -> str:
    """SHA-256 of a case's FLAIR, the same whatever case and file are called."""
    return voxels_sha256(read_case(case)[0].array)
