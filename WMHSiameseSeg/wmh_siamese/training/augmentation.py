"""Slices as other scanners and other patients might have given them; for training alone.

Place and size change by one affine map a slice, the image by TorchIO's models of what MR scanners
do: bias field, gamma, blur, noise and coarse pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

HEAD_FROM = 0.25  # in prepared slices; air lies below
LARGEST_ZOOM = 1.2
LARGEST_GAIN = 1.15


def random_placement(draw: np.random.Generator, rotation_degrees: float) -> NDArray[np.float64]:
    """A map (2, 3) for ``affine_grid``: turned, zoomed by up to 1.2 either way, half the time
    mirrored left to right."""
    angle = np.deg2rad(draw.uniform(-1, 1) * rotation_degrees)
    zoom = LARGEST_ZOOM ** draw.uniform(-1, 1)
    mirror = draw.choice([-1.0, 1.0])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0]])
    turn[:, 0] *= mirror
    placement: NDArray[np.float64] = turn / zoom
    return placement


def scanner_varied(images: Tensor, draws: Sequence[np.random.Generator]) -> Tensor:
    """Images (N, 1, H, W) in [0, 1] with another scanner's contrast and artefacts, in [0, 1].

    Each slice follows its own source of chance alone.

    Raises:
        ImportError: without TorchIO.
    """
    artefacts = load_artefacts()
    varied = []
    for image, draw in zip(images, draws, strict=True):
        gain = LARGEST_GAIN ** draw.uniform(-1, 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(draw.integers(2**31)))
            changed = artefacts(image.unsqueeze(-1)).squeeze(-1)
        varied.append((as_bright(changed, image) * gain).clamp(0, 1))
    return torch.stack(varied)


def as_bright(changed: Tensor, image: Tensor) -> Tensor:
    """The changed image at the first one's overall brightness, which preparing a volume brings back
    whatever the scanner made of it."""
    head = image > HEAD_FROM
    if not head.any():
        return changed
    return changed * (image[head].median() / changed[head].median().clamp(min=HEAD_FROM))


@cache
def load_artefacts() -> Any:
    """TorchIO's transforms of an image (1, H, W, 1).

    Raises:
        ImportError: without TorchIO.
    """
    import torchio as tio

    return tio.Compose(
        [
            tio.RandomAnisotropy(axes=(0, 1), downsampling=(1.5, 2.5), p=0.25),
            tio.RandomBlur(std=(0, 1), p=0.3),
            tio.RandomBiasField(coefficients=0.3, p=0.5),
            tio.RandomGamma(log_gamma=0.25, p=0.5),
            tio.RandomNoise(std=(0, 0.03), p=0.5),
        ]
    )
