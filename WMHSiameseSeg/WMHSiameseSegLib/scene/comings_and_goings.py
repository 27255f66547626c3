"""Nodes that come and go one by one, and what a deleted result would leave behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
import vtk

from WMHSiameseSegLib.scene.scene import Result, is_probability


class ComingsAndGoings:
    """Observes the scene; closing and loading a whole scene are none of its business.

    A segmentation that is deleted takes its probability volume and its table along, unless another
    segmentation uses them.

    Args:
        volume_came: called, once the event is over, when a scalar volume was added.
    """

    def __init__(self, volume_came: Callable[[], None]) -> None:
        self._volume_came = volume_came
        self._scene = scene = slicer.mrmlScene
        self._observed = [
            scene.AddObserver(scene.NodeAddedEvent, self._on_added),
            scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._on_removed),
        ]

    def close(self) -> None:
        """Observe nothing any more."""
        for tag in self._observed:
            self._scene.RemoveObserver(tag)
        self._observed = []

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_added(self, _scene: Any, _event: str, node: slicer.vtkMRMLNode) -> None:
        if self._one_by_one() and node.GetClassName() == "vtkMRMLScalarVolumeNode":
            qt.QTimer.singleShot(0, self._volume_came)

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_removed(self, _scene: Any, _event: str, node: slicer.vtkMRMLNode) -> None:
        if self._one_by_one() and node.IsA("vtkMRMLSegmentationNode"):
            left = _companions(node)
            if left:
                qt.QTimer.singleShot(0, lambda: self._remove(left))

    def _one_by_one(self) -> bool:
        return not (self._scene.IsClosing() or self._scene.IsBatchProcessing())

    def _remove(self, left: list[slicer.vtkMRMLNode]) -> None:
        others = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
        used = [node for other in others for node in _companions(other)]
        for node in left:
            if node.GetScene() is self._scene and node not in used:
                self._scene.RemoveNode(node)


def _companions(node: slicer.vtkMRMLSegmentationNode) -> list[slicer.vtkMRMLNode]:
    result = Result(node)
    return [other for other in (result.probability_node, result.table) if other is not None]


def hide_probabilities(*selectors: slicer.qMRMLNodeComboBox) -> None:
    """Leave the kept probabilities out of selectors of scans; they stay visible elsewhere."""
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    hidden = [node.GetID() for node in volumes if is_probability(node)]
    for selector in selectors:
        selector.sortFilterProxyModel().setProperty("hiddenNodeIDs", hidden)
