"""The batch of a step: which slices are drawn, and how they are augmented (paper, 3.2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from wmh_siamese.lesion_atlas import LesionAtlas
from wmh_siamese.painted_lesions import with_painted_lesions
from wmh_siamese.scanner_variation import random_placement, scanner_varied
from wmh_siamese.training_settings import TrainingSettings
from wmh_siamese.training_slices import TrainingSlices, cropped, placed_anew, rotated

WHOLE = slice(None)


class Batches:
    """The batches of a training; the next one is made while the networks learn from this one.

    Args:
        slices, settings, share, atlas, simulated: as for :func:`batch_of`.
    """

    def __init__(
        self,
        slices: TrainingSlices,
        settings: TrainingSettings,
        share: slice = WHOLE,
        atlas: LesionAtlas | None = None,
        simulated: TrainingSlices | None = None,
    ) -> None:
        self._slices, self._settings = slices, settings
        self._share, self._atlas, self._simulated = share, atlas, simulated
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._coming: tuple[int, Future[tuple[Tensor, Tensor]]] | None = None

    def of(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of a step, as :func:`batch_of` gives it."""
        coming, self._coming = self._coming, None
        batch = coming[1].result() if coming and coming[0] == step else self._make(step)
        self._coming = step + 1, self._maker.submit(self._make, step + 1)
        return batch

    def _make(self, step: int) -> tuple[Tensor, Tensor]:
        return batch_of(
            *(self._slices, step, self._settings, self._share, self._atlas, self._simulated)
        )


def batch_of(
    slices: TrainingSlices,
    step: int,
    settings: TrainingSettings,
    share: slice = WHOLE,
    atlas: LesionAtlas | None = None,
    simulated: TrainingSlices | None = None,
) -> tuple[Tensor, Tensor]:
    """The augmented batch of a step: images in [0, 1] and labels 0, 1, 2, both (N, 1, H, W).

    It depends on the seed and the step alone, so that a resumed run sees the same batches, and each
    of several processes can make its own share of it.

    Args:
        slices: to draw from.
        step: number of the step since the training began.
        settings: batch size, share of lesion slices, augmentation and seed.
        share: the part of the batch that is wanted.
        atlas: of lesions to paint; needed where the settings ask for them.
        simulated: slices of simulated heads, which take the batch's last places; needed where the
            settings ask for them.
    """
    draw = np.random.default_rng([settings.seed, step])
    real = settings.batch_size - settings.simulated_count
    wanted = min(settings.lesion_slices or 0, real)
    chosen = slices.drawn(draw, real, settings.cases_alike)
    if wanted:
        chosen[:wanted] = slices.drawn_with_lesion(draw, wanted, settings.cases_alike)
    places = range(settings.batch_size)[share]
    draws = [np.random.default_rng([settings.seed, step, place]) for place in places]
    mine = chosen[places.start : places.stop]
    images, labels = slices[mine]
    if atlas is not None:
        images, labels = with_painted_lesions(
            *(images, labels, slices.heights(mine), atlas),
            *(settings.recipe, settings.painted_share, draws[: len(mine)]),
        )
    if simulated is not None:
        heads = simulated.drawn(draw, settings.simulated_count, settings.cases_alike)
        more = simulated[heads[max(places.start - real, 0) : max(places.stop - real, 0)]]
        images, labels = (torch.cat(both) for both in zip((images, labels), more, strict=True))
    return augmented(images, labels, draws, settings)


def augmented(
    images: Tensor, labels: Tensor, draws: Sequence[np.random.Generator], settings: TrainingSettings
) -> tuple[Tensor, Tensor]:
    """Images and labels as the generator is to see them, both (N, 1, H, W).

    Args:
        images: in [0, 1].
        labels: 0, 1 and 2.
        draws: one source of chance for each slice: what happens to a slice does not depend on
            the others of its batch.
        settings: what is allowed to happen.
    """
    if settings.scanner_variation:
        maps = [random_placement(draw, settings.rotation_degrees) for draw in draws]
        images, labels = placed_anew(images, labels, torch.from_numpy(np.stack(maps)))
    else:
        degrees = [draw.uniform(-1, 1) * settings.rotation_degrees for draw in draws]
        images, labels = rotated(images, labels, torch.tensor(degrees, dtype=torch.float64))
    if settings.crop:
        images, labels = cropped(images, labels, settings.crop, draws)
    if settings.scanner_variation:
        images = scanner_varied(images, draws)
    return images, labels
