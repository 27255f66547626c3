"""A scene that was saved and loaded again brings its result back to the panel."""

import numpy as np
import pytest
import slicer
from slicer_side.panel import wait_for
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import volume_affine, write_mask
from WMHSiameseSegLib.segment.readout_table import read_table

pytest_plugins = ["slicer_side.panel_fixtures"]

_FIGURES = ("volume", "pcd", "lesion", "spacing", "seconds", "model")


@pytest.fixture
def save_and_load(tmp_path):
    def through_a_file():
        path = tmp_path / "scene.mrb"
        assert slicer.util.saveScene(str(path))
        slicer.mrmlScene.Clear(False)
        slicer.app.processEvents()
        slicer.util.loadScene(str(path))
        slicer.app.processEvents()

    return through_a_file


def the_segmentation():
    (node,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    return node


def test_mask_probability_provenance_and_figures_come_back(scripted_panel, save_and_load):
    result = scripted_panel.segment(add_simulated_flair())
    scripted_panel.move("thresholdSlider", 0.62)
    scripted_panel.move("minVolumeSlider", 30.0)
    mask, probability = result.mask(), result.probability.copy()
    provenance, rows = result.provenance, read_table(result.table)
    shown = [scripted_panel.figure(name) for name in _FIGURES]
    save_and_load()
    assert scripted_panel.result is not None
    scripted_panel.settle()
    again = scripted_panel.result
    np.testing.assert_array_equal(again.mask(), mask)
    np.testing.assert_array_equal(again.probability, probability)
    assert again.provenance == provenance
    assert (again.threshold, again.min_volume_mm3) == (0.62, 30.0)
    assert read_table(again.table) == rows
    assert [scripted_panel.figure(name) for name in _FIGURES] == shown
    assert scripted_panel.ui.thresholdSlider.value == pytest.approx(0.62)
    assert scripted_panel.ui.flairSelector.currentNode() is again.flair


def test_the_sliders_work_on_a_loaded_scene(scripted_panel, save_and_load):
    scripted_panel.segment(add_simulated_flair())
    save_and_load()
    scripted_panel.move("thresholdSlider", 0.8)
    again = scripted_panel.result
    np.testing.assert_array_equal(again.mask(), again.probability >= 0.8)


@pytest.mark.parametrize("flip", ([-1, 1, 1], [1, -1, 1], [-1, -1, 1]), ids=str)
def test_a_mask_that_comes_back_in_another_axis_order_is_in_its_place(
    scripted_panel, save_and_load, flip
):
    flair = add_simulated_flair()
    affine = volume_affine(flair) @ np.diag([*flip, 1.0])
    flair.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(affine))
    scripted_panel.segment(flair)
    shown = [scripted_panel.figure(name) for name in _FIGURES]
    save_and_load()
    scripted_panel.settle()
    again = scripted_panel.result
    assert scripted_panel.ui.placeNote.isHidden()
    assert not scripted_panel.ui.editedLabel.visible
    np.testing.assert_array_equal(again.mask(), again.probability >= again.threshold)
    assert [scripted_panel.figure(name) for name in _FIGURES] == shown
    scripted_panel.move("thresholdSlider", 0.8)
    np.testing.assert_array_equal(again.mask(), again.probability >= 0.8)
    assert not scripted_panel.ui.editedLabel.visible


def test_edits_stay_edits(scripted_panel, save_and_load, the_answers):
    result = scripted_panel.segment(add_simulated_flair())
    mask = result.mask()
    mask[2:6, 2:6, 2:5] = True
    write_mask(result.node, result.segment_id, mask, result.grid)
    scripted_panel.settle()
    save_and_load()
    scripted_panel.settle()
    assert scripted_panel.ui.editedLabel.visible
    np.testing.assert_array_equal(scripted_panel.result.mask(), mask)
    the_answers.answer(False)
    scripted_panel.ui.thresholdSlider.setValue(0.8)
    assert "edited by hand" in the_answers.asked[0].text
    np.testing.assert_array_equal(scripted_panel.result.mask(), mask)


def test_a_result_is_found_without_the_panel(scripted_panel, save_and_load):
    scripted_panel.segment(add_simulated_flair())
    scripted_panel.widget.exit()
    save_and_load()
    assert Result.of(the_segmentation()).flair.GetName() == "Simulated FLAIR"
    scripted_panel.widget.enter()
    wait_for(lambda: scripted_panel.figure("volume") != "—")


def test_no_folder_of_the_user_is_saved(scripted_panel, tmp_path, model_file):
    scripted_panel.segment(add_simulated_flair())
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrml"))
    slicer.mrmlScene.Commit()
    text = (tmp_path / "scene.mrml").read_text()
    assert model_file.name in text
    assert str(model_file.parent) not in text
