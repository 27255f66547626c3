"""A mask that was drawn on another grid, brought onto its FLAIR's: once, by nearest neighbour."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from wmh_siamese.cases.reading import labels_of
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.volume import Volume, check_affine

SAME_PLACE_VOXELS = 0.05
"""Two grids are one when no corner moves further than this: the nearest neighbour is the same."""


@dataclass(frozen=True)
class OnGrid:
    """A mask on its FLAIR's grid.

    Attributes:
        labels: uint8, of the FLAIR's shape.
        resampled: whether they were drawn on another grid.
        outside: how many labelled voxels of that grid lay outside the FLAIR, and are lost.
    """

    labels: NDArray[np.uint8]
    resampled: bool
    outside: int = 0


def on_grid_of(mask: Volume, flair: Volume) -> OnGrid:
    """A mask's labels on the FLAIR's grid.

    A voxel takes the label of the mask voxel that its centre lies in; outside the mask's grid it is
    0. On the same grid the labels come back as they are.

    Args:
        mask: labels 0, 1 and 2 in any number type, (i, j, k), with their own affine.
        flair: whose shape and affine are wanted.

    Raises:
        WMHError: ``bad-volume`` when the labels are others, no labelled voxel lies within the
            FLAIR, or none is left at its resolution.
    """
    labels = checked_labels(mask)
    check_affine(flair.affine)
    to_mask = np.asarray(np.linalg.inv(mask.affine) @ flair.affine, dtype=np.float64)
    if mask.shape == flair.shape and _moves(to_mask, flair.shape) <= SAME_PLACE_VOXELS:
        return OnGrid(labels, resampled=False)
    resampled: NDArray[np.uint8] = ndimage.affine_transform(
        labels,
        to_mask[:3, :3],
        to_mask[:3, 3],
        output_shape=flair.shape,
        order=0,
        mode="grid-constant",  # "constant" would lose the outer half of the voxels at the edge
    )
    total, inside = np.count_nonzero(labels), _labelled_inside(labels, to_mask, flair.shape)
    if total and not resampled.any():
        raise _outside() if not inside else _too_coarse(flair)
    return OnGrid(resampled, resampled=True, outside=int(total) - inside)


def checked_labels(mask: Volume) -> NDArray[np.uint8]:
    """A mask's labels as uint8, (i, j, k) (``bad-volume`` when they are no labels 0, 1 and 2)."""
    if mask.array.ndim != 3 or mask.array.size == 0 or mask.array.dtype.kind not in "biuf":
        raise WMHError(
            "bad-volume",
            f"The mask is {mask.array.dtype} of shape {mask.shape}, not one 3D label map.",
            "Choose the mask of one scan.",
        )
    check_affine(mask.affine)
    try:
        return labels_of(mask.array, "itself")
    except WMHError as error:
        sentence = error.sentence.replace("the mask itself", "The mask")
        raise WMHError(error.kind, sentence, error.way_out) from None


def _outside() -> WMHError:
    return WMHError(
        "bad-volume",
        "The mask lies wholly outside the FLAIR.",
        "Choose the mask of this scan, or undo a transform of one of the two.",
    )


def _too_coarse(flair: Volume) -> WMHError:
    return WMHError(
        "bad-volume",
        f"No voxel of the mask is left on the FLAIR's grid {flair.shape}, which is coarser.",
        "Draw the mask on the FLAIR itself.",
    )


def _moves(to_mask: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """How far, in voxels, a corner of the FLAIR's grid lies from the mask's same corner."""
    corners = _corners(shape)
    return float(np.abs(_mapped(corners, to_mask) - corners).max())


def _labelled_inside(
    labels: NDArray[np.uint8], to_mask: NDArray[np.float64], shape: tuple[int, ...]
) -> int:
    """How many labelled voxels have their centre within the FLAIR's grid."""
    to_flair = np.asarray(np.linalg.inv(to_mask), dtype=np.float64)
    places = _mapped(np.argwhere(labels), to_flair)
    within = (places >= -0.5) & (places <= np.array(shape) - 0.5)
    return int(within.all(axis=1).sum())


def _corners(shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array(list(itertools.product(*((0, length - 1) for length in shape))), dtype=float)


def _mapped(points: NDArray[Any], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 3) through a 4x4 matrix."""
    moved: NDArray[np.float64] = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved
