"""The correction library in the tab Fine-tune: which one, adding cases, changing each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.library.adding import CaseAdding
from WMHSiameseSegLib.library.case_in_scene import open_case
from WMHSiameseSegLib.library.choice import CaseChoice
from WMHSiameseSegLib.library.client import CaseRow, LibraryAnswer, LibraryClient
from WMHSiameseSegLib.library.corrected_case import check_case, corrected_case
from WMHSiameseSegLib.library.editing import CaseEditing
from WMHSiameseSegLib.library.messages import answer_text
from WMHSiameseSegLib.library.table import CaseTable, role_name
from WMHSiameseSegLib.packages.installation import Installation
from WMHSiameseSegLib.packages.needs import WorkerNeeds
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.panel.user_settings import library_of, library_word, remember_library
from WMHSiameseSegLib.worker.background import Background
from WMHSiameseSegLib.worker.client import WorkerClient

_ON_A_CASE = ("openCaseButton", "roleButton", "excludeButton", "removeButton")
_ON_A_LIBRARY = ("addCaseButton", "importFolderButton", "importZipButton", "exportButton")
_CHANGES = {"add", "change", "remove", "restore", "import", "empty-trash"}


class LibraryPanel:
    """Wires the widgets of the library to the worker that keeps it.

    Args:
        ui: the tab's widgets.
        worker: answers what is asked of the library.
        installation: makes sure that the worker finds its packages.
        background: where arrays are written.
        log: takes what the worker says.
    """

    def __init__(
        self,
        ui: Any,
        worker: WorkerClient,
        installation: Installation,
        background: Background,
        log: RunLog,
    ) -> None:
        self._ui = ui
        self._worker = worker
        self._installation = installation
        self._log = log
        self._parameters: Any = None
        self.folder: Path | None = None
        self.message = PanelMessage(ui.libraryMessage)
        self.choice = CaseChoice(ui)
        self._sent = self.choice.about()
        busy = _("The correction library is busy: wait for its end.")
        self._needs = WorkerNeeds(worker, installation, self.message, log, busy)
        self.client = LibraryClient(worker, self)
        self._adding = CaseAdding(self.client, background, self._on_not_sent)
        self.table = CaseTable(ui.caseTable, self._show_state)
        self._editing = CaseEditing(ui, self._change)
        ui.libraryProgressBar.setVisible(False)
        ui.openLibraryButton.clicked.connect(lambda: self._on_choose("list"))
        ui.createLibraryButton.clicked.connect(lambda: self._on_choose("create"))
        ui.addCaseButton.clicked.connect(self._on_add)
        ui.openCaseButton.clicked.connect(self._on_open_case)
        ui.roleButton.clicked.connect(self._on_role)
        ui.excludeButton.clicked.connect(self._on_exclude)
        ui.removeButton.clicked.connect(self._on_remove)
        ui.trashCheckBox.toggled.connect(self._on_trash)
        ui.emptyTrashButton.clicked.connect(self._on_empty_trash)
        ui.importFolderButton.clicked.connect(self._on_import_folder)
        ui.importZipButton.clicked.connect(self._on_import_zip)
        ui.exportButton.clicked.connect(self._on_export)
        self._show_state()

    def set_parameters(self, parameters: Any) -> None:
        """Keep the library's name here; the shell connects the node selectors."""
        self._parameters = parameters
        folder = library_of(parameters.library) if parameters is not None else None
        if folder is not None and folder != self.folder and not self.client.busy:
            self._choose_folder(folder)

    def refresh(self) -> None:
        """Read the library anew, unless something would have to be installed for it."""
        if self.folder is None or self.client.busy or self._installation.missing():
            return
        if self.folder.is_dir():
            self._ask("trash" if self._ui.trashCheckBox.checked else "list")
        else:
            self.message.complain(_("The library's folder is not there any more."))

    @property
    def busy(self) -> bool:
        """Whether an answer of the library is still to come."""
        return self.client.busy or self._adding.busy

    def scene_closes(self) -> None:
        self.choice.close()
        self.choice.forget_words()
        self._parameters = None

    def close(self) -> None:
        """Leave no process and no file behind."""
        self.client.forget()
        self._worker.close()
        self._adding.finish()
        self.choice.close()

    # The library

    def _on_choose(self, what: str) -> None:
        caption = _("Open a library") if what == "list" else _("A new or empty folder")
        name = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), caption)
        if name and self._needs.ensure():
            self._ui.trashCheckBox.setChecked(False)
            self.message.say("")
            self.client.ask(what, Path(name))
            self._show_state()

    def _choose_folder(self, folder: Path) -> None:
        self.folder = folder
        self._ui.libraryNameLabel.setText(folder.name)
        self._ui.libraryNameLabel.setToolTip(unformatted(str(folder)))
        self.table.show([], folder)
        self._show_state()

    def _ask(self, what: str, **fields: Any) -> None:
        self.client.ask(what, self.folder, **fields)
        self._show_state()

    def _change(self, what: str, **fields: Any) -> None:
        if self.folder is not None and self._needs.ensure():
            self.message.say("")
            self._ask(what, **fields)

    # Cases

    def _on_add(self) -> None:
        flair, segmentation = self.choice.flair, self.choice.segmentation
        if self.message.refuse(check_case(flair, segmentation)) or not self._needs.ensure():
            return
        case = corrected_case(flair, segmentation, self.choice.segment_id)
        if case.empty and not slicer.util.confirmOkCancelDisplay(
            _("The chosen segment is empty. Add the scan as one without lesions?"),
            windowTitle=_("No lesions?"),
        ):
            self.message.say(_("Nothing was added."))
            return
        self.message.say("")
        self._sent = self.choice.about()
        self._adding.start(self.folder, case, self.choice.words())
        self._show_state()

    def _on_not_sent(self, sentence: str) -> None:
        self.message.complain(sentence)
        self._show_state()

    def _on_open_case(self) -> None:
        row = self.table.chosen
        if row is None or self.folder is None:
            return
        try:
            flair, segmentation = open_case(self.folder / "cases" / row.id, row)
        except RuntimeError:
            self.message.complain(_("Slicer cannot read this case's files."))
            return
        self.choice.choose(flair, segmentation, row.patient, row.role)
        self.message.say(
            _("Opened. Correct the mask and click “Add corrected case”: the case is updated.")
        )

    def _on_role(self) -> None:
        row = self.table.chosen
        if row is not None:
            self._change("change", case=row.id, role=_other_role(row))

    def _on_exclude(self) -> None:
        row = self.table.chosen
        if row is not None:
            self._change("change", case=row.id, excluded=not row.excluded)

    def _on_remove(self) -> None:
        row = self.table.chosen
        if row is not None:
            self._change("restore" if self._ui.trashCheckBox.checked else "remove", case=row.id)

    def _on_trash(self, trash: bool) -> None:
        self._change("trash" if trash else "list")

    def _on_empty_trash(self) -> None:
        said = _(
            "Delete the {count} cases in the trash for good, FLAIR and mask? They cannot be "
            "restored. What role their patients had stays known."
        )
        if slicer.util.confirmOkCancelDisplay(
            said.format(count=self.table.count), windowTitle=_("Empty the trash?")
        ):
            self._change("empty-trash")

    # Exchange

    def _on_import_folder(self) -> None:
        self._import(
            qt.QFileDialog.getExistingDirectory(
                slicer.util.mainWindow(), _("Folder of an exported library")
            )
        )

    def _on_import_zip(self) -> None:
        self._import(
            qt.QFileDialog.getOpenFileName(
                slicer.util.mainWindow(), _("Import a library"), "", _("Libraries (*.zip)")
            )
        )

    def _import(self, name: str) -> None:
        if name:
            self._change("import", path=name)

    def _on_export(self) -> None:
        name = qt.QFileDialog.getSaveFileName(
            slicer.util.mainWindow(), _("Export the library"), "library.zip", _("All files (*)")
        )
        if name:
            self._change("export", path=name)

    # What the library answers

    def on_answer(self, answer: LibraryAnswer) -> None:
        self._adding.finish()
        if answer.folder != self.folder:
            self._choose_folder(answer.folder)
        remember_library(answer.folder)
        if self._parameters is not None:
            self._parameters.library = library_word(answer.folder)
        if answer.what == "add" and self.choice.about() == self._sent:
            self.choice.forget_words()
        text = answer_text(answer)
        if text:
            self.message.say(text)
        trash = bool(self._ui.trashCheckBox.checked)
        if trash and answer.what in _CHANGES:
            self._ask("trash")
        else:
            place = "trash" if answer.what == "trash" else "cases"
            self.table.show(answer.rows, answer.folder / place)
        self._show_state()

    def on_refusal(self, what: str, kind: str, sentence: str) -> None:
        self._adding.finish()
        self.message.complain(sentence)
        if kind == "missing-dependency":
            self._needs.offer_installation()
        self._show_state()

    def on_progress(self, stage: str, done: int, of: int) -> None:
        bar = self._ui.libraryProgressBar
        names = {"exporting": _("Exporting"), "importing": _("Importing")}
        bar.setRange(0, max(of, 1))
        bar.setValue(done)
        bar.setFormat(f"{names.get(stage, stage)} {done}/{of}")
        bar.setVisible(True)

    def on_log(self, text: str) -> None:
        self._log.add(text)
        self.message.say(text)

    def _show_state(self) -> None:
        """Which buttons can be clicked, and what they would do to the chosen case."""
        ui, row = self._ui, self.table.chosen
        idle = not self.client.busy and not self._adding.busy
        trash = bool(ui.trashCheckBox.checked)
        for name in ("openLibraryButton", "createLibraryButton"):
            getattr(ui, name).setEnabled(idle)
        for name in (*_ON_A_LIBRARY, "trashCheckBox"):
            getattr(ui, name).setEnabled(idle and self.folder is not None)
        for name in _ON_A_CASE:
            usable = not trash or name == "removeButton"
            getattr(ui, name).setEnabled(idle and row is not None and usable)
        self._editing.show(row, idle and not trash)
        for widget in (ui.casePatientEdit, ui.caseNoteEdit, ui.changeCaseButton):
            widget.setVisible(not trash)
        ui.emptyTrashButton.setVisible(trash)
        ui.emptyTrashButton.setEnabled(idle and self.table.count > 0)
        ui.removeButton.setText(_("Restore") if trash else _("Remove"))
        ui.excludeButton.setText(_("Use again") if row and row.excluded else _("Exclude"))
        ui.roleButton.setText(_("Make it {role}").format(role=role_name(_other_role(row))))
        if idle:
            ui.libraryProgressBar.setVisible(False)


def _other_role(row: CaseRow | None) -> str:
    return "training" if row is not None and row.role == "held-out" else "held-out"
