"""The table of figures: every row tells what its segment holds now, under the names of today."""

import numpy as np
import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from slicer_side.panel import wait_for
from wmh_siamese.segmenting.readouts import read_out
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import write_mask
from WMHSiameseSegLib.segment.readout_table import read_table

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def result(scripted_panel):
    return scripted_panel.segment(add_simulated_flair())


@pytest.fixture
def earlier(scripted_panel, result):
    """The segment of a first run, kept beside the one of a second run."""
    first = result.segment_id
    scripted_panel.click("keepEarlierCheckBox")
    scripted_panel.start()
    scripted_panel.wait()
    scripted_panel.move("thresholdSlider", 0.8)
    assert result.segment_id != first
    return first


def draw(result, segment_id):
    mask = result.segment_mask(segment_id)
    mask[2:6, 2:6, 2:5] = True
    write_mask(result.node, segment_id, mask, result.grid)


def assert_rows_tell_what_segments_hold(panel, result, edited):
    panel.settle()
    rows = read_table(result.table)
    assert [row["Segment ID"] for row in rows] == list(edited)
    for row in rows:
        figures = read_out(result.segment_mask(row["Segment ID"]), result.grid.affine)
        assert row["Volume (ml)"] == pytest.approx(figures.volume_ml, abs=1e-4)
        assert row["Lesions"] == figures.lesion_count
        assert row["Edited"] == ("yes" if edited[row["Segment ID"]] else "no")


def test_edits_of_a_kept_segment_are_in_its_row(scripted_panel, result, earlier):
    own = result.segment_id
    assert_rows_tell_what_segments_hold(scripted_panel, result, {earlier: False, own: False})
    before = result.segment_mask(earlier)
    draw(result, earlier)
    assert_rows_tell_what_segments_hold(scripted_panel, result, {earlier: True, own: False})
    assert scripted_panel.ui.editedLabel.isHidden()
    write_mask(result.node, earlier, np.zeros_like(before), result.grid)
    assert_rows_tell_what_segments_hold(scripted_panel, result, {earlier: True, own: False})
    write_mask(result.node, earlier, before, result.grid)
    assert_rows_tell_what_segments_hold(scripted_panel, result, {earlier: False, own: False})


def test_a_segment_edited_before_and_during_a_run_is_kept_with_its_own_figures(
    scripted_panel, result
):
    first = result.segment_id
    draw(result, first)
    scripted_panel.click("keepEarlierCheckBox")
    scripted_panel.start()
    wait_for(lambda: scripted_panel.tab.states.state.value != "idle")
    write_mask(result.node, first, result.segment_mask(first)[::-1], result.grid)
    scripted_panel.wait()
    edited = {first: True, result.segment_id: False}
    assert_rows_tell_what_segments_hold(scripted_panel, result, edited)


def test_a_slider_moved_at_once_leaves_no_row_behind(scripted_panel, result, earlier):
    draw(result, earlier)
    for value in (0.5, 0.6, 0.7):
        scripted_panel.ui.thresholdSlider.setValue(value)
        slicer.app.processEvents()
    edited = {earlier: True, result.segment_id: False}
    assert_rows_tell_what_segments_hold(scripted_panel, result, edited)
    assert result.threshold == pytest.approx(0.7)


def test_a_removed_segment_has_no_row(scripted_panel, result, earlier):
    result.node.GetSegmentation().RemoveSegment(earlier)
    assert_rows_tell_what_segments_hold(scripted_panel, result, {result.segment_id: False})


def test_scans_and_segments_have_their_names_of_today(scripted_panel, result, earlier):
    result.flair.SetName("Ada, March")
    result.node.GetSegmentation().GetSegment(earlier).SetName("first reader")
    result.segment.SetName("second reader")
    scripted_panel.settle()
    rows = read_table(result.table)
    assert {row["FLAIR"] for row in rows} == {"Ada, March"}
    assert [row["Segment"] for row in rows] == ["first reader", "second reader"]
    scripted_panel.click("copyButton")
    copied = slicer.app.clipboard().text()
    assert "first reader" in copied and "Computed mask" not in copied


def test_a_loaded_scene_counts_kept_segments_anew(scripted_panel, result, earlier, tmp_path):
    draw(result, earlier)
    scripted_panel.widget.exit()
    scripted_panel.ui.outputSelector.setCurrentNode(None)
    write_mask(result.node, earlier, result.segment_mask(earlier)[::-1], result.grid)
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    scripted_panel.widget.enter()
    again = scripted_panel.result
    edited = {earlier: True, again.segment_id: False}
    assert_rows_tell_what_segments_hold(scripted_panel, again, edited)
