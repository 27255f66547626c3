"""Modules of the application: their objects, their panels, and who loads them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import shiboken6
import slicer
from PySide6 import QtCore, QtGui, QtWidgets

from .mrml_widgets import SlicerWidget


class ModulesNamespace:
    """slicer.modules: an attribute a module, AttributeError for what is not loaded."""

    def __init__(self) -> None:
        self.sampleDataSources: dict[str, list] = {}


def _kept(name: str, kind: object) -> QtCore.Property:
    return QtCore.Property(
        kind,
        lambda self: self._texts[name],
        lambda self, value: self._texts.__setitem__(name, value),
    )


class Module(QtCore.QObject):
    """qSlicerAbstractModule: one module with a logic."""

    def __init__(self, name: str, logic: object = None, path: str = "") -> None:
        super().__init__()
        QtCore.QObject.setObjectName(self, name)
        self._logic, self._file, self._representation = logic, path, None
        self._texts: dict[str, object] = {
            "title": name,
            "helpText": "",
            "acknowledgementText": "",
            "hidden": False,
            "categories": [],
            "contributors": [],
            "dependencies": [],
            "icon": QtGui.QIcon(),
            "index": -1,
            "associatedNodeTypes": [],
        }

    title = _kept("title", str)
    helpText = _kept("helpText", str)
    acknowledgementText = _kept("acknowledgementText", str)
    categories = _kept("categories", "QStringList")
    contributors = _kept("contributors", "QStringList")
    dependencies = _kept("dependencies", "QStringList")
    associatedNodeTypes = _kept("associatedNodeTypes", "QStringList")
    hidden = _kept("hidden", bool)
    index = _kept("index", int)
    icon = _kept("icon", QtGui.QIcon)
    path = QtCore.Property(str, lambda self: self._file)

    def logic(self) -> object:
        return self._logic

    def mrmlScene(self) -> object:
        return slicer.mrmlScene

    def isBuiltIn(self) -> bool:
        return not self._file

    def widgetRepresentation(self) -> object:
        if self._representation is None:
            self._representation = self._new_representation()
        return self._representation

    def _delete_representation(self) -> None:
        """Delete the panel, as the application does when the module goes."""
        widget, self._representation = self._representation, None
        if widget is not None and shiboken6.isValid(widget):
            widget._python = None
            QtCore.QObject.deleteLater(widget)

    def createNewWidgetRepresentation(self) -> object:
        return self._new_representation()

    def _new_representation(self) -> object:
        return slicer.qSlicerAbstractModuleWidget()


class ModuleWidget(SlicerWidget):
    """qSlicerAbstractModuleWidget: the panel of one module."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_entered = False

    def isEntered(self) -> bool:
        return self._is_entered

    def enter(self) -> None:
        self._is_entered = True

    def exit(self) -> None:
        self._is_entered = False


def report_errors(call: Callable, *arguments: object) -> object:
    """Call as Slicer's C++ calls Python: an exception is printed, and life goes on."""
    try:
        return call(*arguments)
    except Exception:
        sys.excepthook(*sys.exc_info())
        return None


class ScriptedModule(Module):
    """qSlicerScriptedLoadableModule: a module written in Python, loaded from its file."""

    def _load(self) -> None:
        """Import the file and make the module's own Python object.

        Raises whatever the file raises on import, as a broken module should fail its test.
        """
        name, folder = QtCore.QObject.objectName(self), str(Path(self._file).parent)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        spec = importlib.util.spec_from_file_location(name, self._file)
        source = importlib.util.module_from_spec(spec)
        sys.modules[name] = source
        spec.loader.exec_module(source)
        self._python = getattr(source, name)(self)
        setattr(slicer.modules, f"{name}Instance", self._python)
        if hasattr(self._python, "setup"):
            report_errors(self._python.setup)

    def _new_representation(self) -> object:
        widget = slicer.qSlicerScriptedLoadableModuleWidget()
        widget._start(QtCore.QObject.objectName(self))
        return widget


class ScriptedModuleWidget(ModuleWidget):
    """qSlicerScriptedLoadableModuleWidget: the Qt side of a Python panel."""

    _python = None
    _module_name = ""

    def _start(self, module_name: str) -> None:
        import qt

        self._module_name = module_name
        if QtWidgets.QWidget.layout(self) is None:
            QtWidgets.QWidget.setLayout(self, qt.QVBoxLayout())
        SlicerWidget.setMRMLScene(self, slicer.mrmlScene)
        self._make_python()

    def _make_python(self) -> None:
        name = f"{self._module_name}Widget"
        source = sys.modules[self._module_name]
        self._python = report_errors(getattr(source, name), self)
        if self._python is not None:
            setattr(slicer.modules, name, self._python)
            report_errors(self._python.setup)

    moduleName = QtCore.Property(str, lambda self: self._module_name)

    def self(self) -> object:
        return self._python

    def reload(self) -> None:
        self._make_python()

    def enter(self) -> None:
        super().enter()
        self._call("enter")

    def exit(self) -> None:
        super().exit()
        self._call("exit")

    def _call(self, name: str) -> None:
        method = getattr(self._python, name, None)
        if method is not None:
            report_errors(method)


class ModuleFactoryManager(QtCore.QObject):
    """qSlicerModuleFactoryManager: the names of what is loaded."""

    def __init__(self, modules: dict[str, object]) -> None:
        super().__init__()
        self._modules = modules

    def loadedModuleNames(self) -> list[str]:
        return list(self._modules)

    def registeredModuleNames(self) -> list[str]:
        return list(self._modules)

    def instantiatedModuleNames(self) -> list[str]:
        return list(self._modules)

    def isLoaded(self, name: str) -> bool:
        return name in self._modules

    def isRegistered(self, name: str) -> bool:
        return name in self._modules

    def isInstantiated(self, name: str) -> bool:
        return name in self._modules

    def loadedModule(self, name: str) -> object:
        return self._modules.get(name)

    def moduleInstance(self, name: str) -> object:
        return self._modules.get(name)


class ModuleManager(QtCore.QObject):
    """qSlicerModuleManager: finds modules by name, and says when one goes."""

    moduleLoaded = QtCore.Signal(str)
    moduleAboutToBeUnloaded = QtCore.Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._modules: dict[str, object] = {}
        self._factory = slicer.qSlicerModuleFactoryManager(self._modules)

    def module(self, name: str) -> object:
        return self._modules.get(name)

    def modulesNames(self) -> list[str]:
        return list(self._modules)

    def factoryManager(self) -> object:
        return self._factory

    def _add(self, module: object) -> None:
        name = QtCore.QObject.objectName(module)
        self._modules[name] = module
        setattr(slicer.modules, name.lower(), module)
        QtCore.QObject.emit(self, QtCore.SIGNAL("moduleLoaded(QString)"), name)

    def _unload(self, name: str) -> None:
        """Say that the module goes (its panel cleans up), then forget it."""
        signal = QtCore.SIGNAL("moduleAboutToBeUnloaded(QString)")
        QtCore.QObject.emit(self, signal, name)
        self._modules.pop(name, None)
        for attribute in (name.lower(), f"{name}Widget", f"{name}Instance"):
            vars(slicer.modules).pop(attribute, None)


class SegmentEditorPanel:
    """The Segment Editor module's Python panel: its editor and its parameter node."""

    def __init__(self) -> None:
        self.editor = slicer.qMRMLSegmentEditorWidget()
        self.parameterSetNode = None
        self.logic = SimpleNamespace()

    def selectParameterNode(self) -> None:
        """Take the scene's Segment Editor node, or make one."""
        scene = slicer.mrmlScene
        node = scene.GetSingletonNode("SegmentEditor", "vtkMRMLSegmentEditorNode")
        if node is None:
            node = scene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
            node.UnRegister(None)
            node.SetSingletonTag("SegmentEditor")
            node = scene.AddNode(node)
        if self.parameterSetNode is node:
            return
        self.parameterSetNode = node
        self.editor.setMRMLScene(scene)
        self.editor.setMRMLSegmentEditorNode(node)

    def enter(self) -> None:
        """Show the panel: there is always a node to edit with."""
        self.selectParameterNode()


class SegmentEditorWidget(ScriptedModuleWidget):
    """The Qt side of the Segment Editor's panel."""

    def _start(self, module_name: str) -> None:
        import qt

        self._module_name = module_name
        self._python = SegmentEditorPanel()
        QtWidgets.QWidget.setLayout(self, qt.QVBoxLayout())
        QtWidgets.QWidget.layout(self).addWidget(self._python.editor)
        self._python.selectParameterNode()
        slicer.modules.SegmentEditorWidget = self._python
