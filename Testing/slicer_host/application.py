"""slicer.app: the one application object, with the attributes a real one has."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

from PySide6 import QtCore, QtWidgets


def _told(name: str, kind: object = str) -> QtCore.Property:
    return QtCore.Property(kind, lambda self: self._facts[name])


class HostApplication(QtWidgets.QApplication):
    """What slicer.app is made of; its attributes are filled in by the host."""

    startupCompleted = QtCore.Signal()
    mrmlSceneChanged = QtCore.Signal(object)

    def __init__(self, arguments: list[str], folder: Path) -> None:
        super().__init__(arguments)
        self._folder = folder
        self._facts: dict[str, object] = {}
        self._parts = SimpleNamespace(
            world=None, layout_manager=None, module_manager=None, io_manager=None
        )
        self._testing = True
        self._options = SimpleNamespace(noMainWindow=False, noSplash=True, testingEnabled=True)
        self._environment: QtCore.QProcessEnvironment | None = None
        self._paused = 0

    def _become(self, version: str) -> None:
        """Take the facts of a Slicer version, "5.12.3"."""
        major, minor, _patch = (int(part) for part in version.split("."))
        home = self._folder / "Slicer"
        home.mkdir(exist_ok=True)
        (self._folder / "temporary").mkdir(exist_ok=True)
        self._facts = {
            "slicerHome": str(home),
            "slicerSharePath": f"share/Slicer-{major}.{minor}",
            "temporaryPath": str(self._folder / "temporary"),
            "cachePath": str(self._folder / "cache"),
            "startupWorkingPath": os.getcwd(),
            "defaultScenePath": str(self._folder),
            "extensionsInstallPath": str(self._folder / "extensions"),
            "launcherExecutableFilePath": str(home / "Slicer"),
            "launcherSettingsFilePath": str(home / "bin" / "SlicerLauncherSettings.ini"),
            "slicerUserSettingsFilePath": str(self._folder / "Slicer.ini"),
            "slicerRevisionUserSettingsFilePath": str(self._folder / "Slicer-1.ini"),
            "intDir": "",
            "isInstalled": True,
            "revision": "34045",
            "releaseType": "Stable",
            "repositoryUrl": "",
            "repositoryBranch": "main",
            "repositoryRevision": "",
            "platform": "linux-amd64",
            "arch": "amd64",
            "os": "linux",
            "documentationBaseUrl": "https://slicer.readthedocs.io/",
            "documentationVersion": f"{major}.{minor}",
            "documentationLanguage": "en",
            "applicationLocaleName": "en",
            "majorVersion": major,
            "minorVersion": minor,
            "mainApplicationName": "Slicer",
            "mainApplicationDisplayName": "3D Slicer",
            "mainApplicationMajorVersion": major,
            "mainApplicationMinorVersion": minor,
            "mainApplicationRevision": "34045",
        }
        super().setApplicationName("Slicer")
        super().setOrganizationName("slicer.org")
        super().setOrganizationDomain("slicer.org")
        super().setApplicationVersion(version)

    slicerHome = _told("slicerHome")
    slicerSharePath = _told("slicerSharePath")
    temporaryPath = _told("temporaryPath")
    cachePath = _told("cachePath")
    startupWorkingPath = _told("startupWorkingPath")
    defaultScenePath = _told("defaultScenePath")
    extensionsInstallPath = _told("extensionsInstallPath")
    launcherExecutableFilePath = _told("launcherExecutableFilePath")
    launcherSettingsFilePath = _told("launcherSettingsFilePath")
    slicerUserSettingsFilePath = _told("slicerUserSettingsFilePath")
    slicerRevisionUserSettingsFilePath = _told("slicerRevisionUserSettingsFilePath")
    intDir = _told("intDir")
    isInstalled = _told("isInstalled", bool)
    revision = _told("revision")
    releaseType = _told("releaseType")
    repositoryUrl = _told("repositoryUrl")
    repositoryBranch = _told("repositoryBranch")
    repositoryRevision = _told("repositoryRevision")
    platform = _told("platform")
    arch = _told("arch")
    os = _told("os")
    documentationBaseUrl = _told("documentationBaseUrl")
    documentationVersion = _told("documentationVersion")
    documentationLanguage = _told("documentationLanguage")
    applicationLocaleName = _told("applicationLocaleName")
    majorVersion = _told("majorVersion", int)
    minorVersion = _told("minorVersion", int)
    mainApplicationName = _told("mainApplicationName")
    mainApplicationDisplayName = _told("mainApplicationDisplayName")
    mainApplicationMajorVersion = _told("mainApplicationMajorVersion", int)
    mainApplicationMinorVersion = _told("mainApplicationMinorVersion", int)
    mainApplicationRevision = _told("mainApplicationRevision")

    def testingEnabled(self) -> bool:
        return self._testing

    def commandOptions(self) -> object:
        return self._options

    def mrmlScene(self) -> object:
        return self._parts.world.scene

    def applicationLogic(self) -> object:
        return self._parts.world.application_logic

    def moduleLogic(self, name: str) -> object:
        return self._parts.world.logics.get(name)

    def layoutManager(self) -> object:
        return self._parts.layout_manager

    def setLayoutManager(self, manager: object) -> None:
        self._parts.layout_manager = manager

    def moduleManager(self) -> object:
        return self._parts.module_manager

    def ioManager(self) -> object:
        return self._parts.io_manager

    def coreIOManager(self) -> object:
        return self._parts.io_manager

    def settings(self) -> object:
        import qt

        return qt.QSettings()

    def userSettings(self) -> object:
        import qt

        return qt.QSettings()

    def revisionUserSettings(self) -> object:
        import qt

        return qt.QSettings()

    def startupEnvironment(self) -> QtCore.QProcessEnvironment:
        return self._environment or QtCore.QProcessEnvironment.systemEnvironment()

    def environment(self) -> QtCore.QProcessEnvironment:
        return QtCore.QProcessEnvironment.systemEnvironment()

    def setEnvironmentVariable(self, name: str, value: str) -> None:
        QtCore.qputenv(name, value.encode())
        os.environ[name] = value

    def moduleDocumentationUrl(self, name: str) -> str:
        return f"https://slicer.readthedocs.io/en/latest/user_guide/modules/{name.lower()}.html"

    def pauseRender(self) -> None:
        self._paused += 1

    def resumeRender(self) -> None:
        self._paused -= 1

    def pythonConsole(self) -> object:
        return None

    def currentLogFile(self) -> str:
        return str(self._folder / "log.txt")

    def setPythonConsoleLogLevel(self, level: int) -> None:
        """Do nothing: there is no console."""

    def toSlicerHomeAbsolutePath(self, path: str) -> str:
        return str(Path(self._facts["slicerHome"]) / path)

    def openUrl(self, url: str) -> bool:
        return False

    def restart(self) -> None:
        raise AssertionError("the module restarted Slicer: the user's scene would be lost")
