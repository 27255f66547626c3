"""What `import qt, ctk, slicer` finds: put in place once a process."""

from __future__ import annotations

import sys
from pathlib import Path

from . import api, qt_module
from .strict_classes import strict_class


def install(folder: Path) -> object:
    """Put qt, ctk and slicer in place as Slicer's Python has them; return the application.

    `folder` is the host's own; the user's settings and the temporary files go there.
    """
    qt = qt_module.StrictModule("qt", {})
    sys.modules["qt"] = qt
    from . import widgets

    ctk = qt_module.StrictModule("ctk", dict(widgets.CTK_CLASSES))
    sys.modules["ctk"] = ctk
    import slicer

    from . import modal
    from .modules import ModulesNamespace
    from .ui_loader import UiLoader

    slicer.selfTests, slicer.modules = {}, ModulesNamespace()
    slicer_widgets = qt_module.StrictModule("slicer", dict(widgets.SLICER_CLASSES))
    slicer.__getattr__ = slicer_widgets.__getattr__
    slicer.app = _application(folder)
    slicer_widgets._sources.update(widgets.application_classes())
    UiLoader.modules = [qt, ctk, slicer]
    qt.__dict__["QUiLoader"] = UiLoader
    modal.install(qt)
    _install_modules(slicer)
    real_display, app = slicer.util._messageDisplay, slicer.app
    slicer.util._messageDisplay = modal.message_display(real_display, lambda: app._testing)
    return slicer.app


def segment_editor_widget() -> type:
    """Return the class of the Segment Editor's panel."""
    from .modules import SegmentEditorWidget

    return strict_class("slicer.qSlicerScriptedLoadableModuleWidget", SegmentEditorWidget)


def _application(folder: Path) -> object:
    from PySide6 import QtCore

    from .application import HostApplication

    QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
    for kind in (QtCore.QSettings.IniFormat, QtCore.QSettings.NativeFormat):
        QtCore.QSettings.setPath(kind, QtCore.QSettings.UserScope, str(folder))
    names = dict.fromkeys(api.application_names(), "name") | api.class_names("qt.QObject")
    made = strict_class("slicer.qSlicerApplication", HostApplication, names)
    return made([sys.argv[0] or "Slicer"], folder)


def _install_modules(slicer: object) -> None:
    from . import i18n, parameter_node, sample_data, scripted_module, self_test

    named = {
        "slicer.ScriptedLoadableModule": scripted_module,
        "slicer.parameterNodeWrapper": parameter_node,
        "slicer.i18n": i18n,
        "slicer.testing": self_test,
    }
    for name, module in named.items():
        sys.modules[name] = module
        setattr(slicer, name.split(".")[1], module)
    for name in scripted_module.__all__:
        setattr(slicer, name, getattr(scripted_module, name))
    sys.modules["SampleData"] = sample_data.sample_data_module()
