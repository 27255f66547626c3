"""A volume as a recipe sees it: intensities in [0, 1], slices of the network's size, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

from wmh_siamese.networks.preparation import (
    Box,
    native_slices,
    prepared_slices,
    unit_intensities,
    white_level,
)
from wmh_siamese.networks.recipe import Recipe
from wmh_siamese.volumes.head import Head, find_head
from wmh_siamese.volumes.volume import AxialView, Volume, axial_view


@dataclass(frozen=True)
class SeenVolume:
    """How the slices of one volume are prepared, and where they lie.

    Attributes:
        view: the axial view; its slices are what the functions take.
        recipe: of the model.
        level: the intensity that becomes 1, above the head's zero where there is one.
        head: what was found of it; None for recipes that do not look for it.
    """

    view: AxialView
    recipe: Recipe
    level: float
    head: Head | None

    @property
    def box(self) -> Box | None:
        return None if self.head is None else (self.head.rows, self.head.columns)

    def unit(self, slices: NDArray[Any]) -> Tensor:
        """Native slices (N, H, W) as float32 in [0, 1]."""
        values = slices if self.head is None else self.head.above_zero(slices)
        return unit_intensities(values, self.level)

    def prepared(self, unit: Tensor) -> Tensor:
        """Unit slices or masks (N, H, W) at the network's size, (N, 1, size, size)."""
        return prepared_slices(unit, self.view.spacing[1:], self.recipe, self.box)

    def native(self, prepared: Tensor, shape: tuple[int, int]) -> Tensor:
        """Slices of the network's size back on their own grid, (N, *shape); 0 outside its view."""
        return native_slices(prepared, shape, self.view.spacing[1:], self.recipe, self.box)


def seen_volume(volume: Volume, recipe: Recipe) -> SeenVolume:
    """Look at a volume that was checked.

    Raises:
        WMHError: ``bad-volume`` as :func:`wmh_siamese.volumes.head.find_head`.
    """
    view = axial_view(volume.affine)
    if recipe.scale != "head":
        return SeenVolume(view, recipe, white_level(volume.array, recipe), None)
    head = find_head(volume)
    return SeenVolume(view, recipe, recipe.foreground_gain * head.level, head)
