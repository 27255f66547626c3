"""VGG19's first two blocks kept as a file of 1 MB: from a chosen file, or torchvision's download.

The kept file tells its input convention and the SHA-256 of the file that it was taken from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import torch
from safetensors.torch import save_file

from wmh_siamese.files.atomic_file import written_whole
from wmh_siamese.files.download import Progress, download
from wmh_siamese.files.hashes import file_sha256
from wmh_siamese.files.workplace import workplace
from wmh_siamese.networks.siamese import Convention
from wmh_siamese.networks.vgg_weights import VGGWeights, read_vgg_weights
from wmh_siamese.terminal.progress_bar import ProgressBar


@dataclass(frozen=True)
class Source:
    """Where a VGG19 is published, and the first digits of its SHA-256."""

    url: str
    sha256_begins: str


# torchvision's VGG19_Weights.IMAGENET1K_V1, 575 MB; the name of the file holds the digits.
TORCHVISION = Source("https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", "dcbb9e9d")


def keep_file(file: Path, kept: Path, convention: Convention | None = None) -> VGGWeights:
    """Read a chosen file and keep its first two blocks in ``kept``.

    Raises:
        WMHError: as :func:`wmh_siamese.networks.vgg_weights.read_vgg_weights`.
    """
    weights = read_vgg_weights(file, convention)
    tensors = {name: tensor.contiguous() for name, tensor in weights.tensors.items()}
    told: dict[str, Any] = {"convention": weights.convention, "sha256": weights.sha256}
    kept.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(kept) as partial:
        save_file(tensors, partial, metadata=told)
    return weights


def keep_download(
    kept: Path,
    source: Source,
    progress: Progress = lambda done, of: None,
    stopped: Callable[[], bool] = lambda: False,
) -> VGGWeights:
    """Download a VGG19 and keep its first two blocks in ``kept``; the rest is deleted at once.

    Args:
        kept: the file; its folder is made.
        source: what to download.
        progress: told bytes done and of how many.
        stopped: asked while it comes.

    Raises:
        WMHError: as :func:`wmh_siamese.files.download.download`; nothing is left then.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    with workplace(kept.parent) as folder:
        file = folder / _file_name(source.url)
        download(source.url, file, source.sha256_begins, progress, stopped)
        return keep_file(file, kept)


def kept_or_downloaded(progress: Progress = lambda done, of: None) -> VGGWeights:
    """torchvision's weights for the command line, kept in torch's own cache."""
    cache, source = Path(torch.hub.get_dir(), "checkpoints"), TORCHVISION
    kept = cache / f"vgg19-blocks-{source.sha256_begins}.safetensors"
    if kept.is_file():
        return read_vgg_weights(kept)
    whole = cache / _file_name(source.url)  # torchvision itself may have been here
    if whole.is_file() and file_sha256(whole).startswith(source.sha256_begins):
        return keep_file(whole, kept)
    return keep_download(kept, source, progress)


def vgg_weights(path: str | Path | None, convention: Convention | None = None) -> VGGWeights:
    """The weights of a file (:func:`read_vgg_weights`), or torchvision's download without one."""
    if path is not None:
        return read_vgg_weights(path, convention)
    with ProgressBar("VGG19", quiet=False) as bar:
        return kept_or_downloaded(lambda done, of: bar.show("MB", done // 10**6, of // 10**6))


def _file_name(url: str) -> str:
    return Path(urlsplit(url).path).name
