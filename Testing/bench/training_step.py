"""One step of training with the content loss, and where its time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from wmh_siamese.devices import choose_device, keep_freed_memory, placed
from wmh_siamese.generator import DenseUNet
from wmh_siamese.model_file import read_card
from wmh_siamese.preparation import vgg_prepared
from wmh_siamese.siamese import ContentLoss, VGGFeatures, read_vgg_weights

from bench.generator_clock import wait_for
from bench.report import Figure
from bench.setting import Setting

GROUP = "Training step"
BATCH, QUICK_BATCH = 8, 2
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class StepTimes:
    """Seconds of one step."""

    generator: float
    loss: float
    backward: float

    @property
    def total(self) -> float:
        return self.generator + self.loss + self.backward


def figures(setting: Setting) -> Iterator[Figure]:
    """The quickest step's seconds, in all and by part."""
    if setting.vgg is None:
        note = "no VGG19 weights given (--vgg FILE)"
        yield Figure(GROUP, "seconds a step", None, "s", note=note)
        return
    step = _Step(setting)
    step.run()
    best = min((step.run() for _ in range(setting.repeats)), key=lambda times: times.total)
    note = f"batch {step.batch}, {step.size}x{step.size}, float32, {step.device.type}"
    yield Figure(GROUP, "seconds a step", best.total, "s", note=note)
    yield Figure(GROUP, "generator forward", best.generator, "s")
    yield Figure(GROUP, "content loss", best.loss, "s", note="two forward passes of VGG19")
    yield Figure(GROUP, "backward and optimiser", best.backward, "s")


class _Step:
    """Networks and random slices for one step, over and over."""

    def __init__(self, setting: Setting) -> None:
        keep_freed_memory()
        card = read_card(setting.model)
        self.device = choose_device()
        self.size = int(card.recipe["size"])
        self.batch = QUICK_BATCH if setting.quick else BATCH
        torch.manual_seed(0)
        self.generator = placed(DenseUNet(**card.architecture), self.device).train()
        vgg = read_vgg_weights(setting.vgg or "")
        self.loss = ContentLoss(placed(VGGFeatures(vgg.tensors, vgg.convention), self.device))
        self.optimiser = torch.optim.Adam(self.generator.parameters(), lr=LEARNING_RATE)
        shape = (self.batch, 1, self.size, self.size)
        self.images = torch.rand(shape, device=self.device)
        self.labels = torch.randint(0, 2, shape, device=self.device) * 0.8 + 0.1

    def run(self) -> StepTimes:
        began = self._now()
        prediction = self.generator(vgg_prepared(self.images))
        forward = self._now()
        loss = self.loss(self.images, self.labels, prediction)
        compared = self._now()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return StepTimes(forward - began, compared - forward, self._now() - compared)

    def _now(self) -> float:
        wait_for(self.device)
        return time.perf_counter()
