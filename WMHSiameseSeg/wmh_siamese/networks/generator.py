"""The dense U-Net generator (paper, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEAKY_SLOPE = 0.1


class ConvBlock(nn.Sequential):
    """3x3 convolution, batch norm, leaky ReLU 0.1, in the paper's order."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
        )


class DenseBlock(nn.Module):
    """Three conv blocks, each fed the block's inputs and all earlier outputs, concatenated.

    The first two grow by ``filters / 2`` channels; the last hands on ``filters`` channels.
    """

    def __init__(self, channels_in: int, filters: int) -> None:
        super().__init__()
        growth = filters // 2
        self.first = ConvBlock(channels_in, growth)
        self.second = ConvBlock(channels_in + growth, growth)
        self.last = ConvBlock(channels_in + 2 * growth, filters)

    def forward(self, *inputs: Tensor) -> Tensor:
        x = torch.cat(inputs, dim=1) if len(inputs) > 1 else inputs[0]
        x = torch.cat([x, self.first(x)], dim=1)
        x = torch.cat([x, self.second(x)], dim=1)
        out: Tensor = self.last(x)
        return out


class DenseUNet(nn.Module):
    """Encoder-decoder of dense blocks: VGG-prepared slices in, lesion probability out.

    Filters double with each of ``depth`` max poolings, starting at ``width``; the decoder mirrors
    the encoder around one bottleneck block, with 2x2 transposed convolutions and skips.

    Args:
        width: filters of the first dense block; even. The paper uses 32.
        depth: number of max poolings. Height and width of a slice must divide by ``2**depth``.

    Example:
        >>> DenseUNet(width=4, depth=2).eval()(torch.zeros(1, 3, 32, 32)).shape
        torch.Size([1, 1, 32, 32])
    """

    def __init__(self, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        if width < 2 or width % 2 or depth < 1:
            raise ValueError(f"width must be even and depth at least 1, got {width} and {depth}")
        self.width, self.depth = width, depth
        filters = [width * 2**level for level in range(depth + 1)]
        self.encoder = nn.ModuleList(
            DenseBlock(channels_in, channels)
            for channels_in, channels in zip([3, *filters], filters[:-1], strict=False)
        )
        self.pool = nn.MaxPool2d(2)
        self.bottleneck: nn.Module = DenseBlock(filters[-2], filters[-1])
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, kernel_size=2, stride=2)
            for shallow, deep in zip(reversed(filters[:-1]), reversed(filters), strict=False)
        )
        self.decoder = nn.ModuleList(
            DenseBlock(2 * channels, channels) for channels in reversed(filters[:-1])
        )
        self.head = nn.Conv2d(width, 1, kernel_size=1)
        if not self.head.weight.is_meta:  # a file's weights come in place of these
            self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight, a=LEAKY_SLOPE)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def logits(self, x: Tensor) -> Tensor:
        """Scores before the sigmoid, shape (N, 1, H, W), of slices (N, 3, H, W)."""
        skips = []
        for block in self.encoder:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.bottleneck(x)
        for up, block in zip(self.up, self.decoder, strict=True):
            x = block(skips.pop(), up(x))
        scores: Tensor = self.head(x)
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Lesion probability in [0, 1], shape (N, 1, H, W), of VGG-prepared slices (N, 3, H, W)."""
        return torch.sigmoid(self.logits(x))
