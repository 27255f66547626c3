"""Scans and masks that are moved: mask, probability and FLAIR stay in one place, or it is said."""

import numpy as np
import pytest
import slicer
import vtk
from slicer_side import started_host  # noqa: F401
from slicer_side.panel import wait_for
from vtk.util.numpy_support import vtk_to_numpy
from wmh_siamese.segmenting.readouts import read_out
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair
from WMHSiameseSegLib.scene.voxels import Grid, volume_affine

pytest_plugins = ["slicer_side.panel_fixtures"]

TURN = np.array(
    [[0.8, -0.6, 0.0, 25.0], [0.6, 0.8, 0.0, -40.0], [0.0, 0.0, 1.0, 12.0], [0.0, 0.0, 0.0, 1.0]]
)
DOUBLE = np.diag([2.0, 2.0, 2.0, 1.0])


@pytest.fixture
def result(scripted_panel):
    return scripted_panel.segment(add_simulated_flair())


@pytest.fixture
def transform():
    """A function that makes a linear transform of the scene."""

    def make(matrix):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
        return node

    return make


def put_under(transform, *nodes):
    for node in nodes:
        node.SetAndObserveTransformNodeID(transform.GetID() if transform is not None else None)


def harden(transform, *nodes):
    put_under(transform, *nodes)
    for node in nodes:
        node.HardenTransform()


def world_voxels(result):
    """Centres of the mask's voxels in the world (mm), sorted, from the segment alone."""
    image = slicer.vtkOrientedImageData()
    result.node.GetBinaryLabelmapRepresentation(result.segment_id, image)
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    scalars = vtk_to_numpy(image.GetPointData().GetScalars())
    first = np.array(image.GetExtent()[::2])
    found = np.argwhere(scalars.reshape(image.GetDimensions(), order="F") > 0) + first
    return in_the_world(result.node, slicer.util.arrayFromVTKMatrix(matrix), found)


def flair_voxels(result, mask):
    """The same of a mask on the FLAIR's voxels."""
    return in_the_world(result.flair, volume_affine(result.flair), np.argwhere(mask))


def in_the_world(node, affine, indices):
    above = vtk.vtkMatrix4x4()
    if node.GetParentTransformNode() is not None:
        node.GetParentTransformNode().GetMatrixTransformToWorld(above)
    points = (
        slicer.util.arrayFromVTKMatrix(above) @ affine @ np.c_[indices, np.ones(len(indices))].T
    )
    points = np.round(points[:3].T, 3) + 0.0
    return points[np.lexsort(points.T)]


def assert_one_place(panel, result, threshold):
    """A slider moved to the threshold cuts a mask that lies on the FLAIR, and counts it there."""
    panel.settle()
    assert panel.ui.placeNote.isHidden()
    panel.move("thresholdSlider", threshold)
    mask = result.probability >= threshold
    np.testing.assert_allclose(world_voxels(result), flair_voxels(result, mask), atol=2e-3)
    assert Grid.of(result.probability_node).same_as(Grid.of(result.flair))
    figures = read_out(mask, volume_affine(result.flair))
    assert panel.figure("volume") == f"{figures.volume_ml:.2f}"
    assert not panel.ui.editedLabel.visible


@pytest.mark.parametrize("matrix", [TURN, DOUBLE], ids=["turned", "twice as large"])
@pytest.mark.parametrize("with_probability", [True, False])
def test_hardening_flair_and_mask_takes_the_probability_along(
    scripted_panel, result, transform, matrix, with_probability
):
    nodes = [result.flair, result.node] + [result.probability_node] * with_probability
    harden(transform(matrix), *nodes)
    assert_one_place(scripted_panel, result, 0.8)
    scripted_panel.move("minVolumeSlider", 150.0)
    sizes = read_out(result.mask(), volume_affine(result.flair))
    assert scripted_panel.figure("lesion") == str(sizes.lesion_count)


def test_an_empty_mask_is_taken_along_too(scripted_panel, result, transform):
    result.probability[:] *= 0.9
    scripted_panel.move("thresholdSlider", 0.95)
    assert scripted_panel.figure("lesion") == "0"
    harden(transform(TURN), result.flair, result.node)
    assert_one_place(scripted_panel, result, 0.6)


def test_flair_and_mask_under_one_transform_take_the_probability_along(
    scripted_panel, result, transform
):
    above = transform(TURN)
    put_under(above, result.flair, result.node)
    assert_one_place(scripted_panel, result, 0.8)
    assert result.probability_node.GetTransformNodeID() == above.GetID()
    result.flair.HardenTransform()
    result.node.HardenTransform()
    assert_one_place(scripted_panel, result, 0.7)


def test_a_scan_that_was_under_a_transform_before_its_run_is_in_its_place(
    scripted_panel, transform
):
    flair = add_simulated_flair()
    put_under(transform(TURN), flair)
    result = scripted_panel.segment(flair)
    assert_one_place(scripted_panel, result, 0.8)
    flair.HardenTransform()
    result.node.HardenTransform()
    assert_one_place(scripted_panel, result, 0.7)


MOVED_ALONE = {
    "flair under a transform": lambda result, of: put_under(of(TURN), result.flair),
    "flair hardened": lambda result, of: harden(of(TURN), result.flair),
    "mask under a transform": lambda result, of: put_under(of(TURN), result.node),
    "mask hardened": lambda result, of: harden(of(TURN), result.node),
    "flair and probability hardened": lambda result, of: harden(
        of(TURN), result.flair, result.probability_node
    ),
    "flair cropped": lambda result, of: slicer.util.updateVolumeFromArray(
        result.flair, slicer.util.arrayFromVolume(result.flair)[:, 4:-4].copy()
    ),
}


@pytest.mark.parametrize("how", MOVED_ALONE)
def test_what_is_moved_alone_is_said_and_nothing_is_written(scripted_panel, result, transform, how):
    before, threshold = world_voxels(result), result.threshold
    MOVED_ALONE[how](result, transform)
    moved = world_voxels(result)
    assert (how in ("mask under a transform", "mask hardened")) is not np.array_equal(moved, before)
    scripted_panel.settle()
    assert scripted_panel.ui.placeNote.visible
    assert scripted_panel.figure("volume") == "—"
    assert not scripted_panel.ui.thresholdSlider.enabled
    scripted_panel.ui.thresholdSlider.setValue(0.8)
    scripted_panel.settle()
    np.testing.assert_array_equal(world_voxels(result), moved)
    assert result.threshold == threshold
    assert scripted_panel.ui.thresholdSlider.value == pytest.approx(threshold)


def test_taken_back_the_sliders_work_again(scripted_panel, result, transform):
    put_under(transform(TURN), result.flair)
    scripted_panel.settle()
    assert scripted_panel.ui.placeNote.visible
    put_under(None, result.flair)
    assert_one_place(scripted_panel, result, 0.8)


def test_a_move_within_the_debounce_time_is_seen_by_the_slider(scripted_panel, result, transform):
    before = world_voxels(result)
    harden(transform(TURN), result.flair)
    scripted_panel.ui.thresholdSlider.setValue(0.8)
    scripted_panel.settle()
    np.testing.assert_array_equal(world_voxels(result), before)
    assert scripted_panel.ui.placeNote.visible


def test_a_move_while_the_mask_is_cut_is_seen_before_it_is_written(
    scripted_panel, result, transform
):
    before = world_voxels(result)
    scripted_panel.ui.thresholdSlider.setValue(0.8)
    assert scripted_panel.tab.results.follower.busy
    harden(transform(TURN), result.flair)
    scripted_panel.settle()
    np.testing.assert_array_equal(world_voxels(result), before)
    assert scripted_panel.ui.placeNote.visible


def test_without_its_flair_a_mask_takes_the_probability_along(scripted_panel, result, transform):
    slicer.mrmlScene.RemoveNode(result.flair)
    scripted_panel.settle()
    harden(transform(TURN), result.node)
    scripted_panel.settle()
    scripted_panel.move("thresholdSlider", 0.8)
    mask = result.probability >= 0.8
    expected = in_the_world(result.node, result.grid.affine, np.argwhere(mask))
    np.testing.assert_allclose(world_voxels(result), expected, atol=2e-3)
    first = in_the_world(result.node, TURN, np.zeros((1, 3)))
    assert np.abs(first).max() > 10
    assert scripted_panel.ui.placeNote.isHidden()
    wait_for(lambda: scripted_panel.figure("volume") != "—")
