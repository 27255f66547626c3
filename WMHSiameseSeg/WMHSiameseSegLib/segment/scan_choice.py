"""What follows when a scan or a segmentation is chosen: result, sliders and views go with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer

from WMHSiameseSegLib.scene.comings_and_goings import ComingsAndGoings, hide_probabilities
from WMHSiameseSegLib.scene.flair_checks import check_node
from WMHSiameseSegLib.scene.scene import Result, likely_flair, results_of, scan_of
from WMHSiameseSegLib.scene.showing import show_scan
from WMHSiameseSegLib.segment.choices import Choices
from WMHSiameseSegLib.segment.result_follower import Cut
from WMHSiameseSegLib.segment.result_panel import ResultPanel


class ScanChoice:
    """Keeps scan, segmentation, figures, sliders and views on one patient.

    Args:
        ui: the tab's widgets.
        choices: what is chosen, in widgets and parameter node.
        results: shows the figures.
        model_cut: where the sliders start.
        idle: whether nothing runs; a run keeps its choices.
    """

    def __init__(
        self,
        ui: Any,
        choices: Choices,
        results: ResultPanel,
        model_cut: Callable[[], Cut],
        idle: Callable[[], bool],
    ) -> None:
        self._ui = ui
        self._choices = choices
        self._results = results
        self._model_cut = model_cut
        self._idle = idle
        self._selectors = [ui.flairSelector]
        self._scene = ComingsAndGoings(self._on_volume)
        ui.flairSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._on_flair)
        ui.outputSelector.connect("currentNodeChanged(vtkMRMLNode*)", self._on_output)
        ui.keepOthersCheckBox.toggled.connect(lambda _on: self.show())
        self._on_flair(choices.flair)

    def refresh(self) -> None:
        """Offer scans only, as the panel is shown or a result has come."""
        hide_probabilities(*self._selectors)

    def close(self) -> None:
        """Observe nothing any more."""
        self._scene.close()

    def show(self) -> None:
        """Show the chosen scan in the slice views, and no other's mask unless those are pinned."""
        self._show_with(self._choices.flair, self._choices.output)

    def show_from(self, scans: slicer.qMRMLNodeComboBox, masks: slicer.qMRMLNodeComboBox) -> None:
        """Offer scans in other selectors, too, and show those while a person looks at them."""

        def show(_node: slicer.vtkMRMLNode | None) -> None:
            if scans.visible:
                self._show_with(scans.currentNode(), masks.currentNode())

        self._selectors.append(scans)
        for selector in (scans, masks):
            selector.connect("currentNodeChanged(vtkMRMLNode*)", show)

    def _show_with(
        self,
        flair: slicer.vtkMRMLScalarVolumeNode | None,
        mask: slicer.vtkMRMLSegmentationNode | None,
    ) -> None:
        if flair is not None:
            own = mask if mask is not None and scan_of(mask) is flair else None
            show_scan(flair, own, bool(self._ui.keepOthersCheckBox.checked))

    def _on_volume(self) -> None:
        """A volume was loaded while the panel is open: it is chosen where none is."""
        if self._ui.flairSelector.visible and self._choices.flair is None:
            self._choices.set_flair(likely_flair())

    def _on_flair(self, flair: slicer.vtkMRMLNode | None) -> None:
        self._choices.set_flair(flair)
        findings = check_node(flair) if flair is not None else []
        self._ui.flairNote.setText("\n".join(f.sentence for f in findings))
        self._ui.flairNote.setVisible(bool(findings))
        if self._idle():
            self._choose_result_of(flair)
            self.show()

    def _choose_result_of(self, flair: slicer.vtkMRMLScalarVolumeNode | None) -> None:
        """The last result of a volume, else none; without one, the model's cut."""
        chosen = Result.of(self._choices.output)
        if flair is not None and (chosen is None or chosen.flair is not flair):
            earlier = results_of(flair)
            if earlier or chosen is not None:
                self._choices.set_output(earlier[-1].node if earlier else None)
        if self._results.result is None:
            self._choices.set_cut(self._model_cut())

    def _on_output(self, node: slicer.vtkMRMLNode | None) -> None:
        followed = self._results.result
        if followed is not None and followed.node is node:
            return
        with self._choices.together():
            self._choices.set_output(node)
            self._results.follow(node)
            result = self._results.result
            if result is not None and result.flair is not None:
                self._choices.set_flair(result.flair)
        self.show()
