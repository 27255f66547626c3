"""The main window: the module panel on the left, the views on the right, a status bar."""

from __future__ import annotations

import slicer
from PySide6 import QtCore, QtWidgets

from .wrapping import inner


class ModuleSelector(QtWidgets.QToolBar):
    """qSlicerModuleSelectorToolBar: chooses which module's panel is shown."""

    moduleSelected = QtCore.Signal(str)

    def __init__(self, *arguments: object) -> None:
        super().__init__(*[a for a in arguments if isinstance(a, QtWidgets.QWidget)])
        self._selected = ""

    selectedModule = QtCore.Property(str, lambda self: self._selected)

    def selectModule(self, name: str) -> None:
        if slicer.app.moduleManager().module(name) is None:
            raise RuntimeError(f"there is no module {name}")
        if name != self._selected:
            self._selected = name
            QtCore.QObject.emit(self, QtCore.SIGNAL("moduleSelected(QString)"), name)

    def _forget(self) -> None:
        self._selected = ""


class MainWindow(QtWidgets.QMainWindow):
    """qSlicerMainWindow."""

    def __init__(self, *arguments: object) -> None:
        super().__init__()
        QtCore.QObject.setObjectName(self, "qSlicerMainWindow")
        super().setWindowTitle("3D Slicer")
        self._selector = slicer.qSlicerModuleSelectorToolBar()
        self._shown = None
        self._panel = inner(QtWidgets.QScrollArea())
        self._panel.setWidgetResizable(True)
        self._dock = inner(QtWidgets.QDockWidget())
        QtCore.QObject.setObjectName(self._dock, "PanelDockWidget")
        self._dock.setTitleBarWidget(inner(QtWidgets.QLabel("  3D Slicer")))
        self._dock.setWidget(self._panel)
        super().addDockWidget(QtCore.Qt.LeftDockWidgetArea, self._dock)
        super().resize(1400, 900)
        self._dock.setMinimumWidth(480)
        super().statusBar()
        connect = QtCore.QObject.connect
        connect(self._selector, QtCore.SIGNAL("moduleSelected(QString)"), self._show_module)

    def _take_views(self, layout_manager: object) -> None:
        super().setCentralWidget(layout_manager._viewport)

    def _show_module(self, name: str) -> None:
        self._leave()
        widget = slicer.app.moduleManager().module(name).widgetRepresentation()
        self._panel.setWidget(widget)
        QtWidgets.QWidget.show(widget)
        self._shown = widget
        widget.enter()

    def _leave(self) -> None:
        """Leave the module shown, as when another is chosen."""
        if self._shown is not None:
            self._shown.exit()
            self._panel.takeWidget()
            self._shown = None

    def moduleSelector(self) -> object:
        return self._selector
