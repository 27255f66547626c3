"""The state of one training: batches, step, validation, and what is kept after each epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from wmh_siamese.cases.case import Case
from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import load_model, save_model
from wmh_siamese.networks.devices import keep_freed_memory, placed
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.training.batches import Batches, batch_makers
from wmh_siamese.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from wmh_siamese.training.plan import Epoch, TrainingPlan
from wmh_siamese.training.processes import Processes
from wmh_siamese.training.slice_cache import prepared_cases
from wmh_siamese.training.slices import TrainingSlices
from wmh_siamese.training.step import NoNumber, TrainingStep
from wmh_siamese.training.validation import Validation

CHECKPOINT = "checkpoint.safetensors"


class Run:
    """One training in its folder, from its last whole epoch on.

    Args:
        plan: of the training.
        folder: for its results and its checkpoint.
        device: where it trains.
        processes: that train together; the first one writes.
        cache: folder for prepared slices; None keeps them in memory.
        on_step: told after each step how many have been done since the training began.
        say: told, in a sentence, what the user should know.

    Raises:
        WMHError: ``bad-volume``, ``bad-model``, as :func:`wmh_siamese.training.training.train`.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        folder: Path,
        device: torch.device,
        processes: Processes,
        cache: str | Path | None,
        on_step: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        keep_freed_memory()
        self.plan, self.settings, self.folder = plan, plan.settings, folder
        self.device, self.processes, self.on_step = device, processes, on_step
        slices = _slices(plan.cases, plan, processes, cache)
        simulated = None
        if plan.simulated_cases:
            simulated = _slices(plan.simulated_cases, plan, processes, cache)
        self.batches = Batches(
            *(slices, plan.settings, processes.share(plan.settings.batch_size)),
            *(plan.atlas, simulated),
            batch_makers(plan.settings, device),
        )
        validated = plan.validation_cases if processes.first else []
        self.validation = Validation(validated, plan.settings.recipe)
        torch.manual_seed(plan.settings.seed)
        generator = placed(_first_generator(plan), device)
        self.step = TrainingStep(plan, generator, device, processes, say)
        self.epochs_done, self.best_dice = 0, -1.0
        self._resume()
        self.step.begin()

    def epoch(self, number: int, stopped: Callable[[], bool]) -> Epoch:
        """Train one epoch, validate, and keep what it brought."""
        started = time.monotonic()
        steps = range(number * self.settings.batches, (number + 1) * self.settings.batches)
        try:
            losses = [self._step(step, stopped) for step in steps]
            self._check_weights(number)
        except NoNumber as fault:
            raise self._ended_by(fault) from None
        dice, threshold = self.processes.from_first(
            self.validation.dice_and_threshold(self.step.generator, self.device)
        )
        epoch = Epoch(number, float(np.mean(losses)), dice, threshold, time.monotonic() - started)
        self.epochs_done = number + 1
        self._keep(epoch)
        return epoch

    def _step(self, step: int, stopped: Callable[[], bool]) -> float:
        if stopped():
            raise WMHError("stopped", "Training was stopped.", "Start it again to go on.")
        loss = self.step(*self.batches.of(step), step)
        self.on_step(step + 1)
        return loss

    def _check_weights(self, number: int) -> None:
        weights = self.step.generator.state_dict().values()
        if not all(bool(tensor.isfinite().all()) for tensor in weights):
            raise NoNumber(f"Weights became NaN or infinite in epoch {number + 1}.")

    def _ended_by(self, fault: NoNumber) -> WMHError:
        way_out = "No epoch was whole, so nothing is kept. Train with a lower learning rate."
        if self.epochs_done:
            way_out = (
                f"The checkpoint of epoch {self.epochs_done} is kept; train with a lower learning "
                "rate in another folder."
            )
        return WMHError("bad-volume", f"{fault} Training has stopped.", way_out)

    def _keep(self, epoch: Epoch) -> None:
        better = not self.plan.validation_cases or epoch.validation_dice > self.best_dice
        self.best_dice = max(self.best_dice, epoch.validation_dice) if better else self.best_dice
        if not self.processes.first:
            return
        card = self.plan.card(epoch, device=self.device.type, precision=self.step.precision)
        if better:
            save_model(self.folder / "best.safetensors", self.step.generator, card)
        save_model(self.folder / "last.safetensors", self.step.generator, card)
        progress = Checkpoint(self.plan.identity(), self.epochs_done, self.best_dice)
        write_checkpoint(self.folder / CHECKPOINT, progress, self.step.state())

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        found = read_checkpoint(path, self.step.state())
        if found.identity != self.plan.identity():
            raise WMHError(
                "bad-model",
                f"{self.folder} holds a training with other settings or cases.",
                "Choose an empty folder, or give the settings it was started with.",
            )
        self.epochs_done, self.best_dice = found.epochs_done, found.best_dice


def _first_generator(plan: TrainingPlan) -> DenseUNet:
    """The base model's, or a new one.

    Raises:
        WMHError: ``bad-model`` when the base has another width, depth or recipe.
    """
    settings = plan.settings
    if plan.base is None:
        return DenseUNet(settings.width, settings.depth)
    generator, card = load_model(plan.base)
    if (generator.width, generator.depth) != (settings.width, settings.depth):
        raise WMHError(
            "bad-model",
            f"The base model has width {generator.width} and depth {generator.depth}, not "
            f"{settings.width} and {settings.depth}.",
            "Train with its width and depth.",
        )
    if card.preparation_recipe().without_certainty() != settings.recipe.without_certainty():
        raise WMHError(
            "bad-model",
            f"The base model was trained with the recipe {card.recipe.get('name')}.",
            "Train with the same recipe.",
        )
    return generator.float()


def _slices(
    cases: Sequence[Case], plan: TrainingPlan, processes: Processes, cache: str | Path | None
) -> TrainingSlices:
    """All prepared slices; where they are kept on disk, the first process writes them."""
    copies = plan.settings.stripped_copies
    if cache is None or processes.first:
        slices = prepared_cases(cases, plan.settings.recipe, cache, stripped_copies=copies)
    if cache is not None:
        processes.from_first(None)
        if not processes.first:
            slices = prepared_cases(cases, plan.settings.recipe, cache, stripped_copies=copies)
    return slices
