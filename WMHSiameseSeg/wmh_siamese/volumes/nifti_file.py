"""NIfTI files in and out; the place of a scan is carried over to what lies on its grid."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.volumes.disguised import check_undisguised
from wmh_siamese.volumes.placement import Placement, placement_of
from wmh_siamese.volumes.volume import Volume, check_count

NIFTI_ENDINGS = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz")
MAX_DEFLATE_RATIO = 1040  # no .gz file holds more bytes for each of its own

log = logging.getLogger(__name__)


def read_volume(path: str | Path) -> Volume:
    """Read a scalar NIfTI volume, with its scale factors applied.

    Raises:
        WMHError: ``bad-path`` when there is no such readable file, ``bad-volume`` when it is not a
            3D greyscale NIfTI image.
    """
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    path = Path(path)
    try:
        _check_place(path)
    except OSError as error:  # such as a name of thousands of letters
        raise from_exception(error) from None
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
        check_count(image.shape)
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


def _check_place(path: Path) -> None:
    """Refuse what is no NIfTI file by its name and place (``bad-path``, ``bad-volume``)."""
    if not path.exists():
        raise WMHError("bad-path", f"There is no file {path}.", "Check its name.")
    if not path.is_file():
        raise WMHError("bad-path", f"{path} is not a file.", "Name a NIfTI file (.nii, .nii.gz).")
    if path.stat().st_size == 0:
        raise _bad(f"{path.name} is empty (0 bytes).", "Copy or export it again.")
    if not path.name.lower().endswith(NIFTI_ENDINGS):
        raise _foreign(path)


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
