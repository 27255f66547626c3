"""Volume, segmentation and cut as they are chosen: widgets and parameter node say the same."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import slicer

from WMHSiameseSegLib.segment.result_follower import Cut


class SegmentParameters(Protocol):
    """What the tab keeps in the parameter node."""

    flair: slicer.vtkMRMLScalarVolumeNode
    output: slicer.vtkMRMLSegmentationNode
    model: str
    device: str
    keepEarlier: bool
    threshold: float
    minVolumeMm3: float


class Choices:
    """Sets a choice in the parameter node first, then in its widget.

    The other way round, any further parameter that changes would write the old choice back into
    the widget.

    Args:
        ui: the tab's widgets.
    """

    def __init__(self, ui: Any) -> None:
        self._ui = ui
        self.parameters: SegmentParameters | None = None

    @property
    def flair(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        return self._ui.flairSelector.currentNode()

    @property
    def output(self) -> slicer.vtkMRMLSegmentationNode | None:
        return self._ui.outputSelector.currentNode()

    def together(self) -> AbstractContextManager[Any]:
        """Let the widgets hear of several changed parameters at once."""
        if self.parameters is None:
            return nullcontext()
        return slicer.util.NodeModify(self.parameters)

    def set_flair(self, flair: slicer.vtkMRMLScalarVolumeNode | None) -> None:
        """Choose a volume."""
        if self.parameters is not None:
            self.parameters.flair = flair
        self._ui.flairSelector.setCurrentNode(flair)

    def set_output(self, node: slicer.vtkMRMLSegmentationNode | None) -> None:
        """Choose where the mask goes; None makes a new segmentation."""
        if self.parameters is not None:
            self.parameters.output = node
        self._ui.outputSelector.setCurrentNode(node)

    def set_cut(self, cut: Cut) -> None:
        """Set threshold and least volume, and so the sliders."""
        if self.parameters is not None:
            with self.together():
                self.parameters.threshold = cut.threshold
                self.parameters.minVolumeMm3 = cut.min_volume_mm3
        self._ui.thresholdSlider.setValue(cut.threshold)
        self._ui.minVolumeSlider.setValue(cut.min_volume_mm3)
