"""A volume is an array with an affine: NIfTI in and out, the axial view and the exact way back."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.volumes.disguised import check_undisguised
from wmh_siamese.volumes.placement import Placement, placement_of

MIN_SLICES = 3
MAX_VOXELS_PER_AXIS = 1024
PLANES = ("sagittal", "coronal", "axial")
NIFTI_ENDINGS = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")
MAX_VOXELS = 200_000_000
EXTENT_MM = (2.0, 1000.0)
MAX_PIXEL_RATIO, MIN_PIXEL_MM = 10.0, 0.05
MAX_DEFLATE_RATIO = 1040  # no .gz file holds more bytes for each of its own

Nonfinite = Literal["refuse", "zero"]

log = logging.getLogger(__name__)


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
    if max(volume.shape) > MAX_VOXELS_PER_AXIS:
        raise _too_large(volume.shape)
    extent = max(length * edge for length, edge in zip(volume.shape, volume.spacing, strict=True))
    if not EXTENT_MM[0] <= extent <= EXTENT_MM[1]:
        raise _bad(
            f"The volume is {extent:.4g} mm long, which no scan of a head is.",
            "Check the voxel size and the units in its header.",
        )
    _, height, width = axial_view(volume.affine).spacing
    uneven = max(height, width) / min(height, width) > MAX_PIXEL_RATIO
    if uneven or min(height, width) < MIN_PIXEL_MM:
        raise _bad(
            f"The pixels of an axial slice are {height:.3g} by {width:.3g} mm.",
            "Check the voxel size in its header, or resample the scan.",
        )


def _too_large(shape: tuple[int, ...]) -> WMHError:
    return _bad(
        f"The volume's shape is {shape}; more than {MAX_VOXELS_PER_AXIS} voxels along one axis, or "
        f"{MAX_VOXELS // 1_000_000} million in all, is not a single FLAIR scan of a head.",
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


def read_volume(path: str | Path) -> Volume:
    """Read a scalar NIfTI volume, with its scale factors applied.

    Raises:
        WMHError: ``bad-path`` when there is no such readable file, ``bad-volume`` when it is not a
            3D greyscale NIfTI image.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    path = Path(path)
    if not path.exists():
        raise WMHError("bad-path", f"There is no file {path}.", "Check its name.")
    if not path.is_file():
        raise WMHError("bad-path", f"{path} is not a file.", "Name a NIfTI file (.nii, .nii.gz).")
    if path.stat().st_size == 0:
        raise _bad(f"{path.name} is empty (0 bytes).", "Copy or export it again.")
    if not path.name.lower().endswith(NIFTI_ENDINGS):
        raise _foreign(path)
    try:
        check_undisguised(path)
        image = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Pair):
            raise _foreign(path)
        dtype = image.get_data_dtype()
        _check_header(path.name, image.shape, dtype)
        voxels_file = Path(image.file_map["image"].filename or path)  # of a pair: the .img
        if math.prod(image.shape) * dtype.itemsize > _most_bytes(voxels_file):
            raise _damaged(path)
        if max(image.shape) > MAX_VOXELS_PER_AXIS or math.prod(image.shape) > MAX_VOXELS:
            raise _too_large(image.shape[:3])
        holder = image.file_map.get("header", image.file_map["image"])
        with holder.get_prepare_fileobj("rb") as file:
            # as it stands: nibabel mends voxel sizes of 0 without a word
            header = type(image.header).from_fileobj(file, check=False)
        placement = placement_of(header, path.name)
        array = np.asanyarray(image.dataobj).reshape(image.shape[:3], order="F")
    except (WMHError, MemoryError):
        raise
    except ImageFileError:
        raise _foreign(path) from None
    except Exception as error:  # whatever a reader of foreign files comes up with
        log.debug("%s cannot be read", path.name, exc_info=error)
        raise _unreadable(path, error) from None
    return Volume(array, placement.affine, placement)


def _most_bytes(path: Path) -> int:
    """The most bytes that a file, perhaps compressed, can hold: more are not asked memory for."""
    size = path.stat().st_size
    return size * MAX_DEFLATE_RATIO if path.suffix.lower() == ".gz" else size


def _check_header(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse by the header alone what is not one 3D greyscale image (``bad-volume``)."""
    if dtype.kind not in "biuf":
        kind = "complex" if dtype.kind == "c" else "colour" if dtype.fields else str(dtype)
        raise _bad(
            f"{name} holds {kind} voxels, not single numbers.", "Choose a greyscale FLAIR volume."
        )
    if len(shape) < 3 or any(length != 1 for length in shape[3:]):
        raise _bad(
            f"{name} has {len(shape)} dimensions {shape} instead of 3.",
            "Extract a single 3D FLAIR volume from it.",
        )
    if 0 in shape:
        raise _bad(f"{name} holds no voxels, its shape is {shape}.")


def read_mask(path: str | Path) -> Volume:
    """Read a label map as a boolean volume: 0.5 and above is foreground."""
    volume = read_volume(path)
    return Volume(volume.array >= 0.5, volume.affine)


def write_volume(
    path: str | Path,
    array: NDArray[Any],
    affine: NDArray[np.float64],
    placement: Placement | None = None,
) -> None:
    """Write an array (i, j, k) as NIfTI (.nii or .nii.gz); the file appears whole or not at all.

    Booleans become uint8; other types that NIfTI knows are kept.

    Args:
        path: the file.
        array: on the grid of the affine.
        affine: stored as the sform, in mm, where there is no placement.
        placement: of the scan on whose grid the array lies. Its qform, sform, codes, voxel sizes
            and units are carried over to the last bit: whoever opens the scan opens this on it.
    """
    import nibabel

    path = Path(path)
    if not path.name.endswith((".nii", ".nii.gz")):
        raise WMHError(
            "bad-path", f"{path.name} is not a NIfTI name.", "End it with .nii.gz or .nii."
        )
    stored = array.astype(np.uint8) if array.dtype == bool else array
    image = nibabel.Nifti1Image(stored, affine, dtype=stored.dtype)
    image.header.set_xyzt_units("mm")
    if placement is not None:
        placement.onto(image.header)
        image = nibabel.Nifti1Image(stored, None, image.header)
    with written_whole(path) as partial:
        image.to_filename(partial)


def _bad(sentence: str, way_out: str = "Choose another volume.") -> WMHError:
    return WMHError("bad-volume", sentence, way_out)


def _unreadable(path: Path, error: BaseException) -> WMHError:
    if isinstance(error, PermissionError):
        return WMHError("bad-path", f"{path} may not be read.", "Check its permissions.")
    return _damaged(path)


def _damaged(path: Path) -> WMHError:
    return _bad(f"{path.name} is damaged or cut short.", "Copy or export it again.")


def _foreign(path: Path) -> WMHError:
    return _bad(f"{path.name} is not a NIfTI image.", "Convert it to .nii.gz first.")
