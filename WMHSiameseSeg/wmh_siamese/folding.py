"""The generator as it runs after training: batch norm folded into the convolutions."""

from __future__ import annotations

import copy
from typing import cast

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from wmh_siamese.generator import ConvBlock, DenseUNet


def folded(generator: DenseUNet) -> DenseUNet:
    """A copy of the generator, in evaluation mode, that computes the same without batch norm."""
    generator = copy.deepcopy(generator).eval()
    for block in generator.modules():
        if isinstance(block, ConvBlock):
            block[0] = fuse_conv_bn_eval(cast(nn.Conv2d, block[0]), cast(nn.BatchNorm2d, block[1]))
            block[1] = nn.Identity()
    return generator.requires_grad_(False)
