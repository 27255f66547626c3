"""The Siamese network: VGG19 taps and the content loss (paper, section 2.2, equation 1)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from wmh_siamese.networks.preparation import by_channel, vgg_prepared

MaskOrder = Literal["center_first", "mask_first"]
Convention = Literal["caffe", "torchvision"]

# By their numbers in VGG19's first two blocks; weight files use these numbers, too.
CONVOLUTIONS = (0, 2, 5, 7)
POOLINGS = (4, 9)

_IMAGENET_MEAN_RGB = (0.485, 0.456, 0.406)
_IMAGENET_STD_RGB = (0.229, 0.224, 0.225)


class VGGFeatures(nn.Module):
    """VGG19 up to its second max pooling, frozen, sampled at both poolings.

    Args:
        weights: ``features.{0,2,5,7}.{weight,bias}``, as in :class:`VGGWeights`.
        convention: how the weights want their input. ``"caffe"``: blue, green, red, 0-255, mean
            removed (Oxford's weights, which Keras serves). ``"torchvision"``: red, green, blue,
            0-1, mean removed, divided by the standard deviation.
    """

    def __init__(self, weights: dict[str, Tensor], convention: Convention) -> None:
        super().__init__()
        self.convention: Convention = convention
        with torch.device("meta"):  # no random numbers are drawn: a training counts on its own
            blocks = nn.Sequential(*vgg_block(3, 64), *vgg_block(64, 128))
        self.features = blocks.to_empty(device="cpu")
        self.load_state_dict(weights)
        self.requires_grad_(False)
        self.eval()

    def prepared(self, unit: Tensor) -> Tensor:
        """Grey slices in [0, 1], (N, 1, H, W), in the weights' own convention: (N, 3, H, W)."""
        if self.convention == "caffe":
            return vgg_prepared(unit)
        mean = by_channel(_IMAGENET_MEAN_RGB, unit.device)
        std = by_channel(_IMAGENET_STD_RGB, unit.device)
        return ((unit.float() - mean) / std).contiguous(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Feature maps at the poolings: (N, 64, H/2, W/2) and (N, 128, H/4, W/4)."""
        taps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in POOLINGS:
                taps.append(x)
        return taps


def vgg_block(channels_in: int, channels_out: int) -> list[nn.Module]:
    """One of VGG19's first two blocks (Simonyan & Zisserman 2015, Table 1, column E)."""
    return [
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(kernel_size=2),
    ]


class ContentLoss(nn.Module):
    """Squared distance between the VGG19 features of image x truth and image x prediction.

    ``1/L * sum_i (f_i(x * y) - f_i(x * y'))^2``, averaged over the batch, with L the length of both
    taps flattened and concatenated (1,204,224 for 224x224 slices); equation 1 of the paper.
    The sum is taken in float32 also under mixed precision.

    Args:
        vgg: the frozen feature network.
        mask_order: ``"center_first"`` multiplies the prepared image by the mask (paper);
            ``"mask_first"`` multiplies the image in [0, 1], then prepares it.
    """

    def __init__(self, vgg: VGGFeatures, mask_order: MaskOrder = "center_first") -> None:
        super().__init__()
        self.vgg, self.mask_order = vgg, mask_order

    def forward(self, unit: Tensor, truth: Tensor, prediction: Tensor) -> Tensor:
        """The loss, a scalar; its gradient reaches ``prediction`` alone.

        Args:
            unit: images in [0, 1], (N, 1, H, W).
            truth: soft labels, (N, 1, H, W).
            prediction: the generator's sigmoid output, (N, 1, H, W).
        """
        with torch.no_grad():
            wanted = self.vgg(self.masked(unit, truth))
        return mean_square(wanted, self.vgg(self.masked(unit, prediction)))

    def distance(self, unit: Tensor, truth: Tensor, prediction: Tensor) -> Tensor:
        """The same scalar, with a gradient for a VGG19 that is not frozen, through both paths."""
        wanted = self.vgg(self.masked(unit, truth))
        return mean_square(wanted, self.vgg(self.masked(unit, prediction)))

    def masked(self, unit: Tensor, mask: Tensor) -> Tensor:
        """The image of one Siamese path, (N, 3, H, W)."""
        if self.mask_order == "center_first":
            return self.vgg.prepared(unit) * mask
        return self.vgg.prepared(unit * mask)


def mean_square(wanted: list[Tensor], found: list[Tensor]) -> Tensor:
    """The mean of the squared differences over all values of all taps, a scalar in float32."""
    pairs = zip(wanted, found, strict=True)
    squares = torch.stack([((a.float() - b.float()) ** 2).sum() for a, b in pairs]).sum()
    return squares / sum(tap.numel() for tap in wanted)
