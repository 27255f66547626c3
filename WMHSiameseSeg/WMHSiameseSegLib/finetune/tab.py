"""The tab Fine-tune: a library of corrected cases, training on it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from WMHSiameseSegLib.finetune.comparison_panel import ComparisonPanel
from WMHSiameseSegLib.finetune.training_panel import TrainingPanel
from WMHSiameseSegLib.library.panel import LibraryPanel
from WMHSiameseSegLib.models.model_choice import Model
from WMHSiameseSegLib.models.panel import ModelsPanel
from WMHSiameseSegLib.models.user_models import make_default, sweep_stale_workplaces
from WMHSiameseSegLib.packages.installation import Installation
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.worker.background import Background
from WMHSiameseSegLib.worker.client import Event, WorkerClient


class FinetuneTab:
    """Puts the parts of the tab together, each given what it needs from outside.

    Args:
        ui: the widgets of FinetuneTab.ui by name.
        librarian: the worker that keeps the library.
        trainer: the worker that trains.
        installation: makes sure that the workers find their packages.
        log: takes lines for the log.
        models_changed: called when models came or went, with the new default's file name or "".
        segmenting_with: the model file that the tab Segment has chosen.
    """

    def __init__(
        self,
        ui: Any,
        librarian: WorkerClient,
        trainer: WorkerClient,
        installation: Installation,
        log: RunLog,
        models_changed: Callable[[str], None],
        segmenting_with: Callable[[], Path | None],
    ) -> None:
        sweep_stale_workplaces()
        self._segmenting_with = segmenting_with
        self._models_changed = models_changed
        self._background = Background()
        self.library = LibraryPanel(ui, librarian, installation, self._background, log)
        self.training = TrainingPanel(
            ui, trainer, installation, log, lambda: self.library.folder, self._on_finished
        )
        self.comparison = ComparisonPanel(ui, self._make_default, self.training.leave_one_out)
        self.models = ModelsPanel(
            *(ui, self._background, self._models_in_use),
            *(self._make_default, self._on_models, self.library.table.called),
        )

    def set_parameters(self, parameters: Any) -> None:
        """Keep the choices here; the shell connects them to the widgets."""
        self.library.set_parameters(parameters)

    def shown(self) -> None:
        """A person looks at the tab: what may have changed meanwhile is read again."""
        self.library.refresh()
        self._refresh()

    def scene_closes(self) -> None:
        """Let go of every node; a training goes on."""
        self.library.scene_closes()
        self.training.scene_closes()

    def close(self) -> None:
        """Leave no process, no file and no observer behind."""
        self.library.close()
        self.training.close()
        self._background.close()

    def _on_finished(self, what: str, result: Event, base: Model) -> None:
        self._on_models()
        self.comparison.show(what, result, base)
        self.library.refresh()

    def _on_models(self) -> None:
        """Models came or went, or are called otherwise."""
        self._models_changed("")
        self._refresh()

    def _models_in_use(self) -> set[Path]:
        training = None if self.training.run.idle else self.training.base
        used = (self._segmenting_with(), training.path if training is not None else None)
        return {path for path in used if path is not None}

    def _make_default(self, name: str) -> None:
        make_default(name)
        self._models_changed(name)
        self._refresh()

    def _refresh(self) -> None:
        if self.training.run.idle:
            self.training.refresh()
        self.comparison.refresh()
        self.models.refresh()
