"""qMRMLSegmentEditorWidget: what is edited, and its history; not how it is edited."""

from __future__ import annotations

import slicer
from PySide6 import QtWidgets

from .mrml_widgets import MRMLWidget
from .segment_widgets import segment_ids
from .wrapping import inner


class SegmentEditor(MRMLWidget):
    """qMRMLSegmentEditorWidget: what is edited; its effects are not played here."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._node = None
        self._history = slicer.vtkSegmentationHistory()
        self._label = inner(QtWidgets.QLabel("Segment Editor", self))
        layout = inner(QtWidgets.QVBoxLayout(self))
        layout.addWidget(self._label)

    def mrmlSegmentEditorNode(self) -> object:
        return self._node

    def setMRMLSegmentEditorNode(self, node: object) -> None:
        self._node = node

    def _need_node(self) -> object:
        if self._node is None:
            raise RuntimeError("setMRMLSegmentEditorNode has not been called")
        return self._node

    def segmentationNode(self) -> object:
        return self._node.GetSegmentationNode() if self._node is not None else None

    def segmentationNodeID(self) -> str:
        node = self.segmentationNode()
        return node.GetID() if node is not None else ""

    def setSegmentationNode(self, node: object) -> None:
        if node is not self.segmentationNode():
            self._history.SetSegmentation(node.GetSegmentation() if node is not None else None)
            self._history.RemoveAllStates()
        self._need_node().SetAndObserveSegmentationNode(node)
        ids = segment_ids(node)
        if ids and self._node.GetSelectedSegmentID() not in ids:
            self._node.SetSelectedSegmentID(ids[0])

    def setSegmentationNodeID(self, node_id: str) -> None:
        self.setSegmentationNode(slicer.mrmlScene.GetNodeByID(node_id))

    def sourceVolumeNode(self) -> object:
        return self._node.GetSourceVolumeNode() if self._node is not None else None

    def sourceVolumeNodeID(self) -> str:
        node = self.sourceVolumeNode()
        return node.GetID() if node is not None else ""

    def setSourceVolumeNode(self, node: object) -> None:
        if self.segmentationNode() is None:
            return
        self._need_node().SetAndObserveSourceVolumeNode(node)

    def setSourceVolumeNodeID(self, node_id: str) -> None:
        self.setSourceVolumeNode(slicer.mrmlScene.GetNodeByID(node_id))

    def currentSegmentID(self) -> str:
        return (self._node.GetSelectedSegmentID() or "") if self._node is not None else ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._need_node().SetSelectedSegmentID(segment_id)

    def activeEffect(self) -> object:
        return None

    def setActiveEffect(self, effect: object) -> None:
        """Do nothing: no effect is played here."""

    def setActiveEffectByName(self, name: str) -> None:
        self._need_node().SetActiveEffectName(name)

    def saveStateForUndo(self) -> None:
        """What an effect calls before it changes a segment."""
        self._history.SaveState()

    def undo(self) -> None:
        """As Slicer's own history does: the segmentation fires SegmentModified, nothing else."""
        self._history.RestorePreviousState()

    def redo(self) -> None:
        self._history.RestoreNextState()

    def updateWidgetFromMRML(self) -> None:
        """Do nothing: nothing is kept beside the parameter node."""
