"""``vgg``: keep the VGG19 weights of a chosen file, or download them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.worker.asker import Asker
from wmh_siamese.worker.lines import choice_of, optional_path_of, path_of
from wmh_siamese.worker.workshop import Workshop

CONVENTIONS = ("caffe", "torchvision")

if TYPE_CHECKING:
    from wmh_siamese.networks.siamese import Convention


@dataclass(frozen=True)
class KeepVGG:
    """Keep the first two blocks of a VGG19 in ``kept``: of ``file``, or downloaded without one."""

    kept: Path
    file: Path | None
    convention: Convention | None


def keep_vgg_request(line: Mapping[str, Any]) -> KeepVGG:
    """The typed request of a line.

    Raises:
        WMHError: ``internal``, with the field that is missing or wrong.
    """
    return KeepVGG(path_of(line, "kept"), optional_path_of(line, "file"), convention_of(line))


def convention_of(line: Mapping[str, Any]) -> Convention | None:
    """Which input VGG19's weights expect, where their file does not say."""
    if line.get("vgg_convention") is None:
        return None
    return cast("Convention", choice_of(line, "vgg_convention", CONVENTIONS))


def run_keep_vgg(work: KeepVGG, asker: Asker, workshop: Workshop) -> dict[str, Any]:
    """The fields of the result event; the convention is null when it has to be asked for.

    Raises:
        WMHError: as :mod:`wmh_siamese.networks.vgg_blocks`; nothing is kept then.
    """
    import_torch()
    from wmh_siamese.files.download import MEGABYTE
    from wmh_siamese.networks import vgg_blocks
    from wmh_siamese.networks.vgg_weights import told_convention, vgg_blocks_in

    told = [-1]

    def progress(done: int, of: int) -> None:
        if done // MEGABYTE > told[0]:
            told[0] = done // MEGABYTE
            asker.progress("downloading", told[0], of // MEGABYTE)

    if work.file is None:
        weights = vgg_blocks.keep_download(
            work.kept, vgg_blocks.TORCHVISION, progress, asker.stopped
        )
    else:
        convention = work.convention or told_convention(work.file)
        if convention is None:
            vgg_blocks_in(work.file)  # what is no VGG19 is refused before anything is asked
            return {"convention": None, "sha256": None}
        weights = vgg_blocks.keep_file(work.file, work.kept, convention)
    return {"convention": weights.convention, "sha256": weights.sha256}
