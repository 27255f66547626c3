"""Choosing a model: bundled ones, the user's own, opened files, and the chosen one's card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.models.card_text import card_html
from WMHSiameseSegLib.models.model_choice import Model, read_model
from WMHSiameseSegLib.models.user_models import default_model, known_models
from WMHSiameseSegLib.panel.finding import Finding, Weight


class ModelMenu:
    """The model selector.

    Args:
        ui: the tab's widgets.
        chosen: hears the chosen model's file name and its own threshold, None without a card.
    """

    def __init__(self, ui: Any, chosen: Callable[[str, float | None], None]) -> None:
        self._ui = ui
        self._chosen = chosen
        self._models: list[Model] = known_models()
        self._opened: list[Path] = []
        self._fill(default_model())
        ui.modelSelector.currentIndexChanged.connect(self._on_index)
        ui.openModelButton.clicked.connect(self._on_open)

    @property
    def current(self) -> Model | None:
        index = self._ui.modelSelector.currentIndex
        return self._models[index] if 0 <= index < len(self._models) else None

    @property
    def file(self) -> Path | None:
        """The chosen model's file."""
        return self.current.path if self.current is not None else None

    def check(self) -> list[Finding]:
        """Why the chosen model cannot be used."""
        model = self.current
        if model is None:
            said = _("There is no model. Open a model file (.safetensors) with the button “…”.")
            return [Finding(Weight.STOP, said)]
        if model.card is None:
            return [Finding(Weight.STOP, model.problem)]
        return []

    def choose(self, name: str) -> None:
        """Choose the model whose file has this name, and tell; the default for an empty name."""
        names = [model.path.name for model in self._models]
        name = name or default_model()
        if name in names:
            self._ui.modelSelector.setCurrentIndex(names.index(name))
        self._tell()

    def refresh(self) -> None:
        """List the models anew: some of the user's own came, went or are called otherwise."""
        chosen = self.current.path.name if self.current is not None else ""
        listed = known_models()
        paths = [model.path for model in listed]
        self._models = listed + [read_model(p) for p in self._opened if p not in paths]
        self._fill(chosen)

    def open(self, path: Path) -> None:
        """Add a model file to the menu and choose it."""
        paths = [model.path for model in self._models]
        if path in paths:
            self._ui.modelSelector.setCurrentIndex(paths.index(path))
            return
        model = read_model(path)
        self._opened.append(path)
        self._models.append(model)
        self._ui.modelSelector.addItem(model.title)
        self._ui.modelSelector.setCurrentIndex(len(self._models) - 1)

    def _fill(self, chosen: str) -> None:
        """Show the models without a word to anybody, this one chosen."""
        selector = self._ui.modelSelector
        selector.blockSignals(True)
        selector.clear()
        for model in self._models:
            selector.addItem(model.title)
        names = [model.path.name for model in self._models]
        selector.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        selector.blockSignals(False)
        self._show_card()

    def _on_open(self) -> None:
        name = qt.QFileDialog.getOpenFileName(
            slicer.util.mainWindow(), _("Open a model"), "", _("Models (*.safetensors)")
        )
        if name:
            self.open(Path(name))

    def _on_index(self, _index: int) -> None:
        self._show_card()
        self._tell()

    def _tell(self) -> None:
        model = self.current
        if model is not None:
            self._chosen(model.path.name, model.card.threshold if model.card else None)

    def _show_card(self) -> None:
        model = self.current
        none = _("No model comes with this installation; open a file.")
        self._ui.modelCardLabel.setText(card_html(model) if model is not None else none)
