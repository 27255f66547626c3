"""nnU-Net's default 2D network on the same slices, side by side.

Random weights: the time does not depend on them. It runs each slice four times, mirrored along
both axes, as nnU-Net does by default.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from wmh_siamese.networks.devices import keep_freed_memory
from wmh_siamese.segmenting.inference import Segmenter

from bench.convolution_rate import generator_runs
from bench.generator_clock import GeneratorRun, seconds_of, slices_of
from bench.report import Figure
from bench.setting import Setting
from bench.worker_line import BENCH, ENGINE

GROUP = "Beside nnU-Net's default 2D network"
MIRRORS: tuple[tuple[int, ...], ...] = ((), (2,), (3,), (2, 3))
SIDE, QUICK_SIDE = 256, 128
WIDTH, QUICK_WIDTH = 32, 4
LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}
BATCHES = (1, 4)


@dataclass(frozen=True)
class Way:
    """How the network is run: memory format and slices a batch."""

    layout: str
    batch: int


AS_DELIVERED = Way("contiguous", 1)
WAYS = [Way(layout, batch) for layout in LAYOUTS for batch in BATCHES]


def figures(setting: Setting) -> Iterator[Figure]:
    """Both networks' times for the volume's slices, and how many times ours is faster."""
    side, width = (QUICK_SIDE, QUICK_WIDTH) if setting.quick else (SIDE, WIDTH)
    try:
        network = nnunet_2d(width)
    except ImportError:
        note = "pip install dynamic-network-architectures"
        yield Figure(GROUP, "network", None, "s", note=note)
        return
    keep_freed_memory()
    segmenter = Segmenter(setting.model, "cpu")
    passes = [generator_runs(segmenter, setting)]  # before and after: both meet disturbances
    ways = [AS_DELIVERED] if setting.quick else WAYS
    tuned = {way: seconds_a_slice(network, way, side) for way in ways}
    passes.append(generator_runs(segmenter, setting))
    yield from _compared(passes, tuned, seconds_as_delivered(width, side))


def _compared(
    passes: list[list[GeneratorRun]], tuned: dict[Way, float], delivered: float
) -> Iterator[Figure]:
    ours, slices = min(seconds_of(runs) for runs in passes), slices_of(passes[0])
    best = min(tuned, key=lambda way: tuned[way])
    scaled = f"scaled from a few slices to the {slices} that ours ran"
    yield Figure(GROUP, "ours, network", ours, "s", note=f"{slices} slices")
    yield Figure(
        GROUP,
        "nnU-Net, tuned",
        tuned[best] * slices,
        "s",
        note=f"{best.layout}, batch {best.batch}, freed memory kept as in ours; {scaled}",
    )
    yield Figure(GROUP, "times faster than tuned", tuned[best] * slices / ours, "x", at_least=20)
    yield Figure(
        GROUP,
        "nnU-Net, as delivered",
        delivered * slices,
        "s",
        note=f"own process, default allocator, contiguous, batch 1; {scaled}",
    )
    yield Figure(GROUP, "times faster than as delivered", delivered * slices / ours, "x")


def nnunet_2d(width: int) -> nn.Module:
    """What nnU-Net v2 plans for one channel, two classes and 256x256 slices, when width is 32."""
    from dynamic_network_architectures.architectures.unet import PlainConvUNet

    stages = 7
    network: nn.Module = PlainConvUNet(
        input_channels=1,
        n_stages=stages,
        features_per_stage=[min(width * 2**stage, 16 * width) for stage in range(stages)],
        conv_op=nn.Conv2d,
        kernel_sizes=3,
        strides=[1] + [2] * (stages - 1),
        n_conv_per_stage=2,
        num_classes=2,
        n_conv_per_stage_decoder=2,
        conv_bias=True,
        norm_op=nn.InstanceNorm2d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
        deep_supervision=False,
    )
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def seconds_a_slice(network: nn.Module, way: Way, side: int, repeats: int = 2) -> float:
    """The best seconds a slice with its four mirrors, after one run that does not count."""
    layout = LAYOUTS[way.layout]
    network = network.to(memory_format=layout)  # type: ignore[call-overload]
    slices = torch.randn(way.batch, 1, side, side).contiguous(memory_format=layout)
    network(slices)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        mirrored_mean(network, slices)
        times.append((time.perf_counter() - began) / way.batch)
    return min(times)


def mirrored_mean(network: nn.Module, slices: Tensor) -> Tensor:
    """The mean prediction over a slice and its mirror images."""
    total = network(slices)
    for axes in MIRRORS[1:]:
        total += network(slices.flip(axes)).flip(axes)
    mean: Tensor = total / len(MIRRORS)
    return mean


def seconds_as_delivered(width: int, side: int) -> float:
    """The same in a process of its own that changes no setting of torch or of the C library."""
    path = os.pathsep.join([str(ENGINE), str(BENCH)])
    answer = subprocess.run(
        [sys.executable, "-m", "bench.nnunet", str(width), str(side)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(json.loads(answer.stdout))


if __name__ == "__main__":
    width, side = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps(seconds_a_slice(nnunet_2d(width), AS_DELIVERED, side)))
