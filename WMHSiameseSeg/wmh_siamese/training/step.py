"""One step of a training: the loss of a batch, its gradients and the optimiser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from wmh_siamese.errors import WMHError, from_exception
from wmh_siamese.networks.devices import placed
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import vgg_prepared
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures
from wmh_siamese.training.captured_step import CapturedStep, captured_step
from wmh_siamese.training.checkpoint import State
from wmh_siamese.training.loss import TrainingLoss
from wmh_siamese.training.min_max import LearningVGG
from wmh_siamese.training.plan import TrainingPlan
from wmh_siamese.training.processes import Processes

MANY_STEPS = 1000


class TrainingStep:
    """Takes one batch at a time and moves the generator's weights; also VGG19's for ``min-max``.

    Args:
        plan: of the training.
        generator: on the device.
        device: where it trains.
        processes: that train together.
        say: told, in a sentence, when memory is short.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        generator: DenseUNet,
        device: torch.device,
        processes: Processes,
        say: Callable[[str], None],
    ) -> None:
        self.settings, self.generator = plan.settings, generator
        self.device, self.processes, self.say = device, processes, say
        share = processes.share(plan.settings.batch_size)
        self.at_once = share.stop - share.start
        processes.with_shared_statistics(generator, device)
        self.optimiser = torch.optim.Adam(
            generator.parameters(),
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
        self.precision = plan.settings.precision_on(device)
        self.captured: CapturedStep | None = None

    def begin(self) -> None:
        """After the state of an earlier run is in place: what depends on where the weights lie."""
        self.predict = self.processes.together(self.generator, self.device)
        # slices have one size; trying all kernels takes seconds, longer than a short fine-tuning
        torch.backends.cudnn.benchmark = self.settings.steps >= MANY_STEPS
        if self.processes.count == 1:
            self.captured = captured_step(self._loss, self.optimiser, self.device)

    def __call__(self, images: Tensor, labels: Tensor, step: int) -> float:
        """Do step number ``step`` on a batch, (N, 1, H, W) each; returns its loss.

        Raises:
            NoNumber: the loss is NaN or infinite.
            WMHError: ``out-of-memory`` when even one slice does not fit.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate_at(step)
        images, labels = (part.to(self.device, non_blocking=True) for part in (images, labels))
        self._to_training_mode()
        told = self._gradients(images, labels, step)
        self.optimiser.step()
        if self.learning_vgg:
            with self._low():
                self.learning_vgg.step(images, *self.loss.truth_and_seen(labels, self.prediction))
        return told

    def state(self) -> State:
        """What a checkpoint keeps."""
        state: dict[str, nn.Module | torch.optim.Optimizer] = {
            "generator": self.generator,
            "optimiser": self.optimiser,
        }
        if self.learning_vgg:
            state["vgg"] = self.learning_vgg.content.vgg
            state["vgg_optimiser"] = self.learning_vgg.optimiser
        return state

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
            raise NoNumber(f"The loss became {told} at step {step}.")
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


class NoNumber(Exception):
    """A loss or a weight became NaN or infinite; the message says which."""


def _content_loss(plan: TrainingPlan, device: torch.device) -> ContentLoss | None:
    if plan.vgg is None:
        return None
    network = placed(VGGFeatures(plan.vgg.tensors, plan.vgg.convention), device)
    return ContentLoss(network, plan.settings.mask_order)
