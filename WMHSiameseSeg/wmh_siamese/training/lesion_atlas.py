"""Lesion masks of many patients on one grid, for painting lesions into training slices."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from wmh_siamese.errors import WMHError
from wmh_siamese.files.foreign import read_or_refused
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.networks.preparation import Recipe, prepared_slices
from wmh_siamese.volumes.volume import MAX_VOXELS, Volume, axial_view

FIELDS = ("offsets", "flat_index_C", "shape", "affine")
HEIGHT_JITTER = 0.03
TRIES = 5
MAX_BYTES = 2_000_000_000


class LesionAtlas:
    """Masks packed in one ``.npz`` file.

    The file holds ``shape`` (3,) and ``affine`` (4, 4) of the grid that all masks share,
    ``flat_index_C`` with the voxels of all masks in a row (indices of the flattened grid), and
    ``offsets`` (masks + 1,) where each one begins and ends.

    Args:
        path: the file.

    Raises:
        WMHError: ``bad-path`` when it is missing, ``bad-volume`` when it is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.is_file():
            raise WMHError("bad-path", f"There is no lesion atlas {path}.", "Check the name.")
        with read_or_refused(_no_atlas(path)):
            _check_sizes(path)
            with np.load(path, allow_pickle=False) as packed:
                offsets, voxels, shape, affine = (packed[name] for name in FIELDS)
            self._shape = tuple(int(length) for length in shape)
            whole = (
                len(self._shape) == 3
                and min(self._shape) > 0
                and affine.shape == (4, 4)
                and affine.dtype.kind == "f"
                and offsets.ndim == voxels.ndim == 1
                and {offsets.dtype.kind, voxels.dtype.kind} <= {"i", "u"}
                and len(offsets) > 1
                and offsets[0] == 0
                and offsets[-1] == len(voxels)
                and bool((offsets[1:] >= offsets[:-1]).all())
                and math.prod(self._shape) <= MAX_VOXELS
                and (not len(voxels) or 0 <= voxels.min() <= voxels.max() < math.prod(self._shape))
            )
        if not whole:
            raise _no_atlas(path)
        try:
            self._view, self._affine = axial_view(affine), affine
        except WMHError:
            raise _no_atlas(path) from None
        self._offsets, self._voxels = offsets, voxels
        #: Hash of the file, for the training's record.
        self.sha256 = file_sha256(path)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def patient(self, number: int) -> Volume:
        """The mask of one patient, boolean, on the grid that all share."""
        mask = np.zeros(self._shape, dtype=bool)
        mask.reshape(-1)[self._voxels[self._offsets[number] : self._offsets[number + 1]]] = True
        return Volume(mask, self._affine)

    def slice_near(
        self, height: float, recipe: Recipe, draw: np.random.Generator
    ) -> NDArray[np.bool_]:
        """A slice (size, size) of one patient's mask, prepared as the recipe has it.

        Args:
            height: where it lies in the stack of axial slices, 0 lowest and 1 highest.
            recipe: size and field of view.
            draw: source of chance: which patient, and how far from the height.

        Returns:
            The slice; empty when several patients have no lesion there.
        """
        for _ in range(TRIES):
            mask = self._view.forward(self.patient(int(draw.integers(len(self)))).array)
            jittered = height + draw.uniform(-HEIGHT_JITTER, HEIGHT_JITTER)
            plane = mask[round(min(max(jittered, 0.0), 1.0) * (len(mask) - 1))]
            if plane.any():
                break
        native = torch.from_numpy(np.ascontiguousarray(plane, dtype=np.float32))
        prepared = prepared_slices(native[None], self._view.spacing[1:], recipe)
        return (prepared[0, 0] >= 0.5).numpy()


def _check_sizes(path: Path) -> None:
    """Refuse arrays of more bytes than any atlas, before memory is asked for them."""
    with zipfile.ZipFile(path) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_BYTES:
            raise _no_atlas(path)


def _no_atlas(path: Path) -> WMHError:
    return WMHError(
        "bad-volume",
        f"{path} is not a lesion atlas.",
        f"It has to be an .npz file with the fields {', '.join(FIELDS)}.",
    )
