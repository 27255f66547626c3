"""Training the generator as the paper does (sections 3.2.1 and 3.2.2), resumable at every epoch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from wmh_siamese.cases.case import Case
from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.models.model_file import load_model, save_model
from wmh_siamese.networks.devices import choose_device, keep_freed_memory, placed
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.networks.vgg_weights import VGGWeights
from wmh_siamese.training.batches import Batches, batch_makers
from wmh_siamese.training.captured_step import CapturedStep, captured_step
from wmh_siamese.training.checkpoint import Checkpoint, State, read_checkpoint, write_checkpoint
from wmh_siamese.training.lesion_atlas import LesionAtlas
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.min_max import LearningVGG
from wmh_siamese.training.plan import Epoch, TrainingPlan
from wmh_siamese.training.processes import Processes, joined_processes
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.slice_cache import prepared_cases
from wmh_siamese.training.slices import TrainingSlices
from wmh_siamese.training.validation import Validation

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.safetensors"
MANY_STEPS = 1000

__all__ = ["CHECKPOINT", "Epoch", "TrainingSettings", "train"]


def train(
    cases: Sequence[Case],
    validation_cases: Sequence[Case],
    vgg: VGGWeights | None,
    folder: str | Path,
    settings: TrainingSettings | None = None,
    *,
    name: str = "generator",
    base: str | Path | None = None,
    atlas: LesionAtlas | None = None,
    simulated: Sequence[Case] = (),
    device: str = "auto",
    cache: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    say: Callable[[str], None] = log.warning,
    stopped: Callable[[], bool] | None = None,
) -> Path:
    """Train a generator; returns the best model's file.

    ``folder`` receives ``best.safetensors`` (highest validation Dice, or the last epoch without
    validation cases), ``last.safetensors`` and ``checkpoint.safetensors``. Called again with the
    same folder and settings it goes on after the last whole epoch, with the weights that an
    uninterrupted run would have. Under ``torchrun`` all processes train one generator
    (:mod:`wmh_siamese.training.processes`); the first one writes.

    Args:
        cases: to learn from.
        validation_cases: to choose the best epoch and the threshold by; never learnt from.
        vgg: the weights of the Siamese network; None where the loss does without.
        folder: for the results; made when missing.
        settings: the paper's by default.
        name: of the model, for people.
        base: a model file to go on from; None starts from chance.
        atlas: of lesions to paint, where the settings ask for them.
        simulated: cases to learn from beside, where the settings ask for them.
        device: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        cache: folder in which prepared slices are kept; None keeps them in memory.
        on_epoch: told after each epoch, in the first process.
        on_step: told after each step how many have been done since the training began.
        say: told, in a sentence, what the user should know (memory that is short).
        stopped: asked before each step; when it says so, training ends after a checkpoint of the
            last whole epoch.

    Raises:
        WMHError: ``bad-volume`` for unusable cases or when loss or weights are no longer numbers,
            ``bad-model`` when the folder belongs to other settings, ``stopped``.
    """
    settings = settings or TrainingSettings()
    plan = TrainingPlan(cases, validation_cases, vgg, settings, name, base, atlas, simulated)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    where = choose_device(device)
    with joined_processes(where) as processes:
        run = _Run(plan, folder, where, processes, cache, on_step or (lambda done: None), say)
        with closing(run.batches):
            for number in range(run.epochs_done, plan.settings.epochs):
                epoch = run.epoch(number, stopped or (lambda: False))
                log.info(epoch.told(plan.settings.epochs))
                if on_epoch and processes.first:
                    on_epoch(epoch)
    return folder / "best.safetensors"


class _Run:
    """The state of one training: networks, optimisers and how far it has come."""

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
        self.device, self.processes = device, processes
        self.on_step, self.say = on_step, say
        self.share = processes.share(plan.settings.batch_size)
        self.at_once = self.share.stop - self.share.start
        slices = _slices(plan.cases, plan, processes, cache)
        simulated = None
        if plan.simulated_cases:
            simulated = _slices(plan.simulated_cases, plan, processes, cache)
        self.batches = Batches(
            *(slices, plan.settings, self.share, plan.atlas, simulated),
            batch_makers(plan.settings, device),
        )
        validated = plan.validation_cases if processes.first else []
        self.validation = Validation(validated, plan.settings.recipe)
        torch.manual_seed(plan.settings.seed)
        generator = _first_generator(plan)
        self.generator = placed(generator, device)
        processes.with_shared_statistics(self.generator, device)
        self.optimiser = torch.optim.Adam(
            self.generator.parameters(),
            lr=plan.settings.learning_rate,
            betas=(0.9, 0.999),
            fused=device.type == "cuda",
        )
        content = _content_loss(plan, device)
        self.loss = TrainingLoss(plan.settings, content, processes.whole)
        self.learning_vgg: LearningVGG | None = None
        if content is not None and plan.settings.loss == "min-max":
            rate = plan.settings.vgg_learning_rate
            self.learning_vgg = LearningVGG(content, rate, processes.average_gradients)
        self.epochs_done, self.best_dice = 0, -1.0
        self._resume()
        self.predict = processes.together(self.generator, device)
        self.precision = plan.settings.precision_on(device)
        # slices have one size; trying all kernels takes seconds, longer than a short fine-tuning
        torch.backends.cudnn.benchmark = plan.settings.steps >= MANY_STEPS
        self.captured: CapturedStep | None = None
        if processes.count == 1:
            self.captured = captured_step(self._loss, self.optimiser, device)

    def epoch(self, number: int, stopped: Callable[[], bool]) -> Epoch:
        started = time.monotonic()
        losses = [
            self.step(step, stopped)
            for step in range(number * self.settings.batches, (number + 1) * self.settings.batches)
        ]
        self._check_weights(number)
        dice, threshold = self.processes.from_first(
            self.validation.dice_and_threshold(self.generator, self.device)
        )
        epoch = Epoch(number, float(np.mean(losses)), dice, threshold, time.monotonic() - started)
        self.epochs_done = number + 1
        self._keep(epoch)
        return epoch

    def step(self, step: int, stopped: Callable[[], bool]) -> float:
        if stopped():
            raise WMHError("stopped", "Training was stopped.", "Start it again to go on.")
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate_at(step)
        images, labels = (part.to(self.device, non_blocking=True) for part in self.batches.of(step))
        self._to_training_mode()
        told = self._gradients(images, labels, step)
        self.optimiser.step()
        if self.learning_vgg:
            with self._low():
                self.learning_vgg.step(images, *self.loss.truth_and_seen(labels, self.prediction))
        self.on_step(step + 1)
        return told

    def _to_training_mode(self) -> None:
        self.generator.train()
        if self.settings.frozen_statistics:
            for module in self.generator.modules():
                if isinstance(module, nn.BatchNorm2d | nn.SyncBatchNorm):
                    module.eval()

    def _gradients(self, images: Tensor, labels: Tensor, step: int) -> float:
        """The batch's loss, its gradients in place; tried in smaller parts when memory is short."""
        while True:
            try:
                return self._gradients_in_parts(images, labels, step)
            except (MemoryError, RuntimeError) as error:
                said = from_exception(error)
                if said.kind == "out-of-memory":
                    self._make_room(said)
                elif self.captured:
                    self._go_on_without_graph(error)
                else:
                    raise

    def _gradients_in_parts(self, images: Tensor, labels: Tensor, step: int) -> float:
        if self.captured:
            loss, self.prediction = self.captured(images, labels)
            return self._told(loss, step)
        self.optimiser.zero_grad()
        total = 0.0
        for some, their_labels in zip(
            images.split(self.at_once), labels.split(self.at_once), strict=True
        ):
            loss, self.prediction = self._loss(some, their_labels)
            loss = loss * (len(some) / len(images))
            total += self._told(loss, step)
            loss.backward()
        return total

    def _loss(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        with self._low():
            prediction = self.predict(vgg_prepared(images))
            return self.loss(images, labels, prediction), prediction

    def _told(self, loss: Tensor, step: int) -> float:
        told = float(self.processes.mean(loss.detach()))
        if not np.isfinite(told):
            raise self._no_number(f"The loss became {told} at step {step}.")
        return told

    def _make_room(self, error: WMHError) -> None:
        """Half as many slices at once; their gradients add up to those of the batch."""
        if self.at_once == 1 or self.learning_vgg or self.processes.count > 1:
            raise error
        self.at_once = (self.at_once + 1) // 2
        self.captured = None
        self.optimiser.zero_grad()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.say(f"Memory is short: going on with {self.at_once} slices at a time.")

    def _go_on_without_graph(self, error: Exception) -> None:
        """What a driver cannot capture it can still compute; a real fault shows itself again."""
        self.captured = None
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        self.say(f"This GPU cannot replay a training step ({reason}): going on, more slowly.")

    def _low(self) -> torch.autocast:
        """Half precision where the settings and the device allow it."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"
        )

    def _check_weights(self, number: int) -> None:
        if not all(
            bool(tensor.isfinite().all()) for tensor in self.generator.state_dict().values()
        ):
            raise self._no_number(f"Weights became NaN or infinite in epoch {number + 1}.")

    def _no_number(self, sentence: str) -> WMHError:
        way_out = "No epoch was whole, so nothing is kept. Train with a lower learning rate."
        if self.epochs_done:
            way_out = (
                f"The checkpoint of epoch {self.epochs_done} is kept; train with a lower learning "
                "rate in another folder."
            )
        return WMHError("bad-volume", f"{sentence} Training has stopped.", way_out)

    def _keep(self, epoch: Epoch) -> None:
        better = not self.plan.validation_cases or epoch.validation_dice > self.best_dice
        self.best_dice = max(self.best_dice, epoch.validation_dice) if better else self.best_dice
        if not self.processes.first:
            return
        card = self.plan.card(epoch, device=self.device.type, precision=self.precision)
        if better:
            save_model(self.folder / "best.safetensors", self.generator, card)
        save_model(self.folder / "last.safetensors", self.generator, card)
        progress = Checkpoint(self.plan.identity(), self.epochs_done, self.best_dice)
        write_checkpoint(self.folder / CHECKPOINT, progress, self._state())

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        found = read_checkpoint(path, self._state())
        if found.identity != self.plan.identity():
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


def _content_loss(plan: TrainingPlan, device: torch.device) -> ContentLoss | None:
    if plan.vgg is None:
        return None
    network = placed(VGGFeatures(plan.vgg.tensors, plan.vgg.convention), device)
    return ContentLoss(network, plan.settings.mask_order)
