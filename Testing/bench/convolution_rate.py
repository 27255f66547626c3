"""The generator's time beside what the machine's own best convolution rate allows."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn.functional import conv2d
from wmh_siamese.networks.devices import keep_freed_memory
from wmh_siamese.segmenting.inference import Segmenter

from bench.best_time import best_seconds
from bench.generator_clock import GeneratorRun, clocked_generator, flops_of, seconds_of, slices_of
from bench.report import Figure
from bench.setting import Setting

GROUP = "Network on the CPU against the machine's convolutions"

# channels in and out, height and width; four slices, 3x3, as the generator and others use them
SHAPES = ((16, 224), (32, 224), (64, 224), (32, 112), (64, 112), (64, 56), (128, 56), (256, 28))
QUICK_SHAPES = ((8, 32),)


def figures(setting: Setting) -> Iterator[Figure]:
    """Rate, time and their ratio, on the CPU in float32."""
    keep_freed_memory()
    segmenter = Segmenter(setting.model, "cpu")
    rates: list[float] = []
    passes: list[list[GeneratorRun]] = []
    for _ in range(setting.repeats):  # in turn, so that both meet the same disturbances
        rates.append(best_rate(setting))
        passes.append(generator_runs(segmenter, setting))
    rate, seconds = max(rates), min(seconds_of(runs) for runs in passes)
    flops = sum(flops_of(**segmenter.card.architecture, shape=run.shape) for run in passes[0])
    slices = slices_of(passes[0])
    of = setting.volume.shape
    yield Figure(GROUP, "best convolution rate", rate / 1e9, "GFLOP/s", note=_SHAPES_NOTE)
    yield Figure(GROUP, "slices run", slices, note=f"of a volume {of}; empty ones are skipped")
    yield Figure(GROUP, "generator", flops / 1e9, "GFLOP")
    yield Figure(GROUP, "network time", seconds, "s", note=f"best of {len(passes)} passes")
    yield Figure(
        GROUP,
        "share of the machine's rate",
        100 * flops / rate / seconds,
        "%",
        at_least=80,
        note=f"precision {segmenter.precision}",
    )


_SHAPES_NOTE = "float32, channels-last, 3x3; the best of several representative shapes"


def best_rate(setting: Setting) -> float:
    """The highest rate over the shapes, in FLOP/s."""
    shapes = QUICK_SHAPES if setting.quick else SHAPES
    seconds = setting.least_seconds / len(shapes)
    return max(convolution_rate(channels, side, seconds) for channels, side in shapes)


@torch.inference_mode()
def convolution_rate(channels: int, side: int, least_seconds: float, batch: int = 4) -> float:
    """FLOP/s of one convolution (a multiplication and an addition are two)."""
    layout = torch.channels_last
    weight = torch.randn(channels, channels, 3, 3).contiguous(memory_format=layout)
    images = torch.randn(batch, channels, side, side).contiguous(memory_format=layout)
    seconds = best_seconds(lambda: conv2d(images, weight, padding=1), least_seconds)
    return convolution_flops(channels, side, batch) / seconds


def convolution_flops(channels: int, side: int, batch: int) -> int:
    """Operations of a padded 3x3 convolution that keeps channels and size."""
    return 2 * 9 * channels**2 * side**2 * batch


def generator_runs(segmenter: Segmenter, setting: Setting) -> list[GeneratorRun]:
    """The generator's batches over the volume."""
    with clocked_generator() as runs:
        segmenter.probability(setting.volume)
    return runs
