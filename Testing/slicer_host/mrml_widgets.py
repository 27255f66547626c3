"""Slicer's scene-aware containers and small inputs."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from .ctk_sliders import DoubleSpinBox, SliderWidget


def _emit(obj: QtCore.QObject, signature: str, *arguments: object) -> None:
    QtCore.QObject.emit(obj, QtCore.SIGNAL(signature), *arguments)


class _SceneHolder:
    """Holds a scene and says so when it changes."""

    _held_scene = None

    def mrmlScene(self) -> object:
        return self._held_scene

    def setMRMLScene(self, scene: object) -> None:
        if scene is self._held_scene:
            return
        self._held_scene = scene
        _emit(self, "mrmlSceneChanged(PyObject)", scene)


class MRMLWidget(_SceneHolder, QtWidgets.QWidget):
    """qMRMLWidget: a widget that hands its scene to its children by a signal."""

    mrmlSceneChanged = QtCore.Signal(object)

    def pixmapFromIcon(self, icon: QtGui.QIcon) -> QtGui.QPixmap:
        return icon.pixmap(16, 16)


class SlicerWidget(MRMLWidget):
    """qSlicerWidget: Slicer's base of module panels."""


class MRMLSlider(SliderWidget):
    """qMRMLSliderWidget: a slider that can take its unit from the scene."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._held_scene, self._quantity, self._unit_aware = None, "", 0

    def mrmlScene(self) -> object:
        return self._held_scene

    def setMRMLScene(self, scene: object) -> None:
        self._held_scene = scene

    def _set_quantity(self, quantity: str) -> None:
        self._quantity = quantity

    def _set_unit_aware(self, flags: int) -> None:
        self._unit_aware = flags

    quantity = QtCore.Property(str, lambda self: self._quantity, _set_quantity)
    unitAwareProperties = QtCore.Property(int, lambda self: self._unit_aware, _set_unit_aware)

    def setQuantity(self, quantity: str) -> None:
        self._quantity = quantity


class MRMLSpinBox(DoubleSpinBox):
    """qMRMLSpinBox: a spin box that can take its unit from the scene."""

    _held_scene = None

    def mrmlScene(self) -> object:
        return self._held_scene

    def setMRMLScene(self, scene: object) -> None:
        self._held_scene = scene

    quantity = QtCore.Property(str, lambda self: "", lambda self, quantity: None)
    unitAwareProperties = QtCore.Property(int, lambda self: 0, lambda self, flags: None)


class MRMLTableView(QtWidgets.QTableView):
    """qMRMLTableView: shows a table node."""

    mrmlSceneChanged = QtCore.Signal(object)
    selectionChanged = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._held_scene, self._table = None, None

    def mrmlScene(self) -> object:
        return self._held_scene

    def setMRMLScene(self, scene: object) -> None:
        self._held_scene = scene
        _emit(self, "mrmlSceneChanged(PyObject)", scene)

    def mrmlTableNode(self) -> object:
        return self._table

    def setMRMLTableNode(self, node: object) -> None:
        self._table = node
        model = QtGui.QStandardItemModel(self)
        if node is not None:
            columns = range(node.GetNumberOfColumns())
            model.setHorizontalHeaderLabels([node.GetColumnName(c) for c in columns])
            for row in range(node.GetNumberOfRows()):
                cells = [node.GetCellText(row, column) for column in columns]
                model.appendRow([QtGui.QStandardItem(text) for text in cells])
        super().setModel(model)
