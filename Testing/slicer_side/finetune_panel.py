"""The tab Fine-tune as a person uses it: open a library, add, click, wait, read."""

from __future__ import annotations

import sys
from pathlib import Path

import slicer
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from slicer_host.dialogs import answers
from slicer_side.panel import SCRIPTED_WORKER, wait_for
from WMHSiameseSegLib.worker.process import WorkerCommand


class FinetunePanel:
    """The second tab in the hands of a test."""

    def __init__(self, widget: object) -> None:
        self.widget = widget
        self.ui = widget.finetuneUi
        self.tab = widget.finetuneTab
        self.library = self.tab.library
        widget.tabs.setCurrentIndex(1)

    def click(self, name: str) -> None:
        """A mouse click in the middle of a button."""
        button = getattr(self.ui, name)
        assert button.isEnabled(), f"{name} cannot be clicked"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def create_library(self, folder: Path) -> None:
        answers.choose(folder)
        self.click("createLibraryButton")
        self.settle()

    def open_library(self, folder: Path) -> None:
        answers.choose(folder)
        self.click("openLibraryButton")
        self.settle()

    def add(
        self, flair: object, segmentation: object, patient: str = "", role: str = "training"
    ) -> None:
        """Add a case with the button, and wait for the library."""
        self.ui.caseFlairSelector.setCurrentNode(flair)
        self.ui.caseSegmentationSelector.setCurrentNode(segmentation)
        self.ui.patientEdit.setText(patient)
        self.ui.roleSelector.setCurrentIndex(["training", "held-out"].index(role))
        self.click("addCaseButton")
        self.settle()

    def use_scripted_trainer(self, behaviour: str) -> None:
        """Have the next training worker be the scripted one."""
        self.widget.trainer.end()
        self.widget.trainer.command = lambda: scripted(behaviour)

    def train(self, name: str = "mine") -> None:
        """Click Train with a loss that needs no weights."""
        self.ui.newNameEdit.setText(name)
        self.ui.lossSelector.setCurrentIndex(2)
        self.click("trainButton")

    def wait_for_training(self, seconds: float = 60.0) -> float:
        """Until no training runs."""
        return wait_for(lambda: self.tab.training.run.idle, seconds)

    @property
    def training_message(self) -> str:
        return self.ui.trainingMessage.text

    def settle(self, seconds: float = 30.0) -> None:
        """Until the library has answered; then its cases are shown."""
        wait_for(lambda: not self.library.busy, seconds)

    def choose_case(self, row: int) -> None:
        self.ui.caseTable.selectRow(row)
        slicer.app.processEvents()

    @property
    def message(self) -> str:
        return self.ui.libraryMessage.text

    def cells(self, table: str = "caseTable") -> list[list[str]]:
        """The texts of a table, row by row."""
        shown = getattr(self.ui, table)
        return [
            [shown.item(row, column).text() for column in range(shown.columnCount)]
            for row in range(shown.rowCount)
        ]

    def end_workers(self) -> None:
        """End every worker of the tab, and wait until they are gone."""
        workers = [self.widget.librarian, self.widget.trainer, self.widget.worker]
        for worker in workers:
            worker.end()
        wait_for(lambda: not any(worker.ending for worker in workers))


def scripted(behaviour: str) -> WorkerCommand:
    """The worker that needs no torch."""
    return WorkerCommand(sys.executable, (str(SCRIPTED_WORKER), behaviour))
