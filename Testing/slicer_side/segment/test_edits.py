"""Figures follow edits by hand, and nobody's edits vanish without asking."""

import numpy as np
import pytest
import slicer
from slicer_side.panel import wait_for
from wmh_siamese.segmenting.readouts import read_out
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import read_mask, write_mask
from WMHSiameseSegLib.segment.readout_table import read_table

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def result(scripted_panel):
    return scripted_panel.segment(add_simulated_flair())


def draw(result):
    """As the Segment Editor's paint brush does: more voxels in the segment's labelmap."""
    mask = result.mask()
    mask[2:6, 2:6, 2:5] = True
    write_mask(result.node, result.segment_id, mask, result.grid)
    return mask


def test_figures_follow_an_edit_and_are_marked(scripted_panel, result):
    assert not scripted_panel.ui.editedLabel.visible
    drawn = draw(result)
    scripted_panel.settle()
    figures = read_out(drawn, result.grid.affine)
    assert scripted_panel.figure("volume") == f"{figures.volume_ml:.2f}"
    assert scripted_panel.figure("lesion") == str(figures.lesion_count)
    assert scripted_panel.ui.editedLabel.visible
    assert read_table(result.table)[-1]["Edited"] == "yes"


def test_many_strokes_are_counted_once(scripted_panel, result, monkeypatch):
    follower, counted = scripted_panel.tab.results.follower, []
    count = follower._count
    monkeypatch.setattr(follower, "_count", lambda *a: (counted.append(1), count(*a)))
    for _ in range(5):
        draw(result)
        slicer.app.processEvents()
    scripted_panel.settle()
    assert len(counted) == 1


def test_an_undone_edit_is_no_edit(scripted_panel, result):
    before = result.mask()
    draw(result)
    scripted_panel.settle()
    write_mask(result.node, result.segment_id, before, result.grid)
    scripted_panel.settle()
    assert not scripted_panel.ui.editedLabel.visible
    assert not result.edited


def test_showing_in_3d_is_no_edit(scripted_panel, result):
    result.node.CreateClosedSurfaceRepresentation()
    scripted_panel.settle()
    slicer.app.processEvents()
    assert not result.edited


def test_surfaces_come_back_after_a_slider_has_come_to_rest(scripted_panel, result):
    shown = result.node.GetSegmentation().ContainsRepresentation
    scripted_panel.click("show3DButton")
    assert shown("Closed surface")
    scripted_panel.move("thresholdSlider", 0.8)
    assert not shown("Closed surface")
    wait_for(lambda: shown("Closed surface"), 5)
    assert not result.edited


def test_a_mask_can_become_empty_and_come_back_while_surfaces_are_shown(scripted_panel, result):
    result.probability[:] = 0.5
    scripted_panel.tab.results.follow(result.node)
    scripted_panel.click("show3DButton")
    scripted_panel.move("thresholdSlider", 0.9)
    assert scripted_panel.figure("lesion") == "0"
    scripted_panel.move("thresholdSlider", 0.4)
    assert scripted_panel.figure("lesion") == "1"
    wait_for(lambda: result.node.GetSegmentation().ContainsRepresentation("Closed surface"), 5)


@pytest.mark.parametrize("settled", [True, False])
def test_a_slider_asks_before_edits_are_lost(scripted_panel, result, the_answers, settled):
    drawn = draw(result)
    if settled:
        scripted_panel.settle()
    the_answers.answer(False)
    scripted_panel.ui.thresholdSlider.setValue(0.8)
    scripted_panel.settle()
    assert "edited by hand" in the_answers.asked[0].text
    np.testing.assert_array_equal(result.mask(), drawn)
    assert scripted_panel.ui.thresholdSlider.value == pytest.approx(result.threshold)
    the_answers.answer(True)
    scripted_panel.move("thresholdSlider", 0.8)
    np.testing.assert_array_equal(result.mask(), result.probability >= 0.8)
    assert not scripted_panel.ui.editedLabel.visible


def test_after_agreeing_a_slider_asks_no_more(scripted_panel, result, the_answers):
    draw(result)
    the_answers.answer(True)
    for value in (0.6, 0.7, 0.8):
        scripted_panel.move("thresholdSlider", value)
    assert len(the_answers.asked) == 1


@pytest.mark.parametrize("agreed", [True, False])
def test_a_second_run_asks_before_edits_are_lost(scripted_panel, result, the_answers, agreed):
    drawn = draw(result)
    the_answers.answer(agreed)
    scripted_panel.start()
    scripted_panel.wait()
    assert "edited by hand" in the_answers.asked[0].text
    assert np.array_equal(result.mask(), drawn) is not agreed


def test_a_second_run_that_adds_needs_no_question(scripted_panel, result, the_answers):
    drawn, earlier = draw(result), result.segment_id
    scripted_panel.click("keepEarlierCheckBox")
    scripted_panel.start()
    scripted_panel.wait()
    assert not the_answers.asked
    kept = read_mask(result.node, earlier, result.grid, result.probability_node)
    np.testing.assert_array_equal(kept, drawn)


def test_an_edit_during_the_run_stays_as_a_segment(scripted_panel, result, the_answers):
    earlier = result.segment_id
    scripted_panel.start()
    wait_for(lambda: scripted_panel.tab.states.state.value != "idle")
    drawn = draw(result)
    scripted_panel.wait()
    kept = read_mask(result.node, earlier, result.grid, result.probability_node)
    np.testing.assert_array_equal(kept, drawn)
    assert "stays as a segment" in scripted_panel.message
    assert not the_answers.asked


def test_a_removed_segment_is_no_result_any_more(scripted_panel, result):
    result.node.GetSegmentation().RemoveSegment(result.segment_id)
    scripted_panel.settle()
    scripted_panel.ui.thresholdSlider.setValue(0.3)
    scripted_panel.settle()
    assert scripted_panel.figure("volume") == "—"
    assert not scripted_panel.ui.exportButton.enabled


def test_a_removed_segmentation_lets_the_panel_go_on(scripted_panel, result):
    slicer.mrmlScene.RemoveNode(result.node)
    slicer.app.processEvents()
    scripted_panel.ui.thresholdSlider.setValue(0.3)
    scripted_panel.settle()
    assert scripted_panel.result is None
    assert scripted_panel.segment(scripted_panel.ui.flairSelector.currentNode())


def test_a_removed_probability_keeps_the_mask(scripted_panel, result, the_answers):
    before = result.mask()
    node, segment = result.node, result.segment_id
    flair, grid = result.flair, result.grid
    slicer.mrmlScene.RemoveNode(result.probability_node)
    slicer.app.processEvents()
    scripted_panel.ui.thresholdSlider.setValue(0.3)
    scripted_panel.settle()
    np.testing.assert_array_equal(read_mask(node, segment, grid, flair), before)
