"""The host itself: one application a process, a fresh scene and fresh panels a test."""

from __future__ import annotations

import atexit
import gc
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from . import package_room, slicer_names, surroundings
from .dialogs import answers
from .package_room import installations

_host: Host | None = None

_CPP_MODULES = (
    "Annotations",
    "Cameras",
    "Colors",
    "CropVolume",
    "Markups",
    "Models",
    "Plots",
    "Reformat",
    "SceneViews",
    "Segmentations",
    "Sequences",
    "SubjectHierarchy",
    "Tables",
    "Terminologies",
    "Texts",
    "Transforms",
    "Units",
    "ViewControllers",
    "VolumeRendering",
    "Volumes",
)


class Host:
    """A running stand-in for Slicer; make it with `start`."""

    def __init__(self, version: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slicer_host_"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.errors: list[str] = []
        self.world: object = None
        self.main_window: object = None
        self.app = slicer_names.install(self.folder)
        self._segment_editor_widget = slicer_names.segment_editor_widget()
        self.app.processEvents()
        self.become(version)
        # What is there now stays: collecting garbage between tests need not look at it again.
        gc.collect()
        gc.freeze()

    # What changes from test to test

    def become(self, version: str) -> None:
        """Play another version of Slicer, "5.10.0" or "5.12.3"."""
        import slicer

        self.app._become(version)
        self.version = version
        if self.app._facts["minorVersion"] >= 11 or self.app._facts["majorVersion"] > 5:
            slicer.packaging = sys.modules["slicer.packaging"] = package_room.packaging_module()
            slicer.util.pip_install = package_room.pip_install
        else:
            vars(slicer).pop("packaging", None)
            sys.modules["slicer.packaging"] = None
            slicer.util.pip_install = lambda requirements: installations.ask("pip", requirements)
        slicer.util.pip_uninstall = package_room.pip_uninstall

    def open(self, *, main_window: bool = True, testing: bool = True) -> None:
        """Begin anew: a fresh scene, no module of ours, the views with or without a window."""
        import slicer

        from .mrml_world import new_world

        self.close()
        self.errors.clear()
        answers.reset()
        self.hide_torch(False)
        installations.reset()
        self.app._testing = testing
        self.app._options.noMainWindow = not main_window
        self.app._options.testingEnabled = testing
        sys.excepthook = self._collect
        self.world = new_world(Path(self.app.temporaryPath))
        slicer.mrmlScene = self.world.scene
        parts = self.app._parts
        parts.world = self.world
        parts.module_manager = slicer.qSlicerModuleManager()
        parts.io_manager = slicer.qSlicerCoreIOManager()
        parts.layout_manager = None
        self._add_cpp_modules()
        if main_window:
            parts.layout_manager = slicer.qSlicerLayoutManager()
            parts.layout_manager._take_world(self.world)
            self.main_window = slicer.qSlicerMainWindow()
            self.main_window._take_views(parts.layout_manager)
            self.main_window.show()
        package_room.set_pytorch_extension(False)

    def _add_cpp_modules(self) -> None:
        import slicer

        manager = self.app._parts.module_manager
        for name in _CPP_MODULES:
            manager._add(slicer.qSlicerAbstractModule(name, self.world.logics.get(name)))
        editor = slicer.qSlicerAbstractModule("SegmentEditor", None)
        editor._new_representation = self._new_segment_editor
        manager._add(editor)

    def _new_segment_editor(self) -> object:
        widget = self._segment_editor_widget()
        widget._start("SegmentEditor")
        return widget

    def load_module(self, path: str | Path) -> object:
        """Load a scripted module from its file, as Slicer does at start; return its object."""
        import slicer

        path = Path(path).resolve()
        module = slicer.qSlicerScriptedLoadableModule(path.stem, None, str(path))
        setattr(slicer.modules, path.stem.lower(), module)
        self.app._parts.module_manager._modules[path.stem] = module
        module._load()
        self.app.startupCompleted.emit()
        return module

    def select(self, name: str) -> object:
        """Show the module's panel and return its Python side."""
        import slicer

        slicer.util.selectModule(name)
        self.app.processEvents()
        return slicer.util.getModuleWidget(name)

    def close(self) -> None:
        """Unload every module, close the window and the scene, leave nothing behind."""
        import slicer

        if self.world is None:
            return
        if self.main_window is not None:
            self.main_window._leave()
        manager = self.app._parts.module_manager
        scripted = [n for n, m in manager._modules.items() if m.path]
        for name in scripted:
            module = manager._modules[name]
            manager._unload(name)
            module._delete_representation()
            self._forget_source(name)
        for name in list(vars(slicer.modules)):
            if name != "sampleDataSources":
                delattr(slicer.modules, name)
        slicer.modules.sampleDataSources.clear()
        slicer.selfTests.clear()
        if self.main_window is not None:
            self.main_window.close()
            self.main_window.deleteLater()
            self.main_window = None
        self.app._parts.layout_manager = None
        self.world.close()
        self.world = None
        self._settle()

    def _forget_source(self, name: str) -> None:
        """Forget the module's file and its own library, so that the next test loads them anew."""
        source = sys.modules.pop(name, None)
        if source is None or not getattr(source, "__file__", None):
            return
        folder = str(Path(source.__file__).parent)
        sys.path[:] = [entry for entry in sys.path if entry != folder]

    def _settle(self) -> None:
        from PySide6 import QtCore

        self.app.processEvents()
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.DeferredDelete)
        gc.collect()

    def close_scene(self) -> None:
        """Close the scene as the user does: File, Close Scene."""
        self.world.scene.Clear(0)

    def hide_torch(self, hidden: bool = True) -> None:
        """Hide torch (or show it again) from the module's questions and its child processes."""
        surroundings.hide_from_children(self.folder, ("torch", "torchvision"), hidden)
        change = installations.missing.update if hidden else installations.missing.difference_update
        change(("torch", "torchvision"))

    def add_python_slicer(self) -> Path:
        """Put a PythonSlicer, which is this Python, on PATH; return it."""
        return surroundings.add_python_slicer(self.folder)

    # What is recorded

    def _collect(self, kind: type, error: BaseException, trace: object) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        self.errors.append(text)
        sys.stderr.write(text)

    def check_errors(self) -> None:
        """Raise AssertionError with every exception that Slicer would only have printed."""
        errors, self.errors = list(self.errors), []
        if errors:
            raise AssertionError("exceptions that Slicer would swallow:\n" + "\n".join(errors))

    def stop(self) -> None:
        """End the host: close everything and remove its folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(version: str = "5.12.3") -> Host:
    """Return the host of this process, started on the first call."""
    global _host
    if _host is None:
        _host = Host(version)
    return _host


def running() -> Host:
    """Return the host of this process; RuntimeError where none was started."""
    if _host is None:
        raise RuntimeError("no slicer host was started in this process")
    return _host
