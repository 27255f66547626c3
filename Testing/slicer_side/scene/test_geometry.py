"""The real worker through the panel: the mask lies on the voxels it came from, in any geometry.

The reference is the engine itself, in another process, on a NIfTI file that nibabel wrote.
"""

import hashlib

import nibabel
import numpy as np
import pytest
import slicer
from slicer_side.panel import run_engine
from WMHSiameseSegLib.scene.simulated_flair import SPACING_MM, simulated_voxels
from WMHSiameseSegLib.scene.voxels import volume_affine

pytest_plugins = ["slicer_side.panel_fixtures"]


def _rotation(degrees, axis):
    angle = np.radians(degrees)
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = [n for n in range(3) if n != axis]
    turn = np.eye(4)
    turn[first, first] = turn[second, second] = cosine
    turn[first, second], turn[second, first] = -sine, sine
    return turn


def _permuted(axes):
    """Voxels and affine of the same head with its array axes in another order."""
    voxels = simulated_voxels()[0].transpose(axes)
    affine = np.zeros((4, 4))
    for new, old in enumerate(axes):
        affine[old, new] = SPACING_MM[old]
    affine[3, 3] = 1
    return np.asfortranarray(voxels), affine


def _flipped(axes):
    voxels, affine = _permuted((0, 1, 2))
    for axis in axes:
        affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] *= -1
    return np.asfortranarray(np.flip(voxels, axes)), affine


def _oblique():
    voxels, affine = _permuted((0, 1, 2))
    return voxels, _rotation(17, 0) @ _rotation(-12, 2) @ affine


GEOMETRIES = {
    "axial": _permuted((0, 1, 2)),
    "sagittal": _permuted((1, 2, 0)),
    "coronal": _permuted((0, 2, 1)),
    "flipped": _flipped((0, 1)),
    "upside down": _flipped((2,)),
    "oblique": _oblique(),
}


@pytest.fixture(scope="module")
def references(tmp_path_factory, model_file):
    folder = tmp_path_factory.mktemp("geometries")
    for name, (voxels, affine) in GEOMETRIES.items():
        nibabel.Nifti1Image(voxels, affine).to_filename(folder / f"{name}.nii")
    run_engine("reference", model_file, folder)
    return {name: np.load(folder / f"{name}.npy") for name in GEOMETRIES}


@pytest.fixture
def volume():
    def add(name):
        voxels, affine = GEOMETRIES[name]
        return slicer.util.addVolumeFromArray(voxels.T, affine, f"{name} FLAIR")

    return add


def homogeneous(ijk, affine):
    return affine @ np.c_[ijk, np.ones(len(ijk))].T


def world_points(node, ijk, affine):
    """Voxel indices (n, 3) to world RAS through a node's parent transform."""
    to_world = slicer.util.arrayFromTransformMatrix(node.GetParentTransformNode(), toWorld=True)
    return to_world @ homogeneous(ijk, affine)


def check_result(panel, flair, reference, affine, name):
    """Probability, mask, figures and export against the reference, voxel by voxel."""
    result = panel.segment(flair)
    np.testing.assert_array_equal(result.probability, reference, err_msg=name)
    median = round(float(np.median(reference)), 2)
    panel.move("thresholdSlider", median)
    mask = reference >= median
    assert 0 < mask.sum() < mask.size, name
    np.testing.assert_array_equal(result.mask(), mask, err_msg=name)
    np.testing.assert_allclose(volume_affine(result.probability_node), affine, atol=1e-6)
    exported = slicer.util.arrayFromSegmentBinaryLabelmap(result.node, result.segment_id, flair)
    np.testing.assert_array_equal(exported.T > 0, mask, err_msg=name)
    voxel_mm3 = abs(np.linalg.det(affine[:3, :3]))
    assert panel.figure("volume") == f"{mask.sum() * voxel_mm3 / 1000:.2f}", name
    return result


def test_mask_and_probability_are_the_engines_in_every_geometry(engine_panel, volume, references):
    for name, (_voxels, affine) in GEOMETRIES.items():
        check_result(engine_panel, volume(name), references[name], affine, name)


def test_under_a_transform_the_mask_goes_where_the_flair_goes(engine_panel, volume, references):
    flair, affine = volume("oblique"), GEOMETRIES["oblique"][1]
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    moved = _rotation(30, 1)
    moved[:3, 3] = (12, -7, 40)
    slicer.util.updateTransformMatrixFromArray(transform, moved)
    flair.SetAndObserveTransformNodeID(transform.GetID())
    result = check_result(engine_panel, flair, references["oblique"], affine, "transformed")
    assert result.node.GetParentTransformNode() is transform
    inside = np.argwhere(result.mask())[::500]
    np.testing.assert_allclose(
        world_points(result.node, inside, affine), moved @ homogeneous(inside, affine)
    )


def test_a_second_run_loads_no_model_and_provenance_is_complete(engine_panel, volume, model_file):
    flair = volume("axial")
    engine_panel.segment(flair)
    stages = []
    show = engine_panel.tab.controls.progress.show
    engine_panel.tab.controls.progress.show = lambda stage, *steps: (
        stages.append(stage),
        show(stage, *steps),
    )
    provenance = engine_panel.segment(flair).provenance
    assert "loading model" not in stages and "network" in stages
    assert provenance.model == "tiny"
    assert provenance.model_sha256 == hashlib.sha256(model_file.read_bytes()).hexdigest()
    assert len(provenance.input_sha256) == 64
    assert provenance.versions["torch"] and provenance.versions["python"]
