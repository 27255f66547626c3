"""Undo and Redo of the Segment Editor: mask, figures and the word about edits stay together."""

import numpy as np
import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from vtk.util.numpy_support import vtk_to_numpy
from wmh_siamese.segmenting.readouts import read_out
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import write_mask
from WMHSiameseSegLib.segment.readout_table import read_table

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def result(scripted_panel):
    return scripted_panel.segment(add_simulated_flair())


@pytest.fixture
def editor(scripted_panel, result):
    """The Segment Editor, opened on the result from the panel."""
    scripted_panel.click("editButton")
    return slicer.util.getModuleWidget("SegmentEditor").editor


@pytest.fixture
def paint(editor, result):
    """One stroke: the editor saves the state, then the effect changes the segment."""

    def stroke(corner):
        editor.saveStateForUndo()
        mask = result.mask()
        i, j, k = corner
        mask[i : i + 4, j : j + 4, k : k + 3] = True
        write_mask(result.node, result.segment_id, mask, result.grid)

    return stroke


def assert_all_agree(panel, result, edited):
    """Segment, figures, table and the word "edited" say the same."""
    panel.settle()
    figures = read_out(result.mask(), result.grid.affine)
    assert panel.figure("volume") == f"{figures.volume_ml:.2f}"
    assert panel.ui.editedLabel.isHidden() is not edited
    row = read_table(result.table)[-1]
    assert row["Volume (ml)"] == pytest.approx(figures.volume_ml, abs=1e-4)
    assert row["Edited"] == ("yes" if edited else "no")
    assert result.edited is edited


def test_undo_and_redo_are_followed(scripted_panel, result, editor, paint):
    computed = result.mask()
    paint((2, 2, 2))
    drawn = result.mask()
    assert_all_agree(scripted_panel, result, edited=True)
    editor.undo()
    np.testing.assert_array_equal(result.mask(), computed)
    assert_all_agree(scripted_panel, result, edited=False)
    editor.redo()
    np.testing.assert_array_equal(result.mask(), drawn)
    assert_all_agree(scripted_panel, result, edited=True)


def test_undo_behind_a_slider_brings_an_edit_back_that_is_not_lost_unasked(
    scripted_panel, result, editor, paint, the_answers
):
    paint((2, 2, 2))
    paint((20, 20, 2))
    scripted_panel.settle()
    the_answers.answer(True)
    scripted_panel.move("thresholdSlider", 0.8)
    assert_all_agree(scripted_panel, result, edited=False)
    editor.undo()
    back = result.mask()
    assert_all_agree(scripted_panel, result, edited=True)
    the_answers.answer(False)
    scripted_panel.move("thresholdSlider", 0.9)
    assert len(the_answers.asked) == 2
    np.testing.assert_array_equal(result.mask(), back)


def test_a_change_that_fired_nothing_is_seen_as_the_panel_is_opened_again(scripted_panel, result):
    scripted_panel.widget.exit()
    image = result.segment.GetRepresentation("Binary labelmap")
    vtk_to_numpy(image.GetPointData().GetScalars())[:] = 0
    scripted_panel.widget.enter()
    assert_all_agree(scripted_panel, result, edited=True)


def test_a_result_chosen_again_knows_of_its_edits(scripted_panel, result, paint):
    paint((2, 2, 2))
    scripted_panel.settle()
    scripted_panel.ui.outputSelector.setCurrentNode(None)
    scripted_panel.ui.outputSelector.setCurrentNode(result.node)
    assert_all_agree(scripted_panel, result, edited=True)


@pytest.mark.parametrize("said", [True, False])
def test_a_scene_without_the_hash_is_believed_what_it_says_of_edits(scripted_panel, result, said):
    node = result.node
    scripted_panel.ui.outputSelector.setCurrentNode(None)
    node.RemoveAttribute("WMHSiameseSeg.MaskSHA256")
    node.SetAttribute("WMHSiameseSeg.Edited", "true" if said else "false")
    scripted_panel.ui.outputSelector.setCurrentNode(node)
    scripted_panel.settle()
    assert scripted_panel.ui.editedLabel.isHidden() is not said
    mask = result.mask()
    mask[2:6, 2:6, 2:5] = True
    write_mask(node, result.segment_id, mask, result.grid)
    scripted_panel.settle()
    assert not scripted_panel.ui.editedLabel.isHidden()
    assert Result.of(node).edited
