"""Two results of one scan: figures, sliders and selectors speak of the one that was chosen."""

import numpy as np
import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def flair():
    return add_simulated_flair()


@pytest.fixture
def two_results(scripted_panel, flair):
    """Two segmentations of one scan, cut at 0.5 and at 0.8; the second is chosen."""
    first = scripted_panel.segment(flair)
    scripted_panel.move("thresholdSlider", 0.6)
    scripted_panel.ui.outputSelector.setCurrentNode(None)
    second = scripted_panel.segment(flair)
    scripted_panel.move("thresholdSlider", 0.8)
    scripted_panel.move("minVolumeSlider", 40.0)
    return first, second


def assert_shown(panel, result):
    panel.settle()
    ui, parameters = panel.ui, panel.widget.logic.getParameterNode()
    assert ui.outputSelector.currentNode() is result.node
    assert parameters.output is result.node
    assert panel.result.node is result.node
    assert ui.thresholdSlider.value == pytest.approx(result.threshold)
    assert parameters.threshold == pytest.approx(result.threshold)
    assert ui.minVolumeSlider.value == pytest.approx(result.min_volume_mm3)
    millilitres = result.mask().sum() * result.grid.voxel_mm3 / 1000
    assert panel.figure("volume") == f"{millilitres:.2f}"


def test_the_selector_stays_at_the_chosen_result(scripted_panel, two_results):
    first, second = two_results
    for result in (first, second, first):
        scripted_panel.ui.outputSelector.setCurrentNode(result.node)
        assert_shown(scripted_panel, result)
    assert (first.threshold, second.threshold) == (0.6, 0.8)


def test_segment_replaces_the_result_that_is_shown(scripted_panel, two_results):
    first, second = two_results
    other = second.mask()
    scripted_panel.ui.outputSelector.setCurrentNode(first.node)
    first.node.SetAttribute("WMHSiameseSeg.Date", "of the run before")
    scripted_panel.start()
    scripted_panel.wait()
    assert_shown(scripted_panel, first)
    assert first.provenance.date != "of the run before"
    np.testing.assert_array_equal(second.mask(), other)


def test_a_scene_loaded_before_the_panel_opens_shows_the_chosen_result(
    scripted_panel, two_results, tmp_path
):
    first, _second = two_results
    name = first.node.GetName()
    scripted_panel.ui.outputSelector.setCurrentNode(first.node)
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    scripted_panel.widget.exit()
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    scripted_panel.widget.enter()
    assert scripted_panel.result.node.GetName() == name
    assert scripted_panel.result.threshold == 0.6
    assert_shown(scripted_panel, scripted_panel.result)
