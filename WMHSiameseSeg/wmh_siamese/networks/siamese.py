"""The Siamese network: VGG19 taps and the content loss (paper, section 2.2, equation 1)."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from wmh_siamese.errors import WMHError
from wmh_siamese.models.model_file import file_sha256, read_header
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


@dataclass(frozen=True)
class VGGWeights:
    """The first two blocks of a VGG19, their input convention and the SHA-256 of their file.

    It is that of the file they were first taken from, where the file at hand tells it.
    """

    tensors: dict[str, Tensor]
    convention: Convention
    sha256: str


def read_vgg_weights(path: str | Path, convention: Convention | None = None) -> VGGWeights:
    """The first two blocks of a VGG19 from a ``.npz``, ``.safetensors`` or ``.pth`` file.

    Names are torchvision's, ``features.0.weight`` and so on, OIHW. A ``.pth`` file is read with
    PyTorch's restricted loader, which runs no code.

    Args:
        path: the file.
        convention: how the weights want their input; left out, it is told by the file: torchvision
            publishes ``.pth``, the Oxford weights carry ``caffe`` in their name.

    Raises:
        WMHError: ``bad-path`` when there is no such file, ``bad-model`` when it is not a VGG19 or
            its convention cannot be told.
    """
    path = Path(path)
    weights = vgg_blocks_in(path)
    known = convention or told_convention(path)
    if known is None:
        raise WMHError(
            "bad-model",
            f"{path.name} does not tell which input its VGG19 was trained on.",
            "Say it: caffe (blue-green-red, 0-255) or torchvision (red-green-blue, 0-1, "
            "normalised).",
        )
    origin = str(_told(path).get("sha256"))
    known_origin = re.fullmatch("[0-9a-f]{64}", origin) is not None
    return VGGWeights(weights, known, origin if known_origin else file_sha256(path))


def vgg_blocks_in(path: Path) -> dict[str, Tensor]:
    """The first two blocks in a file, whatever input they want; float32.

    Raises:
        WMHError: ``bad-path`` or ``bad-model``, as :func:`read_vgg_weights`.
    """
    if not path.is_file():
        raise WMHError(
            "bad-path", f"There is no VGG19 weight file {path}.", "Name another one or download it."
        )
    try:
        tensors = _read_tensors(path)
        names = [f"features.{i}.{part}" for i in CONVOLUTIONS for part in ("weight", "bias")]
        # copies, so that a file that is mapped can be deleted at once
        weights = {name: tensors[name].to(torch.float32, copy=True) for name in names}
        VGGFeatures(weights, "caffe")  # whether they fit does not depend on it
    except Exception as error:
        raise WMHError(
            "bad-model",
            f"{path.name} does not hold the first two blocks of a VGG19.",
            "Choose a .npz, .safetensors or .pth file with torchvision's names.",
        ) from error
    return weights


def told_convention(path: Path) -> Convention | None:
    """The input that a weight file asks for, as far as its header, ending or name tells."""
    told = _told(path).get("convention")
    if told in get_args(Convention):
        return cast(Convention, told)
    if path.suffix == ".pth":
        return "torchvision"
    return "caffe" if "caffe" in path.name else None


def vgg_weights(path: str | Path | None, convention: Convention | None = None) -> VGGWeights:
    """The weights of a file (:func:`read_vgg_weights`), or torchvision's download without one."""
    if path is not None:
        return read_vgg_weights(path, convention)
    from wmh_siamese.networks.vgg_blocks import kept_or_downloaded
    from wmh_siamese.terminal.progress_bar import ProgressBar

    with ProgressBar("VGG19", quiet=False) as bar:
        return kept_or_downloaded(lambda done, of: bar.show("MB", done // 10**6, of // 10**6))


def _told(path: Path) -> dict[str, str]:
    """What a kept file says of itself; nothing where it is another kind of file."""
    if path.suffix != ".safetensors":
        return {}
    try:
        told = read_header(path).get("__metadata__")
    except (WMHError, OSError, ValueError, struct.error):
        return {}
    return told if isinstance(told, dict) else {}


def _read_tensors(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    if path.suffix == ".safetensors":
        tensors: dict[str, Tensor] = load_file(path)
        return tensors
    # torchvision's own VGG19 is of 2017, before the zip that can be mapped
    mapped = zipfile.is_zipfile(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    return state
