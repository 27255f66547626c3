"""The generator as it runs after training: no batch norm, and no copies for concatenations."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu_
from torch.nn.utils.fusion import fuse_conv_bn_eval

from wmh_siamese.networks.convolution_sum import add_convolved
from wmh_siamese.networks.generator import LEAKY_SLOPE, ConvBlock, DenseBlock, DenseUNet


def folded(generator: DenseUNet) -> DenseUNet:
    """A copy of the generator, in evaluation mode, that computes the same in less time.

    Batch norm goes into the convolutions, and a convolution of concatenated images becomes the
    sum of a convolution of each: dense blocks then copy nothing.
    """
    generator = copy.deepcopy(generator).eval()
    generator.encoder = nn.ModuleList(_summed(block) for block in generator.encoder)
    generator.bottleneck = _summed(generator.bottleneck)
    generator.decoder = nn.ModuleList(_summed(block, inputs=2) for block in generator.decoder)
    return generator.requires_grad_(False)


class SummedDenseBlock(nn.Module):
    """A trained dense block that takes its inputs, of these channels, one by one."""

    def __init__(self, block: DenseBlock, channels_in: Sequence[int]) -> None:
        super().__init__()
        channels = list(channels_in)
        self.first = SummedConvBlock(block.first, channels)
        channels.append(self.first.channels_out)
        self.second = SummedConvBlock(block.second, channels)
        channels.append(self.second.channels_out)
        self.last = SummedConvBlock(block.last, channels)

    def forward(self, *images: Tensor) -> Tensor:
        first = self.first(*images)
        second = self.second(*images, first)
        out: Tensor = self.last(*images, first, second)
        return out


class SummedConvBlock(nn.Module):
    """A trained conv block of concatenated images, convolved each with its own weights."""

    def __init__(self, block: ConvBlock, channels_in: Sequence[int]) -> None:
        super().__init__()
        whole = fuse_conv_bn_eval(cast(nn.Conv2d, block[0]), cast(nn.BatchNorm2d, block[1]))
        self.channels_out = whole.out_channels
        self.bias = whole.bias
        self.weights = nn.ParameterList(whole.weight.split(list(channels_in), dim=1))

    def forward(self, *images: Tensor) -> Tensor:
        total = conv2d(images[0], self.weights[0], self.bias, padding=1)
        for image, weight in zip(images[1:], self.weights[1:], strict=True):
            add_convolved(total, image, weight)
        return leaky_relu_(total, LEAKY_SLOPE)


def _summed(block: nn.Module, inputs: int = 1) -> SummedDenseBlock:
    dense = cast(DenseBlock, block)
    channels = cast(nn.Conv2d, dense.first[0]).in_channels
    return SummedDenseBlock(dense, [channels // inputs] * inputs)
