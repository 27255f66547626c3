"""The models there are: their cards, which one is the default, and files in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.models.card_text import compared_html, lineage_html
from WMHSiameseSegLib.models.model_choice import Model
from WMHSiameseSegLib.models.user_models import (
    copy_model,
    default_model,
    import_model,
    is_own,
    known_models,
    previous_default,
)
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.plain_text import on_button, unformatted
from WMHSiameseSegLib.panel.user_settings import remember_shown_name
from WMHSiameseSegLib.worker.background import Background

_LONGEST_NAME = 20  # on a button


class ModelsPanel:
    """Wires the table of models and its buttons.

    Args:
        ui: the tab's widgets.
        background: where files are copied.
        in_use: the files that a training or the tab Segment uses now.
        make_default: makes the model of this file name the default.
        changed: called when a model came, went or is called otherwise.
        called: gives what a case of a card is called here.
    """

    def __init__(
        self,
        ui: Any,
        background: Background,
        in_use: Callable[[], set[Path]],
        make_default: Callable[[str], None],
        changed: Callable[[], None],
        called: Callable[[str], str],
    ) -> None:
        self._ui = ui
        self._background = background
        self._in_use = in_use
        self._make_default = make_default
        self._changed = changed
        self._called = called
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
        ui.previousDefaultButton.clicked.connect(self._on_previous)
        ui.renameModelButton.clicked.connect(self._on_rename)
        ui.importModelButton.clicked.connect(self._on_import)
        ui.exportModelButton.clicked.connect(self._on_export)
        ui.deleteModelButton.clicked.connect(self._on_delete)
        self.refresh()

    @property
    def chosen(self) -> Model | None:
        """The chosen model, when it is one alone."""
        chosen = self._all_chosen
        return chosen[0] if len(chosen) == 1 else None

    @property
    def _all_chosen(self) -> list[Model]:
        table = self._ui.modelTable
        rows = sorted({table.row(item) for item in table.selectedItems()})
        return [self._models[row] for row in rows if 0 <= row < len(self._models)]

    def refresh(self) -> None:
        """List the models anew; the chosen ones stay chosen."""
        table, before = self._ui.modelTable, {model.path for model in self._all_chosen}
        self._models = known_models()
        table.clearContents()
        table.setRowCount(len(self._models))
        for index, model in enumerate(self._models):
            for column, text in enumerate(self._texts(model)):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(unformatted(text))
                table.setItem(index, column, item)
        for column in range(2, table.columnCount):
            table.resizeColumnToContents(column)
        self._choose(before)
        self._show_state()

    def _choose(self, paths: set[Path]) -> None:
        table = self._ui.modelTable
        table.clearSelection()
        for row, model in enumerate(self._models):
            for column in range(table.columnCount if model.path in paths else 0):
                table.item(row, column).setSelected(True)

    def show(self, model: Model) -> None:
        """Choose a model, so that its card is seen."""
        self._choose({model.path})

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
        before = previous_default(self._models)
        ui.previousDefaultButton.setEnabled(before is not None)
        named = _("Make {name} the default of the tab Segment again.")
        none = _("Make the model that was the default before the default again; there is none.")
        tip = named.format(name=before.title) if before is not None else none
        ui.previousDefaultButton.setToolTip(unformatted(tip))
        ui.previousDefaultButton.setText(_back_text(before))
        self._show_card()

    def _show_card(self) -> None:
        """Of one model its card, of two their figures beside each other."""
        chosen = self._all_chosen
        self._ui.modelCardView.setVisible(bool(chosen))
        if len(chosen) == 1:
            said = lineage_html(chosen[0], self._parent_text(chosen[0]), self._called)
        elif len(chosen) == 2:
            said = compared_html(*chosen, self._called)
        else:
            said = _("Choose one model to see its card, or two to compare their figures.")
        self._ui.modelCardView.setHtml(said)

    def _on_default(self) -> None:
        if self.chosen is not None:
            self._make_default(self.chosen.path.name)
            self.message.say("")

    def _on_previous(self) -> None:
        before = previous_default(self._models)
        if before is not None:
            self._make_default(before.path.name)
            said = _("The tab Segment uses {name} again.")
            self.message.say(said.format(name=before.title))

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

        def done(imported: tuple[Model, bool]) -> None:
            model, new = imported
            self._changed()
            self.show(model)
            said = _("Imported as {name}, SHA-256 {hash}…; the card has all of it.")
            there = _("This model is here already, as “{title}” ({name}), SHA-256 {hash}….")
            digits = model.card.sha256[:12] if model.card is not None else ""
            text = said if new else there
            self.message.say(text.format(name=model.path.name, title=model.title, hash=digits))

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
        if model is None:
            return
        question = _("Delete the model “{name}” for good?").format(name=model.title)
        if not slicer.util.confirmOkCancelDisplay(
            unformatted(question), windowTitle=_("Delete the model?")
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


def _back_text(model: Model | None) -> str:
    """The button's words; a long name is in the tooltip."""
    if model is None:
        return _("Back")
    name = model.title if len(model.title) <= _LONGEST_NAME else model.title[:_LONGEST_NAME] + "…"
    return on_button(_("Back to {name}").format(name=name))
