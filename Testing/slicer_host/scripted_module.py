"""slicer.ScriptedLoadableModule: the four base classes of a scripted module."""

from __future__ import annotations

import importlib
import logging
import unittest
from pathlib import Path

import qt
import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


def _resource(module_file: str, name: str) -> str:
    return str(Path(module_file).parent / "Resources" / name)


def _without_suffix(cls: type, suffix: str) -> str:
    return cls.__name__.removesuffix(suffix)


class ScriptedLoadableModule:
    """The module's description: fills in the title, help and icon of its parent."""

    def __init__(self, parent: object) -> None:
        super().__init__()
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title, parent.helpText, parent.acknowledgementText = "", "", ""
        parent.categories, parent.dependencies, parent.contributors = [], [], []
        for extension in (".svg", ".png"):
            icon = Path(self.resourcePath(f"Icons/{self.moduleName}{extension}"))
            if icon.is_file():
                parent.icon = qt.QIcon(str(icon))
                break
        slicer.selfTests[self.moduleName] = self.runTest

    def resourcePath(self, filename: str) -> str:
        """Return the path of a file in the module's Resources folder."""
        return _resource(self.parent.path, filename)

    def getDefaultModuleDocumentationLink(self, docPage: str | None = None) -> str:
        """Return the sentence with a link to the documentation of the module."""
        if docPage:
            url = slicer.app.documentationBaseUrl + docPage
        else:
            url = slicer.app.moduleDocumentationUrl(self.moduleName)
        return f'<p>For more information see the <a href="{url}">online documentation</a>.</p>'

    def runTest(self, msec: int = 100, **kwargs: object) -> None:
        """Run the class <ModuleName>Test of the module; AssertionError where it is missing."""
        module = importlib.import_module(type(self).__module__)
        test_class = getattr(module, f"{self.moduleName}Test", None)
        if test_class is None:
            raise AssertionError(f"no {self.moduleName}Test in {type(self).__module__}")
        test = test_class()
        test.messageDelay = msec
        test.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """The panel's Python side; its Qt side is `parent`."""

    def __init__(self, parent: object = None) -> None:
        super().__init__()
        self.moduleName = _without_suffix(type(self), "Widget")
        self.developerMode = slicer.util.settingsValue(
            "Developer/DeveloperMode", False, converter=slicer.util.toBool
        )
        alone = not parent
        if alone:
            parent = slicer.qMRMLWidget()
            parent.setLayout(qt.QVBoxLayout())
            parent.setMRMLScene(slicer.mrmlScene)
        self.parent = parent
        self.layout = parent.layout()
        if alone:
            self.setup()
            parent.show()
        slicer.app.moduleManager().connect(
            "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
        )

    def resourcePath(self, filename: str) -> str:
        """Return the path of a file in the module's Resources folder."""
        return _resource(slicer.util.modulePath(self.moduleName), filename)

    def cleanup(self) -> None:
        """Called before the module is unloaded or reloaded; for modules to override."""

    def setup(self) -> None:
        """Called once, to make the panel; for modules to extend."""
        self.setupDeveloperSection()

    def setupDeveloperSection(self) -> None:
        """Add the Reload button in developer mode."""
        if not self.developerMode:
            return
        self.reloadButton = qt.QPushButton("Reload")
        self.reloadButton.clicked.connect(self.onReload)
        self.layout.addWidget(self.reloadButton)

    def onReload(self) -> None:
        """Load the module's source again and build its panel anew."""
        slicer.util.reloadScriptedModule(self.moduleName)

    def onTest(self, **kwargs: object) -> None:
        """Run the module's own test."""
        slicer.selfTests[self.moduleName](**kwargs)

    def onReloadAndTest(self, **kwargs: object) -> None:
        """Reload, then run the module's own test."""
        self.onReload()
        self.onTest(**kwargs)

    def _onModuleAboutToBeUnloaded(self, moduleName: str) -> None:
        if moduleName != self.moduleName:
            return
        self.cleanup()
        slicer.app.moduleManager().disconnect(
            "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
        )


class ScriptedLoadableModuleLogic:
    """The module's work, and where its parameters are kept in the scene."""

    def __init__(self, parent: object = None) -> None:
        super().__init__()
        self.moduleName = _without_suffix(type(self), "Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> object:
        """Return the parameter node of the module, made when the scene has none."""
        if self.isSingletonParameterNode:
            found = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
            if found is not None and found.GetAttribute("ModuleName") != self.moduleName:
                found.SetAttribute("ModuleName", self.moduleName)
        else:
            found = next(iter(self.getAllParameterNodes()), None)
        return found or slicer.mrmlScene.AddNode(self.createParameterNode())

    def getAllParameterNodes(self) -> list:
        """Return every parameter node of the module in the scene."""
        nodes = slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode")
        return [n for n in nodes if n.GetAttribute("ModuleName") == self.moduleName]

    def createParameterNode(self) -> object:
        """Return a new parameter node, not yet in the scene."""
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The base of a module's own test; runTest is for modules to override."""

    enableScreenshots = False
    screenshotScaleFactor = 1.0

    def delayDisplay(
        self, message: str, requestedDelay: int | None = None, msec: int | None = None
    ) -> None:
        """Show a message and let the events through."""
        delay = getattr(self, "messageDelay", None) or msec or requestedDelay or 100
        slicer.util.delayDisplay(message, delay)

    def takeScreenshot(self, name: str, description: str, type: int = -1) -> None:
        """Show the description; pictures are made by the host's own rendering."""
        self.delayDisplay(description)

    def runTest(self) -> None:
        """Say that no test is there."""
        logging.warning("No test is defined in %s", self.__class__.__name__)
