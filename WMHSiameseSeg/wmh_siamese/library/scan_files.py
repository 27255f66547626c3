"""A case's files as a library keeps them: written afresh, so that no header tells of anybody."""

from __future__ import annotations

import gzip
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wmh_siamese.cases.case import LESION, OTHER
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.hashes import voxels_sha256
from wmh_siamese.volumes.volume import Volume, check_volume

THUMBNAIL_NAME = "thumbnail.png"
COMPRESSION = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scan:
    """A FLAIR and its labels in the number types and on the affine that NIfTI keeps.

    Args:
        flair: (i, j, k); integers as they are where NIfTI knows them, everything else float32.
        labels: uint8 0, 1 and 2, of the same shape.
    """

    flair: Volume
    labels: NDArray[np.uint8]

    @cached_property
    def flair_sha256(self) -> str:
        """Of shape, affine and voxels (float32, i fastest): one scan has one, whatever type its
        voxels were loaded as, and whatever the last digits of its affine."""
        return voxels_sha256(self.flair.array, place=_cells(self.flair.affine))

    @cached_property
    def mask_sha256(self) -> str:
        """Of shape and labels (uint8, i fastest)."""
        return voxels_sha256(self.labels, "u1")

    @cached_property
    def flair_file(self) -> bytes:
        """The FLAIR as ``.nii.gz``."""
        return _nifti_gz(self.flair.array, self.flair.affine)

    @cached_property
    def mask_file(self) -> bytes:
        """The labels as ``.nii.gz``."""
        return _nifti_gz(self.labels, self.flair.affine)

    @cached_property
    def thumbnail_file(self) -> bytes | None:
        """The picture as PNG; None where Pillow is not installed."""
        try:
            from wmh_siamese.library.thumbnail import thumbnail_png
        except ImportError:
            log.warning("no thumbnail is drawn: Pillow is not installed")
            return None
        return thumbnail_png(self.flair, self.labels)

    def compress(self, flair: bool) -> None:
        """Make the files now, before the library is held for them; the FLAIR's where asked."""
        files = [self.mask_file, self.thumbnail_file, self.flair_file if flair else None]
        log.debug("%d bytes to keep", sum(len(file) for file in files if file))

    @property
    def volume_ml(self) -> float:
        """Of label 1, in millilitres."""
        return self._lesion_voxels * self.flair.voxel_volume_mm3 / 1000.0

    @property
    def pcd_percent(self) -> float:
        """100 x voxels of label 1 / all voxels."""
        return 100.0 * self._lesion_voxels / self.labels.size

    @cached_property
    def _lesion_voxels(self) -> int:
        return int(np.count_nonzero(self.labels == LESION))


def scan_of(flair: Volume, labels: NDArray[np.uint8]) -> Scan:
    """A FLAIR and its labels as they will be kept.

    Raises:
        WMHError: ``bad-volume`` when the FLAIR cannot be segmented, or the labels are others than
            0, 1 and 2 or of another shape.
    """
    check_volume(flair, nonfinite="zero")
    if labels.shape != flair.shape:
        raise WMHError(
            "bad-volume",
            f"The mask's shape {labels.shape} is not the FLAIR's {flair.shape}.",
            "Resample the mask to the FLAIR's grid.",
        )
    if labels.dtype != np.uint8 or labels.max() > OTHER:
        raise WMHError(
            "bad-volume",
            f"The mask's values ({labels.dtype}, up to {labels.max()}) are not labels: known are "
            "0, 1 (lesion) and 2 (other pathology).",
            "Give lesions the label 1 and everything else 0.",
        )
    affine = flair.affine.astype(np.float32).astype(np.float64)
    return Scan(Volume(_kept(flair.array), affine), labels)


def _kept(array: NDArray[Any]) -> NDArray[Any]:
    """The voxels in a type that NIfTI keeps exactly, and every reader knows."""
    if array.dtype == bool:
        return array.astype(np.uint8)
    if array.dtype.kind in "iu":
        if array.dtype.itemsize <= 4:
            return array
        if int(array.min()) >= -(2**31) and int(array.max()) < 2**31:
            return array.astype(np.int32)
    return array.astype(np.float32, copy=False)


def _cells(affine: NDArray[np.float64]) -> bytes:
    """The affine to a hundredth, as little-endian int64.

    Programs hand an affine on with different last digits. The cells' edges lie beside every number
    with few digits, such as a voxel of 0.9375 mm, so that these do not fall now here, now there.
    """
    return np.floor(affine * 100.0 + 0.37).astype("<i8").tobytes()


def _nifti_gz(array: NDArray[Any], affine: NDArray[np.float64]) -> bytes:
    """A NIfTI file with no words in it, and a gzip header without name or time."""
    import nibabel

    image = nibabel.Nifti1Image(array, affine, dtype=array.dtype)
    image.header.set_xyzt_units("mm")
    return gzip.compress(image.to_bytes(), COMPRESSION, mtime=0)
