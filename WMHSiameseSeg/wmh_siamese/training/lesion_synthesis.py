"""Lesions of other patients, painted into the slices that are learnt from; for training alone.

The few patients of a cohort have few lesion shapes and places. Lesion masks of many patients
(:mod:`wmh_siamese.training.lesion_atlas`) give more of them, the real scan under them keeps its
anatomy, noise and artefacts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from wmh_siamese.cases.case import LESION, OTHER
from wmh_siamese.networks.preparation import Recipe
from wmh_siamese.training.lesion_atlas import LesionAtlas

# In prepared slices brain tissue lies about 0.6, fluid below, fat and marrow above.
TISSUE = (0.45, 0.8)
TISSUE_SMOOTHING_PIXELS = 1.5
BRIGHTNESS = (0.72, 1.0)
SOFTNESS_PIXELS = (0.4, 1.0)
LEAST_CONTRAST = 0.08  # fainter ones nobody would mark
TEXTURE, TEXTURE_PIXELS = 0.2, 1.5


def with_painted_lesions(
    images: Tensor,
    labels: Tensor,
    heights: Sequence[float],
    atlas: LesionAtlas,
    recipe: Recipe,
    share: float,
    draws: Sequence[np.random.Generator],
) -> tuple[Tensor, Tensor]:
    """Images in [0, 1] and labels, both (N, 1, H, W), some with lesions of the atlas in them.

    Args:
        images: prepared slices.
        labels: 0, 1 and 2.
        heights: of each slice in its stack, 0 lowest and 1 highest.
        atlas: where shapes and places come from.
        recipe: that the slices were prepared with.
        share: of the slices that are painted on, in [0, 1].
        draws: one source of chance for each slice.
    """
    images, labels = images.clone(), labels.clone()
    for image, label, height, draw in zip(images, labels, heights, draws, strict=True):
        if draw.uniform() < share:
            mask = atlas.slice_near(height, recipe, draw)
            painted, lesion = painted_slice(image[0].numpy(), mask, draw)
            image[0] = torch.from_numpy(painted)
            label[0][torch.from_numpy(lesion) & (label[0] != OTHER)] = LESION
    return images, labels


def painted_slice(
    image: NDArray[np.float32], mask: NDArray[np.bool_], draw: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The slice with lesions where the mask lies on tissue, and where they came to lie, (H, W).

    Only brighter, never darker; fluid, air and fat are left alone.
    """
    low, high = TISSUE
    smooth = gaussian_filter(image, TISSUE_SMOOTHING_PIXELS)
    tissue = (smooth > low) & (smooth < high)
    brightness = draw.uniform(*BRIGHTNESS)
    texture = gaussian_filter(draw.standard_normal(image.shape), TEXTURE_PIXELS) * TEXTURE
    cover = gaussian_filter(mask.astype(np.float32), draw.uniform(*SOFTNESS_PIXELS)) * tissue
    brighter = image + cover * np.maximum(brightness + texture - image, 0)
    painted: NDArray[np.float32] = brighter.clip(0, 1).astype(np.float32)
    return painted, mask & (cover >= 0.5) & (painted - image >= LEAST_CONTRAST)
