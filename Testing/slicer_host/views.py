"""Layout manager, slice and 3D widgets: what a module asks of the views, and their pictures."""

from __future__ import annotations

import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .mrml_widgets import MRMLWidget
from .wrapping import inner


class _View(QtWidgets.QWidget):
    """A view that shows the last picture rendered of it."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QtGui.QPixmap | None = None
        self._mrml_node = None
        self._renders_asked = 0
        super().setMinimumSize(120, 120)

    def _show_picture(self, picture: QtGui.QPixmap) -> None:
        self._picture = picture
        super().update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(QtWidgets.QWidget.rect(self), QtCore.Qt.black)
        if self._picture is not None:
            painter.drawPixmap(QtWidgets.QWidget.rect(self), self._picture)
        painter.end()

    def forceRender(self) -> None:
        self._renders_asked += 1

    def scheduleRender(self) -> None:
        self._renders_asked += 1


class SliceView(_View):
    """qMRMLSliceView."""

    def mrmlSliceNode(self) -> object:
        return self._mrml_node


class ThreeDView(_View):
    """qMRMLThreeDView."""

    def mrmlViewNode(self) -> object:
        return self._mrml_node

    def resetFocalPoint(self) -> None:
        self._renders_asked += 1

    def resetCamera(self) -> None:
        self._renders_asked += 1

    def rotateToViewAxis(self, axis: int) -> None:
        self._renders_asked += 1


class SliceController(MRMLWidget):
    """qMRMLSliceControllerWidget: the bar over a slice view."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._slice_logic = None

    def mrmlSliceNode(self) -> object:
        return self._slice_logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> object:
        return self._slice_logic.GetSliceCompositeNode()

    def setSliceVisible(self, visible: bool) -> None:
        self._slice_logic.GetSliceNode().SetSliceVisible(visible)

    def fitSliceToBackground(self) -> None:
        self._slice_logic.FitSliceToBackground()

    def setSliceOffsetValue(self, offset: float) -> None:
        self._slice_logic.SetSliceOffset(offset)


class SliceWidget(MRMLWidget):
    """qMRMLSliceWidget: a slice view with its bar and its logic."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = slicer.qMRMLSliceView()
        self._controller = slicer.qMRMLSliceControllerWidget()
        self._slice_logic = None
        layout = inner(QtWidgets.QVBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        self._bar = inner(QtWidgets.QLabel(self))
        layout.addWidget(self._bar)
        layout.addWidget(self._view, 1)

    def _set_logic(self, name: str, logic: object, colour: tuple) -> None:
        self._slice_logic = logic
        self._controller._slice_logic = logic
        self._view._mrml_node = logic.GetSliceNode()
        red, green, blue = (int(255 * part) for part in colour)
        self._bar.setText(f" {name[0]}")
        self._bar.setStyleSheet(f"background: rgb({red},{green},{blue}); color: black;")

    def sliceLogic(self) -> object:
        return self._slice_logic

    def sliceView(self) -> object:
        return self._view

    def sliceController(self) -> object:
        return self._controller

    def mrmlSliceNode(self) -> object:
        return self._slice_logic.GetSliceNode()

    def mrmlSliceCompositeNode(self) -> object:
        return self._slice_logic.GetSliceCompositeNode()

    def fitSliceToBackground(self) -> None:
        self._slice_logic.FitSliceToBackground()


class ThreeDWidget(MRMLWidget):
    """qMRMLThreeDWidget: a 3D view."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = slicer.qMRMLThreeDView()
        layout = inner(QtWidgets.QVBoxLayout(self))
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)

    def threeDView(self) -> object:
        return self._view

    def mrmlViewNode(self) -> object:
        return self._view._mrml_node


class LayoutManager(QtCore.QObject):
    """qSlicerLayoutManager: the four views of the conventional layout."""

    layoutChanged = QtCore.Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._layout_number = 3
        self._slices: dict[str, object] = {}
        self._three_d = slicer.qMRMLThreeDWidget()
        self._viewport = inner(QtWidgets.QWidget())
        grid = inner(QtWidgets.QGridLayout(self._viewport))
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2)
        for name, place in {"Red": (0, 0), "Green": (1, 0), "Yellow": (1, 1)}.items():
            self._slices[name] = slicer.qMRMLSliceWidget()
            grid.addWidget(self._slices[name], *place)
        grid.addWidget(self._three_d, 0, 1)

    def _take_world(self, world: object) -> None:
        from .mrml_world import _SLICE_COLOURS

        self._world = world
        for name, widget in self._slices.items():
            widget._set_logic(name, world.slice_logics[name], _SLICE_COLOURS[name])
        node = world.scene.GetSingletonNode("1", "vtkMRMLViewNode")
        self._three_d._view._mrml_node = node

    def _set_layout(self, number: int) -> None:
        self._layout_number = int(number)
        QtCore.QObject.emit(self, QtCore.SIGNAL("layoutChanged(int)"), self._layout_number)

    layout = QtCore.Property(int, lambda self: self._layout_number, _set_layout)
    threeDViewCount = QtCore.Property(int, lambda self: 1)
    tableViewCount = QtCore.Property(int, lambda self: 0)
    plotViewCount = QtCore.Property(int, lambda self: 0)

    def setLayout(self, number: int) -> None:
        self._set_layout(number)

    def sliceViewNames(self) -> list[str]:
        return list(self._slices)

    def sliceWidget(self, name: str) -> object:
        return self._slices.get(name)

    def threeDWidget(self, index: int) -> object:
        return self._three_d if index == 0 else None

    def mrmlSliceLogics(self) -> object:
        return self._world.application_logic.GetSliceLogics()

    def mrmlScene(self) -> object:
        return self._world.scene

    def viewport(self) -> object:
        return self._viewport

    def resetSliceViews(self) -> None:
        for logic in self._world.slice_logics.values():
            logic.FitSliceToBackground()

    def resetThreeDViews(self) -> None:
        self._three_d._view.resetFocalPoint()

    def pauseRender(self) -> None:
        """Do nothing: pictures are made on request."""

    def resumeRender(self) -> None:
        """Do nothing: pictures are made on request."""
