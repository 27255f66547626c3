"""What outlives a piece of work: the warm model, and what has to go when the process ends."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wmh_siamese.errors import WMHError
from wmh_siamese.files.temporaries import remove, remove_own
from wmh_siamese.networks.torch_loading import import_torch
from wmh_siamese.worker.asker import Asker

if TYPE_CHECKING:
    from wmh_siamese.segmenting.inference import Segmenter

LoadSegmenter = Callable[[Path, str, Callable[[str], None]], "Segmenter"]
Progress = Callable[[str, int, int], None]


class Workshop:
    """Where the work is done, one piece at a time; the last model stays loaded.

    Args:
        load: makes a Segmenter from a model path, a device and a way to speak to the user.

    Attributes:
        private_folder: of the piece of work that is under way, where it has one.
    """

    def __init__(self, load: LoadSegmenter | None = None) -> None:
        self._load = load or _load_segmenter
        self._warm: tuple[tuple[Any, ...], Segmenter] | None = None
        self._asker: Asker | None = None
        self.private_folder: Path | None = None
        self._process = os.getpid()  # a forked child must not clear away what is its parent's

    def segmenter(
        self, model: Path, device: str, asker: Asker, progress: Progress | None = None
    ) -> Segmenter:
        """The warm one, unless the file or the device is another than last time.

        Args:
            model: its file.
            device: its name.
            asker: told what a person should know of the model's work, also later.
            progress: hears of the loading; the asker's by default.

        Raises:
            WMHError: ``bad-model`` when there is no such file.
        """
        progress, self._asker = progress or asker.progress, asker
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

    def clear_away(self, *, private: bool) -> None:
        """Remove what is half-done, and with ``private`` the run's folder: the process ends."""
        remove_own()
        if private and self.private_folder is not None and os.getpid() == self._process:
            remove(self.private_folder)

    def _say(self, text: str) -> None:
        if self._asker is not None:
            self._asker.say(text)


def _load_segmenter(model: Path, device: str, say: Callable[[str], None]) -> Segmenter:
    import_torch()
    from wmh_siamese.segmenting.inference import Segmenter

    return Segmenter(model, device, say)
