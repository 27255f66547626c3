"""The tab Segment: choose, run, cancel, and hand what comes back to the result panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
from slicer.i18n import tr as _
from wmh_siamese.errors import from_exception

from WMHSiameseSegLib.models.menu import ModelMenu
from WMHSiameseSegLib.packages.installation import Installation
from WMHSiameseSegLib.packages.needs import WorkerNeeds
from WMHSiameseSegLib.panel.finding import Weight, sentences
from WMHSiameseSegLib.panel.plain_text import unformatted
from WMHSiameseSegLib.panel.run_log import RunLog
from WMHSiameseSegLib.scene.flair_checks import (
    VoxelFacts,
    check_node,
    check_output,
    check_voxels,
    look_at_voxels,
)
from WMHSiameseSegLib.scene.provenance import Provenance
from WMHSiameseSegLib.scene.scene import Result, import_result
from WMHSiameseSegLib.scene.voxels import BoolArray, volume_affine, volume_array
from WMHSiameseSegLib.segment.choices import Choices, SegmentParameters
from WMHSiameseSegLib.segment.result_follower import Cut
from WMHSiameseSegLib.segment.result_panel import ResultPanel
from WMHSiameseSegLib.segment.run import RunResult, SegmentRequest, SegmentRun
from WMHSiameseSegLib.segment.run_controls import RunControls
from WMHSiameseSegLib.segment.run_state import RunState, RunStateMachine
from WMHSiameseSegLib.segment.scan_choice import ScanChoice
from WMHSiameseSegLib.worker.background import Background, Job
from WMHSiameseSegLib.worker.client import WorkerClient


@dataclass
class _Order:
    """What was asked for when the button was clicked."""

    flair: slicer.vtkMRMLScalarVolumeNode
    output: slicer.vtkMRMLSegmentationNode | None
    keep_earlier: bool
    mask: BoolArray | None
    cut: Cut
    model_threshold: float
    doubts: list[str]


class SegmentTab:
    """Wires the tab's widgets to checks, installation, worker and scene, each given from outside.

    Args:
        ui: the widgets of SegmentTab.ui by name.
        worker: the warm worker.
        installation: makes sure that the worker finds its packages.
        background: where arrays are looked at, written and read.
        log: takes lines for the log.
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
        self._background = background
        self._log = log
        self.choices = Choices(ui)
        self._order: _Order | None = None
        self._job: Job | None = None
        self.controls = RunControls(ui)
        busy = _("A scan is being segmented: wait for its end or cancel it first.")
        self._needs = WorkerNeeds(worker, installation, self.controls, log, busy)
        self.states = RunStateMachine(self.controls.show_state)
        self.results = ResultPanel(ui, background, self.choices.set_cut)
        self.models = ModelMenu(ui, self._on_model)
        self._run = SegmentRun(worker, background, self.states, self)
        ui.segmentButton.clicked.connect(self._on_button)
        ui.resetButton.clicked.connect(lambda: self.results.cut_as(self._model_cut()))
        ui.packagesButton.clicked.connect(self._needs.show_packages)
        self.scans = ScanChoice(
            *(ui, self.choices, self.results, self._model_cut, lambda: self.states.idle)
        )

    def set_parameters(self, parameters: SegmentParameters | None) -> None:
        """Keep the choices here, as the panel is shown; the shell connects them to the widgets."""
        self.choices.parameters = parameters
        if parameters is not None:
            self.models.choose(parameters.model)
        self.scans.refresh()
        self.results.follower.look()

    def scene_closes(self) -> None:
        """Stop at once and let go of every node."""
        self._abandon()
        self.choices.parameters = None
        self.results.follow(None)
        self.controls.say("")

    def close(self) -> None:
        """Leave no process, no file and no observer behind."""
        self._abandon()
        self._worker.close()
        self.results.close()
        self.scans.close()
        self._background.close()

    # Choices

    def _on_model(self, name: str, threshold: float | None) -> None:
        parameters = self.choices.parameters
        if parameters is None or parameters.model == name:
            return
        parameters.model = name
        if threshold is not None and self.results.result is None:
            self.choices.set_cut(Cut(threshold, self.results.cut().min_volume_mm3))

    # A run

    def _on_button(self) -> None:
        if self.states.idle:
            self._begin()
        elif self._job is not None:
            self._abandon()
            self.on_cancelled()
        else:
            self._run.cancel()

    def _begin(self) -> None:
        flair, output = self.choices.flair, self.choices.output
        keep_earlier = bool(self._ui.keepEarlierCheckBox.checked)
        findings = check_node(flair) or []
        if not sentences(findings, Weight.STOP):
            findings += [*check_output(output, flair), *self.models.check()]
        if self.controls.refuse(findings) or not self._needs.ensure():
            return
        if not keep_earlier and not self.results.may_replace(output):
            self.controls.say(_("Nothing was changed: the edited mask is as it was."))
            return
        doubts = sentences(findings, Weight.ASK)
        self._order = _Order(
            flair=flair,
            output=output,
            keep_earlier=keep_earlier,
            mask=self.results.follower.mask(),
            cut=self._cut_for(output),
            model_threshold=self.models.current.card.threshold,
            doubts=doubts,
        )
        self.controls.say("")
        self.states.go(RunState.STARTING)
        self.controls.progress.show("checking")
        array = volume_array(flair)
        self._job = self._background.run(
            lambda: look_at_voxels(array), self._on_voxels, self._on_lost
        )

    def _model_cut(self) -> Cut:
        """Where the sliders start: at the threshold of the model that made the result shown."""
        model, result = self.models.current, self.results.result
        threshold = result.model_threshold if result is not None else 0.0
        if not threshold and model is not None and model.card is not None:
            threshold = model.card.threshold
        return Cut(threshold or 0.5, 0.0)

    def _cut_for(self, output: slicer.vtkMRMLSegmentationNode | None) -> Cut:
        """The sliders' values, but the threshold of the model when the result was another's."""
        cut, card, result = self.results.cut(), self.models.current.card, Result.of(output)
        if result is not None and result.provenance.model_sha256 != card.sha256:
            return Cut(card.threshold, cut.min_volume_mm3)
        return cut

    def _on_voxels(self, facts: VoxelFacts) -> None:
        self._job = None
        order = self._order
        findings = check_voxels(facts, order.flair.GetName())
        doubts = order.doubts + sentences(findings, Weight.ASK)
        if self.controls.refuse(findings) or not self._still_wanted(doubts):
            if not self.states.idle:
                self.states.go(RunState.IDLE)
            return
        self._needs.probe_new_worker()
        self.controls.progress.show("starting")
        self._run.start(
            SegmentRequest(
                array=volume_array(order.flair),
                affine=volume_affine(order.flair),
                model=self.models.current.path,
                device=self._ui.deviceSelector.currentText,
                nonfinite="zero" if facts.nonfinite else "refuse",
                threshold=order.cut.threshold,
                min_volume_mm3=order.cut.min_volume_mm3,
            )
        )

    def _still_wanted(self, doubts: list[str]) -> bool:
        if not doubts:
            return True
        text = "\n\n".join([*doubts, _("Segment it all the same?")])
        agreed = slicer.util.confirmOkCancelDisplay(
            unformatted(text), windowTitle=_("Is this the volume?")
        )
        if agreed and self._order is not None and not self.states.idle:
            self.controls.say("\n".join(doubts))
            return True
        self.controls.say(_("Not segmented."))
        return False

    def on_progress(self, stage: str, done: int, of: int) -> None:
        self.controls.progress.show(stage, done, of)

    def on_log(self, text: str) -> None:
        self._log.add(text)
        self.controls.add(text)

    def on_result(self, made: RunResult) -> None:
        """Put what came back into the scene; edits made meanwhile stay as a segment."""
        order = self._order
        if order.flair.GetScene() is None:
            self.controls.complain(_("The FLAIR volume was removed during the run."))
            return
        output = order.output if order.output and order.output.GetScene() else None
        edited = self._edited_meanwhile(output)
        result = import_result(
            order.flair,
            output,
            made.probability,
            Provenance.of_run(made.said),
            order.keep_earlier or edited,
        )
        result.model_threshold = order.model_threshold
        self.results.adopt(result, made, order.cut)
        self.choices.set_output(result.node)
        self.scans.refresh()
        self.scans.show()
        if edited and not order.keep_earlier:
            self.controls.add(
                _("The earlier mask was edited during the run and stays as a segment.")
            )
        elif made.readouts.lesion_count == 0:
            self.controls.add(_("No lesion was found at this threshold."))

    def on_failure(self, kind: str, sentence: str, way_out: str) -> None:
        self.controls.complain(f"{sentence} {way_out}".strip())
        if kind == "missing-dependency":
            self._needs.offer_installation()
        else:
            slicer.util.errorDisplay(unformatted(f"{sentence}\n\n{way_out}".strip()))

    def on_cancelled(self) -> None:
        self.controls.say(_("Cancelled."))

    def _edited_meanwhile(self, output: slicer.vtkMRMLSegmentationNode | None) -> bool:
        """Whether the mask to be replaced was edited since the button was clicked."""
        followed = self.results.result
        if output is None or followed is None or followed.node is not output:
            return False
        before, now = self._order.mask, self.results.follower.mask()
        return before is not None and now is not None and not np.array_equal(before, now)

    def _on_lost(self, error: Exception) -> None:
        self._job = None
        self.states.go(RunState.IDLE)
        self.controls.complain(str(from_exception(error)))

    def _abandon(self) -> None:
        if self._job is not None:
            self._job.abandon()
            self._job = None
        self._run.abandon()
        self._order = None
