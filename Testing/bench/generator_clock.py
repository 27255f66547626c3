"""Times every run of the generator, wherever it is called from."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from wmh_siamese.networks.generator import DenseUNet


@dataclass(frozen=True)
class GeneratorRun:
    """One batch through the generator.

    Attributes:
        shape: of its input, (N, 3, H, W).
        began: seconds on the process's clock,
        ended: and when its result was there.
    """

    shape: tuple[int, int, int, int]
    began: float
    ended: float


@contextmanager
def clocked_generator() -> Iterator[list[GeneratorRun]]:
    """Collects every run of any generator while the block lasts."""
    runs: list[GeneratorRun] = []
    plain = DenseUNet.logits

    def logits(self: DenseUNet, x: Tensor) -> Tensor:
        wait_for(x.device)
        began = time.perf_counter()
        scores = plain(self, x)
        wait_for(x.device)
        count, channels, height, width = x.shape
        runs.append(GeneratorRun((count, channels, height, width), began, time.perf_counter()))
        return scores

    DenseUNet.logits = logits  # type: ignore[method-assign]
    try:
        yield runs
    finally:
        DenseUNet.logits = plain  # type: ignore[method-assign]


def wait_for(device: torch.device) -> None:
    """Until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


@cache
def flops_of(width: int, depth: int, shape: tuple[int, int, int, int]) -> int:
    """Floating-point operations of the generator's convolutions for an input of that shape."""
    with torch.device("meta"):
        generator, x = DenseUNet(width, depth).eval(), torch.empty(shape)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        generator.logits(x)
    return int(counter.get_total_flops())


def slices_of(runs: Sequence[GeneratorRun]) -> int:
    """How many slices went through the generator."""
    return sum(run.shape[0] for run in runs)


def busy_seconds(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds in which at least one of the spans (began, ended) lasted; they may overlap."""
    busy, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        busy += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return busy


def seconds_of(runs: Sequence[GeneratorRun]) -> float:
    """Seconds in which the generator was running."""
    return busy_seconds((run.began, run.ended) for run in runs)
