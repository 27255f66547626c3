"""The axial view over every axis order, against nibabel, SimpleITK and world points by hand."""

from itertools import permutations, product

import nibabel
import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from wmh_siamese.errors import WMHError
from wmh_siamese.volumes.nifti_file import write_volume
from wmh_siamese.volumes.volume import Volume, axial_view, check_affine, check_volume

ORDERS = [(axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3)]
ORIGIN = (-80.0, 35.5, 12.25)

orders = st.sampled_from(ORDERS)
spacings = st.tuples(*[st.floats(0.3, 7.0)] * 3)
shapes = st.tuples(*[st.integers(1, 6)] * 3)
tilts = st.tuples(*[st.floats(-0.3, 0.3)] * 3)  # rotation vector, radians: below 30 degrees


def affine_of(order, spacing=(0.9, 1.1, 5.0), tilt=(0.0, 0.0, 0.0)):
    """Voxel axis ``a`` runs along world axis ``axes[a]``, forwards or backwards, then is tilted."""
    axes, signs = order
    matrix = np.zeros((3, 3))
    for voxel_axis in range(3):
        matrix[axes[voxel_axis], voxel_axis] = signs[voxel_axis] * spacing[voxel_axis]
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_rotvec(tilt).as_matrix() @ matrix
    affine[:3, 3] = ORIGIN
    return affine


def numbered(shape):
    """An array whose every voxel holds its own number."""
    return np.arange(np.prod(shape), dtype=np.int32).reshape(shape)


def world_points(mask, affine):
    """RAS coordinates of the positive voxels, sorted."""
    points = np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]
    return points[np.lexsort(np.round(points, 3).T)]


@given(order=orders, spacing=spacings, shape=shapes, tilt=tilts)
@settings(deadline=None, max_examples=150)
def test_the_axial_view_lies_in_closest_ras_order(order, spacing, shape, tilt):
    affine, array = affine_of(order, spacing, tilt), numbered(shape)
    view = axial_view(affine)
    seen = view.forward(array)

    # world points by hand: one step along slice, row, column leads superior, anterior, right
    places = np.stack(np.unravel_index(seen, shape), axis=-1) @ affine[:3, :3].T
    for axis, ras in enumerate((2, 1, 0)):
        steps = np.diff(places, axis=axis).reshape(-1, 3)
        assert (np.abs(steps).argmax(axis=1) == ras).all()
        assert (steps[:, ras] > 0).all()
        if len(steps):
            assert np.linalg.norm(steps[0]) == pytest.approx(view.spacing[axis])

    canonical = nibabel.as_closest_canonical(nibabel.Nifti1Image(array, affine))
    np.testing.assert_array_equal(seen, np.asarray(canonical.dataobj).transpose(2, 1, 0))


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), (0.2, -0.1, 0.15)])
def test_the_axial_view_is_simpleitks_ras_image(tmp_path, tilt):
    for order in ORDERS:
        affine, array = affine_of(order, tilt=tilt), numbered((3, 4, 5))
        nibabel.save(nibabel.Nifti1Image(array, affine), tmp_path / "numbered.nii")
        image = SimpleITK.ReadImage(str(tmp_path / "numbered.nii"))
        ras = SimpleITK.GetArrayFromImage(SimpleITK.DICOMOrient(image, "RAS"))
        np.testing.assert_array_equal(axial_view(affine).forward(array), ras)


@given(
    order=orders,
    spacing=spacings,
    shape=shapes,
    turn=st.tuples(*[st.floats(-3.2, 3.2)] * 3),
    memory=st.sampled_from("CF"),
)
@settings(deadline=None, max_examples=100)
def test_the_way_back_is_exact_for_any_rotation(order, spacing, shape, turn, memory):
    array = np.asarray(numbered(shape), order=memory)
    view = axial_view(affine_of(order, spacing, turn))
    seen = view.forward(array)
    np.testing.assert_array_equal(view.back(seen), array)
    np.testing.assert_array_equal(view.forward(view.back(seen)), seen)
    assert np.shares_memory(seen, array) and np.shares_memory(view.back(seen), array)
    # a result written through the view lands on the voxel it was made from
    result = np.empty_like(array)
    view.forward(result)[...] = seen
    np.testing.assert_array_equal(result, array)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), (0.25, -0.1, 0.2)])
def test_a_written_mask_lies_on_the_voxels_it_came_from(tmp_path, tilt):
    """Marked in the axial view, written, and read by two other programs: the same world points."""
    draw = np.random.default_rng(0)
    for number, order in enumerate(ORDERS):
        affine, shape = affine_of(order, tilt=tilt), (5, 4, 6)
        view = axial_view(affine)
        marked = view.forward(np.zeros(shape, dtype=bool)).copy()
        marked[tuple(draw.integers(n, size=7) for n in marked.shape)] = True
        mask = view.back(marked)
        expected = world_points(mask, affine)

        path = tmp_path / ("compressed.nii.gz" if number % 2 else "plain.nii")
        write_volume(path, mask, affine)

        by_nibabel = nibabel.load(path)
        found = world_points(np.asarray(by_nibabel.dataobj) > 0, by_nibabel.affine)
        np.testing.assert_allclose(found, expected, atol=1e-3)

        by_itk = SimpleITK.ReadImage(str(path))
        columns = np.array(by_itk.GetDirection()).reshape(3, 3) * by_itk.GetSpacing()
        to_ras = np.diag([-1.0, -1.0, 1.0])
        itk_affine = np.eye(4)
        itk_affine[:3, :3], itk_affine[:3, 3] = to_ras @ columns, to_ras @ by_itk.GetOrigin()
        itk_mask = SimpleITK.GetArrayFromImage(by_itk).transpose(2, 1, 0) > 0
        np.testing.assert_allclose(world_points(itk_mask, itk_affine), expected, atol=1e-3)


@given(order=orders, spacing=spacings, tilt=tilts)
@settings(deadline=None, max_examples=50)
def test_spacing_and_voxel_volume(order, spacing, tilt):
    volume = Volume(np.zeros((2, 3, 4)), affine_of(order, spacing, tilt))
    assert volume.spacing == pytest.approx(spacing)
    assert volume.voxel_volume_mm3 == pytest.approx(np.prod(spacing))
    assert volume.shape == (2, 3, 4)


def test_a_sheared_voxel_has_the_volume_of_its_determinant():
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    affine[0, 1] = 1.0
    assert Volume(np.zeros((1, 1, 1)), affine).voxel_volume_mm3 == pytest.approx(24.0)


@pytest.mark.parametrize("order", ORDERS[::5])
@pytest.mark.parametrize(("thick", "plane"), [(0, "sagittal"), (1, "coronal"), (2, "axial")])
def test_the_acquisition_plane_lies_across_the_longest_edge(order, thick, plane):
    spacing = [5.0 if order[0][voxel_axis] == thick else 1.0 for voxel_axis in range(3)]
    assert axial_view(affine_of(order, spacing)).acquisition == plane


def test_an_isotropic_volume_counts_as_axial():
    assert axial_view(affine_of(ORDERS[-1], (1.0, 1.005, 1.0))).acquisition == "axial"


def singular():
    affine = np.eye(4)
    affine[:3, 2] = affine[:3, 1]
    return affine


@pytest.mark.parametrize(
    ("affine", "said"),
    [
        (np.eye(3), "shape (3, 3)"),
        (np.diag([1, 1, np.nan, 1]), "NaN"),
        (np.diag([1, np.inf, 1, 1]), "infinite"),
        (singular(), "singular"),
        (np.diag([1.0, 1.0, 0.0, 1.0]), "singular"),
        (np.zeros((4, 4)), "singular"),
    ],
)
def test_an_unusable_affine_is_refused(affine, said):
    for refuse in (check_affine, axial_view):
        with pytest.raises(WMHError, match="The affine") as refusal:
            refuse(affine)
        assert refusal.value.kind == "bad-volume"
        assert said in refusal.value.sentence


def test_tiny_voxels_are_not_taken_for_a_singular_affine():
    check_affine(np.diag([1e-3, 1e-3, 1e-3, 1.0]))


def ramp(shape=(4, 5, 6), dtype=np.float32):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def with_voxel(value, dtype=np.float32):
    array = ramp(dtype=dtype)
    array[1, 2, 3] = value
    return array


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (ramp((4, 5, 6, 2)), "4 dimensions (4, 5, 6, 2)"),
        (ramp((4, 5)), "2 dimensions (4, 5)"),
        (np.zeros((4, 5, 6), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")]), "not single numbers"),
        (ramp(dtype=np.complex64), "complex64, not single numbers"),
        (ramp().astype(object), "not single numbers"),
        (np.zeros((4, 0, 6)), "no voxels"),
        (with_voxel(np.nan), "1 of 120 voxels are NaN or infinite"),
        (with_voxel(np.inf), "1 of 120 voxels are NaN or infinite"),
        (with_voxel(-np.inf, np.float64), "1 of 120 voxels are NaN or infinite"),
        (np.full((4, 5, 6), 7.5), "the same value, 7.5"),
        (np.zeros((4, 5, 6), dtype=bool), "the same value, 0"),
        (-1 - ramp(), "No voxel is above 0 (the highest is -1)"),
        (ramp((30, 30, 1)), "1 axial slice;"),
        (ramp((30, 30, 2)), "2 axial slices;"),
        (np.broadcast_to(ramp((3, 3, 1)), (3, 3, 2000)), "(3, 3, 2000)"),
    ],
)
def test_what_cannot_be_segmented_is_refused_with_its_reason(array, said):
    with pytest.raises(WMHError) as refusal:
        check_volume(Volume(array, np.eye(4)))
    assert refusal.value.kind == "bad-volume"
    assert said in refusal.value.sentence
    assert refusal.value.way_out


def test_slices_are_counted_along_the_axial_axis():
    sagittal = affine_of(((1, 2, 0), (1, 1, 1)))  # voxel axis j runs inferior to superior
    check_volume(Volume(ramp((30, 30, 2)), sagittal))
    with pytest.raises(WMHError, match="2 axial slices"):
        check_volume(Volume(ramp((30, 2, 30)), sagittal))


def test_nonfinite_voxels_pass_when_they_count_as_zero():
    for value in (np.nan, np.inf, -np.inf):
        check_volume(Volume(with_voxel(value), np.eye(4)), nonfinite="zero")
    with pytest.raises(WMHError, match="Every voxel is NaN"):
        check_volume(Volume(np.full((4, 5, 6), np.nan), np.eye(4)), nonfinite="zero")


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", ">i2", "uint16", "float32", "float64"])
def test_ordinary_volumes_pass(dtype):
    array = (ramp() % 2).astype(dtype)
    check_volume(Volume(array, np.eye(4)))
    check_volume(Volume(np.asfortranarray(array), np.diag([-1.0, -1.0, 3.0, 1.0])))
