"""The real worker through the panel: the mask lies on the voxels it came from, in any geometry.

The reference is the engine itself, in another process, on a NIfTI file that nibabel wrote.
"""

import nibabel
import numpy as np
import pytest
import slicer
from slicer_side.panel_fixtures import run_engine
from WMHSiameseSegLib.simulated_flair import SPACING_MM, simulated_voxels
from WMHSiameseSegLib.voxels import volume_affine

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


def world_points(node, ijk, affine):
    """Voxel indices (n, 3) to world RAS through a node's parent transform."""
    points = affine @ np.c_[ijk, np.ones(len(ijk))].T
    transform = slicer.vtkMRMLTransformNode
    matrix = np.eye(4)
    if node.GetParentTransformNode() is not None:
        matrix = slicer.util.arrayFromTransformMatrix(node.GetParentTransformNode(), toWorld=True)
    assert transform is not None
    return (matrix @ points)[:3].T


@pytest.mark.parametrize("name", GEOMETRIES)
def test_mask_and_probability_are_the_engines(engine_panel, volume, references, name):
    flair = volume(name)
    result = engine_panel.segment(flair)
    np.testing.assert_array_equal(result.probability, references[name])
    median = round(float(np.median(references[name])), 2)
    engine_panel.move("thresholdSlider", median)
    mask = references[name] >= median
    assert 0 < mask.sum() < mask.size
    np.testing.assert_array_equal(result.mask(), mask)
    np.testing.assert_allclose(
        volume_affine(result.probability_node), GEOMETRIES[name][1], atol=1e-6
    )
    exported = slicer.util.arrayFromSegmentBinaryLabelmap(result.node, result.segment_id, flair)
    np.testing.assert_array_equal(exported.T > 0, mask)
    voxel_mm3 = abs(np.linalg.det(GEOMETRIES[name][1][:3, :3]))
    assert engine_panel.figure("volume") == f"{mask.sum() * voxel_mm3 / 1000:.2f}"


def test_under_a_transform_the_mask_goes_where_the_flair_goes(engine_panel, volume, references):
    flair = volume("oblique")
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    moved = _rotation(30, 1)
    moved[:3, 3] = (12, -7, 40)
    slicer.util.updateTransformMatrixFromArray(transform, moved)
    flair.SetAndObserveTransformNodeID(transform.GetID())
    result = engine_panel.segment(flair)
    np.testing.assert_array_equal(result.probability, references["oblique"])
    assert result.node.GetParentTransformNode() is transform
    mask = result.mask()
    inside = np.argwhere(mask)[:: max(1, int(mask.sum()) // 50)]
    affine = GEOMETRIES["oblique"][1]
    np.testing.assert_allclose(
        world_points(result.node, inside, affine), world_points(flair, inside, affine)
    )


def test_the_second_run_loads_no_model(engine_panel, volume):
    flair = volume("axial")
    engine_panel.segment(flair)
    stages = []
    show = engine_panel.tab.controls.progress.show
    engine_panel.tab.controls.progress.show = lambda stage, *steps: (
        stages.append(stage),
        show(stage, *steps),
    )
    engine_panel.segment(flair)
    assert "loading model" not in stages and "network" in stages


def test_provenance_names_the_model_and_the_input(engine_panel, volume, model_file):
    import hashlib

    provenance = engine_panel.segment(volume("axial")).provenance
    assert provenance.model == "tiny"
    assert provenance.model_sha256 == hashlib.sha256(model_file.read_bytes()).hexdigest()
    assert len(provenance.input_sha256) == 64
    assert provenance.versions["torch"] and provenance.versions["python"]
