"""The slices that a generator learns from: prepared once, drawn and rotated at every step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wmh_siamese.cases import Case, read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.preparation import Recipe, prepared_slices, unit_intensities, white_level
from wmh_siamese.volume import Volume, axial_view


@dataclass(frozen=True)
class TrainingSlices:
    """Images in [0, 1] (float16) and labels (bool), both (N, 1, size, size)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: NDArray[np.int_]) -> tuple[Tensor, Tensor]:
        """Images and labels of these slices, float32."""
        chosen = torch.from_numpy(index)
        return self.images[chosen].float(), self.labels[chosen].float()

    @cached_property
    def with_lesion(self) -> NDArray[np.int_]:
        """Indices of the slices in which a lesion lies."""
        return np.flatnonzero(self.labels.flatten(1).any(dim=1).numpy())


def prepare_cases(cases: Sequence[Case], recipe: Recipe) -> TrainingSlices:
    """All axial slices of all cases at the network's size.

    Raises:
        WMHError: ``bad-volume`` when there is no case, no lesion in any, or one cannot be used.
    """
    pairs = [prepare_case(*read_case(case), recipe) for case in cases]
    if not pairs:
        raise WMHError("bad-volume", "There are no cases to train on.", "Name at least one.")
    slices = TrainingSlices(
        torch.cat([images.half() for images, _ in pairs]),
        torch.cat([labels for _, labels in pairs]),
    )
    if not slices.with_lesion.size:
        raise WMHError(
            "bad-volume",
            "No case holds a lesion, so there is nothing to learn.",
            "Check the masks or add cases.",
        )
    return slices


def prepare_case(flair: Volume, mask: Volume, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """One case's slices: images in [0, 1] and boolean labels, both (N, 1, size, size).

    Masks are resized as floats, then cut at 0.5.
    """
    view = axial_view(flair.affine)
    level = white_level(flair.array, recipe)
    images = unit_intensities(view.forward(flair.array), level)
    labels = torch.from_numpy(view.forward(mask.array).astype(np.float32))
    pixel = view.spacing[1:]
    return (
        prepared_slices(images, pixel, recipe),
        prepared_slices(labels, pixel, recipe) >= 0.5,
    )


def rotated(images: Tensor, labels: Tensor, degrees: Tensor) -> tuple[Tensor, Tensor]:
    """Square images and labels (N, 1, H, W) turned about their centre, each by its own angle.

    Counter-clockwise with the first row on top. Bilinear, the border's value outside; labels are
    made binary again at 0.5.
    """
    radians = torch.deg2rad(degrees)
    cosine, sine, zero = radians.cos(), radians.sin(), torch.zeros_like(radians)
    turn = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3).float()
    grid = functional.affine_grid(turn, list(images.shape), align_corners=False)
    both = torch.cat([images, labels], dim=1)
    both = functional.grid_sample(both, grid, padding_mode="border", align_corners=False)
    return both[:, :1], (both[:, 1:] >= 0.5).float()
