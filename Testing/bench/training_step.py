"""One step of training with the content loss, where its time goes, and what plain PyTorch takes.

The plain step runs in a process of its own (:mod:`bench.plain_training_step`): an allocator that
was told to keep memory cannot be told otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor
from wmh_siamese.models.model_file import read_card
from wmh_siamese.networks.devices import choose_device, keep_freed_memory, placed
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import ROBUST, vgg_prepared
from wmh_siamese.networks.siamese import ContentLoss, VGGFeatures, mean_square
from wmh_siamese.networks.vgg_weights import read_vgg_weights
from wmh_siamese.training.batches import Batches, batch_makers
from wmh_siamese.training.captured_step import WARM_UP, captured_step
from wmh_siamese.training.settings import TrainingSettings
from wmh_siamese.training.slices import TrainingSlices

from bench.generator_clock import wait_for
from bench.memory import status_bytes
from bench.report import Figure
from bench.setting import Setting
from bench.worker_line import BENCH, ENGINE

GROUP = "Training step"
BATCH, QUICK_BATCH = 8, 2
LEARNING_RATE = 1e-3
PAPER_STEPS = 100 * 100
REPLAYED = 50  # steps in a row, so that the graph's launch counts as it does in training
LINUX = sys.platform == "linux"


@dataclass(frozen=True)
class StepTimes:
    """Seconds of one step, and its loss."""

    data: float
    generator: float
    truth: float
    prediction: float
    backward: float
    loss: float

    @property
    def total(self) -> float:
        return self.data + self.generator + self.truth + self.prediction + self.backward


def step_input(batch: int, size: int) -> tuple[Tensor, Tensor]:
    """The slices in [0, 1] and soft labels that both implementations learn from."""
    draw = torch.Generator().manual_seed(1)
    images = torch.rand(batch, 1, size, size, generator=draw)
    return images, (torch.rand(images.shape, generator=draw) > 0.98) * 0.8 + 0.1


def figures(setting: Setting) -> Iterator[Figure]:
    """The quickest step's images a second and its parts, beside plain eager float32."""
    if setting.vgg is None:
        note = "no VGG19 weights given (--vgg FILE)"
        yield Figure(GROUP, "images a second", None, "/s", note=note)
        return
    before = _memory("VmRSS", anew=True)
    step = _Step(setting)
    first = step.run()
    best = min((step.run() for _ in range(setting.repeats)), key=lambda times: times.total)
    memory = LINUX and (_memory("VmHWM") - before) / 1e9
    of_what = "of the GPU" if step.device.type == "cuda" else "of networks and step, Linux"
    plain = _plain(setting, step)
    whole = best.total
    if step.device.type == "cuda":
        whole = min(step.replayed() for _ in range(setting.repeats))
        memory = torch.cuda.max_memory_allocated() / 1e9
        yield Figure(GROUP, "the same kernel by kernel", best.total, "s", note="no CUDA graph")
        hours = whole * PAPER_STEPS / 3600
        yield Figure(GROUP, "100 epochs of 100 batches", hours, "h", note="from a step's time")
    step.batches.close()
    note = f"batch {step.batch}, {step.size}x{step.size}, {step.precision}, {step.device.type}"
    yield Figure(GROUP, "images a second", step.batch / whole, "/s", note=note)
    yield Figure(GROUP, "seconds a step", whole, "s")
    yield Figure(GROUP, "waiting for data", best.data, "s", note="made while the last step ran")
    yield Figure(GROUP, "generator forward", best.generator, "s")
    yield Figure(GROUP, "VGG19 on the truth", best.truth, "s", note="without gradient")
    yield Figure(GROUP, "VGG19 on the prediction", best.prediction, "s")
    yield Figure(GROUP, "backward and optimiser", best.backward, "s")
    yield Figure(GROUP, "peak memory", memory or None, "GB", note=of_what)
    yield Figure(
        *(GROUP, "times faster than plain PyTorch", plain["seconds"] / whole),
        at_least=1.5,
        note=f"contiguous, eager, float32, {plain['seconds']:.3g} s a step",
    )
    yield Figure(
        *(GROUP, "its loss differs by", abs(first.loss / plain["loss"] - 1)),
        at_most=1e-3,
        note="relative, first step",
    )


def _memory(field: str, anew: bool = False) -> int:
    """This process's bytes of that kind; ``anew`` forgets the peak so far."""
    if not LINUX:
        return 0
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    return status_bytes(Path("/proc/self/status").read_text())[field]


def _plain(setting: Setting, step: _Step) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.plain_training_step", str(setting.vgg)]
    command += [str(n) for n in (step.generator.width, step.generator.depth)]
    command += [str(n) for n in (step.batch, step.size, setting.repeats)]
    path = os.pathsep.join([str(ENGINE), str(BENCH)])
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


class _Step:
    """Networks and slices for one step, over and over."""

    def __init__(self, setting: Setting) -> None:
        keep_freed_memory()
        card = read_card(setting.model)
        self.device = choose_device()
        self.size = int(card.recipe["size"])
        self.batch = QUICK_BATCH if setting.quick else BATCH
        torch.manual_seed(0)
        self.generator = placed(DenseUNet(**card.architecture), self.device).train()
        vgg = read_vgg_weights(setting.vgg or "")
        self.content = ContentLoss(placed(VGGFeatures(vgg.tensors, vgg.convention), self.device))
        on_cuda = self.device.type == "cuda"
        torch.backends.cudnn.benchmark = on_cuda
        self.optimiser = torch.optim.Adam(
            self.generator.parameters(), lr=LEARNING_RATE, fused=on_cuda
        )
        self.captured = captured_step(self._loss, self.optimiser, self.device)
        settings = TrainingSettings(recipe=ROBUST, batch_size=self.batch, scanner_variation=True)
        self.precision = settings.precision_on(self.device)
        self.images, self.labels = (
            part.to(self.device) for part in step_input(self.batch, self.size)
        )
        stack = TrainingSlices([(self.images.cpu().half(), (self.labels.cpu() > 0.5).byte())])
        self.batches = Batches(stack, settings, makers=batch_makers(settings, self.device))
        self.done = 0

    def run(self) -> StepTimes:
        moments = [self._now()]
        self.batches.of(self.done)  # as training waits for it; the same slices are learnt from
        moments.append(self._now())
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            prediction = self.generator(vgg_prepared(self.images))
            moments.append(self._now())
            with torch.no_grad():
                wanted = self.content.vgg(self.content.masked(self.images, self.labels))
            moments.append(self._now())
            found = self.content.vgg(self.content.masked(self.images, prediction))
            loss = mean_square(wanted, found)
        moments.append(self._now())
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        moments.append(self._now())
        self.done += 1
        parts = (after - before for before, after in pairwise(moments))
        return StepTimes(*parts, loss=float(loss.detach()))

    def replayed(self) -> float:
        """Seconds of one step as a GPU trains: one graph, the loss looked at, the optimiser."""
        assert self.captured is not None
        for _ in range(WARM_UP + 2):
            self.captured(self.images, self.labels)
        started = self._now()
        for _ in range(REPLAYED):
            images, labels = self.batches.of(self.done)
            images.to(self.device, non_blocking=True), labels.to(self.device, non_blocking=True)
            loss, _ = self.captured(self.images, self.labels)
            float(loss)
            self.optimiser.step()
            self.done += 1
        return (self._now() - started) / REPLAYED

    def _loss(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast("cuda", torch.bfloat16, enabled=self.precision == "bfloat16"):
            prediction = self.generator(vgg_prepared(images))
            return self.content(images, labels, prediction), prediction

    def _now(self) -> float:
        wait_for(self.device)
        return time.perf_counter()
