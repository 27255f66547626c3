"""The five metrics against SimpleITK and scipy, used as the challenge does, and worked by hand."""

import math
import time

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist
from wmh_siamese.errors import WMHError
from wmh_siamese.evaluation.metrics import Metrics, boundary, evaluate

NAN = float("nan")
NAMES = ("dice", "h95", "avd", "lesion_recall", "lesion_f1")

shapes = hnp.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=7)
spacings = st.tuples(*[st.sampled_from([0.5, 0.9, 1.0, 1.2, 3.0, 6.8])] * 3)


@st.composite
def pairs(draw, labels=(0, 0, 1, 2)):
    """Truth labels and a result, at random but often alike."""
    shape = draw(shapes)
    truth = draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from(labels)))
    noise = draw(hnp.arrays(bool, shape, elements=st.sampled_from([False, False, False, True])))
    return truth, (truth == 1) ^ noise


def image(array, spacing):
    """An array (x, y, z) as SimpleITK's image."""
    made = sitk.GetImageFromArray(np.ascontiguousarray(np.asarray(array).T))
    made.SetSpacing([float(edge) for edge in spacing])
    return made


def by_simpleitk(truth, result, spacing):
    """The same figures from SimpleITK's filters and brute-force distances."""
    labels = image(truth.astype(np.uint8), spacing)
    result = np.asarray(result, dtype=np.uint8 if result.dtype == bool else result.dtype)
    kept = sitk.Mask(image(result, spacing), sitk.BinaryThreshold(labels, 2, 2, 0, 1))
    wanted = sitk.BinaryThreshold(labels, 1, 1, 1, 0)
    lower = 1 if "integer" in kept.GetPixelIDTypeAsString() else 0.5
    found = sitk.BinaryThreshold(kept, lower, 1000, 1, 0)
    t, r = (int(sitk.GetArrayViewFromImage(one).sum()) for one in (wanted, found))
    return Metrics(
        dice=_overlap(wanted, found) if t + r else NAN,
        h95=_distance(wanted, found),
        avd=abs(t - r) / t * 100 if t else NAN,
        lesion_recall=_touched(wanted, found),
        lesion_f1=_f1(_touched(wanted, found), _touched(found, wanted)),
    )


def _overlap(wanted, found):
    measures = sitk.LabelOverlapMeasuresImageFilter()
    measures.Execute(wanted, found)
    return measures.GetDiceCoefficient()


def _distance(wanted, found):
    points = []
    for one in (wanted, found):
        edge = sitk.Subtract(one, sitk.BinaryErode(one, (1, 1, 0)))
        places = np.argwhere(sitk.GetArrayFromImage(edge))[:, ::-1]
        points.append([one.TransformIndexToPhysicalPoint(place.tolist()) for place in places])
    if not all(points):
        return NAN
    apart = cdist(*points)
    return max(np.percentile(apart.min(axis=axis), 95) for axis in (0, 1))


def _touched(of, by):
    """The share of the components of one image that the other touches; 1 without any."""
    label = sitk.ConnectedComponentImageFilter()
    label.SetFullyConnected(True)
    components = sitk.GetArrayFromImage(label.Execute(of))
    count = label.GetObjectCount()
    touched = set(components[sitk.GetArrayFromImage(by) > 0].tolist()) - {0}
    return len(touched) / count if count else 1.0


def _f1(recall, precision):
    return 2 * recall * precision / (recall + precision) if recall + precision else 0.0


def agree(ours, theirs):
    for name in NAMES:
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), nan_ok=True), name


@given(pair=pairs(), spacing=spacings)
@settings(deadline=None, max_examples=200)
def test_simpleitk_and_brute_force_agree(pair, spacing):
    agree(evaluate(*pair, spacing), by_simpleitk(*pair, spacing))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int16, np.int64])
@pytest.mark.parametrize("seed", range(3))
def test_blobs_agree_with_simpleitk_whatever_the_results_type(dtype, seed):
    from scipy.ndimage import gaussian_filter

    draw = np.random.default_rng(seed)
    smooth = gaussian_filter(draw.normal(size=(40, 36, 12)), (3, 3, 1))
    truth = (smooth > 0.06).astype(np.uint8)
    truth[:, 20:] *= 2
    result = 1e1 * (smooth + gaussian_filter(draw.normal(size=smooth.shape), 2) / 3)
    result = result.astype(dtype) if dtype != np.uint8 else result.clip(0).astype(dtype)
    agree(evaluate(truth, result, (0.96, 1.1, 3.0)), by_simpleitk(truth, result, (0.96, 1.1, 3.0)))


def test_hand_worked_figures():
    truth, result = np.zeros((2, 12, 10, 4), dtype=bool)
    truth[1:3, 1:4, 1] = True  # 6 voxels, half of them found
    result[1:2, 1:4, 1] = True
    truth[8, 8, 3] = True  # missed
    result[8, 2, 0] = True  # false alarm
    found = evaluate(truth, result, (1.0, 1.0, 3.0))
    assert found.dice == pytest.approx(2 * 3 / (7 + 4))
    assert found.avd == pytest.approx(100 * 3 / 7)
    assert found.lesion_recall == 0.5 and found.lesion_f1 == 0.5
    # truth to result: 0, 0, 0, 1, 1, 1 and, from (8, 8, 9 mm) to (8, 2, 0 mm), sqrt(36 + 81), but
    # (1, 3, 3 mm) is nearer: sqrt(49 + 25 + 36); the percentile lies 0.7 of the way to the last
    ahead = 1 + 0.7 * (math.sqrt(49 + 25 + 36) - 1)
    # result to truth: 0, 0, 0 and from (8, 2, 0) to (2, 2, 3): sqrt(36 + 9); 0.85 of the way
    back = 0.85 * math.sqrt(45)
    assert found.h95 == pytest.approx(max(ahead, back))


def one(*voxels, shape=(5, 6, 4)):
    mask = np.zeros(shape, dtype=bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


@pytest.mark.parametrize(
    ("truth", "result", "expected"),
    [
        (one(), one(), (NAN, NAN, NAN, 1.0, 1.0)),
        (one(), one((1, 1, 1)), (0.0, NAN, NAN, 1.0, 0.0)),
        (one((1, 1, 1)), one(), (0.0, NAN, 100.0, 0.0, 0.0)),
        (one((1, 1, 1)), one((1, 1, 1)), (1.0, 0.0, 0.0, 1.0, 1.0)),
    ],
)
def test_empty_masks(truth, result, expected):
    agree(evaluate(truth, result, (1, 1, 3)), Metrics(*expected))


def test_one_result_may_touch_several_lesions_and_the_reverse():
    truth = one((1, 1, 1), (1, 3, 1), (1, 5, 1))
    bridge = one(*[(1, j, 1) for j in range(6)])
    assert evaluate(truth, bridge, (1, 1, 1)).lesion_f1 == 1
    found = evaluate(bridge, truth, (1, 1, 1))
    assert (found.lesion_recall, found.lesion_f1) == (1, 1)


def test_voxels_that_touch_at_a_corner_are_one_lesion():
    truth = one((1, 1, 1), (2, 2, 2))
    assert evaluate(truth, one((2, 2, 2)), (1, 1, 1)).lesion_recall == 1


def test_other_pathology_is_cut_out_before_components_are_counted():
    labels = np.zeros((5, 6, 4), dtype=np.uint8)
    labels[1, 1, 1] = 1
    labels[1, 2, 1] = 2
    found = evaluate(labels, one((1, 1, 1), (1, 2, 1), (1, 3, 1)), (1, 1, 1))
    # what is left of the result is two lesions, one of them a false alarm
    assert found.dice == pytest.approx(2 / 3) and found.avd == 100
    assert found.lesion_recall == 1 and found.lesion_f1 == pytest.approx(2 / 3)
    found = evaluate(2 * one((1, 1, 1)), one((1, 1, 1)), (1, 1, 1))
    agree(found, Metrics(NAN, NAN, NAN, 1.0, 1.0))


def test_float_results_count_from_a_half_and_integers_from_one():
    truth = one((1, 1, 1), (1, 2, 1))
    result = np.zeros(truth.shape, dtype=np.float32)
    result[1, 1, 1], result[1, 2, 1] = 0.5, np.nextafter(np.float32(0.5), np.float32(0))
    assert evaluate(truth, result, (1, 1, 1)).avd == 50
    assert evaluate(truth, -3 * truth.astype(np.int16), (1, 1, 1)).avd == 100
    assert evaluate(truth, 200 * truth.astype(np.uint8), (1, 1, 1)).dice == 1


@given(pair=pairs(), spacing=spacings, axes=st.sets(st.integers(0, 2)))
@settings(deadline=None)
def test_flips_change_nothing(pair, spacing, axes):
    flipped = [np.flip(part, tuple(axes)) for part in pair]
    agree(evaluate(*flipped, spacing), evaluate(*pair, spacing))


@given(pair=pairs(), spacing=spacings, order=st.permutations(range(3)))
@settings(deadline=None)
def test_axes_in_another_order_change_nothing_when_told(pair, spacing, order):
    moved = [part.transpose(order) for part in pair]
    edges = [spacing[axis] for axis in order]
    agree(evaluate(*moved, edges, through_plane_axis=order.index(2)), evaluate(*pair, spacing))


@given(pair=pairs(labels=(0, 1)), spacing=spacings, pad=st.integers(1, 3))
@settings(deadline=None)
def test_an_empty_margin_changes_only_the_distance_and_more_of_it_nothing(pair, spacing, pad):
    once, more = (
        evaluate(*[np.pad(part, margin) for part in pair], spacing) for margin in (1, 1 + pad)
    )
    agree(more, once)
    without = evaluate(*pair, spacing)
    for name in set(NAMES) - {"h95"}:
        assert getattr(once, name) == pytest.approx(getattr(without, name), nan_ok=True)


@given(pair=pairs(labels=(0, 1)), spacing=spacings)
@settings(deadline=None)
def test_exchanged_masks_have_the_same_dice_distance_and_f1(pair, spacing):
    truth, result = (part.astype(bool) for part in pair)
    there, back = evaluate(truth, result, spacing), evaluate(result, truth, spacing)
    for name in ("dice", "h95", "lesion_f1"):
        assert getattr(there, name) == pytest.approx(getattr(back, name), nan_ok=True)


@given(pair=pairs(), spacing=spacings)
@settings(deadline=None)
def test_identical_masks_are_perfect(pair, spacing):
    truth = pair[0] == 1
    assume(boundary(truth).any())
    assert evaluate(truth, truth, spacing) == Metrics(1.0, 0.0, 0.0, 1.0, 1.0)


@given(spacing=spacings, axis=st.integers(0, 2), steps=st.integers(1, 3))
@settings(deadline=None)
def test_a_voxel_that_moves_is_as_far_away_as_its_spacing_says(spacing, axis, steps):
    truth = one((4, 4, 4), shape=(9, 9, 9))
    moved = np.roll(truth, steps, axis=axis)
    assert evaluate(truth, moved, spacing).h95 == pytest.approx(steps * spacing[axis])


def test_a_boundary_is_drawn_in_the_slice_and_not_at_the_edge_of_the_volume():
    block = np.zeros((9, 9, 3), dtype=bool)
    block[2:7, 2:7] = True
    ring = block.copy()
    ring[3:6, 3:6] = False
    np.testing.assert_array_equal(boundary(block), ring)
    cut = block[2:]
    np.testing.assert_array_equal(
        boundary(cut)[0], [[0] * 3] * 2 + [[1] * 3] + [[0] * 3] * 3 + [[1] * 3] + [[0] * 3] * 2
    )
    assert not boundary(np.ones((4, 4, 4), dtype=bool)).any()


def test_masks_that_fill_the_volume_have_no_boundary_and_no_distance():
    full = np.ones((4, 4, 4), dtype=bool)
    found = evaluate(full, full, (1, 1, 1))
    assert math.isnan(found.h95) and found.dice == 1


def test_arrays_are_left_as_they_were():
    truth, result = one((1, 1, 1)).astype(np.uint8) * 2, np.ones((5, 6, 4), dtype=np.float32)
    kept = truth.copy(), result.copy()
    evaluate(truth, result, (1, 1, 1))
    np.testing.assert_array_equal(truth, kept[0])
    np.testing.assert_array_equal(result, kept[1])


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_load_in_a_large_volume_takes_seconds(order):
    from scipy.ndimage import gaussian_filter

    draw = np.random.default_rng(0)
    noise = gaussian_filter(draw.normal(size=(182, 218, 182)).astype(np.float32), 3)
    truth = np.asarray(noise > np.partition(noise.ravel(), -30_000)[-30_000], order=order)
    result = np.roll(truth, 2, axis=1)
    started = time.perf_counter()
    found = evaluate(truth, result, (1, 1, 1))
    assert time.perf_counter() - started < 10
    assert found.h95 == 2 and found.avd == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"result": np.zeros((4, 4, 5))}, r"truth's shape is \(4, 4, 4\).* \(4, 4, 5\)"),
        ({"truth": np.zeros((4, 4)), "result": np.zeros((4, 4))}, "same three axes"),
        ({"result": np.full((4, 4, 4), NAN)}, "64 of 64 voxels of the result are NaN"),
        ({"truth": np.full((4, 4, 4), NAN)}, "64 of 64 voxels of the truth are NaN"),
        ({"result": np.zeros((4, 4, 4), complex)}, "result's voxels are complex128"),
        ({"spacing": (1, 1)}, r"spacing is \(1, 1\)"),
        ({"spacing": (1, 0, 1)}, r"spacing is \(1, 0, 1\)"),
        ({"spacing": (1, NAN, 1)}, "three lengths above 0"),
        ({"through_plane_axis": 3}, "through-plane axis is 3"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, said):
    truth = np.zeros((4, 4, 4), dtype=np.uint8)
    with pytest.raises(WMHError, match=said) as refusal:
        evaluate(**{"truth": truth, "result": truth, "spacing": (1, 1, 1)} | arguments)
    assert refusal.value.kind == "bad-volume"
