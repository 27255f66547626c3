"""What the worker does for its requests: segment, warm up, probe."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wmh_siamese.errors import WMHError
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.worker.finetuning import Finetune, run_finetune
from wmh_siamese.worker.library import InLibrary, answer_of
from wmh_siamese.worker.lines import Affine, Probe, Segment, Warm
from wmh_siamese.worker.vgg import KeepVGG, run_keep_vgg

if TYPE_CHECKING:
    from wmh_siamese.segmenting.inference import Segmenter
    from wmh_siamese.volumes.volume import Volume

NEEDED = ("torch", "numpy", "scipy", "nibabel", "safetensors")

LoadSegmenter = Callable[[Path, str, Callable[[str], None]], "Segmenter"]
Work = Segment | Warm | Finetune | Probe | InLibrary | KeepVGG


@dataclass(frozen=True)
class Line:
    """How a piece of work speaks while it runs.

    Attributes:
        progress: takes stage, done and of.
        say: takes a sentence for the user.
        stopped: whether the user wants it to end.
        epoch: takes the fields of an epoch of a training.
        discarded: whether nothing is to be left of what was stopped.
    """

    progress: Callable[[str, int, int], None]
    say: Callable[[str], None]
    stopped: Callable[[], bool]
    epoch: Callable[[dict[str, Any]], None] = lambda fields: None
    discarded: Callable[[], bool] = lambda: False


class Workshop:
    """Does the work, one piece at a time, and keeps the last model warm.

    Args:
        load: makes a Segmenter from a model path, a device and a way to speak to the user.
    """

    def __init__(self, load: LoadSegmenter | None = None) -> None:
        self._load = load or _load_segmenter
        self._warm: tuple[tuple[Any, ...], Segmenter] | None = None
        self._line: Line | None = None
        self.part_written: set[Path] = set()
        self.private_folder: Path | None = None

    def do(self, work: Work, line: Line) -> dict[str, Any]:
        """The fields of the result event."""
        self._line = line
        if isinstance(work, Segment):
            return self._segment(work, line)
        if isinstance(work, Warm):
            return self._warm_up(work, line)
        if isinstance(work, InLibrary):
            self.private_folder = work.private
            return answer_of(work, line)
        if isinstance(work, Finetune):
            self.private_folder = work.folder
            return run_finetune(work, line)
        if isinstance(work, KeepVGG):
            return run_keep_vgg(work, line, self.part_written)
        return _probe()

    def _warm_up(self, work: Warm, line: Line) -> dict[str, Any]:
        began = time.perf_counter()
        segmenter = self._segmenter(work.model, work.device, line.progress)
        return {"device": segmenter.device_name, "seconds": time.perf_counter() - began}

    def _segment(self, work: Segment, line: Line) -> dict[str, Any]:
        from wmh_siamese.files.versions import versions
        from wmh_siamese.volumes.hashes import input_sha256
        from wmh_siamese.volumes.probability_file import probability_file

        self.private_folder = work.folder
        stages = _StageClock(line.progress)
        segmenter = self._segmenter(work.model, work.device, stages)
        if line.stopped():
            raise stopped()
        stages("reading", 0, 1)
        volume = volume_in(work.volume, work.affine)
        hashed = input_sha256(volume)
        with probability_file(work.probability, volume.shape, self.part_written) as out:
            stages("preparing", 0, 1)
            segmenter.probability(
                volume,
                nonfinite=work.nonfinite,
                progress=stages,
                stopped=line.stopped,
                out=out,
            )
            stages("writing", 0, 1)
            del out
        stages("writing", 1, 1)
        card = segmenter.card
        return {
            "probability": str(work.probability),
            "model": {
                "sha256": card.sha256,
                "name": card.name,
                "recipe": card.recipe,
                "threshold": card.threshold,
            },
            "device": segmenter.device_name,
            "precision": segmenter.precision,
            "seconds": stages.total(),
            "timings": stages.timings(),
            "versions": versions(),
            "input_sha256": hashed,
        }

    def _segmenter(
        self, model: Path, device: str, progress: Callable[[str, int, int], None]
    ) -> Segmenter:
        """The warm one, unless the file or the device is another than last time."""
        if not model.is_file():
            raise WMHError("bad-model", f"There is no model file {model}.", "Choose another model.")
        file = model.stat()
        key = (os.path.realpath(model), file.st_mtime_ns, file.st_size, device)
        if self._warm is None or self._warm[0] != key:
            self._warm = None
            progress("loading model", 0, 1)
            self._warm = key, self._load(model, device, self._say)
            progress("loading model", 1, 1)
        return self._warm[1]

    def _say(self, text: str) -> None:
        if self._line is not None:
            self._line.say(text)


_STAGE_NAMES = {
    "loading model": "load",
    "reading": "read",
    "preparing": "prepare",
    "network": "network",
    "writing": "write",
}


class _StageClock:
    """Passes progress on and keeps the seconds of every stage."""

    def __init__(self, announce: Callable[[str, int, int], None]) -> None:
        self._announce = announce
        self._seconds: dict[str, float] = dict.fromkeys(_STAGE_NAMES.values(), 0.0)
        self._began = self._since = time.perf_counter()
        self._stage = ""

    def __call__(self, stage: str, done: int, of: int) -> None:
        self._count()
        self._stage = stage
        self._announce(stage, done, of)

    def total(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._began

    def timings(self) -> dict[str, float]:
        """Seconds by stage so far."""
        self._count()
        return dict(self._seconds)

    def _count(self) -> None:
        now = time.perf_counter()
        name = _STAGE_NAMES.get(self._stage, self._stage)
        if name:
            self._seconds[name] = self._seconds.get(name, 0.0) + now - self._since
        self._since = now


def volume_in(file: Path, affine: Affine) -> Volume:
    """The volume in an array file (``bad-volume`` when the file is another)."""
    import numpy as np

    from wmh_siamese.volumes.volume import Volume

    try:
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError):
        raise WMHError(
            "bad-volume", "The volume's array file is damaged or of another kind.", "Try again."
        ) from None
    if not isinstance(array, np.ndarray):
        raise WMHError("bad-volume", "The volume's file holds several arrays.", "Try again.")
    return Volume(array, np.array(affine, dtype=np.float64))


def _load_segmenter(model: Path, device: str, say: Callable[[str], None]) -> Segmenter:
    import_torch()
    from wmh_siamese.segmenting.inference import Segmenter

    return Segmenter(model, device, say)


def _probe() -> dict[str, Any]:
    """What is installed; a torch that is missing is told, one that is broken is an error."""
    from wmh_siamese.files.versions import version_of

    missing = [name for name in NEEDED if find_spec(name) is None]
    devices, notes = ([], []) if "torch" in missing else _devices()
    return {
        "torch": version_of("torch"),
        "torchvision": version_of("torchvision"),
        "devices": devices,
        "missing": missing,
        "notes": notes,
        "python": python_version(),
    }


def _devices() -> tuple[list[str], list[str]]:
    """What networks can run on, and what a person should know of it."""
    import_torch()
    from wmh_siamese.networks.devices import available_devices, gpu_trouble

    return available_devices(), [note for note in [gpu_trouble()] if note]


def stopped() -> WMHError:
    """The error of a run that the user ended."""
    return WMHError("stopped", "The run was stopped.")


def python_version() -> str:
    """As in ``3.12.1``."""
    return platform.python_version()
