"""The tab Fine-tune: a library of corrected cases, training on it, and what came of it."""

from __future__ import annotations

from typing import Any

from WMHSiameseSegLib.background import Background
from WMHSiameseSegLib.installation import Installation
from WMHSiameseSegLib.library_panel import LibraryPanel
from WMHSiameseSegLib.run_log import RunLog
from WMHSiameseSegLib.worker_client import WorkerClient


class FinetuneTab:
    """Puts the parts of the tab together, each given what it needs from outside.

    Args:
        ui: the widgets of FinetuneTab.ui by name.
        librarian: the worker that keeps the library.
        installation: makes sure that the workers find their packages.
        log: takes lines for the log.
    """

    def __init__(
        self, ui: Any, librarian: WorkerClient, installation: Installation, log: RunLog
    ) -> None:
        self._background = Background()
        self.library = LibraryPanel(ui, librarian, installation, self._background, log)

    def set_parameters(self, parameters: Any) -> None:
        """Keep the choices here; the shell connects them to the widgets."""
        self.library.set_parameters(parameters)

    def shown(self) -> None:
        """A person looks at the tab: what may have changed meanwhile is read again."""
        self.library.refresh()

    def scene_closes(self) -> None:
        """Let go of every node."""
        self.library.scene_closes()

    def close(self) -> None:
        """Leave no process, no file and no observer behind."""
        self.library.close()
        self._background.close()
