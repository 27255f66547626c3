"""The slices that a generator learns from: prepared once, drawn and rotated at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from wmh_siamese.cases.case import LESION, OTHER
from wmh_siamese.errors import WMHError
from wmh_siamese.networks.recipe import Recipe
from wmh_siamese.segmenting.seen_volume import seen_volume
from wmh_siamese.training.augmentation import HEAD_FROM
from wmh_siamese.volumes.volume import Volume


class TrainingSlices:
    """The slices of all cases in a row.

    Args:
        parts: of each case, images in [0, 1] (float16) and labels 0, 1 and 2 (uint8), both
            (N, 1, size, size).

    Raises:
        WMHError: ``bad-volume`` when there is no case, or no lesion in any.
    """

    def __init__(self, parts: Sequence[tuple[Tensor, Tensor]]) -> None:
        if not parts:
            raise WMHError("bad-volume", "There are no cases to train on.", "Name at least one.")
        self.parts = list(parts)
        lengths = [len(images) for images, _ in self.parts]
        self._ends = np.cumsum(lengths)
        with_lesion = [(labels == LESION).flatten(1).any(dim=1) for _, labels in self.parts]
        #: Indices of the slices in which a lesion lies.
        self.with_lesion: NDArray[np.int_] = np.flatnonzero(torch.cat(with_lesion).numpy())
        if not self.with_lesion.size:
            raise WMHError(
                "bad-volume",
                "No case holds a lesion, so there is nothing to learn.",
                "Check the masks or add cases.",
            )

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: NDArray[np.int_]) -> tuple[Tensor, Tensor]:
        """Images and labels of these slices, float32."""
        chosen = [self._slice(int(number)) for number in index]
        if not chosen:
            images, labels = self.parts[0]
            return images[:0].float(), labels[:0].float()
        images, labels = (torch.stack(tensors).float() for tensors in zip(*chosen, strict=True))
        return images, labels

    def heights(self, index: NDArray[np.int_]) -> list[float]:
        """Where these slices lie in their case's stack, 0 lowest and 1 highest."""
        places = [self._place(int(number)) for number in index]
        return [at / max(len(self.parts[part][0]) - 1, 1) for part, at in places]

    def drawn(self, draw: np.random.Generator, count: int, cases_alike: bool) -> NDArray[np.int_]:
        """Indices of ``count`` slices by chance: any slice alike, or any case alike."""
        if not cases_alike:
            return draw.integers(len(self), size=count)
        cases = draw.integers(len(self.parts), size=count)
        first = np.concatenate([[0], self._ends[:-1]])
        return draw.integers(first[cases], self._ends[cases])

    def drawn_with_lesion(
        self, draw: np.random.Generator, count: int, cases_alike: bool
    ) -> NDArray[np.int_]:
        """Indices of ``count`` slices with lesions by chance, as :meth:`drawn`."""
        if not cases_alike:
            return draw.choice(self.with_lesion, size=count)
        owner = np.searchsorted(self._ends, self.with_lesion, side="right")
        cases = draw.choice(np.unique(owner), size=count)
        return np.array([draw.choice(self.with_lesion[owner == case]) for case in cases])

    def _slice(self, number: int) -> tuple[Tensor, Tensor]:
        part, at = self._place(number)
        images, labels = self.parts[part]
        return images[at], labels[at]

    def _place(self, number: int) -> tuple[int, int]:
        """The part that a slice belongs to, and its number there."""
        part = int(np.searchsorted(self._ends, number, side="right"))
        return part, number - int(self._ends[part]) + len(self.parts[part][0])


def prepare_case(flair: Volume, labels: Volume, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """One case's slices: images in [0, 1] and labels 0, 1, 2 (uint8), both (N, 1, size, size).

    Each label is resized as a float mask, then cut at 0.5.
    """
    seen = seen_volume(flair, recipe)
    images = seen.unit(seen.view.forward(flair.array))
    native = torch.from_numpy(np.ascontiguousarray(seen.view.forward(labels.array)))
    resized = torch.zeros(len(native), 1, recipe.size, recipe.size, dtype=torch.uint8)
    for label in (LESION, OTHER):
        mask = native == label
        if mask.any():
            resized[seen.prepared(mask.float()) >= 0.5] = label
    return seen.prepared(images), resized


def rotated(images: Tensor, labels: Tensor, degrees: Tensor) -> tuple[Tensor, Tensor]:
    """Square images and labels (N, 1, H, W) turned about their centre, each by its own angle.

    Counter-clockwise with the first row on top.
    """
    radians = torch.deg2rad(degrees)
    cosine, sine, zero = radians.cos(), radians.sin(), torch.zeros_like(radians)
    turn = torch.stack([cosine, -sine, zero, sine, cosine, zero], dim=1).view(-1, 2, 3)
    return placed_anew(images, labels, turn)


def cropped(
    images: Tensor, labels: Tensor, size: int, draws: Sequence[np.random.Generator]
) -> tuple[Tensor, Tensor]:
    """A square part of each slice, (N, 1, size, size), wholly inside it.

    About a lesion's pixel half the time, where there is one, else about any pixel of the head.
    """
    parts = []
    for image, label, draw in zip(images, labels, draws, strict=True):
        wanted = label[0] == LESION
        if not wanted.any() or draw.uniform() < 0.5:
            wanted = image[0] > HEAD_FROM
        pixels = torch.nonzero(wanted if wanted.any() else torch.ones_like(wanted))
        centre = pixels[int(draw.integers(len(pixels)))].tolist()
        top, left = (
            min(max(at - size // 2, 0), length - size)
            for at, length in zip(centre, image.shape[1:], strict=True)
        )
        window = (slice(None), slice(top, top + size), slice(left, left + size))
        parts.append((image[window], label[window]))
    images, labels = (torch.stack(tensors) for tensors in zip(*parts, strict=True))
    return images, labels


def placed_anew(images: Tensor, labels: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
    """Images and labels (N, 1, H, W) as affine maps (N, 2, 3) of torch's ``affine_grid`` lay them.

    Bilinear, the border's value outside; each of the labels 1 and 2 moves as a mask of its own,
    made binary again at 0.5.
    """
    grid = functional.affine_grid(maps.float(), list(images.shape), align_corners=False)
    layers = torch.cat([images, (labels == LESION).float(), (labels == OTHER).float()], dim=1)
    layers = functional.grid_sample(layers, grid, padding_mode="border", align_corners=False)
    lesion, other = (layers[:, 1:] >= 0.5).float().split(1, dim=1)
    return layers[:, :1], torch.maximum(lesion * LESION, other * OTHER)
