"""The module as Slicer loads it, with and without a window, and its own test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import slicer
from slicer_side.panel import ENGINE, Panel, wait_for
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


def test_the_modules_own_test_passes(a_slicer_host, panel):
    slicer.modules.WMHSiameseSegInstance.runTest(msec=1)
    panel.widget.worker.end()


def test_the_modules_own_test_passes_without_torch(a_slicer_host, panel, monkeypatch):
    monkeypatch.setattr(panel.widget.installation, "_version_of", lambda name: None)
    slicer.modules.WMHSiameseSegInstance.runTest(msec=1)
    assert not panel.widget.worker.alive


@pytest.mark.parametrize(
    "options", [["--hide-torch"], ["--slicer-version", "5.10.0", "--no-main-window"]]
)
def test_the_modules_own_test_passes_in_a_process_of_its_own(options):
    """As `Slicer --testing` runs it; also that the process ends well with a warm worker."""
    command = [sys.executable, "-m", "slicer_host", str(ENGINE / "WMHSiameseSeg.py"), *options]
    folders = os.pathsep.join(map(str, (ENGINE, Path(__file__).parents[1])))
    subprocess.run(
        [*command, "--run-module-test", "WMHSiameseSeg"],
        env={**os.environ, "PYTHONPATH": folders},
        check=True,
        timeout=240,
    )


def test_it_lives_without_a_main_window(a_slicer_without_window, own_temporary_folder, model_file):
    a_slicer_without_window.load_module(ENGINE / "WMHSiameseSeg.py")
    widget = slicer.modules.wmhsiameseseg.widgetRepresentation().self()
    widget.enter()
    panel = Panel(widget)
    panel.use_scripted_worker("good")
    panel.tab.models.open(model_file)
    assert panel.segment(add_simulated_flair())
    widget.worker.end()
    wait_for(lambda: not widget.worker.ending)


def test_opening_the_panel_starts_no_process(the_panel):
    assert not the_panel.worker.alive


def test_the_first_volume_called_flair_is_offered(a_slicer_host):
    from WMHSiameseSegLib.scene.scene import likely_flair

    assert likely_flair() is None
    first = add_simulated_flair("T1")
    assert likely_flair() is first
    named = add_simulated_flair("ax FLAIR")
    assert likely_flair() is named


def test_the_panel_says_that_it_is_no_medical_device(the_panel):
    texts = [label.text for label in slicer.util.findChildren(the_panel.parent, className="QLabel")]
    assert any("Not a medical device" in text for text in texts)


def test_closing_the_scene_resets_the_panel(panel):
    panel.use_scripted_worker("good")
    panel.segment(add_simulated_flair())
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    assert panel.result is None and panel.figure("volume") == "—"
    assert panel.segment(add_simulated_flair())
