"""Masks and figures against a plain reference that labels by flood filling."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold
from wmh_siamese.segmenting.readouts import Lesions, lesion_mask, read_out

probabilities = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, np.nan]),
)


def flood(positive):
    """The 26-connected components as sets of voxels."""
    left = {tuple(voxel) for voxel in np.argwhere(positive)}
    components = []
    while left:
        component, frontier = set(), [left.pop()]
        while frontier:
            voxel = frontier.pop()
            component.add(voxel)
            for step in np.ndindex(3, 3, 3):
                neighbour = tuple(v + s - 1 for v, s in zip(voxel, step, strict=True))
                if neighbour in left:
                    left.remove(neighbour)
                    frontier.append(neighbour)
        components.append(component)
    return components


@given(
    probability=probabilities,
    threshold=st.sampled_from([0.0, 0.25, 0.4, 0.5, 1.0]),
    min_voxels=st.integers(0, 5),
    voxel_mm3=st.sampled_from([0.1, 1.0, 5.5]),
    axes=st.permutations(range(3)),
)
@settings(deadline=None)
def test_mask_and_figures_equal_flood_filling(probability, threshold, min_voxels, voxel_mm3, axes):
    probability = probability.transpose(axes)
    kept = [c for c in flood(probability >= threshold) if len(c) >= min_voxels]
    expected = np.zeros(probability.shape, dtype=bool)
    for component in kept:
        expected[tuple(np.array(sorted(component)).T)] = True
    affine = np.diag([voxel_mm3, -1.0, 1.0, 1.0])

    mask = lesion_mask(probability, threshold, min_voxels * voxel_mm3, voxel_mm3)
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, expected)

    figures = read_out(mask, affine)
    assert figures.lesion_count == len(kept)
    assert figures.positive_voxels == expected.sum()
    assert figures.total_voxels == probability.size
    assert figures.volume_ml == pytest.approx(expected.sum() * voxel_mm3 / 1000)
    assert figures.pcd_percent == pytest.approx(100 * expected.sum() / probability.size)

    lesions = Lesions(probability, threshold, voxel_mm3)
    np.testing.assert_array_equal(lesions.mask(min_voxels * voxel_mm3), expected)
    assert lesions.count(min_voxels * voxel_mm3) == len(kept)
    assert lesions.read_out(min_voxels * voxel_mm3, affine) == figures


@given(
    probability=probabilities,
    threshold=st.sampled_from([0.25, 0.4, 0.5]),
    certainty=st.sampled_from([0.0, 0.25, 0.5, 0.9]),
    axes=st.permutations(range(3)),
)
@settings(deadline=None)
def test_a_lesion_has_to_be_certain_somewhere(probability, threshold, certainty, axes):
    probability = probability.transpose(axes)
    known = np.nan_to_num(probability, nan=0.0)
    level = threshold + certainty * (1 - threshold)
    marked = apply_hysteresis_threshold(
        np.pad(known, 1), np.nextafter(threshold, 0), np.nextafter(level, 0)
    )  # its neighbours share faces alone, so only what holds for both is compared with it
    lesions = Lesions(probability, threshold, 1.0, certainty)
    mask = lesions.mask()
    assert (mask >= marked[1:-1, 1:-1, 1:-1]).all()
    kept = [c for c in flood(known >= threshold) if any(known[voxel] >= level for voxel in c)]
    expected = np.zeros(probability.shape, dtype=bool)
    for component in kept:
        expected[tuple(np.array(sorted(component)).T)] = True
    np.testing.assert_array_equal(mask, expected)
    np.testing.assert_array_equal(
        lesion_mask(probability, threshold, 0.0, 1.0, certainty), expected
    )
    assert lesions.count() == len(kept)
    assert sorted(lesions.volumes_mm3) == sorted(len(component) for component in kept)
    assert lesions.read_out(0.0, np.eye(4)) == read_out(expected, np.eye(4))


def test_the_threshold_itself_is_positive_and_nan_never():
    probability = np.array([[[0.5, np.nan, 0.4999]]], dtype=np.float32)
    np.testing.assert_array_equal(lesion_mask(probability, 0.5, 0, 1.0), [[[True, False, False]]])


def test_a_lesion_of_exactly_the_minimum_volume_is_kept():
    probability = np.zeros((5, 5, 5), dtype=np.float32)
    probability[0, 0, :3] = 1
    voxel = 0.1 * 3.3 * 7.7
    assert lesion_mask(probability, 0.5, 3 * voxel, voxel).sum() == 3
    assert lesion_mask(probability, 0.5, 3.001 * voxel, voxel).sum() == 0


def test_voxels_that_touch_at_a_corner_are_one_lesion():
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert read_out(mask, np.eye(4)).lesion_count == 1


@pytest.mark.parametrize("shape", [(4, 5, 6), (0, 5, 6), (1, 1, 1)])
def test_no_lesion_is_zero(shape):
    figures = read_out(np.zeros(shape, dtype=bool), np.eye(4))
    assert (figures.volume_ml, figures.pcd_percent, figures.lesion_count) == (0, 0, 0)
    assert Lesions(np.zeros(shape), 0.5, 1.0).mask(0).shape == shape


def test_spacing_and_volume_of_an_oblique_left_handed_affine():
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, -1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * [0.9, 1.1, 6.0]
    figures = read_out(np.ones((2, 2, 2), dtype=bool), affine)
    assert figures.spacing_mm == pytest.approx((0.9, 1.1, 6.0))
    assert figures.volume_ml == pytest.approx(8 * 0.9 * 1.1 * 6.0 / 1000)


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0)])
def test_the_mask_keeps_the_memory_order(axes):
    probability = np.ones((4, 5, 6), dtype=np.float32).transpose(axes)
    mask = Lesions(probability, 0.5, 1.0).mask(2.0)
    assert mask.flags.c_contiguous == probability.flags.c_contiguous
    assert mask.flags.f_contiguous == probability.flags.f_contiguous


def test_a_slider_moves_within_100_ms():
    noise = np.random.default_rng(0).random((48, 256, 256), dtype=np.float32)
    smooth = ndimage.gaussian_filter(noise, (0.5, 3, 3))
    probability = ((smooth - smooth.min()) / np.ptp(smooth)).transpose(2, 1, 0)
    affine = np.diag([1.0, 1.0, 3.0, 1.0])

    def seconds():
        began = time.perf_counter()
        lesions = Lesions(probability, 0.7, 3.0)
        lesions.mask(9.0)
        lesions.read_out(9.0, affine)
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.1
