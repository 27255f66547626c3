"""The batch of a step: which slices are drawn, and how they are augmented (paper, 3.2.1)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from wmh_siamese.training.augmentation import load_artefacts, random_placement, scanner_varied
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.lesion_synthesis import with_painted_lesions
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.slices import TrainingSlices, cropped, placed_anew, rotated

WHOLE = slice(None)
MOST_MAKERS, AHEAD = 12, 4  # processes, and batches that each one makes ahead


class Batches:
    """The batches of a training; the next ones are made while the networks learn from this one.

    Args:
        slices, settings, share, atlas, simulated: as for :func:`batch_of`.
        makers: processes that make them, where one thread would be too slow for the device; 0 is
            that thread.
    """

    def __init__(
        self,
        slices: TrainingSlices,
        settings: TrainingSettings,
        share: slice = WHOLE,
        atlas: LesionAtlas | None = None,
        simulated: TrainingSlices | None = None,
        makers: int = 0,
    ) -> None:
        self._slices, self._settings = slices, settings
        self._share, self._atlas, self._simulated = share, atlas, simulated
        self._makers = makers
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._coming: tuple[int, Future[tuple[Tensor, Tensor]]] | None = None
        self._stream: Iterator[tuple[Tensor, Tensor]] = iter(())
        self._next = -1
        if makers:
            load_artefacts()  # before the processes are forked: none has to do it again

    def __len__(self) -> int:
        return self._settings.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of a step, as :func:`batch_of` gives it, made at once."""
        return batch_of(
            *(self._slices, step, self._settings, self._share, self._atlas, self._simulated)
        )

    def of(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch of a step, made ahead where the last one asked for was the one before."""
        return self._from_processes(step) if self._makers else self._from_thread(step)

    def close(self) -> None:
        """End whoever makes batches ahead; they come back when one is asked for."""
        self._next, self._stream = -1, iter(())

    def _from_thread(self, step: int) -> tuple[Tensor, Tensor]:
        coming, self._coming = self._coming, None
        batch = coming[1].result() if coming and coming[0] == step else self[step]
        self._coming = step + 1, self._thread.submit(self.__getitem__, step + 1)
        return batch

    def _from_processes(self, step: int) -> tuple[Tensor, Tensor]:
        if step != self._next:
            self._stream = iter(
                DataLoader(
                    self,  # type: ignore[arg-type]  # a map from steps to batches
                    batch_size=None,
                    sampler=range(step, len(self)),
                    num_workers=self._makers,
                    multiprocessing_context="fork",
                    prefetch_factor=AHEAD,
                    pin_memory=torch.cuda.is_available(),
                )
            )
        self._next = step + 1
        return next(self._stream)


def batch_makers(settings: TrainingSettings, device: torch.device) -> int:
    """How many processes make a training's batches; 0 where a thread is enough, or all there is.

    On a GPU a step is over before TorchIO has altered one slice. Only Linux forks processes that
    share the slices.
    """
    if not settings.scanner_variation or device.type != "cuda" or sys.platform != "linux":
        return 0
    return min(MOST_MAKERS, max(len(os.sched_getaffinity(0)) - 1, 1))


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
