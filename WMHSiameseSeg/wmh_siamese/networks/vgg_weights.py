"""Weight files of a VGG19: their first two blocks, and the input that they were trained on."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from wmh_siamese.errors import WMHError
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.files.safetensors_header import read_header
from wmh_siamese.networks.siamese import CONVOLUTIONS, Convention, VGGFeatures

MAX_ARRAY_BYTES = 4_000_000
"""The largest of the arrays has 147,456 numbers; a bomb would unfold to all memory."""


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
        names = [f"features.{i}.{part}" for i in CONVOLUTIONS for part in ("weight", "bias")]
        tensors = _read_tensors(path, names)
        # copies, so that a file that is mapped can be deleted at once
        weights = {name: tensors[name].to(torch.float32, copy=True) for name in names}
        VGGFeatures(weights, "caffe")  # whether they fit does not depend on it
        if not all(bool(tensor.isfinite().all()) for tensor in weights.values()):
            raise ValueError("some of its weights are NaN or infinite")
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


def _told(path: Path) -> dict[str, str]:
    """What a kept file says of itself; nothing where it is another kind of file."""
    if path.suffix != ".safetensors":
        return {}
    try:
        told = read_header(path).get("__metadata__")
    except Exception:  # whatever is wrong with it is said where its weights are read
        return {}
    return told if isinstance(told, dict) else {}


def _read_tensors(path: Path, names: Sequence[str]) -> Mapping[str, Tensor]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            if any(entry.file_size > MAX_ARRAY_BYTES for entry in _entries(arrays, names)):
                raise ValueError("an array is larger than any of VGG19's first two blocks")
            return {name: torch.from_numpy(arrays[name]) for name in names}
    if path.suffix == ".safetensors":
        tensors: dict[str, Tensor] = load_file(path)
        return tensors
    # torchvision's own VGG19 is of 2017, before the zip that can be mapped
    mapped = zipfile.is_zipfile(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    return state


def _entries(arrays: Any, names: Sequence[str]) -> Iterator[zipfile.ZipInfo]:
    return (arrays.zip.getinfo(f"{name}.npy") for name in names)
