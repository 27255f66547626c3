"""The models there are: where each came from, which one is the default, and files in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.background import Background
from WMHSiameseSegLib.model_choice import Model
from WMHSiameseSegLib.panel_message import PanelMessage
from WMHSiameseSegLib.user_models import (
    copy_model,
    default_model,
    import_model,
    is_own,
    known_models,
)
from WMHSiameseSegLib.user_settings import remember_shown_name


class ModelsPanel:
    """Wires the table of models and its buttons.

    Args:
        ui: the tab's widgets.
        background: where files are copied.
        in_use: the files that a training or the tab Segment uses now.
        make_default: makes the model of this file name the default.
        changed: called when a model came, went or is called otherwise.
    """

    def __init__(
        self,
        ui: Any,
        background: Background,
        in_use: Callable[[], set[Path]],
        make_default: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._ui = ui
        self._background = background
        self._in_use = in_use
        self._make_default = make_default
        self._changed = changed
        self._models: list[Model] = []
        self.message = PanelMessage(ui.modelMessage)
        names = [_("Model"), _("Made from"), _("Date"), _("Whose"), _("Default")]
        ui.modelTable.setColumnCount(len(names))
        ui.modelTable.setHorizontalHeaderLabels(names)
        ui.modelTable.verticalHeader().setVisible(False)
        header = ui.modelTable.horizontalHeader()
        for column in (0, 1):  # what is cut there is in the tooltip
            header.setSectionResizeMode(column, qt.QHeaderView.Stretch)
        ui.modelTable.itemSelectionChanged.connect(self._show_state)
        ui.defaultModelButton.clicked.connect(self._on_default)
        ui.renameModelButton.clicked.connect(self._on_rename)
        ui.importModelButton.clicked.connect(self._on_import)
        ui.exportModelButton.clicked.connect(self._on_export)
        ui.deleteModelButton.clicked.connect(self._on_delete)
        self.refresh()

    @property
    def chosen(self) -> Model | None:
        items = self._ui.modelTable.selectedItems()
        index = self._ui.modelTable.row(items[0]) if items else -1
        return self._models[index] if 0 <= index < len(self._models) else None

    def refresh(self) -> None:
        """List the models anew; the chosen one stays chosen."""
        table, before = self._ui.modelTable, self.chosen
        self._models = known_models()
        table.clearContents()
        table.setRowCount(len(self._models))
        for index, model in enumerate(self._models):
            for column, text in enumerate(self._texts(model)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(index, column, item)
        for column in range(2, table.columnCount):
            table.resizeColumnToContents(column)
        paths = [model.path for model in self._models]
        if before is not None and before.path in paths:
            table.selectRow(paths.index(before.path))
        self._show_state()

    def _texts(self, model: Model) -> list[str]:
        return [
            model.title if model.card is not None else f"{model.title}: {model.problem}",
            self._parent_text(model),
            model.card.created[:10] if model.card is not None else "",
            _("yours") if is_own(model) else _("bundled"),
            _("default") if model.path.name == default_model() else "",
        ]

    def _parent_text(self, model: Model) -> str:
        """The name of the model that it was made from, else the first digits of its hash.

        A bundled model's parent that does not come with it is in nobody's hands.
        """
        parent = model.card.parent if model.card is not None else None
        if not parent:
            return ""
        named = [m.title for m in self._models if m.card is not None and m.card.sha256 == parent]
        return next(iter(named), parent[:12] if is_own(model) else "")

    def _show_state(self) -> None:
        ui, model = self._ui, self.chosen
        usable = model is not None and model.card is not None
        free = model is not None and is_own(model) and model.path not in self._in_use()
        default = model is not None and model.path.name == default_model()
        ui.defaultModelButton.setEnabled(usable and not default)
        ui.renameModelButton.setEnabled(usable)
        ui.exportModelButton.setEnabled(usable)
        ui.deleteModelButton.setEnabled(free and not default)
        ui.modelNameEdit.setEnabled(usable)
        ui.modelNameEdit.setText(model.title if usable else "")

    def _on_default(self) -> None:
        if self.chosen is not None:
            self._make_default(self.chosen.path.name)
            self.message.say("")

    def _on_rename(self) -> None:
        if self.chosen is not None:
            remember_shown_name(self.chosen.path.name, self._ui.modelNameEdit.text.strip())
            self._changed()

    def _on_import(self) -> None:
        name = qt.QFileDialog.getOpenFileName(
            slicer.util.mainWindow(), _("Import a model"), "", _("Models (*.safetensors)")
        )
        if not name:
            return

        def done(path: Path) -> None:
            self._changed()
            self.message.say(_("Imported as {name}.").format(name=path.name))

        self._background.run(lambda: import_model(Path(name)), done, self._lost)

    def _on_export(self) -> None:
        model = self.chosen
        if model is None:
            return
        name = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(),
            _("Export the model"),
            model.path.name,
            _("Models (*.safetensors)"),
        )
        if not name:
            return
        said = _("Exported.")
        self._background.run(
            lambda: copy_model(model.path, Path(name)),
            lambda _none: self.message.say(said),
            self._lost,
        )

    def _on_delete(self) -> None:
        model = self.chosen
        if model is None or not slicer.util.confirmOkCancelDisplay(
            _("Delete the model “{name}” for good?").format(name=model.title),
            windowTitle=_("Delete the model?"),
        ):
            return
        if not is_own(model) or model.path in self._in_use():
            self.message.complain(_("The model is in use now."))
            return
        try:
            model.path.unlink(missing_ok=True)
        except OSError as error:
            self._lost(error)
            return
        remember_shown_name(model.path.name, "")
        self.message.say(_("Deleted."))
        self._changed()

    def _lost(self, error: Exception) -> None:
        self.message.complain(str(from_exception(error)))
