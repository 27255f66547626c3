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

from wmh_siamese.cases import LESION, OTHER, Case, read_case
from wmh_siamese.errors import WMHError
from wmh_siamese.preparation import Recipe, prepared_slices, unit_intensities, white_level
from wmh_siamese.volume import Volume, axial_view


@dataclass(frozen=True)
class TrainingSlices:
    """Images in [0, 1] (float16) and labels 0, 1 and 2 (uint8), both (N, 1, size, size)."""

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
        return np.flatnonzero((self.labels == LESION).flatten(1).any(dim=1).numpy())


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


def prepare_case(flair: Volume, labels: Volume, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """One case's slices: images in [0, 1] and labels 0, 1, 2 (uint8), both (N, 1, size, size).

    Each label is resized as a float mask, then cut at 0.5.
    """
    view = axial_view(flair.affine)
    level = white_level(flair.array, recipe)
    images = unit_intensities(view.forward(flair.array), level)
    native = torch.from_numpy(np.ascontiguousarray(view.forward(labels.array)))
    pixel = view.spacing[1:]
    resized = torch.zeros(len(native), 1, recipe.size, recipe.size, dtype=torch.uint8)
    for label in (LESION, OTHER):
        mask = native == label
        if mask.any():
            resized[prepared_slices(mask.float(), pixel, recipe) >= 0.5] = label
    return prepared_slices(images, pixel, recipe), resized


def rotated(images: Tensor, labels: Tensor, degrees: Tensor) -> tuple[Tensor, Tensor]:
    """Square images and labels (N, 1, H, W) turned about their centre, each by its own angle.

    Counter-clockwise with the first row on top. Bilinear, the border's value outside; each of the
    labels 1 and 2 turns as a mask of its own, made binary again at 0.5.
    """
    radians = torch.deg2rad(degrees)
    cosine, sine, zero = radians.cos(), radians.sin(), torch.zeros_like(radians)
    turn = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3).float()
    grid = functional.affine_grid(turn, list(images.shape), align_corners=False)
    layers = torch.cat([images, (labels == LESION).float(), (labels == OTHER).float()], dim=1)
    layers = functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)
    lesion, other = (layers[:, 1:] >= 0.5).float().split(1, dim=1)
    return layers[:, :1], torch.maximum(lesion * LESION, other * OTHER)
