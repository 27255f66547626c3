"""Slicer's segmentation widgets: table, selector, 3D button, display."""

from __future__ import annotations

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .mrml_widgets import MRMLWidget
from .node_selector import NodeSelector
from .observing import Observations
from .wrapping import inner


def _emit(obj: QtCore.QObject, signature: str, *arguments: object) -> None:
    QtCore.QObject.emit(obj, QtCore.SIGNAL(signature), *arguments)


def segment_ids(node: object) -> list[str]:
    """Return the identifiers of a segmentation node's segments, in order."""
    return list(node.GetSegmentation().GetSegmentIDs()) if node is not None else []


def _flag(name: str) -> QtCore.Property:
    def read(self: object) -> bool:
        return self._flags.get(name, True)

    def write(self: object, value: bool) -> None:
        self._flags[name] = value

    return QtCore.Property(bool, read, write)


class _FollowsSegments:
    """Observes the segments of one segmentation node."""

    def _follow(self, node: object) -> None:
        self._segmentation = node
        self._observations.clear()
        if node is not None:
            events = slicer.vtkSegmentation
            for event in (events.SegmentAdded, events.SegmentRemoved, events.SegmentModified):
                self._observations.watch(node, event, self._on_segments)
        self._show_segments()

    def _on_segments(self, caller: object, event: str, data: object) -> None:
        self._show_segments()


class SegmentsTable(_FollowsSegments, MRMLWidget):
    """qMRMLSegmentsTableView: segments with visibility, colour and name."""

    selectionChanged = QtCore.Signal(object, object)
    segmentAboutToBeModified = QtCore.Signal(str)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._flags: dict[str, bool] = {"readOnly": False, "filterBarVisible": False}
        self._observations = Observations(self)
        self._segmentation = None
        self._table = inner(QtWidgets.QTableWidget(0, 3, self))
        self._table.setHorizontalHeaderLabels(["", "", "Name"])
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
        self._table.itemChanged.connect(self._on_item)
        self._table.itemSelectionChanged.connect(
            lambda: _emit(self, "selectionChanged(PyObject,PyObject)", None, None)
        )
        layout = inner(QtWidgets.QVBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)

    readOnly = _flag("readOnly")
    headerVisible = _flag("headerVisible")
    colorColumnVisible = _flag("colorColumnVisible")
    opacityColumnVisible = _flag("opacityColumnVisible")
    statusColumnVisible = _flag("statusColumnVisible")
    visibilityColumnVisible = _flag("visibilityColumnVisible")
    layerColumnVisible = _flag("layerColumnVisible")
    filterBarVisible = _flag("filterBarVisible")
    jumpToSelectedSegmentEnabled = _flag("jumpToSelectedSegmentEnabled")
    segmentCount = QtCore.Property(int, lambda self: self._table.rowCount())

    def segmentationNode(self) -> object:
        return self._segmentation

    def setSegmentationNode(self, node: object) -> None:
        self._follow(node)

    def selectedSegmentIDs(self) -> list[str]:
        ids = segment_ids(self._segmentation)
        return [ids[i.row()] for i in self._table.selectionModel().selectedRows()]

    def setSelectedSegmentIDs(self, ids: list[str]) -> None:
        self._table.clearSelection()
        for row, segment_id in enumerate(segment_ids(self._segmentation)):
            if segment_id in ids:
                self._table.selectRow(row)

    def clearSelection(self) -> None:
        self._table.clearSelection()

    def displayedSegmentIDs(self) -> list[str]:
        return segment_ids(self._segmentation)

    def rowForSegmentID(self, segment_id: str) -> int:
        ids = segment_ids(self._segmentation)
        return ids.index(segment_id) if segment_id in ids else -1

    def segmentIDForRow(self, row: int) -> str:
        return segment_ids(self._segmentation)[row]

    def setHeaderVisible(self, visible: bool) -> None:
        self._table.horizontalHeader().setVisible(visible)

    def setReadOnly(self, read_only: bool) -> None:
        self._flags["readOnly"] = read_only

    def _show_segments(self) -> None:
        blocked = self._table.blockSignals(True)
        ids = segment_ids(self._segmentation)
        self._table.setRowCount(len(ids))
        for row, segment_id in enumerate(ids):
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            display = self._segmentation.GetDisplayNode()
            shown = display is None or display.GetSegmentVisibility(segment_id)
            eye = QtWidgets.QTableWidgetItem()
            eye.setCheckState(QtCore.Qt.Checked if shown else QtCore.Qt.Unchecked)
            colour = QtWidgets.QTableWidgetItem()
            colour.setBackground(QtGui.QColor.fromRgbF(*segment.GetColor()))
            self._table.setItem(row, 0, eye)
            self._table.setItem(row, 1, colour)
            self._table.setItem(row, 2, QtWidgets.QTableWidgetItem(segment.GetName()))
        self._table.blockSignals(blocked)

    def _on_item(self, item: QtWidgets.QTableWidgetItem) -> None:
        segment_id = segment_ids(self._segmentation)[item.row()]
        if item.column() == 0:
            shown = item.checkState() == QtCore.Qt.Checked
            self._segmentation.GetDisplayNode().SetSegmentVisibility(segment_id, shown)
        elif item.column() == 2:
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            segment.SetName(item.text())


class SegmentSelector(_FollowsSegments, MRMLWidget):
    """qMRMLSegmentSelectorWidget: a segmentation, then one of its segments."""

    currentNodeChanged = QtCore.Signal(object)
    currentSegmentChanged = QtCore.Signal(str)
    segmentSelectionChanged = QtCore.Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._flags: dict[str, bool] = {"noneEnabled": False}
        self._observations = Observations(self)
        self._segmentation = None
        self._nodes = inner(NodeSelector(self))
        self._nodes._options.update(nodeTypes=["vtkMRMLSegmentationNode"], noneEnabled=True)
        self._combo = inner(QtWidgets.QComboBox(self))
        layout = inner(QtWidgets.QHBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._nodes)
        layout.addWidget(self._combo)
        self._nodes.currentNodeChanged.connect(self._on_node)
        self._combo.currentIndexChanged.connect(
            lambda: _emit(self, "currentSegmentChanged(QString)", self._combo.currentData() or "")
        )

    noneEnabled = _flag("noneEnabled")
    segmentationNodeSelectorVisible = _flag("segmentationNodeSelectorVisible")

    def setMRMLScene(self, scene: object) -> None:
        self._nodes.setMRMLScene(scene)
        super().setMRMLScene(scene)

    def currentNode(self) -> object:
        return self._segmentation

    def currentNodeID(self) -> str:
        return self._segmentation.GetID() if self._segmentation is not None else ""

    def setCurrentNode(self, node: object) -> None:
        self._nodes.setCurrentNode(node)

    def setCurrentNodeID(self, node_id: str) -> None:
        self._nodes.setCurrentNodeID(node_id)

    def currentSegmentID(self) -> str:
        return self._combo.currentData() or ""

    def setCurrentSegmentID(self, segment_id: str) -> None:
        self._combo.setCurrentIndex(self._combo.findData(segment_id))

    def segmentIDs(self) -> list[str]:
        return segment_ids(self._segmentation)

    def _on_node(self, node: object) -> None:
        self._follow(node)
        _emit(self, "currentNodeChanged(PyObject)", node)

    def _show_segments(self) -> None:
        kept = self._combo.currentData()
        self._combo.clear()
        for segment_id in segment_ids(self._segmentation):
            segment = self._segmentation.GetSegmentation().GetSegment(segment_id)
            self._combo.addItem(segment.GetName(), segment_id)
        self._combo.setCurrentIndex(max(0, self._combo.findData(kept)))


class Show3DButton(QtWidgets.QPushButton):
    """qMRMLSegmentationShow3DButton: makes or removes the closed surfaces."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__("Show 3D", parent)
        self._segmentation, self._is_locked = None, False
        super().setCheckable(True)
        super().setEnabled(False)
        QtCore.QObject.connect(self, QtCore.SIGNAL("toggled(bool)"), self._on_toggled)

    def _set_locked(self, locked: bool) -> None:
        self._is_locked = locked

    locked = QtCore.Property(bool, lambda self: self._is_locked, _set_locked)

    def segmentationNode(self) -> object:
        return self._segmentation

    def setSegmentationNode(self, node: object) -> None:
        self._segmentation = node
        super().setEnabled(node is not None)
        shown = node is not None and node.GetSegmentation().ContainsRepresentation("Closed surface")
        blocked = super().blockSignals(True)
        super().setChecked(bool(shown))
        super().blockSignals(blocked)

    def setLocked(self, locked: bool) -> None:
        self._is_locked = locked

    def _on_toggled(self, checked: bool) -> None:
        if self._segmentation is None:
            return
        if checked:
            self._segmentation.CreateClosedSurfaceRepresentation()
        else:
            self._segmentation.RemoveClosedSurfaceRepresentation()


class SegmentationDisplay(_FollowsSegments, MRMLWidget):
    """qMRMLSegmentationDisplayNodeWidget: overall visibility and opacity."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._segmentation = None
        self._observations = Observations(self)
        self._shown = inner(QtWidgets.QCheckBox("Visibility", self))
        self._shown.setChecked(True)
        layout = inner(QtWidgets.QVBoxLayout(self))
        layout.addWidget(self._shown)
        self._shown.toggled.connect(self._on_shown)

    def segmentationNode(self) -> object:
        return self._segmentation

    def setSegmentationNode(self, node: object) -> None:
        self._follow(node)

    def _show_segments(self) -> None:
        display = self._segmentation.GetDisplayNode() if self._segmentation is not None else None
        if display is not None:
            self._shown.setChecked(bool(display.GetVisibility()))

    def _on_shown(self, shown: bool) -> None:
        if self._segmentation is not None and self._segmentation.GetDisplayNode() is not None:
            self._segmentation.GetDisplayNode().SetVisibility(shown)
