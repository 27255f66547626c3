"""A volume in, the lesion probability on its own grid out."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.models.model_file import load_model
from wmh_siamese.networks.devices import choose_device, keep_freed_memory, placed
from wmh_siamese.networks.folding import folded
from wmh_siamese.networks.lanes import Lanes
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.segmenting.seen_volume import SeenVolume, seen_volume
from wmh_siamese.volumes.volume import Nonfinite, Volume, check_volume

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]

CPU_BATCH = 8
GPU_BATCH = 48
EMPTY_BELOW = 0.02
SAME = 1e-7
OTHER_MODEL = "Choose another model: this one was not trained, or its file is damaged."


class Spread:
    """The lowest and the highest probability that a network gave to one volume."""

    def __init__(self) -> None:
        self.low, self.high = float("inf"), float("-inf")

    def include(self, found: Tensor) -> None:
        """Look at a batch.

        Raises:
            WMHError: ``bad-model`` when a probability is no number.
        """
        low, high = (float(value) for value in torch.aminmax(found))
        if math.isnan(low + high):
            raise WMHError(
                "bad-model", "The model gives probabilities that are no numbers.", OTHER_MODEL
            )
        self.low, self.high = min(self.low, low), max(self.high, high)

    def check(self) -> None:
        """Refuse a model that gave all pixels of a head the same probability (``bad-model``)."""
        if self.high - self.low <= SAME and self.high >= 0:
            raise WMHError(
                "bad-model",
                f"The model gives every voxel the same probability ({self.high:.3g}).",
                OTHER_MODEL,
            )


class Segmenter:
    """A generator kept ready on a device.

    It computes in float32 everywhere: in half precision the masks of some real volumes differ by
    more than a Dice of 0.999 allows (``make bench`` measures it).
    Loading folds batch norm into the convolutions and lays weights out channels-last. Results of
    the same input, model and machine are identical to the byte.

    Args:
        model_path: a model file.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        say: told, in a sentence, what the user should know (a smaller batch, another device).

    Raises:
        WMHError: ``bad-path``, ``bad-model``, ``missing-dependency``.
    """

    precision = "float32"

    def __init__(
        self, model_path: str | Path, device: str = "auto", say: Callable[[str], None] = log.info
    ) -> None:
        keep_freed_memory()
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False
        self._device = self._chosen_device = choose_device(device)
        generator, self.card = load_model(model_path)
        self.recipe = self.card.preparation_recipe()
        self._generator = placed(folded(generator), self._device)
        self._say = say
        self._batch = _usual_batch(self._device)
        self._lanes = Lanes(CPU_BATCH)

    @property
    def device_name(self) -> str:
        """Where the generator runs now; changes to ``"cpu"`` after a GPU ran out of memory."""
        return self._device.type

    @torch.inference_mode()
    def probability(
        self,
        volume: Volume,
        *,
        nonfinite: Nonfinite = "refuse",
        progress: Progress | None = None,
        stopped: Callable[[], bool] | None = None,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """The lesion probability of every voxel, float32 in [0, 1], shaped as the volume.

        Memory does not grow with the number of slices beyond the volume and the result.

        Args:
            volume: the FLAIR.
            nonfinite: whether NaN and infinite voxels are refused or taken as 0.
            progress: told stage, slices done and slices in all.
            stopped: asked before each batch.
            out: takes the result when given, for example a memory-mapped file.

        Raises:
            WMHError: ``bad-model`` when the model's output makes no sense; ``bad-volume`` as
                :func:`wmh_siamese.volumes.volume.check_volume`, ``stopped``, or ``out-of-memory``
                when even one slice does not fit.
        """
        progress = progress or (lambda stage, done, of: None)
        check_volume(volume, nonfinite)
        self._forget_short_memory()
        seen = seen_volume(volume, self.recipe)
        slices = seen.view.forward(volume.array)
        if out is None:
            out = np.empty(volume.shape, dtype=np.float32, order="F")
        result = seen.view.forward(out)
        self._spread = Spread()
        done = 0
        progress("network", 0, len(slices))
        while done < len(slices):
            if stopped and stopped():
                raise WMHError("stopped", "The run was stopped.")
            found = self._next_slices(slices[done:], seen)
            result[done : done + len(found)] = found
            done += len(found)
            progress("network", done, len(slices))
        self._spread.check()
        return out

    def _next_slices(self, slices: NDArray[np.float32], seen: SeenVolume) -> NDArray[np.float32]:
        """Probabilities of the next batch, tried with more room after each lack of memory."""
        while True:
            try:
                return self._slices(slices[: self._batch], seen)
            except (MemoryError, RuntimeError) as error:
                said = from_exception(error)
                if said.kind != "out-of-memory":
                    raise
                self._make_room(said)

    def _slices(self, slices: NDArray[np.float32], seen: SeenVolume) -> NDArray[np.float32]:
        """Probabilities (N, H, W) of a batch of native slices; empty ones are 0 without a run."""
        unit = seen.unit(slices)
        filled = unit.flatten(1).amax(dim=1) >= EMPTY_BELOW
        result = torch.zeros_like(unit)
        if filled.any():
            found = self._run(seen.prepared(unit[filled].to(self._device)))
            shape = (unit.shape[1], unit.shape[2])
            result[filled] = seen.native(found, shape).clamp_(0, 1).cpu()
        return result.numpy()

    def _run(self, prepared: Tensor) -> Tensor:
        found = torch.sigmoid(self._lanes.run(self._generator.logits, vgg_prepared(prepared)))
        self._spread.include(found)
        return found

    def _forget_short_memory(self) -> None:
        """Each volume is tried on the chosen device again: memory that was short may be free."""
        if self._device != self._chosen_device:
            self._device = self._chosen_device
            self._generator = self._generator.to(self._device)
        self._batch = _usual_batch(self._device)

    def _make_room(self, error: WMHError) -> None:
        """A smaller batch, then the CPU; when both are used up the error is raised."""
        if self._batch > 1:
            self._batch = self._batch // 2
            self._say(f"Memory is short: going on with {self._batch} slices at a time.")
        elif self._device.type != "cpu":
            self._say(f"The {self._device.type} memory is too small: going on with the CPU.")
            self._device, self._batch = torch.device("cpu"), CPU_BATCH
            self._generator = self._generator.to(self._device)
        else:
            raise error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _usual_batch(device: torch.device) -> int:
    return CPU_BATCH if device.type == "cpu" else GPU_BATCH
