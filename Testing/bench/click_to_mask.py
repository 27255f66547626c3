"""From the click to the mask, with a warm worker: the network and everything else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from wmh_siamese.models.model_file import read_card
from wmh_siamese.segmenting.readouts import Lesions

from bench.generator_clock import busy_seconds
from bench.report import Figure
from bench.setting import Setting
from bench.worker_line import WorkerLine

GROUP = "Click to mask, warm worker"
GPU_GROUP = "On the GPU"


@dataclass(frozen=True)
class Click:
    """One run: seconds in all, in the network alone, and by stage."""

    total: float
    network: float
    stages: dict[str, float]

    @property
    def rest(self) -> float:
        """Writing, reading, preparing, resampling, importing and cutting the mask."""
        return self.total - self.network


def figures(setting: Setting) -> Iterator[Figure]:
    """Total, network and the rest of the quickest click, on the CPU."""
    best = best_click(setting, "cpu")
    stages = ", ".join(f"{name} {seconds:.2f}" for name, seconds in best.stages.items())
    yield Figure(GROUP, "click to mask", best.total, "s", note=f"seconds by stage: {stages}")
    yield Figure(GROUP, "network", best.network, "s", note="the generator alone")
    yield Figure(
        GROUP, "everything else", best.rest, "s", note="without drawing, which Slicer does"
    )
    yield Figure(GROUP, "everything else, share", 100 * best.rest / best.total, "%", at_most=15)


def gpu_figures(setting: Setting) -> Iterator[Figure]:
    """Network and click on a CUDA device, where there is one."""
    if not torch.cuda.is_available():
        yield Figure(GPU_GROUP, "network and click", None, "s", note="no CUDA device here")
        return
    best = best_click(setting, "cuda")
    yield Figure(GPU_GROUP, "network, warm", best.network, "s", at_most=0.3)
    yield Figure(GPU_GROUP, "click to mask", best.total, "s")


def best_click(setting: Setting, device: str) -> Click:
    """The quickest of several clicks after one that warms up."""
    clock = setting.folder / "clock"
    with WorkerLine(("-m", "bench.clocked_worker", str(clock))) as worker:
        worker.warm(setting.model, device)
        one_click(worker, setting, device, clock)
        clicks = [one_click(worker, setting, device, clock) for _ in range(setting.repeats)]
    return min(clicks, key=lambda click: click.total)


def one_click(worker: WorkerLine, setting: Setting, device: str, clock: Path) -> Click:
    """What the panel does between the click and the mask, apart from drawing."""
    volume, card = setting.volume, read_card(setting.model)
    earlier = clocked_seconds(clock) if clock.exists() else 0.0
    began = time.perf_counter()
    path, answer = worker.segment(volume, setting.model, setting.folder, device)
    probability = np.load(path, allow_pickle=False)
    certainty = card.preparation_recipe().certainty
    lesions = Lesions(probability, card.threshold, volume.voxel_volume_mm3, certainty)
    lesions.mask(0.0)
    lesions.read_out(0.0, volume.affine)
    total = time.perf_counter() - began
    return Click(total, clocked_seconds(clock) - earlier, answer["timings"])


def clocked_seconds(clock: Path) -> float:
    """Seconds in the generator since the worker began."""
    lines = clock.read_text(encoding="ascii").splitlines()
    return busy_seconds((float(began), float(ended)) for began, ended in map(str.split, lines))
