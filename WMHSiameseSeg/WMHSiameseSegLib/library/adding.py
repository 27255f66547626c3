"""A corrected case on its way into the library: a private folder, two array files, one request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.library.client import LibraryClient
from WMHSiameseSegLib.library.corrected_case import CorrectedCase
from WMHSiameseSegLib.worker.background import Background, Job
from WMHSiameseSegLib.worker.private_folder import make_private_folder, remove_in_time


class CaseAdding:
    """Adds one case at a time.

    Args:
        client: sends the request.
        background: where the arrays are written.
        failed: hears in plain words why nothing was sent.
    """

    def __init__(
        self, client: LibraryClient, background: Background, failed: Callable[[str], None]
    ) -> None:
        self._client = client
        self._background = background
        self._failed = failed
        self._folder: Path | None = None
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a case is on its way."""
        return self._folder is not None

    def start(self, library: Path, case: CorrectedCase, words: dict[str, str]) -> None:
        """Write the arrays beside the event loop, then ask the library to take them."""
        try:
            self._folder = folder = make_private_folder()
        except OSError as error:
            self._failed(str(from_exception(error)))
            return

        def ask(mask_affine: NDArray[np.float64]) -> None:
            self._job = None
            fields: dict[str, Any] = {
                "volume": str(folder / "flair.npy"),
                "affine": case.grid.affine.tolist(),
                "mask": str(folder / "mask.npy"),
                "mask_affine": mask_affine.tolist(),
                "folder": str(folder),
            }
            self._client.ask("add", library, **fields, **words)

        self._job = self._background.run(lambda: _write(case, folder), ask, self._lost)

    def finish(self) -> None:
        """The case has been taken, or not: leave no file behind."""
        if self._job is not None:
            self._job.abandon()
            self._job = None
        folder, self._folder = self._folder, None
        if folder is not None:
            remove_in_time(folder)

    def _lost(self, error: Exception) -> None:
        self.finish()
        self._failed(str(error) if isinstance(error, ValueError) else str(from_exception(error)))


def _write(case: CorrectedCase, folder: Path) -> NDArray[np.float64]:
    """Write both arrays; returns the affine of the mask."""
    labels, affine = case.labels()
    np.save(folder / "flair.npy", case.flair)
    np.save(folder / "mask.npy", labels)
    return affine
