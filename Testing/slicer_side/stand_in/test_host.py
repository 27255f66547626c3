"""The host: modules come and go, and errors that Slicer swallows are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from slicer_host.host import Host


def test_leaving_reloading_and_unloading_call_the_module(
    a_slicer_host: Host, a_sample_panel: object
) -> None:
    import slicer

    a_slicer_host.close_scene()
    assert a_sample_panel.calls == ["enter", "scene closes"]
    a_slicer_host.select("SegmentEditor")
    assert a_sample_panel.calls[-1] == "exit"
    a_sample_panel.onReload()
    assert a_sample_panel.calls[-1] == "cleanup"
    fresh = slicer.util.getModuleWidget("Sample")
    assert fresh is not a_sample_panel and slicer.modules.SampleWidget is fresh
    a_slicer_host.close()
    assert fresh.calls == ["cleanup"]


def test_samples_are_registered_at_startup(a_sample_panel: object) -> None:
    import slicer

    (source,) = slicer.modules.sampleDataSources["Sample"]
    assert (source.sampleName, source.fileNames) == ("Head", ["head.nii"])


def test_without_a_window_there_is_no_layout_manager(
    a_slicer_without_window: Host, a_sample_file: Path
) -> None:
    import slicer

    a_slicer_without_window.load_module(a_sample_file)
    assert slicer.app.layoutManager() is None and slicer.util.mainWindow() is None
    assert slicer.util.getModuleWidget("Sample").ui.applyButton.text == "Apply"
    with pytest.raises(RuntimeError):
        slicer.util.selectModule("Sample")


def test_errors_that_slicer_swallows_are_collected(a_slicer_host: Host) -> None:
    import qt
    import slicer
    import vtk

    button = qt.QPushButton("Go")
    button.clicked.connect(lambda: 1 / 0)
    button.click()
    slicer.mrmlScene.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_: {}["missing"])
    slicer.mrmlScene.Modified()
    with pytest.raises(AssertionError, match=r"(?s)ZeroDivisionError.*KeyError"):
        a_slicer_host.check_errors()
