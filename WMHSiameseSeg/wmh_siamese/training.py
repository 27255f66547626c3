"""Training the generator as the paper does (sections 3.2.1 and 3.2.2), resumable at every epoch."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wmh_siamese.cases import Case
from wmh_siamese.checkpoint import Checkpoint, State, read_checkpoint, write_checkpoint
from wmh_siamese.devices import choose_device, keep_freed_memory, placed
from wmh_siamese.errors import WMHError
from wmh_siamese.generator import DenseUNet
from wmh_siamese.min_max import LearningVGG
from wmh_siamese.model_file import ModelCard, save_model
from wmh_siamese.preparation import vgg_prepared
from wmh_siamese.provenance import versions
from wmh_siamese.siamese import ContentLoss, VGGFeatures, VGGWeights
from wmh_siamese.training_loss import TrainingLoss
from wmh_siamese.training_settings import TrainingSettings
from wmh_siamese.training_slices import TrainingSlices, prepare_cases, rotated
from wmh_siamese.validation import Validation

log = logging.getLogger(__name__)

__all__ = ["Epoch", "TrainingSettings", "batch_of", "train"]


@dataclass(frozen=True)
class Epoch:
    """What one epoch brought; ``validation_dice`` is NaN without validation cases."""

    number: int
    loss: float
    validation_dice: float
    threshold: float
    seconds: float


def train(
    cases: Sequence[Case],
    validation_cases: Sequence[Case],
    vgg: VGGWeights | None,
    folder: str | Path,
    settings: TrainingSettings | None = None,
    *,
    name: str = "generator",
    device: str = "auto",
    on_epoch: Callable[[Epoch], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Path:
    """Train a generator; returns the best model's file.

    ``folder`` receives ``best.safetensors`` (highest validation Dice, or the last epoch without
    validation cases), ``last.safetensors`` and ``checkpoint.safetensors``. Called again with the
    same folder and settings it goes on after the last whole epoch, with the weights that an
    uninterrupted run would have.

    Args:
        cases: to learn from.
        validation_cases: to choose the best epoch and the threshold by; never learnt from.
        vgg: the weights of the Siamese network; None where the loss does without.
        folder: for the results; made when missing.
        settings: the paper's by default.
        name: of the model, for people.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        on_epoch: told after each epoch.
        stopped: asked before each step; when it says so, training ends after a checkpoint of the
            last whole epoch.

    Raises:
        WMHError: ``bad-volume`` for unusable cases or when the loss is no longer a number,
            ``bad-model`` when the folder belongs to other settings, ``stopped``.
    """
    settings = settings or TrainingSettings()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    run = _Run(cases, validation_cases, vgg, folder, settings, name, choose_device(device))
    for number in range(run.epochs_done, settings.epochs):
        epoch = run.epoch(number, stopped or (lambda: False))
        log.info(
            "epoch %d of %d: loss %.1f, validation Dice %.3f at threshold %.2f, %.0f s",
            *(number + 1, settings.epochs, epoch.loss),
            *(epoch.validation_dice, epoch.threshold, epoch.seconds),
        )
        if on_epoch:
            on_epoch(epoch)
    return folder / "best.safetensors"


def batch_of(
    slices: TrainingSlices, step: int, settings: TrainingSettings
) -> tuple[Tensor, Tensor]:
    """The augmented batch of a step: images in [0, 1] and hard labels, both (N, 1, H, W).

    It depends on the seed and the step alone, so that a resumed run sees the same batches.
    """
    draw = np.random.default_rng([settings.seed, step])
    wanted = min(settings.lesion_slices or 0, settings.batch_size)
    chosen = draw.integers(len(slices), size=settings.batch_size)
    if wanted and slices.with_lesion.size:
        chosen[:wanted] = draw.choice(slices.with_lesion, size=wanted)
    degrees = draw.uniform(-1, 1, size=settings.batch_size) * settings.rotation_degrees
    images, labels = slices[chosen]
    return rotated(images, labels, torch.from_numpy(degrees))


class _Run:
    """The state of one training: networks, optimiser and how far it has come."""

    def __init__(
        self,
        cases: Sequence[Case],
        validation_cases: Sequence[Case],
        vgg: VGGWeights | None,
        folder: Path,
        settings: TrainingSettings,
        name: str,
        device: torch.device,
    ) -> None:
        keep_freed_memory()
        self.cases, self.validation_cases, self.vgg = cases, validation_cases, vgg
        self.folder, self.settings, self.name, self.device = folder, settings, name, device
        self.slices = prepare_cases(cases, settings.recipe)
        self.validation = Validation(validation_cases, settings.recipe)
        torch.manual_seed(settings.seed)
        self.generator = placed(DenseUNet(settings.width, settings.depth), device)
        content = self._content_loss()
        self.loss = TrainingLoss(settings, content)
        self.optimiser = torch.optim.Adam(
            self.generator.parameters(), lr=settings.learning_rate, betas=(0.9, 0.999)
        )
        self.learning_vgg = (
            LearningVGG(content, settings.vgg_learning_rate)
            if content is not None and settings.loss == "min-max"
            else None
        )
        self.epochs_done, self.best_dice = 0, -1.0
        self._resume()

    def _content_loss(self) -> ContentLoss | None:
        if not self.settings.needs_vgg:
            return None
        if self.vgg is None:
            raise WMHError(
                "bad-model", f"The loss {self.settings.loss} needs a VGG19.", "Name its weights."
            )
        network = placed(VGGFeatures(self.vgg.tensors, self.vgg.convention), self.device)
        return ContentLoss(network, self.settings.mask_order)

    def epoch(self, number: int, stopped: Callable[[], bool]) -> Epoch:
        started = time.monotonic()
        losses = [
            self.step(step, stopped)
            for step in range(number * self.settings.batches, (number + 1) * self.settings.batches)
        ]
        dice, threshold = self.validation.dice_and_threshold(self.generator, self.device)
        epoch = Epoch(number, float(np.mean(losses)), dice, threshold, time.monotonic() - started)
        self.epochs_done = number + 1
        self._keep(epoch)
        return epoch

    def step(self, step: int, stopped: Callable[[], bool]) -> float:
        if stopped():
            raise WMHError("stopped", "Training was stopped.", "Start it again to go on.")
        settings = self.settings
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate_at(step)
        images, labels = (part.to(self.device) for part in batch_of(self.slices, step, settings))
        self.generator.train()
        prediction = self.generator(vgg_prepared(images))
        loss = self.loss(images, labels, prediction)
        if not torch.isfinite(loss):
            raise WMHError(
                "bad-volume",
                f"The loss became {loss.item()} at step {step}.",
                "The last whole epoch is kept; train with a lower learning rate.",
            )
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        if self.learning_vgg:
            self.learning_vgg.step(images, *self.loss.truth_and_seen(labels, prediction))
        return float(loss.detach())

    def _keep(self, epoch: Epoch) -> None:
        card = self._card(epoch)
        if not self.validation_cases or epoch.validation_dice > self.best_dice:
            self.best_dice = max(self.best_dice, epoch.validation_dice)
            save_model(self.folder / "best.safetensors", self.generator, card)
        save_model(self.folder / "last.safetensors", self.generator, card)
        write_checkpoint(
            self.folder / "checkpoint.safetensors",
            Checkpoint(self._identity(), self.epochs_done, self.best_dice),
            self._state(),
        )

    def _resume(self) -> None:
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return
        found = read_checkpoint(path, self._state())
        if found.identity != self._identity():
            raise WMHError(
                "bad-model",
                f"{self.folder} holds a training with other settings or cases.",
                "Choose an empty folder, or give the settings it was started with.",
            )
        self.epochs_done, self.best_dice = found.epochs_done, found.best_dice

    def _state(self) -> State:
        state: dict[str, nn.Module | torch.optim.Optimizer] = {
            "generator": self.generator,
            "optimiser": self.optimiser,
        }
        if self.learning_vgg:
            state["vgg"] = self.learning_vgg.content.vgg
            state["vgg_optimiser"] = self.learning_vgg.optimiser
        return state

    def _identity(self) -> str:
        settings = self.settings.to_dict()
        del settings["epochs"]  # more epochs may be added to a run that has ended
        if self.settings.cosine:
            settings["steps"] = self.settings.steps
        learnt, validated = (
            [case.id for case in cases] for cases in (self.cases, self.validation_cases)
        )
        return json.dumps([settings, learnt, validated, self._vgg_sha256()])

    def _vgg_sha256(self) -> str | None:
        return self.vgg.sha256 if self.vgg is not None and self.settings.needs_vgg else None

    def _card(self, epoch: Epoch) -> ModelCard:
        training: dict[str, Any] = {
            "loss": self.settings.loss,
            "settings": self.settings.to_dict(),
            "cases": [case.id for case in self.cases],
            "validation_cases": [case.id for case in self.validation_cases],
            "steps": self.epochs_done * self.settings.batches,
            "device": self.device.type,
        }
        if self.vgg is not None and self.settings.needs_vgg:
            training["vgg"] = {"convention": self.vgg.convention, "sha256": self.vgg.sha256}
        return ModelCard(
            name=self.name,
            architecture={"width": self.settings.width, "depth": self.settings.depth},
            recipe=self.settings.recipe.to_dict(),
            threshold=epoch.threshold,
            training=training,
            metrics={"validation": {"dice": epoch.validation_dice, "epoch": epoch.number + 1}},
            versions=versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
