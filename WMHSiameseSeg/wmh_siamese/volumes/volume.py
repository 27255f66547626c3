"""A volume is an array with an affine; its axial view and the exact way back; what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.placement import Placement

MIN_SLICES = 3
MAX_VOXELS_PER_AXIS = 1024
PLANES = ("sagittal", "coronal", "axial")
MAX_VOXELS = 200_000_000
EXTENT_MM = (2.0, 1000.0)
FARTHEST_MM = 1e6
MAX_PIXEL_RATIO, MIN_EDGE_MM = 10.0, 0.05

Nonfinite = Literal["refuse", "zero"]


@dataclass(frozen=True)
class Volume:
    """A scalar image: ``array`` indexed (i, j, k) and ``affine`` from voxel indices to RAS mm.

    Nothing is checked here; see :func:`check_volume`. A volume of a file also has its
    ``placement``: the header's own words for where it lies.
    """

    array: NDArray[Any]
    affine: NDArray[np.float64]
    placement: Placement | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel edge lengths in mm, in the order of the array's axes."""
        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel: ``|det|`` of the affine's 3x3 part."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))


@dataclass(frozen=True)
class AxialView:
    """Axial slices of a volume by axis permutation and flips only, never resampled.

    The view is indexed (slice, row, column): slices run inferior to superior, rows posterior to
    anterior, columns left to right, as closely as the volume's own axes allow.

    Example:
        >>> view = axial_view(np.diag([-1.0, 1.0, 1.0, 1.0]))
        >>> array = np.arange(24).reshape(2, 3, 4)
        >>> view.forward(array).shape
        (4, 3, 2)
        >>> bool((view.back(view.forward(array)) == array).all())
        True
    """

    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    spacing: tuple[float, float, float]

    def forward(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array (i, j, k) as (slice, row, column); a view, no copy."""
        return np.flip(array.transpose(self.axes), self._flipped())

    def back(self, array: NDArray[Any]) -> NDArray[Any]:
        """An array (slice, row, column) as (i, j, k) again; a view, no copy."""
        return np.flip(array, self._flipped()).transpose(np.argsort(self.axes))

    @property
    def acquisition(self) -> str:
        """The plane the scan was taken in: across it the voxels are longest."""
        if max(self.spacing) < 1.01 * min(self.spacing):
            return "axial"
        return PLANES[2 - int(np.argmax(self.spacing))]

    def _flipped(self) -> tuple[int, ...]:
        return tuple(axis for axis, flip in enumerate(self.flips) if flip)


def axial_view(affine: NDArray[np.float64]) -> AxialView:
    """The axial view of a volume with this affine (closest RAS axes).

    Raises:
        WMHError: ``bad-volume`` when the affine is not a usable 4x4 matrix.
    """
    from nibabel.orientations import io_orientation

    check_affine(affine)
    orientation = io_orientation(affine)
    voxel_axis = [int(np.flatnonzero(orientation[:, 0] == ras)[0]) for ras in (2, 1, 0)]
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    i, j, k = voxel_axis
    return AxialView(
        axes=(i, j, k),
        flips=(orientation[i, 1] < 0, orientation[j, 1] < 0, orientation[k, 1] < 0),
        spacing=(float(edges[i]), float(edges[j]), float(edges[k])),
    )


def check_affine(affine: NDArray[np.float64]) -> None:
    """Refuse an affine that is not 4x4, not finite or singular (``bad-volume``)."""
    if affine.shape != (4, 4):
        raise _bad(f"The affine has shape {affine.shape} instead of (4, 4).")
    if not np.isfinite(affine).all():
        raise _bad("The affine holds NaN or infinite values, so voxels have no place or size.")
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    if not edges.all() or abs(np.linalg.det(affine[:3, :3] / edges)) < 1e-3:
        raise _bad("The affine is singular, so voxels have no volume.")


def check_volume(volume: Volume, nonfinite: Nonfinite = "refuse") -> None:
    """Refuse what cannot be segmented, with the reason (``bad-volume``).

    Args:
        volume: the image to check.
        nonfinite: ``"refuse"`` volumes with NaN or infinite voxels, or let them pass because the
            preparation takes such voxels as ``"zero"``.
    """
    array = volume.array
    if array.ndim != 3:
        raise _bad(
            f"The volume has {array.ndim} dimensions {array.shape} instead of 3.",
            "Choose or extract a single 3D FLAIR volume.",
        )
    if array.dtype.kind not in "biuf":
        raise _bad(
            f"The volume's voxels are {array.dtype}, not single numbers.",
            "Choose a greyscale FLAIR volume, not a colour, vector or complex one.",
        )
    if array.size == 0:
        raise _bad(f"The volume holds no voxels, its shape is {array.shape}.")
    check_affine(volume.affine)
    _check_size(volume)
    _check_values(array, nonfinite)


def _check_size(volume: Volume) -> None:
    slices = volume.shape[axial_view(volume.affine).axes[0]]
    if slices < MIN_SLICES:
        raise _bad(
            f"The volume has {slices} axial slice{'s' if slices > 1 else ''}; "
            f"at least {MIN_SLICES} are needed."
        )
    check_count(volume.shape)
    extent = max(length * edge for length, edge in zip(volume.shape, volume.spacing, strict=True))
    if not EXTENT_MM[0] <= extent <= EXTENT_MM[1]:
        raise _bad(
            f"The volume is {extent:.4g} mm long, which no scan of a head is.",
            "Check the voxel size and the units in its header.",
        )
    far = float(np.abs(volume.affine[:3, 3]).max())
    if far > FARTHEST_MM:
        raise _bad(
            f"The volume lies {far:.3g} mm from the origin, where no scanner is.",
            "Check the place in its header.",
        )
    _, height, width = axial_view(volume.affine).spacing
    if min(volume.spacing) < MIN_EDGE_MM:
        edges = " by ".join(f"{edge:.3g}" for edge in volume.spacing)
        raise _bad(f"The voxels are {edges} mm.", "Check the voxel size in its header.")
    if max(height, width) / min(height, width) > MAX_PIXEL_RATIO:
        raise _bad(
            f"The pixels of an axial slice are {height:.3g} by {width:.3g} mm.",
            "Check the voxel size in its header, or resample the scan.",
        )


def check_count(shape: tuple[int, ...]) -> None:
    """Refuse a shape of more voxels than a scan of a head has (``bad-volume``)."""
    if max(shape) > MAX_VOXELS_PER_AXIS or math.prod(shape) > MAX_VOXELS:
        raise _bad(
            f"The volume's shape is {shape[:3]}; more than {MAX_VOXELS_PER_AXIS} voxels along one "
            f"axis, or {MAX_VOXELS // 1_000_000} million in all, is not a single FLAIR scan of a "
            "head.",
            "Crop it, or choose one time point.",
        )


def _check_values(array: NDArray[Any], nonfinite: Nonfinite) -> None:
    low, high = np.inf, -np.inf
    bad = 0
    for part in array.T:  # slab by slab: no second copy of the volume
        finite = part[np.isfinite(part)] if part.dtype.kind == "f" else part
        bad += part.size - finite.size
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if bad and nonfinite == "refuse":
        raise _bad(
            f"{bad} of {array.size} voxels are NaN or infinite.",
            "Repair the volume, or let such voxels count as 0 (--nonfinite zero).",
        )
    if bad == array.size:
        raise _bad("Every voxel is NaN or infinite.")
    if low == high:
        raise _bad(f"Every voxel has the same value, {low:g}.")
    if high <= 0:
        raise _bad(f"No voxel is above 0 (the highest is {high:g}), so this is not a FLAIR image.")


def _bad(sentence: str, way_out: str = "Choose another volume.") -> WMHError:
    return WMHError("bad-volume", sentence, way_out)
