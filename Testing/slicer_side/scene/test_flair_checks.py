"""Every bad or remarkable volume gets its sentence."""

import numpy as np
import pytest
import slicer
import vtk
from slicer_side import started_host  # noqa: F401
from WMHSiameseSegLib.panel.finding import Weight
from WMHSiameseSegLib.scene.flair_checks import (
    check_node,
    check_output,
    check_voxels,
    look_at_voxels,
)
from WMHSiameseSegLib.scene.scene import PROBABILITY_ROLE
from WMHSiameseSegLib.scene.simulated_flair import add_simulated_flair, simulated_voxels
from WMHSiameseSegLib.scene.voxels import volume_array


@pytest.fixture(scope="module", autouse=True)
def one_slicer(the_application):
    the_application.open()
    yield the_application
    the_application.close()


@pytest.fixture(autouse=True)
def an_empty_scene(one_slicer):
    slicer.mrmlScene.Clear(False)
    yield
    one_slicer.check_errors()


def said(findings, weight):
    return " ".join(f.sentence for f in findings if f.weight is weight)


def all_findings(volume):
    findings = check_node(volume)
    if said(findings, Weight.STOP):
        return findings
    return findings + check_voxels(look_at_voxels(volume_array(volume)), volume.GetName())


def a_volume(array, affine=None, name="FLAIR", kind=None):
    return slicer.util.addVolumeFromArray(np.asarray(array), affine, name, kind)


@pytest.fixture
def voxels():
    return simulated_voxels()[0].T.copy()


def test_a_good_volume_passes_without_a_word():
    volume = add_simulated_flair()
    assert not [f for f in all_findings(volume) if f.weight is not Weight.SAY]


def test_no_volume():
    assert "Load a FLAIR volume" in said(check_node(None), Weight.STOP)


def test_another_kind_of_node():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert "not a scalar volume" in said(check_node(node), Weight.STOP)


def test_no_image_data():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert "no image data" in said(check_node(node), Weight.STOP)


def test_a_vector_volume(voxels):
    volume = a_volume(np.stack([voxels] * 3, axis=-1), name="RGB", kind="vtkMRMLVectorVolumeNode")
    assert "3 values in each voxel" in said(check_node(volume), Weight.STOP)


def test_a_label_map(voxels):
    volume = a_volume((voxels > 300).astype(np.uint8), kind="vtkMRMLLabelMapVolumeNode")
    assert "already a mask" in said(check_node(volume), Weight.STOP)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_a_mask_in_a_scalar_volume(voxels, dtype):
    volume = a_volume((voxels > 300).astype(dtype))
    assert "already a mask" in said(all_findings(volume), Weight.STOP)


def test_a_probability_of_an_earlier_run(voxels):
    volume = a_volume(voxels)
    volume.SetAttribute(PROBABILITY_ROLE, "true")
    assert "earlier run" in said(check_node(volume), Weight.STOP)


def test_too_few_slices(voxels):
    assert "2 axial slices" in said(check_node(a_volume(voxels[:2])), Weight.STOP)


def test_too_many_slices():
    volume = a_volume(np.zeros((2000, 4, 4), np.uint8))
    assert "2000 voxels along one axis" in said(check_node(volume), Weight.STOP)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers_are_asked_about(voxels, bad):
    voxels = voxels.astype(np.float32)
    voxels[3, 4, 5:8] = bad
    assert "3 of 73728 voxels are NaN or infinite" in said(
        all_findings(a_volume(voxels)), Weight.ASK
    )


def test_nothing_but_nan():
    volume = a_volume(np.full((4, 5, 6), np.nan, np.float32))
    assert "Every voxel of this volume is NaN" in said(all_findings(volume), Weight.STOP)


def test_a_constant_volume():
    volume = a_volume(np.full((4, 5, 6), 7, np.int16))
    assert "same value (7)" in said(all_findings(volume), Weight.STOP)


def test_nothing_above_zero(voxels):
    volume = a_volume(voxels - 5000)
    assert "No voxel is above 0" in said(all_findings(volume), Weight.STOP)


@pytest.mark.parametrize(
    ("name", "sequence"),
    [("T1", "T1"), ("sub-01_T2w", "T2W"), ("MPRAGE 3D", "MPRAGE"), ("ax DWI b1000", "DWI")],
)
def test_a_name_of_another_sequence_is_asked_about(voxels, name, sequence):
    assert f"says {sequence}, not FLAIR" in said(
        all_findings(a_volume(voxels, name=name)), Weight.ASK
    )


@pytest.mark.parametrize("name", ["T2 FLAIR", "t2_dark-fluid", "Patient 12", "part1"])
def test_names_that_may_be_a_flair_are_not(voxels, name):
    assert not said(all_findings(a_volume(voxels, name=name)), Weight.ASK)


def test_ct_numbers_are_asked_about(voxels):
    ct = np.where(voxels > 100, voxels // 4, -1000).astype(np.int16)
    assert "as in CT" in said(all_findings(a_volume(ct)), Weight.ASK)


def test_a_volume_bright_all_over_is_asked_about():
    noise = np.random.default_rng(0).uniform(90, 100, (8, 20, 20))
    assert "is bright" in said(all_findings(a_volume(noise)), Weight.ASK)


@pytest.mark.parametrize(("axes", "plane"), [((2, 0, 1), "sagittal"), ((0, 2, 1), "coronal")])
def test_other_planes_are_handled_and_said(voxels, axes, plane):
    matrix = np.zeros((4, 4))
    for axis, ras in enumerate({"sagittal": (1, 2, 0), "coronal": (0, 2, 1)}[plane]):
        matrix[ras, axis] = (1.0, 1.0, 5.0)[axis]
    matrix[3, 3] = 1
    assert f"scan is {plane}" in said(check_node(a_volume(voxels, matrix)), Weight.SAY)


def test_strong_anisotropy_is_said(voxels):
    volume = a_volume(voxels, np.diag([0.9, 0.9, 6.4, 1]))
    assert "6.4 mm by 0.9 mm" in said(check_node(volume), Weight.SAY)


def test_a_linear_transform_is_said_and_a_warp_is_asked_about():
    volume = add_simulated_flair()
    linear = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    volume.SetAndObserveTransformNodeID(linear.GetID())
    assert "under a transform" in said(check_node(volume), Weight.SAY)
    warp = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    points = vtk.vtkThinPlateSplineTransform()
    warp.SetAndObserveTransformToParent(points)
    volume.SetAndObserveTransformNodeID(warp.GetID())
    assert "non-linear transform" in said(check_node(volume), Weight.ASK)


def test_a_flat_affine_is_refused(voxels):
    volume = a_volume(voxels)
    sheared = np.eye(4)
    sheared[:3, 1] = sheared[:3, 0]
    volume.SetIJKToRASDirections(sheared[:3, :3].tolist())
    assert "no volume" in said(check_node(volume), Weight.STOP)


def test_a_segmentation_of_another_volume_stays_as_it_is():
    flair, other = add_simulated_flair("FLAIR"), add_simulated_flair("other")
    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(other)
    assert not check_output(segmentation, flair)
    segmentation.GetSegmentation().AddEmptySegment("", "drawn by hand")
    assert "belongs to another volume" in said(check_output(segmentation, flair), Weight.STOP)
    assert not check_output(segmentation, other)
    assert not check_output(None, flair)
