"""Preparation against scikit-image, Keras' formula and patterns that are known in mm."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import resize as skimage_resize
from wmh_siamese.networks.preparation import (
    PAPER,
    ROBUST,
    Recipe,
    native_slices,
    prepared_slices,
    resize,
    unit_intensities,
    vgg_prepared,
    white_level,
)

SQUARE = Recipe(size=64, square=True)
FOREGROUND = Recipe(scale="foreground", foreground_gain=2.0)


@given(
    old=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    new=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=80)
def test_resize_is_scikit_images(old, new, seed):
    image = np.random.default_rng(seed).random(old, dtype=np.float32)
    found = resize(torch.from_numpy(image)[None, None], new)
    assert found.shape == (1, 1, *new) and found.dtype == torch.float32
    np.testing.assert_allclose(found[0, 0], skimage_resize(image, new), atol=1e-4)


@pytest.mark.parametrize("native", [(256, 232), (132, 256), (512, 200)])
def test_both_directions_of_use_are_scikit_images(native):
    image = np.random.default_rng(0).random((2, *native), dtype=np.float32)
    prepared = prepared_slices(torch.from_numpy(image), (1.0, 1.0), PAPER)
    assert prepared.shape == (2, 1, 224, 224)
    back = native_slices(prepared, native, (1.0, 1.0), PAPER)
    for slice_, small, large in zip(image, prepared[:, 0].numpy(), back.numpy(), strict=True):
        np.testing.assert_allclose(small, skimage_resize(slice_, (224, 224)), atol=1e-4)
        np.testing.assert_allclose(large, skimage_resize(small, native), atol=1e-4)


def head(shape=(60, 64, 20), dtype=np.float32):
    """Air of 0 to 20 around a box of tissue of 300 to 500."""
    draw = np.random.default_rng(0)
    array = draw.uniform(0, 20, shape)
    i, j, k = (slice(n // 4, -(n // 4)) for n in shape)
    array[i, j, k] = draw.uniform(300, 500, array[i, j, k].shape)
    return array.astype(dtype)


def test_the_papers_white_is_the_maximum():
    array = head()
    array[3, 4, 5] = 16383
    assert white_level(array, PAPER) == 16383
    array[0, 0, 0], array[0, 0, 1], array[0, 0, 2] = np.nan, np.inf, -np.inf
    assert white_level(array, PAPER) == 16383


def test_the_robust_white_is_the_foregrounds_median_and_one_spike_does_not_rule_it():
    array = head()
    foreground = array[array > array.mean()]
    assert white_level(array, FOREGROUND) == pytest.approx(2.0 * np.median(foreground))
    spiked = array.copy()
    spiked[3, 4, 5] = 16383
    assert white_level(spiked, FOREGROUND) == pytest.approx(
        white_level(array, FOREGROUND), rel=0.01
    )


def test_the_white_level_of_a_large_volume_is_taken_from_a_part_of_it(monkeypatch):
    array = head((120, 128, 40))
    whole = white_level(array, ROBUST)
    monkeypatch.setattr("wmh_siamese.networks.preparation.MAX_SAMPLED_VOXELS", array.size // 50)
    assert white_level(array, ROBUST) == pytest.approx(whole, rel=0.01)


@pytest.mark.parametrize("recipe", [PAPER, ROBUST])
@pytest.mark.parametrize("dtype", ["uint8", "int16", ">i2", "uint16", "float32", "float64"])
def test_the_white_level_does_not_depend_on_the_type_or_the_file(tmp_path, recipe, dtype):
    array = (head() / 4).astype(np.uint8)
    expected = white_level(array.astype(np.float64), recipe)
    np.save(tmp_path / "volume.npy", np.asfortranarray(array.astype(dtype)))
    mapped = np.load(tmp_path / "volume.npy", mmap_mode="r")
    assert white_level(mapped, recipe) == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("recipe", [PAPER, ROBUST])
def test_a_single_bright_voxel_between_nan_still_gives_a_positive_level(recipe):
    array = np.full((150, 150, 150), np.nan, np.float32)
    array[1::2, 1::2, 1::2] = 0
    array[75, 75, 75] = 40
    assert white_level(array, recipe) > 0


def test_intensities_are_divided_by_white_and_clipped():
    slices = np.array([[[0, 50, 100, 200, -30]]], np.int16)
    assert unit_intensities(slices, 100.0).flatten().tolist() == [0, 0.5, 1, 1, 0]


def test_voxels_that_are_no_number_become_0():
    slices = np.array([[[np.nan, np.inf, -np.inf, 80]]])
    with np.errstate(all="raise"):
        assert unit_intensities(slices, 100.0).flatten().tolist() == pytest.approx([0, 0, 0, 0.8])


@pytest.mark.parametrize("recipe", [PAPER, SQUARE])
def test_nothing_is_modified_in_place(recipe):
    array = head((4, 30, 40))
    array[0, 0, 0] = np.nan
    before = array.copy()
    unit = unit_intensities(array[:, ::-1], white_level(array, recipe))
    np.testing.assert_array_equal(array, before)

    kept = unit.clone()
    prepared = prepared_slices(unit, (1.0, 2.0), recipe)
    assert torch.equal(unit, kept)
    kept = prepared.clone()
    native_slices(prepared, (30, 40), (1.0, 2.0), recipe).clamp_(0, 0.1)
    vgg_prepared(prepared)
    assert torch.equal(prepared, kept)


def grids(shape, spacing):
    """Distance in mm of each pixel from the field of view's centre, along rows and columns."""
    return np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)),
        indexing="ij",
    )


@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((96, 128), (2.0, 1.0)), ((131, 60), (1.0, 1.0)), ((40, 97), (5.0, 0.94)), ((70, 70), (1, 1))],
)
def test_a_circle_in_mm_stays_a_circle_when_padded_to_a_square(shape, spacing):
    rows, columns = grids(shape, spacing)
    disc = (np.hypot(rows, columns) < 22).astype(np.float32)
    prepared = prepared_slices(torch.from_numpy(disc)[None], spacing, SQUARE)[0, 0].numpy()
    places = np.argwhere(prepared >= 0.5)
    high, wide = np.ptp(places, axis=0) + 1
    side_mm = max(np.multiply(shape, spacing))
    native_pixel = max(spacing) / side_mm * 64
    assert (high, wide) == pytest.approx([44 / side_mm * 64] * 2, abs=1 + native_pixel)
    assert places.mean(axis=0) == pytest.approx([31.5, 31.5], abs=1)


@given(
    shape=st.tuples(st.integers(40, 90), st.integers(40, 90)),
    spacing=st.tuples(st.floats(0.5, 3.0), st.floats(0.5, 3.0)),
    square=st.booleans(),
    waves=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
@settings(deadline=None, max_examples=60)
def test_a_smooth_pattern_returns_to_its_own_pixels(shape, spacing, square, waves):
    """There and back a smooth slope keeps its place: a shift by half a pixel would show."""
    rows, columns = (np.linspace(-1, 1, n) for n in shape)
    pattern = 0.5 + 0.2 * np.add.outer(
        np.sin(np.pi * rows + waves[0]), np.cos(np.pi * columns + waves[1])
    ).astype(np.float32)
    recipe = Recipe(size=160, square=square)
    prepared = prepared_slices(torch.from_numpy(pattern)[None], spacing, recipe)
    back = native_slices(prepared, shape, spacing, recipe)
    assert back.shape == (1, *shape)
    inner = (slice(4, -4), slice(4, -4))  # the padding's edge bleeds into the border
    error = np.abs(back[0].numpy() - pattern)[inner]
    half_pixel = np.abs(np.gradient(pattern)[0]).max() / 2
    assert error.max() < min(0.02, half_pixel)


@pytest.mark.parametrize("shape", [(33, 50), (34, 51), (50, 33)])
def test_padding_adds_only_air_and_splits_evenly(shape):
    prepared = prepared_slices(
        torch.ones(1, *shape), (1.0, 1.0), Recipe(size=max(shape), square=True)
    )
    filled = prepared[0, 0].numpy()
    assert filled.shape == (max(shape), max(shape))
    assert filled.sum() == pytest.approx(np.prod(shape))
    places = np.argwhere(filled)
    before, after = places.min(axis=0), max(shape) - 1 - places.max(axis=0)
    assert (np.abs(before - after) <= 1).all()


def test_vgg_input_is_keras_formula():
    """Keras' ``preprocess_input``, mode caffe: RGB to BGR, minus the ImageNet means, 0 to 255."""
    unit = torch.rand(2, 1, 5, 6, generator=torch.Generator().manual_seed(0))
    rgb = np.repeat(unit.numpy().transpose(0, 2, 3, 1), 3, axis=-1) * 255.0
    keras = rgb[..., ::-1] - np.array([103.939, 116.779, 123.68])
    found = vgg_prepared(unit)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.permute(0, 2, 3, 1), keras, atol=1e-4)


@pytest.mark.parametrize(
    "wrong", [{"scale": "loudest"}, {"size": 0}, {"size": 32.0}, {"foreground_gain": 0.0}]
)
def test_a_recipe_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Recipe(**wrong)


def test_a_recipe_survives_its_dictionary():
    for recipe in (PAPER, ROBUST, SQUARE):
        assert Recipe(**recipe.to_dict()) == recipe
