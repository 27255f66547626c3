"""Where the sliders start, how they go back, and when they ask."""

import numpy as np
import pytest
import slicer
from PySide6 import QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from slicer_side import started_host  # noqa: F401
from slicer_side.panel import Panel, run_engine, wait_for
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import write_mask

pytest_plugins = ["slicer_side.panel_fixtures"]

OF_THE_MODEL, OF_THE_OTHER = 0.37, 0.5


@pytest.fixture(scope="session")
def another_model_file(tmp_path_factory):
    """A model that asks for a threshold of its own."""
    path = tmp_path_factory.mktemp("models") / "thresholded.safetensors"
    run_engine("model", path, OF_THE_MODEL)
    return path


@pytest.fixture
def sliders(scripted_panel, another_model_file):
    scripted_panel.tab.models.open(another_model_file)
    return scripted_panel


def values(panel: Panel) -> tuple[float, float]:
    ui, parameters = panel.ui, panel.widget.logic.getParameterNode()
    shown = (ui.thresholdSlider.value, ui.minVolumeSlider.value)
    assert shown == pytest.approx((parameters.threshold, parameters.minVolumeMm3))
    return shown


def test_the_last_scans_sliders_do_not_apply_to_the_next_one(sliders):
    first, second = add_simulated_flair("first"), add_simulated_flair("second")
    made = sliders.segment(first)
    sliders.move("thresholdSlider", 0.8)
    sliders.move("minVolumeSlider", 60.0)
    sliders.choose(second)
    assert values(sliders) == pytest.approx((OF_THE_MODEL, 0.0))
    sliders.choose(first)
    assert values(sliders) == pytest.approx((0.8, 60.0))
    assert (made.threshold, made.min_volume_mm3) == (0.8, 60.0)


def test_sliders_that_were_moved_before_a_run_are_forgotten_too(sliders):
    sliders.choose(add_simulated_flair("first"))
    sliders.ui.thresholdSlider.setValue(0.9)
    sliders.choose(add_simulated_flair("second"))
    assert values(sliders) == pytest.approx((OF_THE_MODEL, 0.0))


def test_sliders_start_anew_after_the_scene_was_closed(sliders):
    sliders.segment(add_simulated_flair())
    sliders.move("thresholdSlider", 0.8)
    sliders.move("minVolumeSlider", 60.0)
    slicer.mrmlScene.Clear(False)
    slicer.app.processEvents()
    result = sliders.segment(add_simulated_flair("the next patient"))
    of_the_model = sliders.tab.models.current.card.threshold
    assert values(sliders) == pytest.approx((of_the_model, 0.0))
    assert (result.threshold, result.min_volume_mm3) == pytest.approx((of_the_model, 0.0))


def test_reset_cuts_as_the_model_asks(sliders):
    result = sliders.segment(add_simulated_flair())
    computed = result.mask()
    sliders.move("thresholdSlider", 0.8)
    sliders.move("minVolumeSlider", 60.0)
    sliders.click("resetButton")
    sliders.settle()
    assert values(sliders) == pytest.approx((OF_THE_MODEL, 0.0))
    np.testing.assert_array_equal(result.mask(), computed)


def test_reset_goes_by_the_model_that_made_the_result(sliders, model_file):
    result = sliders.segment(add_simulated_flair())
    sliders.move("thresholdSlider", 0.8)
    sliders.tab.models.open(model_file)
    sliders.click("resetButton")
    sliders.settle()
    assert result.threshold == OF_THE_MODEL
    sliders.ui.outputSelector.setCurrentNode(None)
    sliders.click("resetButton")
    assert values(sliders) == pytest.approx((OF_THE_OTHER, 0.0))


@pytest.mark.parametrize("agreed", [True, False])
def test_reset_asks_once_before_edits_are_lost(sliders, the_answers, agreed):
    result = sliders.segment(add_simulated_flair())
    sliders.move("thresholdSlider", 0.8)
    sliders.move("minVolumeSlider", 60.0)
    mask = result.mask()
    mask[2:6, 2:6, 2:5] = True
    write_mask(result.node, result.segment_id, mask, result.grid)
    the_answers.answer(agreed)
    sliders.click("resetButton")
    sliders.settle()
    assert len(the_answers.asked) == 1
    assert np.array_equal(result.mask(), mask) is not agreed
    assert values(sliders) == pytest.approx((OF_THE_MODEL, 0.0) if agreed else (0.8, 60.0))


@pytest.mark.parametrize("agreed", [True, False])
def test_the_question_waits_until_the_slider_is_let_go(sliders, the_answers, agreed):
    result = sliders.segment(add_simulated_flair())
    mask = result.mask()
    mask[2:6, 2:6, 2:5] = True
    write_mask(result.node, result.segment_id, mask, result.grid)
    (handle,) = QtWidgets.QWidget.findChildren(sliders.ui.thresholdSlider, QtWidgets.QSlider)
    option = QtWidgets.QStyleOptionSlider()
    handle.initStyleOption(option)
    knob = handle.style().subControlRect(
        QtWidgets.QStyle.CC_Slider, option, QtWidgets.QStyle.SC_SliderHandle, handle
    )
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=knob.center())
    for position in (10, 30, 40):
        handle.setSliderPosition(position)
        slicer.app.processEvents()
    wait_for(lambda: not sliders.tab.results.follower.busy)
    assert not the_answers.asked
    np.testing.assert_array_equal(result.mask(), mask)
    the_answers.answer(agreed)
    dragged_to = sliders.ui.thresholdSlider.value
    assert handle.isSliderDown() and dragged_to != pytest.approx(OF_THE_MODEL)
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)
    wait_for(lambda: the_answers.asked)
    sliders.settle()
    assert len(the_answers.asked) == 1
    assert np.array_equal(result.mask(), mask) is not agreed
    assert values(sliders)[0] == pytest.approx(dragged_to if agreed else OF_THE_MODEL)
