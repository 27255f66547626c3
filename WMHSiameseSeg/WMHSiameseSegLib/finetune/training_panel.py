"""Training in the tab Fine-tune: choices, the three ways to run, the curve and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.finetune.curve_view import CurveView
from WMHSiameseSegLib.finetune.run import FinetuneRun, TrainingState
from WMHSiameseSegLib.finetune.training_choices import (
    DEVICES,
    EFFORTS,
    LOSSES,
    TrainingChoices,
    effort_names,
    loss_names,
)
from WMHSiameseSegLib.finetune.training_curve import CurvePoint
from WMHSiameseSegLib.finetune.vgg_panel import VGGPanel
from WMHSiameseSegLib.models.model_choice import Model
from WMHSiameseSegLib.models.user_models import (
    default_model,
    known_models,
    new_model_path,
    sweep_stale_workplaces,
    sweep_workplace,
    vgg_convention,
    vgg_file,
)
from WMHSiameseSegLib.packages.installation import Installation
from WMHSiameseSegLib.packages.needs import WorkerNeeds
from WMHSiameseSegLib.panel.message import PanelMessage
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.panel.run_progress import TrainingProgress
from WMHSiameseSegLib.worker.client import Event, WorkerClient
from WMHSiameseSegLib.worker.private_folder import make_private_folder, remove_in_time

_CHOICES = ("baseSelector", "newNameEdit", "effortSelector", "advancedBox", "estimateButton")
_NUMBERS = {
    "epochs": "epochsSpin",
    "batches": "batchesSpin",
    "batch_size": "batchSizeSpin",
    "learning_rate": "learningRateSpin",
    "rotation_degrees": "rotationSpin",
}


class TrainingPanel:
    """Wires choices and buttons to a worker that trains beside the one that segments.

    Args:
        ui: the tab's widgets.
        worker: trains.
        installation: makes sure that the worker finds its packages.
        log: takes what the worker says.
        library: gives the folder of the open library.
        finished: hears the result of a training, and of leaving one out.
    """

    def __init__(
        self,
        ui: Any,
        worker: WorkerClient,
        installation: Installation,
        log: RunLog,
        library: Callable[[], Path | None],
        finished: Callable[[str, Event, Model], None],
    ) -> None:
        self._ui = ui
        self._worker = worker
        self._log = log
        self._library = library
        self._finished = finished
        self._models: list[Model] = []
        self._base: Model | None = None
        self._folder: Path | None = None
        self.message = PanelMessage(ui.trainingMessage)
        busy = _("A training or a download is running: stop or cancel it first.")
        self._needs = WorkerNeeds(worker, installation, self.message, log, busy)
        self._progress = TrainingProgress(ui.trainingProgressBar)
        self.curve = CurveView(ui)
        self.run = FinetuneRun(worker, self)
        self.weights = VGGPanel(ui, worker, self._needs, self.message, self._show_state)
        self._fill()
        ui.estimateButton.clicked.connect(lambda: self._begin("estimate"))
        ui.trainButton.clicked.connect(self._on_train)
        ui.cancelTrainingButton.clicked.connect(self.run.cancel)
        self.on_state(TrainingState.IDLE)

    def refresh(self) -> None:
        """List the models anew; the chosen base stays chosen."""
        selector = self._ui.baseSelector
        before = self.base.path.name if self.base is not None else default_model()
        self._models = [model for model in known_models() if model.card is not None]
        selector.clear()
        for model in self._models:
            selector.addItem(model.title)
        names = [model.path.name for model in self._models]
        selector.setCurrentIndex(names.index(before) if before in names else 0)
        self._show_state()

    @property
    def base(self) -> Model | None:
        """The model that is chosen as base."""
        index = self._ui.baseSelector.currentIndex
        return self._models[index] if 0 <= index < len(self._models) else None

    def leave_one_out(self) -> None:
        """Train once without each patient, keep no model."""
        self._begin("leave-one-out")

    def choices(self) -> TrainingChoices:
        """What is chosen now; numbers left as the effort says are left out."""
        ui = self._ui
        given = {name: getattr(ui, spin) for name, spin in _NUMBERS.items()}
        settings = {name: s.value for name, s in given.items() if s.value > s.minimum}
        settings["seed"] = ui.seedSpin.value
        return TrainingChoices(
            library=self._library(),
            base=self.base.path if self.base is not None else None,
            name=ui.newNameEdit.text.strip(),
            effort=EFFORTS[max(ui.effortSelector.currentIndex, 0)],
            loss=list(LOSSES)[max(ui.lossSelector.currentIndex, 0)],
            vgg=vgg_file() if vgg_convention() else None,
            device=DEVICES[max(ui.trainingDeviceSelector.currentIndex, 0)],
            settings=settings,
            guarded=ui.guardCheckBox.checked,
        )

    def scene_closes(self) -> None:
        """The training goes on; only the plot's nodes go."""
        self.curve.scene_closes()

    def close(self) -> None:
        """Leave no process behind, and nothing half-done where that can be had at once."""
        self.run.abandon()
        self.weights.run.abandon()
        pid = self._worker.pid
        self._worker.close()
        self._remove_folder()
        if pid is not None:
            sweep_workplace(pid)

    def _fill(self) -> None:
        ui = self._ui
        ui.effortSelector.addItems(effort_names())
        ui.effortSelector.setCurrentIndex(EFFORTS.index("usual"))
        ui.lossSelector.addItems(loss_names())
        ui.trainingDeviceSelector.addItems(list(DEVICES))
        self.refresh()

    def _on_train(self) -> None:
        if self.run.idle:
            self._begin("train")
        else:
            self.run.stop()

    def _begin(self, what: str) -> None:
        choices = self.choices()
        if self.message.refuse(choices.check(naming=what == "train")) or not self._needs.ensure():
            return
        try:
            output = new_model_path(choices.name) if what == "train" else None
            self._folder = make_private_folder()
        except OSError as error:
            self.message.complain(str(from_exception(error)))
            return
        self._base = self.base
        self.message.say("")
        if what == "train":
            self.curve.begin()
        self._progress.show("starting")
        self._needs.probe_new_worker()
        self.run.start(choices.request(what, output, self._folder))

    # What the run tells

    def on_state(self, state: TrainingState) -> None:
        self._show_state()
        if state is TrainingState.IDLE:
            self._progress.hide()
        elif state is not TrainingState.RUNNING:
            self._progress.show(state.value)

    def _show_state(self) -> None:
        ui, state = self._ui, self.run.state
        idle, free = state is TrainingState.IDLE, not self.weights.busy
        for name in _CHOICES:
            getattr(ui, name).setEnabled(idle and free)
        self.weights.show_state(idle)
        ui.trainButton.setText(_("Train") if idle else _("Stop"))
        tip = _("End it at the next step and keep the best so far.")
        ui.trainButton.setToolTip(_("Train the new model.") if idle else tip)
        ui.trainButton.setEnabled(free and state in (TrainingState.IDLE, TrainingState.RUNNING))
        running = state in (TrainingState.RUNNING, TrainingState.STOPPING)
        ui.cancelTrainingButton.setEnabled(running)

    def on_event(self, event: Event) -> None:
        if event["event"] == "progress":
            done, of = (int(event.get(name) or 0) for name in ("done", "of"))
            if self.run.state is TrainingState.RUNNING:
                self._progress.show(str(event.get("stage", "")), done, of)
        elif event["event"] == "epoch":
            self.curve.add(CurvePoint.of_event(event))
        elif event["event"] == "log":
            self._log.add(str(event.get("text", "")))
            self.message.add(str(event.get("text", "")))

    def on_result(self, what: str, result: Event) -> None:
        if what != "train":
            self._remove_folder()
        if what == "estimate":
            self.message.add(_estimate_text(float(result.get("minutes") or 0.0)))
            return
        if what == "train":
            kept = _("Trained: epoch {epoch} was kept.").format(epoch=result.get("kept_epoch"))
            early = _("Stopped early.") + " " if result.get("stopped") else ""
            self.message.add(early + kept)
        self._finished(what, result, self._base)
        self._remove_folder()

    def on_failure(self, kind: str, sentence: str, way_out: str) -> None:
        self._remove_folder()
        sweep_stale_workplaces()  # the worker may have been killed
        if kind == "stopped":
            self.message.say(_stopped_text(self.run.what))
            return
        self.message.complain(f"{sentence} {way_out}".strip())
        if kind == "missing-dependency":
            self._needs.offer_installation()
        else:
            slicer.util.showStatusMessage(sentence, 5000)

    def on_cancelled(self) -> None:
        self._remove_folder()
        if self.run.what == "train":
            self.curve.begin()
        said = _("Cancelled; the new model was deleted. The library still counts it as trained.")
        self.message.say(said if self.run.written else _("Cancelled; nothing was kept."))

    def _remove_folder(self) -> None:
        """The pictures have been shown, or will not come."""
        folder, self._folder = self._folder, None
        if folder is not None:
            remove_in_time(folder, lambda: self._worker.ending)


def _stopped_text(what: str) -> str:
    """Of what was stopped before it brought anything."""
    if what == "estimate":
        return _("Stopped before the time was measured.")
    if what == "leave-one-out":
        return _("Stopped before every patient was left out once: nothing can be said.")
    return _("Stopped before the first epoch was over: nothing was kept.")


def _estimate_text(minutes: float) -> str:
    if minutes < 1:
        return _("It takes less than a minute here.")
    return _("It takes about {minutes} min here.").format(minutes=round(minutes))
