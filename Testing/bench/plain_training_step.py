"""The training step as PyTorch's tutorials have it: contiguous, eager, float32, no care for memory.

On a GPU that includes PyTorch's own choice of TF32 in convolutions.

``python -m bench.plain_training_step VGG WIDTH DEPTH BATCH SIZE REPEATS`` prints the seconds of the
quickest step and the loss of the first one as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from wmh_siamese.networks.devices import choose_device
from wmh_siamese.networks.generator import DenseUNet
from wmh_siamese.networks.preparation import VGG_MEAN_BGR
from wmh_siamese.networks.vgg_weights import VGGWeights, read_vgg_weights

from bench.generator_clock import wait_for
from bench.training_step import LEARNING_RATE, step_input


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    device = choose_device()
    vgg = [block.to(device) for block in _vgg_blocks(read_vgg_weights(arguments[0]))]
    mean = torch.tensor(VGG_MEAN_BGR, device=device).view(1, 3, 1, 1)
    width, depth, batch, size, repeats = (int(number) for number in arguments[1:])
    torch.manual_seed(0)
    generator = DenseUNet(width, depth).to(device).train()
    optimiser = torch.optim.Adam(generator.parameters(), lr=LEARNING_RATE)
    images, labels = (part.to(device) for part in step_input(batch, size))
    seconds, losses = [], []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        prepared = images.repeat(1, 3, 1, 1) * 255 - mean
        prediction = generator(prepared)
        wanted, found = (_features(vgg, prepared * mask) for mask in (labels, prediction))
        loss = functional.mse_loss(found, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        wait_for(device)
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": min(seconds[1:]), "loss": losses[0]}))


def _vgg_blocks(weights: VGGWeights) -> list[nn.Sequential]:
    blocks = []
    for first, second, channels in ((0, 2, (3, 64)), (5, 7, (64, 128))):
        convolutions = [nn.Conv2d(channels[place], channels[1], 3, padding=1) for place in (0, 1)]
        for number, convolution in zip((first, second), convolutions, strict=True):
            parts = {
                part: weights.tensors[f"features.{number}.{part}"] for part in ("weight", "bias")
            }
            convolution.load_state_dict(parts)
            convolution.requires_grad_(False)
        blocks.append(
            nn.Sequential(convolutions[0], nn.ReLU(), convolutions[1], nn.ReLU(), nn.MaxPool2d(2))
        )
    return blocks


def _features(blocks: list[nn.Sequential], images: Tensor) -> Tensor:
    taps = []
    for block in blocks:
        images = block(images)
        taps.append(images.flatten(1))
    return torch.cat(taps, dim=1)


if __name__ == "__main__":
    main(sys.argv[1:])
