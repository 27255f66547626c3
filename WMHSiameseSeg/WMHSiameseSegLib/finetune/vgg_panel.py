"""VGG19's weights for the content loss: downloaded after a click, or taken from a file, once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from WMHSiameseSegLib.finetune.run import FinetuneRun, TrainingState
from WMHSiameseSegLib.models.user_models import sweep_stale_workplaces, vgg_convention, vgg_file
from WMHSiameseSegLib.packages.needs import WorkerNeeds
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.run_progress import DownloadProgress
from WMHSiameseSegLib.worker.client import Event, WorkerClient

DOWNLOAD_HOST = "download.pytorch.org"
DOWNLOAD_MB = 575
CONVENTIONS = ("caffe", "torchvision")


def convention_names() -> list[str]:
    """What weights may expect as input, in the order of ``CONVENTIONS``."""
    return [
        _("Caffe: blue, green, red; 0 to 255"),
        _("torchvision: red, green, blue; normalised"),
    ]


class VGGPanel:
    """Shows which weights there are, and gets them.

    Args:
        ui: the tab's widgets.
        worker: reads and downloads; it also trains, so the two wait for each other.
        needs: makes sure that the worker finds its packages.
        message: says what became of it.
        changed: called when it begins or ends.
    """

    def __init__(
        self,
        ui: Any,
        worker: WorkerClient,
        needs: WorkerNeeds,
        message: PanelMessage,
        changed: Callable[[], None],
    ) -> None:
        self._ui = ui
        self._needs = needs
        self._message = message
        self._changed = changed
        self._progress = DownloadProgress(ui.trainingProgressBar)
        self._file = ""
        self._asking = False
        self.run = FinetuneRun(worker, self)
        ui.vggConventionSelector.addItems(convention_names())
        ui.vggDownloadButton.clicked.connect(self._on_download)
        ui.vggFileButton.clicked.connect(self._on_file)
        ui.vggUseButton.clicked.connect(self._on_use)

    @property
    def busy(self) -> bool:
        """Whether weights are being downloaded or read."""
        return not self.run.idle

    def show_state(self, free: bool) -> None:
        """What is there, and what can be clicked.

        Args:
            free: whether no training runs.
        """
        ui, idle = self._ui, self.run.idle
        names = dict(zip(CONVENTIONS, convention_names(), strict=True))
        there = names.get(vgg_convention())
        ui.vggLabel.setText(there or _("None yet; the content loss needs them."))
        ui.vggDownloadButton.setText(_("Download…") if idle else _("Cancel"))
        running = self.run.state is TrainingState.RUNNING
        ui.vggDownloadButton.setEnabled(running or (idle and free))
        for button in (ui.vggFileButton, ui.vggUseButton, ui.vggConventionSelector):
            button.setEnabled(idle and free)
        for widget in (ui.vggConventionLabel, ui.vggConventionSelector, ui.vggUseButton):
            widget.setVisible(self._asking)

    def _on_download(self) -> None:
        if not self.run.idle:
            self.run.cancel()
            return
        said = _(
            "Download VGG19 from {host}? It has {size} MB, of which 1 MB is kept on this "
            "computer. Nothing is sent."
        ).format(host=DOWNLOAD_HOST, size=DOWNLOAD_MB)
        if slicer.util.confirmOkCancelDisplay(said, windowTitle=_("Download VGG19?")):
            self._start("download")

    def _on_file(self) -> None:
        name = qt.QFileDialog.getOpenFileName(
            slicer.util.mainWindow(),
            _("VGG19 weights"),
            "",
            _("VGG19 weights (*.npz *.safetensors *.pth)"),
        )
        if name:
            self._file = name
            self._start("file", file=name)

    def _on_use(self) -> None:
        convention = CONVENTIONS[max(self._ui.vggConventionSelector.currentIndex, 0)]
        self._start("file", file=self._file, vgg_convention=convention)

    def _start(self, what: str, **fields: str) -> None:
        if self._needs.ensure():
            self._asking = False
            self._message.say("")
            self._progress.show("starting")
            self.run.start({"do": "vgg", "what": what, "kept": str(vgg_file()), **fields})

    # What the run tells

    def on_state(self, state: TrainingState) -> None:
        if state is TrainingState.IDLE:
            self._progress.hide()
        elif state is TrainingState.CANCELLING:
            self._progress.show(state.value)
        self._changed()

    def on_event(self, event: Event) -> None:
        if event["event"] == "progress":
            done, of = (int(event.get(name) or 0) for name in ("done", "of"))
            self._progress.show(str(event.get("stage", "")), done, of)

    def on_result(self, what: str, result: Event) -> None:
        self._asking = result.get("convention") is None
        if self._asking:
            said = _("{name} does not tell which input it was trained on: choose it, then “Use”.")
            self._message.say(said.format(name=Path(self._file).name))
        else:
            self._message.say(_("The VGG19 weights are kept; they need not be fetched again."))
        self._changed()

    def on_failure(self, kind: str, sentence: str, way_out: str) -> None:
        sweep_stale_workplaces()  # the worker may have been killed
        self._message.complain(f"{sentence} {way_out}".strip())
        if kind == "missing-dependency":
            self._needs.offer_installation()
        self._changed()

    def on_cancelled(self) -> None:
        self._message.say(_("Cancelled; nothing was kept."))
        self._changed()
