"""Volumes that are loaded, segmentations that are deleted, and which volumes are offered."""

import numpy as np
import pytest
import slicer
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.scene.scene import Result
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair

pytest_plugins = ["slicer_side.panel_fixtures"]


@pytest.fixture
def result(scripted_panel):
    return scripted_panel.segment(add_simulated_flair())


def offered(selector):
    return {selector.nodeFromIndex(n).GetName() for n in range(selector.nodeCount())}


def in_scene(*nodes):
    slicer.app.processEvents()
    return [node.GetScene() is not None for node in nodes]


def test_a_deleted_segmentation_takes_probability_and_table_along(scripted_panel, result):
    flair, left = result.flair, (result.probability_node, result.table)
    slicer.mrmlScene.RemoveNode(result.node)
    assert in_scene(flair, *left) == [True, False, False]
    assert scripted_panel.result is None
    assert scripted_panel.segment(flair).table is not None


def test_it_does_so_while_the_panel_is_closed(scripted_panel, result):
    left = result.probability_node, result.table
    scripted_panel.widget.exit()
    slicer.mrmlScene.RemoveNode(result.node)
    assert in_scene(*left) == [False, False]


def test_a_probability_that_a_copy_uses_stays(scripted_panel, result):
    copy = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "copy")
    copy.Copy(result.node)
    probability, table = result.probability_node, result.table
    slicer.mrmlScene.RemoveNode(result.node)
    assert in_scene(probability, table) == [True, True]
    slicer.mrmlScene.RemoveNode(copy)
    assert in_scene(probability, table) == [False, False]


def test_a_segmentation_that_is_no_result_takes_nothing_along(scripted_panel, result):
    plain = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "plain")
    slicer.mrmlScene.RemoveNode(plain)
    assert in_scene(result.node, result.flair, result.probability_node, result.table) == [True] * 4


def test_a_scene_closed_after_a_deletion_loses_nothing_of_the_next(
    scripted_panel, result, tmp_path
):
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.RemoveNode(result.node)
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    slicer.app.processEvents()
    (node,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert Result.of(node) is not None and Result.of(node).table is not None


def test_probabilities_are_not_offered_as_scans(scripted_panel, result, tmp_path):
    name = result.probability_node.GetName()
    selectors = (
        scripted_panel.ui.flairSelector,
        scripted_panel.widget.finetuneUi.caseFlairSelector,
    )
    for selector in selectors:
        assert offered(selector) == {result.flair.GetName()}
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(False)
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    slicer.app.processEvents()
    assert slicer.util.getNode(name) is not None
    for selector in selectors:
        assert name not in offered(selector) and selector.nodeCount() == 1


def test_a_volume_loaded_while_none_is_chosen_is_chosen(scripted_panel):
    selector = scripted_panel.ui.flairSelector
    assert selector.currentNode() is None
    first = add_simulated_flair("first")
    slicer.app.processEvents()
    assert selector.currentNode() is first
    assert scripted_panel.widget.logic.getParameterNode().flair is first
    add_simulated_flair("second")
    slicer.app.processEvents()
    assert selector.currentNode() is first


def test_nothing_is_chosen_behind_another_module(scripted_panel):
    scripted_panel.widget.exit()
    slicer.util.selectModule("SegmentEditor")
    slicer.util.addVolumeFromArray(np.zeros((4, 5, 6), np.int16), name="T1")
    slicer.app.processEvents()
    assert scripted_panel.ui.flairSelector.currentNode() is None
