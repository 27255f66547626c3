"""A slice as the networks want it, and a probability back on the slice's own grid (paper, 3.2.1).

Volume -> intensities in [0, 1] -> 224x224 slices in [0, 1] -> VGG19's input convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wmh_siamese.networks.recipe import PAPER as PAPER
from wmh_siamese.networks.recipe import ROBUST as ROBUST
from wmh_siamese.networks.recipe import Recipe as Recipe

# Per-channel means of the ImageNet training images, blue, green, red, on the 0-255 scale
# (Simonyan and Zisserman 2014; Keras' VGG19 preprocessing).
VGG_MEAN_BGR = (103.939, 116.779, 123.68)

MAX_SAMPLED_VOXELS = 2_000_000


def white_level(array: NDArray[Any], recipe: Recipe) -> float:
    """The intensity that the recipe maps to 1; positive for every volume that was checked.

    NaN and infinite voxels are left out. ``"foreground"`` looks at no more than about two million
    voxels on a regular lattice, so that its cost does not grow with the volume.
    """
    if recipe.scale == "maximum":
        finite_maxima = (float(part[np.isfinite(part)].max(initial=0)) for part in array.T)
        return max(finite_maxima)
    stride = int(np.ceil((array.size / MAX_SAMPLED_VOXELS) ** (1 / 3)))
    sample = np.asarray(array[::stride, ::stride, ::stride], dtype=np.float32)
    sample = sample[np.isfinite(sample)]
    mean = float(sample.mean(dtype=np.float64)) if sample.size else 0.0
    foreground = sample[sample > max(mean, 0.0)]
    if not foreground.size:  # a few bright voxels, all between the lattice points
        return white_level(array, Recipe(scale="maximum"))
    return recipe.foreground_gain * float(np.median(foreground))


def unit_intensities(slices: NDArray[Any], level: float) -> Tensor:
    """Slices (N, H, W) as a float32 tensor in [0, 1]: divided by the white level, clipped.

    Negative, NaN and infinite voxels become 0.
    """
    values = torch.from_numpy(np.array(slices, dtype=np.float32))
    return values.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0).div_(level).clamp_(0, 1)


def prepared_slices(
    unit: Tensor, spacing: tuple[float, float], recipe: Recipe, box: Box | None = None
) -> Tensor:
    """Unit slices (N, H, W) at the network's size: (N, 1, size, size), still in [0, 1].

    Args:
        unit: slices on their native grid.
        spacing: pixel height and width in mm; matters only for a square field of view.
        recipe: size and field of view.
        box: where the head lies, for a recipe with a pixel size; the whole slice without one.
    """
    grid = slice_grid(unit.shape[-2], unit.shape[-1], spacing, recipe, box)
    padded = torch.nn.functional.pad(unit, grid.padding)
    return resize(padded.unsqueeze(1), (recipe.size, recipe.size))


def native_slices(
    prepared: Tensor,
    shape: tuple[int, int],
    spacing: tuple[float, float],
    recipe: Recipe,
    box: Box | None = None,
) -> Tensor:
    """Prepared-size slices (N, 1, size, size) back on the native grid: (N, H, W); 0 outside."""
    grid = slice_grid(*shape, spacing, recipe, box)
    padded = resize(prepared, grid.padded_shape).squeeze(1)
    return torch.nn.functional.pad(padded, [-count for count in grid.padding])


Box = tuple[tuple[int, int], tuple[int, int]]
"""First and last row, first and last column of something in a slice, half-open, in pixels."""


@dataclass(frozen=True)
class SliceGrid:
    """The native grid that is resized: ``padding`` is (left, right, top, bottom) pixels around the
    slice; negative where the slice is cut."""

    padded_shape: tuple[int, int]
    padding: tuple[int, int, int, int]


def slice_grid(
    height: int,
    width: int,
    spacing: tuple[float, float],
    recipe: Recipe,
    box: Box | None = None,
) -> SliceGrid:
    """Where a slice lies in the field of view that is resized to the network's size.

    With a pixel size in the recipe the field of view lies about the box, so that padding or cutting
    a slice around the head moves nothing in it.
    """
    if not recipe.square:
        return SliceGrid((height, width), (0, 0, 0, 0))
    rows, columns = box or ((0, height), (0, width))
    if recipe.pixel_mm is None:
        rows, columns = (0, height), (0, width)
        side_mm = max(height * spacing[0], width * spacing[1])
        shape = (max(height, round(side_mm / spacing[0])), max(width, round(side_mm / spacing[1])))
    else:
        extents = ((rows[1] - rows[0]) * spacing[0], (columns[1] - columns[0]) * spacing[1])
        side_mm = max(recipe.size * recipe.pixel_mm, *extents)
        shape = (max(1, round(side_mm / spacing[0])), max(1, round(side_mm / spacing[1])))
    top = (shape[0] - rows[0] - rows[1]) // 2
    left = (shape[1] - columns[0] - columns[1]) // 2
    return SliceGrid(shape, (left, shape[1] - width - left, top, shape[0] - height - top))


def vgg_prepared(unit: Tensor) -> Tensor:
    """Slices in [0, 1], (N, 1, H, W), as VGG19 wants them: (N, 3, H, W), BGR, 0-255, mean removed.

    The grey slice is repeated three times, as in the paper.
    """
    return (unit.float() * 255 - by_channel(VGG_MEAN_BGR, unit.device)).contiguous(
        memory_format=torch.channels_last
    )


@lru_cache(maxsize=16)
def by_channel(values: tuple[float, ...], device: torch.device) -> Tensor:
    """A number for each channel, (1, C, 1, 1), float32; put on the device once, not every step."""
    with torch.inference_mode(False):
        return torch.tensor(values, device=device, dtype=torch.float32).view(1, -1, 1, 1)


def resize(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images (..., H, W) at another size, as scikit-image's ``resize`` does by default.

    Linear interpolation between pixel centres, mirrored at the border, after a Gaussian filter
    along every axis that shrinks. Both steps are linear and separable, so each axis is one matrix.
    """
    rows = _resampling(images.shape[-2], size[0]).to(images.device, images.dtype)
    columns = _resampling(images.shape[-1], size[1]).to(images.device, images.dtype)
    return rows @ images @ columns.T


@lru_cache(maxsize=32)
def _resampling(length: int, new_length: int) -> Tensor:
    """The (new_length, length) matrix of smoothing and interpolating one axis."""
    if length == new_length:
        return torch.eye(length)
    factor = length / new_length
    at = (np.arange(new_length) + 0.5) * factor - 0.5
    below = np.floor(at).astype(int)
    interpolation = np.zeros((new_length, length))
    for neighbour, weight in ((below, 1 - (at - below)), (below + 1, at - below)):
        np.add.at(interpolation, (np.arange(new_length), _mirrored(neighbour, length)), weight)
    return torch.from_numpy((interpolation @ _smoothing(length, factor)).astype(np.float32))


def _smoothing(length: int, factor: float) -> NDArray[np.float64]:
    """The (length, length) matrix of the Gaussian filter before shrinking by ``factor``."""
    from scipy.ndimage import gaussian_filter1d

    sigma = max(0.0, (factor - 1) / 2)
    if sigma == 0:
        return np.eye(length)
    filtered: NDArray[np.float64] = gaussian_filter1d(np.eye(length), sigma, axis=0, mode="mirror")
    return filtered


def _mirrored(index: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Indices outside the axis reflected about the first and last pixel's centre."""
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    index = np.abs(index) % period
    return np.minimum(index, period - index)
