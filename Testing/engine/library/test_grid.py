"""A mask from another grid lands where it was drawn; SimpleITK is the judge."""

import numpy as np
import pytest
import SimpleITK as sitk
from engine.library_scans import a_flair, a_mask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from wmh_siamese.errors import WMHError
from wmh_siamese.library import on_grid_of
from wmh_siamese.volumes.volume import Volume

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)


def itk_image(volume):
    """A volume as SimpleITK has it: x fastest, LPS."""
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array.T))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    edges = np.linalg.norm(lps[:3, :3], axis=0)
    image.SetSpacing(edges.tolist())
    image.SetDirection((lps[:3, :3] / edges).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


def resampled_by_itk(mask, flair):
    identity = sitk.Transform(3, sitk.sitkIdentity)
    out = sitk.Resample(itk_image(mask), itk_image(flair), identity, sitk.sitkNearestNeighbor, 0)
    return sitk.GetArrayFromImage(out).T


def turned(angles):
    x, y, z = np.radians(angles)
    about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    return np.array(about_x) @ np.array(about_y) @ np.array(about_z)


@st.composite
def grids(draw):
    """A shape and an affine with any turn, flip, order of axes and spacing, near the origin."""
    shape = tuple(draw(st.integers(3, 12)) for _ in range(3))
    spacing = [draw(st.floats(0.5, 4.0)) for _ in range(3)]
    flips = [draw(st.sampled_from([-1.0, 1.0])) for _ in range(3)]
    order = draw(st.permutations(range(3)))
    axes = turned([draw(st.floats(-40, 40)) for _ in range(3)])[:, list(order)]
    affine = np.eye(4)
    affine[:3, :3] = axes * spacing * flips
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[:3, 3] = np.array([draw(st.floats(-3, 3)) for _ in range(3)]) - middle
    return shape, affine


def near_a_tie(mask, flair):
    """Voxels of the FLAIR whose centre lies so near a mask voxel's face that either is right."""
    indices = np.stack(np.meshgrid(*map(np.arange, flair.shape), indexing="ij"), -1)
    to_mask = np.linalg.inv(mask.affine) @ flair.affine
    places = indices @ to_mask[:3, :3].T + to_mask[:3, 3]
    return (np.abs(places - np.floor(places) - 0.5) < 1e-5).any(axis=-1)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(grids(), grids(), st.integers(0, 2**32 - 1))
def test_it_resamples_as_simpleitk_does(of_mask, of_flair, seed):
    labels = np.random.default_rng(seed).integers(0, 3, of_mask[0]).astype(np.uint8)
    mask = Volume(labels, of_mask[1])
    flair = Volume(np.ones(of_flair[0]), of_flair[1])
    expected = resampled_by_itk(mask, flair)
    assume(expected.any())
    labels = on_grid_of(mask, flair).labels
    assert labels.dtype == np.uint8
    clear = ~near_a_tie(mask, flair)
    np.testing.assert_array_equal(labels[clear], expected[clear])


@settings(max_examples=25, deadline=None)
@given(grids(), st.permutations(range(3)), st.tuples(*[st.booleans()] * 3))
def test_the_same_voxels_in_another_order_come_back_exactly(of_flair, order, flips):
    shape, affine = of_flair
    flair = Volume(np.arange(1, np.prod(shape) + 1).reshape(shape), affine)
    labels = (flair.array % 3).astype(np.uint8)
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    stored = labels.transpose(order)
    for here, there in enumerate(order):
        matrix[there, here] = -1 if flips[here] else 1
        matrix[there, 3] = shape[there] - 1 if flips[here] else 0
        stored = np.flip(stored, here) if flips[here] else stored
    found = on_grid_of(Volume(stored, affine @ matrix), flair)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.outside == 0 and found.resampled == (tuple(order) != (0, 1, 2) or any(flips))


@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int16, np.float64])
def test_on_the_same_grid_nothing_is_resampled(dtype):
    flair = a_flair()
    labels = (a_mask() > 0).astype(dtype)
    jitter = flair.affine + 1e-5
    jitter[3] = (0, 0, 0, 1)
    found = on_grid_of(Volume(labels, jitter), flair)
    assert not found.resampled and found.labels.dtype == np.uint8 and found.outside == 0
    np.testing.assert_array_equal(found.labels, labels)


def moved(affine, shift):
    moved = affine.copy()
    moved[:3, 3] += shift
    return moved


def test_half_a_voxel_away_it_is_resampled():
    flair = a_flair()
    mask = Volume(a_mask(), moved(flair.affine, flair.affine[:3, 0] * 0.6))
    found = on_grid_of(mask, flair)
    assert found.resampled and found.outside == a_mask()[-1].astype(bool).sum() == 0
    np.testing.assert_array_equal(found.labels[1:], a_mask()[:-1])


def test_what_lies_outside_the_flair_is_counted():
    flair = a_flair()
    labels = a_mask()
    mask = Volume(labels, moved(flair.affine, flair.affine[:3, 0] * 5))  # five voxels along i
    found = on_grid_of(mask, flair)
    np.testing.assert_array_equal(found.labels[5:], labels[:-5])
    assert found.outside == np.count_nonzero(labels[-5:]) > 0


def test_a_mask_wholly_outside_is_refused():
    flair = a_flair()
    with pytest.raises(WMHError, match="wholly outside") as caught:
        on_grid_of(Volume(a_mask(), moved(flair.affine, 500)), flair)
    assert caught.value.kind == "bad-volume"
    one_corner = np.zeros(flair.shape, np.uint8)
    one_corner[0, 0, 0] = 1
    away = moved(flair.affine, -flair.affine[:3, 0])  # its grid overlaps, its one label does not
    with pytest.raises(WMHError, match="wholly outside"):
        on_grid_of(Volume(one_corner, away), flair)


def test_an_empty_mask_is_a_finding_wherever_it_lies():
    flair = a_flair()
    empty = Volume(np.zeros((4, 4, 4), np.uint8), moved(flair.affine, 500))
    found = on_grid_of(empty, flair)
    assert found.resampled and found.labels.shape == flair.shape and not found.labels.any()


def test_a_lesion_lost_between_coarse_voxels_is_told():
    flair = Volume(np.arange(27.0).reshape(3, 3, 3), np.diag([8.0, 8.0, 8.0, 1.0]))
    fine = np.zeros((24, 24, 24), np.uint8)
    fine[3, 3, 3] = 1
    with pytest.raises(WMHError, match="coarser"):
        on_grid_of(Volume(fine, np.eye(4)), flair)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.full((3, 3, 3), 0.5), "The mask holds fractions"),
        (np.full((3, 3, 3), 7), "The mask holds the label 7"),
        (np.full((3, 3, 3), np.nan), "NaN"),
        (np.ones((3, 3)), "not one 3D"),
        (np.ones((3, 3, 3), complex), "not one 3D"),
        (np.ones((0, 3, 3)), "not one 3D"),
    ],
)
def test_what_is_no_mask_is_refused(array, said):
    with pytest.raises(WMHError, match=said):
        on_grid_of(Volume(array, np.eye(4)), a_flair())


def test_a_mask_without_a_place_is_refused():
    with pytest.raises(WMHError, match="singular"):
        on_grid_of(Volume(a_mask(), np.zeros((4, 4))), a_flair())
